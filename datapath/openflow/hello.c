#include "openflow/hello.h"

enum { ELEMENT_VERSIONS = 1 };

uint32_t of_hello_read(const struct of_message *message)
{
	struct wire_bytes rest = message->body;
	/* without a bitmap: all up to the header's */
	uint32_t found = message->version < 31 ? (2u << message->version) - 2 : ~1u;

	/* whoever speaks 1.0 alone may put anything here */
	while (message->version > OF10 && rest.len >= 4) {
		size_t len = wire_get16(rest.at + 2), step = wire_padded(len);

		if (len < 4 || len > rest.len)
			break;
		if (wire_get16(rest.at) == ELEMENT_VERSIONS && len >= 8)
			found = wire_get32(rest.at + 4) & ~1u;
		rest = wire_skip(rest, step < rest.len ? step : rest.len);
	}
	return found;
}

static uint8_t highest(uint32_t versions)
{
	return versions ? (uint8_t)(31 - __builtin_clz(versions)) : 0;
}

void of_hello_write(struct wire_writer *w, uint32_t versions, uint32_t xid)
{
	size_t start = of_message_begin(w, OFM_HELLO, highest(versions), xid);

	if (highest(versions) > OF10) {
		wire_put16(w, ELEMENT_VERSIONS);
		wire_put16(w, 8);
		wire_put32(w, versions);
	}
	of_message_end(w, start);
}

uint8_t of_version_best(uint32_t ours, uint32_t theirs)
{
	return highest(ours & theirs);
}
