/* vlog/set, vlog/list, vlog/reopen: the log, in the words of Open vSwitch. All modules have one level, and there is one
 * destination. */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/print.h"
#include "control/appctl.h"

/* What is less than an error is one: errors are always logged. */
static const struct {
	const char *name;
	enum log_level level;
} levels[] = {
	{"off", LOG_ERROR}, {"emer", LOG_ERROR}, {"err", LOG_ERROR},
	{"warn", LOG_WARN}, {"info", LOG_INFO},  {"dbg", LOG_DEBUG},
};

/* "any" is all modules; destinations are one, whatever they are called. */
static const char *const others[] = {"any", "console", "syslog", "file"};

static bool is_word(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && !strncasecmp(text, word, len);
}

static bool read_word(const char *text, size_t len, enum log_level *level)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (is_word(text, len, levels[i].name)) {
			*level = levels[i].level;
			return true;
		}
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (is_word(text, len, others[i]))
			return true;
	return false;
}

/* [any][:destination][:level] in any order. Without a level it means all. */
static int read_spec(const char *spec, enum log_level *level, struct err *err)
{
	static const char separators[] = " ,:";

	*level = LOG_DEBUG;
	for (const char *word = spec; *word;) {
		size_t len = strcspn(word, separators);

		if (len && !read_word(word, len, level))
			return err_set(err, EINVAL, "no destination, level, or module \"%.*s\"",
				       (int)len, word);
		word += len;
		word += strspn(word, separators);
	}
	return 0;
}

int appctl_vlog_set(struct appctl_call *call)
{
	enum log_level level = log_level();

	for (unsigned i = 0; i < call->n_args; i++) {
		int rc = read_spec(call->args[i], &level, call->err);

		if (rc)
			return rc;
	}
	log_set_level(level);
	return 0;
}

int appctl_vlog_list(struct appctl_call *call)
{
	static const char *const names[] = {
		[LOG_ERROR] = "ERR", [LOG_WARN] = "WARN", [LOG_INFO] = "INFO", [LOG_DEBUG] = "DBG"};
	const char *name = names[log_level()];

	print_add(call->out, "                 console    syslog    file\n"
			     "                 -------    ------    ------\n");
	print_fmt(call->out, "%-16s  %4s       OFF       %4s\n", "any", name, name);
	return 0;
}

int appctl_vlog_reopen(struct appctl_call *call)
{
	int rc = log_reopen();

	return rc ? err_set(call->err, -rc, "cannot open the log anew: %s", strerror(-rc)) : 0;
}
