#pragma once
/* Errors that a person will read.
 *
 * A function that can fail for a reason worth explaining takes a `struct err *` as its last
 * parameter (NULL: the caller does not care for the text) and returns a negative errno. The text
 * is one line without a full stop: it names the thing, what is wrong, and what would be right.
 *
 *	if (tag > 4095)
 *		return err_set(err, EINVAL, "port %s: tag %ld is not a VLAN id: use 0 to 4095",
 *			       name, tag);
 */
#include <stdarg.h>

#define ERR_TEXT_SIZE 512

struct err {
	int code;                 /* positive errno; 0 while nothing has failed */
	char text[ERR_TEXT_SIZE]; /* "" while nothing has failed */
};

#define ERR_INIT \
	{ \
		.code = 0, .text = "" \
	}

/* Records `code` (a positive errno) and the text. Returns -code. An older text is replaced. */
int err_set(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int err_vset(struct err *err, int code, const char *fmt, va_list args)
	__attribute__((format(printf, 3, 0)));

/* The same, but an older text stays, and the new one stands behind it: "old; new". */
int err_add(struct err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Puts "prefix: " before the text that is there: `err_prefix(err, "line %d", n)`. */
void err_prefix(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
