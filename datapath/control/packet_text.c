#include "control/packet_text.h"

#include <errno.h>

#include "base/err.h"
#include "flow/port_text.h"

int packet_text_read(const char *text, uint8_t bytes[PACKET_TEXT_MAX], size_t *n, struct err *err)
{
	unsigned high = 0, n_digits = 0;

	for (const char *c = text; *c; c++) {
		unsigned digit = digit_of(*c);

		if (*c == ' ' || *c == ':' || *c == '\n')
			continue;
		if (digit > 15)
			return err_set(err, EINVAL, "packet: \"%.20s\" is not hexadecimal", c);
		if (n_digits % 2 == 0)
			high = digit;
		else if (n_digits / 2 >= PACKET_TEXT_MAX)
			return err_set(err, EINVAL, "packet: it is longer than %d bytes",
				       PACKET_TEXT_MAX);
		else
			bytes[n_digits / 2] = (uint8_t)(high << 4 | digit);
		n_digits++;
	}
	*n = n_digits / 2;
	if (n_digits % 2)
		return err_set(err, EINVAL, "packet: %u hexadecimal digits are no whole bytes",
			       n_digits);
	return 0;
}
