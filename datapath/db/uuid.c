#include "db/uuid.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/log.h"

#define POOL_N 16 /* UUIDs per getrandom(2) */

static bool is_dash(size_t i)
{
	return i == 8 || i == 13 || i == 18 || i == 23;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

void uuid_make(struct uuid *uuid)
{
	static struct uuid pool[POOL_N];
	static unsigned n_left;

	if (!n_left) {
		if (getrandom(pool, sizeof(pool), 0) != sizeof(pool)) {
			log_error("db", "no random numbers from the kernel");
			abort();
		}
		n_left = POOL_N;
	}
	*uuid = pool[--n_left];
	uuid->bytes[6] = (uuid->bytes[6] & 0x0f) | 0x40;
	uuid->bytes[8] = (uuid->bytes[8] & 0x3f) | 0x80;
}

int uuid_parse(const char *text, size_t len, struct uuid *uuid)
{
	struct uuid parsed = {0};
	unsigned n = 0;

	if (len != UUID_LEN)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		int digit = hex_digit(text[i]);

		if (is_dash(i)) {
			if (text[i] != '-')
				return -EINVAL;
			continue;
		}
		if (digit < 0)
			return -EINVAL;
		parsed.bytes[n / 2] |= (uint8_t)(n % 2 ? digit : digit << 4);
		n++;
	}
	*uuid = parsed;
	return 0;
}

void uuid_print(const struct uuid *uuid, char text[UUID_LEN + 1])
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *byte = uuid->bytes;

	for (size_t i = 0; i < UUID_LEN; i++) {
		if (is_dash(i)) {
			text[i] = '-';
			continue;
		}
		text[i++] = digits[*byte >> 4];
		text[i] = digits[*byte++ & 15];
	}
	text[UUID_LEN] = '\0';
}
