#include "openflow/port.h"

/* OpenFlow 1.0.1 section 5.2.1, 1.3.5 section 7.2.1, 1.4.1 section 7.2.1. */

enum { STATE_LINK_DOWN = 1 << 0, STATE_LIVE = 1 << 2 };
enum { PROP_ETHERNET = 0, PROP_ETHERNET_SIZE = 32 };

bool of_port_ofport(uint32_t number, uint16_t *out)
{
	if (number >= 0xff00 && number < 0xffffff00)
		return false;
	*out = (uint16_t)number;
	return true;
}

/* The speed as a bit of `features`; those that are no bit of the version are "other". */
static uint32_t features(const struct of_port *port, uint8_t version)
{
	static const struct {
		uint64_t bits_per_s;
		uint8_t half, full; /* bits */
		uint8_t since;
	} speeds[] = {
		{10000000, 0, 1, OF10},      {100000000, 2, 3, OF10},   {1000000000, 4, 5, OF10},
		{10000000000, 6, 6, OF10},   {40000000000, 7, 7, OF11}, {100000000000, 8, 8, OF11},
		{1000000000000, 9, 9, OF11},
	};
	const uint32_t other = version == OF10 ? 0 : 1 << 10;

	if (!port->bits_per_s)
		return 0;
	for (unsigned i = 0; i < sizeof(speeds) / sizeof(speeds[0]); i++)
		if (speeds[i].bits_per_s == port->bits_per_s && version >= speeds[i].since)
			return 1u << (port->is_full_duplex ? speeds[i].full : speeds[i].half);
	return other;
}

static uint32_t kilobits(uint64_t bits_per_s)
{
	return bits_per_s / 1000 < UINT32_MAX ? (uint32_t)(bits_per_s / 1000) : UINT32_MAX;
}

/* What it can do beside what it does nobody knows. */
static void put_features(struct wire_writer *w, uint8_t version, const struct of_port *port)
{
	wire_put32(w, features(port, version));
	wire_put(w, 12); /* advertised, supported, peer */
	if (version == OF10)
		return;
	wire_put32(w, kilobits(port->bits_per_s));
	wire_put32(w, kilobits(port->bits_per_s));
}

void of_port_write(struct wire_writer *w, uint8_t version, const struct of_port *port)
{
	size_t start = w->len;
	uint32_t state = port->is_link_up ? 0 : STATE_LINK_DOWN;

	if (version == OF10)
		wire_put16(w, (uint16_t)port->number);
	else
		wire_put32(w, port->number), wire_put32(w, 0);
	wire_put_bytes(w, port->mac, sizeof(port->mac));
	if (version != OF10)
		wire_put16(w, 0);
	wire_put_text(w, port->name, 16);
	wire_put32(w, port->config & of_port_config_known(version));
	if (version != OF10 && port->is_link_up && !(port->config & OF_PORT_DOWN))
		state |= STATE_LIVE;
	wire_put32(w, state);
	if (version >= OF14) {
		wire_put16(w, PROP_ETHERNET);
		wire_put16(w, PROP_ETHERNET_SIZE);
		wire_put32(w, 0);
	}
	put_features(w, version, port);
	if (version >= OF14)
		wire_patch16(w, start + 4, (uint16_t)(w->len - start));
}

void of_port_status_write(struct wire_writer *w, uint8_t version, const struct of_port *port,
			  enum of_port_reason reason)
{
	size_t start = of_message_begin(w, OFM_PORT_STATUS, version, 0);

	wire_put8(w, (uint8_t)reason);
	wire_put(w, 7);
	of_port_write(w, version, port);
	of_message_end(w, start);
}
