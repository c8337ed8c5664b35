/* Whatever is read must print and read again as the same value; the splitter must agree with the
 * reader about where an object ends, however the bytes arrive. */
#include <assert.h>
#include <json-c/json.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/own.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void split_all(const char *text, size_t size, size_t chunk, size_t *first_end)
{
	struct json_splitter s;
	size_t at = 0;

	*first_end = 0;
	json_splitter_init(&s, 4096, 16);
	while (at < size) {
		size_t rest = size - at, n_used = 0;
		int rc = json_split(&s, text + at, rest < chunk ? rest : chunk, &n_used, NULL);

		if (rc < 0)
			return;
		assert(n_used > 0 && n_used <= rest);
		at += n_used;
		if (rc && !*first_end)
			*first_end = at;
	}
}

static bool is_number(struct json_object *value)
{
	return json_object_is_type(value, json_type_int) ||
	       json_object_is_type(value, json_type_double);
}

/* A real that was an integer but for digits that no double keeps is printed, and read, as that integer. */
static bool is_same(struct json_object *a, struct json_object *b)
{
	if (json_object_is_type(a, json_type_array) && json_object_is_type(b, json_type_array)) {
		const size_t n = json_object_array_length(a);

		for (size_t i = 0; i < n && n == json_object_array_length(b); i++)
			if (!is_same(json_object_array_get_idx(a, i),
				     json_object_array_get_idx(b, i)))
				return false;
		return n == json_object_array_length(b);
	}
	if (json_object_is_type(a, json_type_object) && json_object_is_type(b, json_type_object)) {
		json_object_object_foreach(a, key, value)
		{
			struct json_object *other;

			if (!json_object_object_get_ex(b, key, &other) || !is_same(value, other))
				return false;
		}
		return json_object_object_length(a) == json_object_object_length(b);
	}
	if (is_number(a) && is_number(b) && json_object_get_type(a) != json_object_get_type(b))
		return json_object_get_double(a) == json_object_get_double(b);
	return json_object_equal(a, b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	own(json_free) struct json_object *value = NULL, *again = NULL;
	const char *text = (const char *)data, *printed;
	struct err err = ERR_INIT;
	size_t whole, by_bytes;

	split_all(text, size, size, &whole);
	split_all(text, size, 1, &by_bytes);
	assert(whole == by_bytes);
	if (json_parse(text, size, 16, &value, &err)) {
		assert(err.code && err.text[0] && !value);
		return 0;
	}
	if (json_object_is_type(value, json_type_object) && size <= 4096) {
		split_all(text, size, size, &whole);
		assert(whole && whole <= size);
	}
	printed = json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN);
	assert(!json_parse(printed, strlen(printed), 16, &again, &err));
	assert(is_same(value, again));
	return 0;
}
