#include "base/log.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

static const char *const level_names[] = {"error", "warn", "info", "debug"};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static enum log_level max_level = LOG_INFO;
static char *path;
static int log_fd = STDERR_FILENO;

int log_open(const char *file)
{
	char *copy = NULL;
	int fd = STDERR_FILENO;

	if (file) {
		copy = strdup(file);
		if (!copy)
			return -ENOMEM;
		fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
		if (fd < 0) {
			free(copy);
			return -errno;
		}
	}
	pthread_mutex_lock(&lock);
	if (log_fd != STDERR_FILENO)
		close(log_fd);
	free(path);
	log_fd = fd;
	path = copy;
	pthread_mutex_unlock(&lock);
	return 0;
}

int log_reopen(void)
{
	char *file = path ? strdup(path) : NULL;
	int rc = file ? log_open(file) : 0;

	free(file);
	return rc;
}

void log_set_level(enum log_level level)
{
	__atomic_store_n(&max_level, level, __ATOMIC_RELAXED);
}

enum log_level log_level(void)
{
	return __atomic_load_n(&max_level, __ATOMIC_RELAXED);
}

int log_level_parse(const char *text, enum log_level *level)
{
	for (unsigned i = 0; i <= LOG_DEBUG; i++) {
		if (!strcasecmp(text, level_names[i])) {
			*level = i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *log_level_name(enum log_level level)
{
	return level_names[level];
}

/* Appends `text` to a line of `size` bytes that is `len` long; returns its new length. Names come from
 * elsewhere: they must not look like lines of their own. */
static size_t append(char *line, size_t size, size_t len, const char *text)
{
	for (; *text && len + sizeof("\\x00") <= size; text++) {
		if (iscntrl((unsigned char)*text))
			len += (size_t)sprintf(line + len, "\\x%02x", (unsigned char)*text);
		else
			line[len++] = *text;
	}
	return len;
}

void log_write(enum log_level level, const char *module, const char *fmt, ...)
{
	char text[1024], line[1024];
	struct timespec now;
	struct tm tm;
	va_list args;
	size_t len;

	if (level > log_level())
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	len = strftime(line, sizeof(line), "%Y-%m-%dT%H:%M:%S", &tm);
	len += (size_t)snprintf(line + len, sizeof(line) - len,
				".%03ldZ %s %s: ", now.tv_nsec / 1000000, level_names[level],
				module);
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	len = append(line, sizeof(line) - 1, len, text);
	line[len++] = '\n';
	pthread_mutex_lock(&lock);
	if (write(log_fd, line, len) < 0) {
		/* Nothing is left to complain to. */
	}
	pthread_mutex_unlock(&lock);
}
