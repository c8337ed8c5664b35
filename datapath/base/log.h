#pragma once
/* The daemon's log: one line per event, to stderr or a file.
 *
 *	2026-01-31T10:15:02.123Z warn port: veth7: device is gone: waiting for it to come back
 *
 * The module is the room's or file's noun. Log where an error is handled, once. Never in path/:
 * packets are counted, not logged. Control characters are written as \x0a. Thread-safe.
 */
#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Opens `file` for appending (NULL: stderr). Returns 0 or -errno; on failure the old target stays. */
int log_open(const char *file);
/* Opens the same file anew, for log rotation. Returns 0 or -errno. */
int log_reopen(void);
void log_set_level(enum log_level level);
enum log_level log_level(void);
/* Parses error, warn, info or debug. Returns 0 or -EINVAL. */
int log_level_parse(const char *text, enum log_level *level);
const char *log_level_name(enum log_level level);

void log_write(enum log_level level, const char *module, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(module, ...) log_write(LOG_ERROR, module, __VA_ARGS__)
#define log_warn(module, ...)  log_write(LOG_WARN, module, __VA_ARGS__)
#define log_info(module, ...)  log_write(LOG_INFO, module, __VA_ARGS__)
#define log_debug(module, ...) log_write(LOG_DEBUG, module, __VA_ARGS__)
