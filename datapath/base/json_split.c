/* Where messages end in a stream: see struct json_splitter. */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"

#define SPLIT_AHEAD 256 /* bytes */

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void json_splitter_init(struct json_splitter *splitter, size_t max_size, unsigned max_depth)
{
	*splitter = (struct json_splitter){.max_size = max_size, .max_depth = max_depth};
}

/* How much of a string says nothing of where it ends: not all that can be known, or a string of
 * escapes alone would be looked through once for each of them. */
static size_t plain_len(const char *text, size_t len)
{
	const char *quote, *escape;

	if (len > SPLIT_AHEAD)
		len = SPLIT_AHEAD;
	quote = memchr(text, '"', len);
	if (quote)
		len = (size_t)(quote - text);
	escape = memchr(text, '\\', len);
	return escape ? (size_t)(escape - text) : len;
}

int json_split(struct json_splitter *s, const char *data, size_t len, size_t *n_used,
	       struct err *err)
{
	for (size_t i = 0; i < len; i++) {
		size_t plain = s->is_in_string && !s->is_escaped ? plain_len(data + i, len - i) : 0;
		char c = data[i];

		if (!s->size && is_space(c))
			continue;
		if (!s->size && c != '{')
			return err_set(err, EINVAL,
				       "a message must be a JSON object: begin with {");
		s->size += plain ? plain : 1;
		if (s->size > s->max_size)
			return err_set(err, E2BIG, "message longer than %zu bytes", s->max_size);
		if (plain) {
			i += plain - 1;
		} else if (s->is_escaped) {
			s->is_escaped = false;
		} else if (s->is_in_string) {
			s->is_escaped = c == '\\';
			s->is_in_string = c != '"';
		} else if (c == '"') {
			s->is_in_string = true;
		} else if (c == '{' || c == '[') {
			if (++s->depth > s->max_depth)
				return err_set(err, E2BIG, "message nested deeper than %u levels",
					       s->max_depth);
		} else if ((c == '}' || c == ']') && !--s->depth) {
			s->size = 0;
			*n_used = i + 1;
			return 1;
		}
	}
	*n_used = len;
	return 0;
}
