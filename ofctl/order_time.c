#include "order_time.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"

#define SECONDS_MAX 1000000000u

static const struct unit {
	char letter;
	uint32_t seconds;
} units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};

#define N_UNITS (sizeof(units) / sizeof(*units))

static uint32_t unit_of(const char *letter)
{
	for (size_t i = 0; i < N_UNITS; i++)
		if (letter[0] == units[i].letter && !letter[1])
			return units[i].seconds;
	return 0;
}

int order_time_read(const char *text, uint32_t *seconds, struct err *err)
{
	char *end;
	uint64_t number;

	if (!text)
		return 0;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || errno || !unit_of(end) || !number)
		return err_set(err, EINVAL,
			       "--for=%s is not a time: use a number and s, m, h or d, such as 10m",
			       text);
	if (number > SECONDS_MAX / unit_of(end))
		return err_set(err, EINVAL, "--for=%s is too long: use %ud at most", text,
			       SECONDS_MAX / 86400);
	*seconds = (uint32_t)number * unit_of(end);
	return 0;
}

void order_time_print(uint64_t seconds, char *text, size_t size)
{
	size_t len = (size_t)snprintf(text, size, seconds ? "" : "0s");
	unsigned n = 0;

	for (size_t i = 0; i < N_UNITS && n < 2 && len < size; i++) {
		uint64_t count = seconds / units[i].seconds;

		seconds %= units[i].seconds;
		if (!count && !n)
			continue;
		n++;
		if (count)
			len += (size_t)snprintf(text + len, size - len, "%" PRIu64 "%c", count,
						units[i].letter);
	}
}
