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

uint32_t crc32c(const uint8_t *data, size_t size)
{
	/* By the four bits that leave the remainder. */
	static const uint32_t table[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
		0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
		0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};
	uint32_t rest = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		rest ^= data[i];
		rest = rest >> 4 ^ table[rest & 15];
		rest = rest >> 4 ^ table[rest & 15];
	}
	return ~rest;
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
