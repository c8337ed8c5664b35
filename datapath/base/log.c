#include "base/log.h"

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

void log_write(enum log_level level, const char *module, const char *fmt, ...)
{
	char line[1024];
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
	vsnprintf(line + len, sizeof(line) - len - 1, fmt, args);
	va_end(args);
	len = strlen(line);
	line[len++] = '\n';
	pthread_mutex_lock(&lock);
	if (write(log_fd, line, len) < 0) {
		/* Nothing is left to complain to. */
	}
	pthread_mutex_unlock(&lock);
}
