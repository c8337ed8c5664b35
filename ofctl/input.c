#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
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
