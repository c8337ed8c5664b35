#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "base/utf8.h"
#include "need.h"

#define READ_SIZE ((size_t)65536)

const char *input_name(const char *name)
{
	return strcmp(name, "-") ? name : "standard input";
}

int input_read(const char *name, struct slice *out, struct err *err)
{
	own(fd_close) int fd = -1;
	size_t len = 0, size = 0;
	char *text = NULL;
	ssize_t n = 0;

	fd = strcmp(name, "-") ? open(name, O_RDONLY | O_CLOEXEC)
			       : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return err_set(err, errno, "cannot read %s: %s", input_name(name), strerror(errno));
	do {
		if (size - len < READ_SIZE) {
			size = size * 2 + READ_SIZE;
			text = need(realloc(text, size));
		}
		n = read(fd, text + len, size - len);
		len += n > 0 ? (size_t)n : 0;
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0) {
		free(text);
		return err_set(err, errno, "cannot read %s: %s", input_name(name), strerror(errno));
	}
	*out = (struct slice){text, len};
	return 0;
}

/* The first line that is no text, from 1; 0: there is none. */
static unsigned find_garbage(char *text, size_t len)
{
	char *end = text + len;
	unsigned line = 1;

	for (; text < end; line++) {
		char *next = memchr(text, '\n', (size_t)(end - text));
		bool is_text;

		if (next)
			*next = '\0';
		else
			next = end;
		is_text = text + strlen(text) == next && utf8_is_valid(text, (size_t)(next - text));
		if (next < end)
			*next = '\n';
		if (!is_text)
			return line;
		text = next + 1;
	}
	return 0;
}

int input_read_text(const char *name, struct slice *out, struct err *err)
{
	struct slice all;
	unsigned line;
	int ret = input_read(name, &all, err);

	if (ret)
		return ret;
	((char *)all.at)[all.len] = '\0'; /* there is room: see above */
	line = find_garbage((char *)all.at, all.len);
	if (line) {
		free((char *)all.at);
		return err_set(err, EINVAL, "%s: line %u is no text (zero bytes, or no UTF-8)",
			       input_name(name), line);
	}
	*out = all;
	return 0;
}
