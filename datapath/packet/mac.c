#include "packet/mac.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"

int mac_parse(const char *text, struct eth_addr *out, struct err *err)
{
	const char *at = text;
	struct eth_addr mac;

	for (unsigned i = 0; i < sizeof(mac.byte); i++) {
		char *end = NULL;
		unsigned long byte = isxdigit((unsigned char)*at) ? strtoul(at, &end, 16) : 0;

		if (!end || end - at > 2 || *end != (i + 1 < sizeof(mac.byte) ? ':' : '\0'))
			return err_set(err, EINVAL,
				       "\"%s\" is not a MAC address: write it as 02:00:00:00:00:01",
				       text);
		mac.byte[i] = (uint8_t)byte;
		at = end + 1;
	}
	*out = mac;
	return 0;
}

void mac_print(struct eth_addr mac, char text[MAC_TEXT_SIZE])
{
	const uint8_t *b = mac.byte;

	snprintf(text, MAC_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4],
		 b[5]);
}
