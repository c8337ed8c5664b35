#include "packet/crc32c.h"

/* Polynomials over GF(2), bit-reversed: the highest bit is the coefficient of x^0. */
#define POLYNOMIAL 0x82f63b78u
#define X0         0x80000000u
#define X8         0x00800000u

static uint32_t times_x(uint32_t a)
{
	return a >> 1 ^ (a & 1 ? POLYNOMIAL : 0);
}

static uint32_t multiply(uint32_t a, uint32_t b)
{
	uint32_t product = 0;

	for (; a; a <<= 1, b = times_x(b))
		if (a & X0)
			product ^= b;
	return product;
}

/* x^(8 n): what n bytes of zeroes multiply a remainder by. */
static uint32_t power_of_bytes(size_t n)
{
	uint32_t result = X0;

	for (uint32_t square = X8; n; n >>= 1, square = multiply(square, square))
		if (n & 1)
			result = multiply(result, square);
	return result;
}

uint32_t crc32c_difference(const uint8_t *difference, size_t size, size_t n_behind)
{
	uint32_t rest = 0;

	for (size_t i = 0; i < size; i++) {
		rest ^= difference[i];
		for (unsigned bit = 0; bit < 8; bit++)
			rest = times_x(rest);
	}
	return multiply(rest, power_of_bytes(n_behind));
}
