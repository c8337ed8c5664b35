#include "base/utf8.h"

#include <stdint.h>

/* The value of the character at `p`, and its bytes; -1 if it is none. */
static int32_t decode(const uint8_t *p, size_t len, size_t *size)
{
	static const int32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	int32_t c;

	*size = p[0] < 0x80   ? 1
		: p[0] < 0xc0 ? 0
		: p[0] < 0xe0 ? 2
		: p[0] < 0xf0 ? 3
		: p[0] < 0xf8 ? 4
			      : 0;
	if (*size <= 1)
		return *size ? p[0] : -1;
	if (*size > len)
		return -1;
	c = p[0] & (0x7f >> *size);
	for (size_t i = 1; i < *size; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return -1;
		c = c << 6 | (p[i] & 0x3f);
	}
	return c < least[*size] ? -1 : c;
}

bool utf8_is_valid(const char *text, size_t len)
{
	const uint8_t *p = (const uint8_t *)text, *end = p + len;

	while (p < end) {
		size_t size;
		int32_t c = decode(p, (size_t)(end - p), &size);

		if (c < 0 || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff)
			return false;
		p += size;
	}
	return true;
}
