/* OpenFlow 1.0.1 section 5.3.5, 1.3.5 section 7.3.5.6, 1.4.1 section 7.3.5.6. */
#include "openflow/port.h"

#define NS_PER_S 1000000000ull
#define UNKNOWN  UINT64_MAX

enum { PROP_ETHERNET_SIZE = 40 };

static void put_counters(struct wire_writer *w, const struct of_port_stats *s)
{
	wire_put64(w, s->rx_packets);
	wire_put64(w, s->tx_packets);
	wire_put64(w, s->rx_bytes);
	wire_put64(w, s->tx_bytes);
	wire_put64(w, s->rx_dropped);
	wire_put64(w, s->tx_dropped);
	wire_put64(w, s->rx_errors);
	wire_put64(w, s->tx_errors);
}

/* Frames out of alignment, overruns, CRC errors, collisions: nobody counts them apart. */
static void put_ethernet(struct wire_writer *w)
{
	for (unsigned i = 0; i < 4; i++)
		wire_put64(w, UNKNOWN);
}

static void put_duration(struct wire_writer *w, uint64_t ns)
{
	wire_put32(w, (uint32_t)(ns / NS_PER_S));
	wire_put32(w, (uint32_t)(ns % NS_PER_S));
}

void of_port_stats_write(struct wire_writer *w, uint8_t version, const struct of_port_stats *s)
{
	size_t start = w->len;

	if (version >= OF14) {
		wire_put32(w, 0);
		wire_put32(w, s->number);
		put_duration(w, s->duration);
		put_counters(w, s);
		wire_put16(w, 0);
		wire_put16(w, PROP_ETHERNET_SIZE);
		wire_put32(w, 0);
		put_ethernet(w);
		wire_patch16(w, start, (uint16_t)(w->len - start));
		return;
	}
	if (version == OF10)
		wire_put16(w, (uint16_t)s->number), wire_put(w, 6);
	else
		wire_put32(w, s->number), wire_put(w, 4);
	put_counters(w, s);
	put_ethernet(w);
	if (version >= OF13)
		put_duration(w, s->duration);
}

bool of_port_request_read(const struct of_message *message, uint16_t *out)
{
	if (message->version != OF10)
		return of_port_ofport(wire_get32(message->body.at), out);
	*out = wire_get16(message->body.at);
	return true;
}

/* What a port offers its peer is up to the device: it may be said, and counts for nothing. */
static enum of_error check_advertised(uint8_t version, uint32_t features)
{
	const uint32_t known = version == OF10 ? 0xfff : 0xffff;

	return features & ~known ? OF_PMFC_BAD_ADVERTISE : OF_OK;
}

static enum of_error read_properties(struct wire_bytes rest)
{
	enum { PROP_ETHERNET = 0, PROP_EXPERIMENTER = 0xffff };

	while (rest.len) {
		struct wire_bytes property;
		uint16_t type;

		if (!wire_property_cut(&rest, &property))
			return OF_BPC_BAD_LEN;
		type = wire_get16(property.at);
		if (type == PROP_EXPERIMENTER)
			return OF_BPC_BAD_EXPERIMENTER;
		if (type != PROP_ETHERNET)
			return OF_BPC_BAD_TYPE;
		if (property.len != 8)
			return OF_BPC_BAD_LEN;
		if (check_advertised(OF14, wire_get32(property.at + 4)))
			return OF_PMFC_BAD_ADVERTISE;
	}
	return OF_OK;
}

enum of_error of_port_mod_read(const struct of_message *message, struct of_port_mod *out)
{
	const uint8_t *at = message->body.at;
	unsigned mac = message->version == OF10 ? 2 : 8, rest = message->version == OF10 ? 8 : 16;

	if (message->version == OF10)
		out->port = wire_get16(at);
	else if (!of_port_ofport(wire_get32(at), &out->port))
		return OF_PMFC_BAD_PORT;
	for (unsigned i = 0; i < 6; i++)
		out->mac[i] = at[mac + i];
	out->config = wire_get32(at + rest);
	out->mask = wire_get32(at + rest + 4);
	if (out->mask & ~of_port_config_known(message->version))
		return OF_PMFC_BAD_CONFIG;
	if (message->version < OF14)
		return check_advertised(message->version, wire_get32(at + rest + 8));
	return read_properties(wire_skip(message->body, 24));
}
