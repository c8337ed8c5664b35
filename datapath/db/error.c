#include "db/error.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The details may quote a client's text: cutting it must not leave half a UTF-8 character. */
static void cut_utf8(char *text)
{
	size_t len = strlen(text);
	size_t start = len;

	while (start && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
		start--;
	if (start && (unsigned char)text[start - 1] >= 0xc0) {
		unsigned char lead = (unsigned char)text[start - 1];
		size_t need = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;

		if (len - (start - 1) < need)
			text[start - 1] = '\0';
	}
}

int db_error_set(struct db_error *error, const char *tag, const char *fmt, ...)
{
	va_list args;

	if (error) {
		error->tag = tag;
		va_start(args, fmt);
		vsnprintf(error->details, sizeof(error->details), fmt, args);
		va_end(args);
		cut_utf8(error->details);
	}
	return -EINVAL;
}

void db_error_prefix(struct db_error *error, const char *fmt, ...)
{
	char details[sizeof(error->details)];
	va_list args;
	size_t len;

	if (!error)
		return;
	memcpy(details, error->details, sizeof(details));
	va_start(args, fmt);
	vsnprintf(error->details, sizeof(error->details), fmt, args);
	va_end(args);
	len = strlen(error->details);
	snprintf(error->details + len, sizeof(error->details) - len, ": %s", details);
	cut_utf8(error->details);
}

struct json_object *db_error_json(const struct db_error *error)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "error", json_object_new_string(error->tag));
	json_object_object_add(object, "details", json_object_new_string(error->details));
	return object;
}
