#pragma once
/* UUIDs (RFC 4122), the names of rows. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define UUID_LEN 36 /* characters of the text, without the NUL */

struct uuid {
	uint8_t bytes[16]; /* in the order of the text */
};

/* Draws a random one (version 4). */
void uuid_make(struct uuid *uuid);
/* Reads exactly 8-4-4-4-12 hexadecimal digits. Returns 0 or -EINVAL. */
int uuid_parse(const char *text, size_t len, struct uuid *uuid);
void uuid_print(const struct uuid *uuid, char text[UUID_LEN + 1]);

static inline int uuid_compare(const struct uuid *a, const struct uuid *b)
{
	return memcmp(a, b, sizeof(*a));
}

static inline bool uuid_equals(const struct uuid *a, const struct uuid *b)
{
	return !uuid_compare(a, b);
}
