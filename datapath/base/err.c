#include "base/err.h"

#include <stdio.h>
#include <string.h>

int err_vset(struct err *err, int code, const char *fmt, va_list args)
{
	if (err) {
		err->code = code;
		vsnprintf(err->text, sizeof(err->text), fmt, args);
	}
	return -code;
}

int err_set(struct err *err, int code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	err_vset(err, code, fmt, args);
	va_end(args);
	return -code;
}

int err_add(struct err *err, int code, const char *fmt, ...)
{
	size_t len = err ? strlen(err->text) : 0;
	va_list args;

	if (!err)
		return -code;
	if (len)
		len += (size_t)snprintf(err->text + len, sizeof(err->text) - len, "; ");
	err->code = code;
	va_start(args, fmt);
	if (len < sizeof(err->text))
		vsnprintf(err->text + len, sizeof(err->text) - len, fmt, args);
	va_end(args);
	return -code;
}

void err_prefix(struct err *err, const char *fmt, ...)
{
	char text[ERR_TEXT_SIZE];
	va_list args;
	size_t len;

	if (!err)
		return;
	memcpy(text, err->text, sizeof(text));
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	len = strlen(err->text);
	snprintf(err->text + len, sizeof(err->text) - len, ": %s", text);
}
