#include "base/json_number.h"

#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_SIZE    400 /* a longer one is out of range, or a shorter one says the same */
#define INTEGER_DIGITS 19  /* of the largest */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *c, const char *end)
{
	while (c < end && is_digit(*c))
		c++;
	return c;
}

const char *number_end(const char *text, const char *end, bool *is_real)
{
	const char *c = text + (*text == '-');
	const char *digits = c;

	c = skip_digits(c, end);
	if (c == digits || (c - digits > 1 && *digits == '0'))
		return NULL;
	*is_real = false;
	if (c < end && *c == '.') {
		digits = ++c;
		c = skip_digits(c, end);
		if (c == digits)
			return NULL;
		*is_real = true;
	}
	if (c < end && (*c == 'e' || *c == 'E')) {
		c++;
		if (c < end && (*c == '+' || *c == '-'))
			c++;
		digits = c;
		c = skip_digits(c, end);
		if (c == digits)
			return NULL;
		*is_real = true;
	}
	return c;
}

static bool fits(const char *digits, int64_t *value)
{
	errno = 0;
	*value = strtoll(digits, NULL, 10);
	return !errno;
}

/* "1.20e1" as the integer 12: exactly, which a double is not beyond 2^53. False: it is no integer, or too large. */
static bool real_is_integer(const char *text, int64_t *value)
{
	char digits[NUMBER_SIZE + INTEGER_DIGITS] = "-";
	const char *c = text + (*text == '-');
	size_t n = 0, n_zeros = 0;
	long exponent = 0;
	bool is_fraction = false;

	for (; is_digit(*c) || *c == '.'; c++) {
		is_fraction |= *c == '.';
		if (!is_digit(*c) || (*c == '0' && !n)) {
			exponent -= is_fraction && *c == '0';
			continue;
		}
		exponent -= is_fraction;
		digits[1 + n++] = *c;
		n_zeros = *c == '0' ? n_zeros + 1 : 0;
	}
	if (!n) {
		*value = 0;
		return true;
	}
	if (*c) {
		long more = strtol(c + 1, NULL, 10); /* clamped, which is as good */

		exponent = more > NUMBER_SIZE    ? NUMBER_SIZE * 2
			   : more < -NUMBER_SIZE ? -NUMBER_SIZE * 2
						 : exponent + more;
	}
	if (exponent < -(long)n_zeros || (long)n + exponent > INTEGER_DIGITS)
		return false;
	for (; exponent > 0; exponent--)
		digits[1 + n++] = '0';
	digits[1 + (long)n + exponent] = '\0';
	return fits(*text == '-' ? digits : digits + 1, value);
}

int number_value(const char *text, size_t len, bool is_real, struct json_object **out)
{
	char copy[NUMBER_SIZE] = "";
	int64_t integer;
	double real;

	if (len >= sizeof(copy))
		return -E2BIG;
	memcpy(copy, text, len);
	if (is_real ? real_is_integer(copy, &integer) : fits(copy, &integer)) {
		*out = json_object_new_int64(integer);
		return 0;
	}
	/* What exceeds 64 bits is still a number: a real. One that is too small for a double is 0, and as good as
	 * that. */
	real = strtod(copy, NULL);
	if (!isfinite(real))
		return -ERANGE;
	*out = json_object_new_double(real);
	return 0;
}
