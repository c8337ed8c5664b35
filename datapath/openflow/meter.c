#include "openflow/meter.h"

enum { BAND_SIZE = 16, OFPM_ALL = -1 };

static enum of_error read_band(struct wire_bytes bytes, struct meter_desc *desc)
{
	struct meter_band band = {
		.type = (uint8_t)wire_get16(bytes.at),
		.rate = wire_get32(bytes.at + 4),
		.burst = wire_get32(bytes.at + 8),
	};
	const uint16_t type = wire_get16(bytes.at);

	if (type != METER_DROP && type != METER_DSCP_REMARK)
		return OF_MMFC_BAD_BAND;
	if (bytes.len != BAND_SIZE)
		return OF_BRC_BAD_LEN;
	if (desc->n_bands == METER_BANDS_MAX)
		return OF_MMFC_OUT_OF_BANDS;
	if (!band.rate)
		return OF_MMFC_BAD_RATE;
	if (type == METER_DSCP_REMARK)
		band.level = bytes.at[12];
	desc->band[desc->n_bands++] = band;
	return OF_OK;
}

static enum of_error read_bands(struct wire_bytes rest, struct meter_desc *desc)
{
	enum of_error error = OF_OK;

	while (!error && rest.len) {
		const size_t len = rest.len < BAND_SIZE ? 0 : wire_get16(rest.at + 2);

		if (len < BAND_SIZE || len % 8 || len > rest.len)
			return OF_BRC_BAD_LEN;
		error = read_band(wire_first(rest, len), desc);
		rest = wire_skip(rest, len);
	}
	return error;
}

/* Of a deletion only the number counts. Who says neither unit means kilobits. */
enum of_error of_meter_mod_read(const struct of_message *message, struct meter_mod *out)
{
	const uint8_t *at = message->body.at;
	struct meter_mod mod = {.desc = {.id = wire_get32(at + 4), .flags = wire_get16(at + 2)}};
	const uint16_t command = wire_get16(at);
	enum of_error error;

	if (command > METER_DELETE)
		return OF_MMFC_BAD_COMMAND;
	mod.command = (uint8_t)command;
	if (command == METER_DELETE && mod.desc.id == (uint32_t)OFPM_ALL) {
		mod.desc.id = METER_EVERY;
	} else if (!meter_number_is(mod.desc.id)) {
		return OF_MMFC_INVALID_METER;
	}
	if (command != METER_DELETE) {
		if (mod.desc.flags & ~METER_FLAGS ||
		    (mod.desc.flags & METER_KBPS && mod.desc.flags & METER_PKTPS))
			return OF_MMFC_BAD_FLAGS;
		if (!(mod.desc.flags & METER_PKTPS))
			mod.desc.flags |= METER_KBPS;
		error = read_bands(wire_skip(message->body, 8), &mod.desc);
		if (error)
			return error;
	}
	*out = mod;
	return OF_OK;
}

uint32_t of_meter_request_read(const struct of_message *message)
{
	const uint32_t id = wire_get32(message->body.at);

	return id == (uint32_t)OFPM_ALL ? METER_EVERY : id;
}

void of_meter_stats_write(struct wire_writer *w, const struct of_meter_stats *stats)
{
	const size_t start = w->len;

	wire_put32(w, stats->id);
	wire_put(w, 8);
	wire_put32(w, stats->n_flows);
	wire_put64(w, stats->count.n_packets);
	wire_put64(w, stats->count.n_bytes);
	wire_put32(w, (uint32_t)(stats->duration / 1000000000));
	wire_put32(w, (uint32_t)(stats->duration % 1000000000));
	for (unsigned i = 0; i < stats->n_bands; i++) {
		wire_put64(w, stats->band[i].n_packets);
		wire_put64(w, stats->band[i].n_bytes);
	}
	wire_patch16(w, start + 4, (uint16_t)(w->len - start));
}

static void write_bands(struct wire_writer *w, const struct meter_desc *desc)
{
	for (unsigned i = 0; i < desc->n_bands; i++) {
		const struct meter_band *band = &desc->band[i];

		wire_put16(w, band->type);
		wire_put16(w, BAND_SIZE);
		wire_put32(w, band->rate);
		wire_put32(w, band->burst);
		wire_put8(w, band->level);
		wire_put(w, 3);
	}
}

void of_meter_config_write(struct wire_writer *w, const struct meter_desc *desc)
{
	const size_t start = w->len;

	wire_put16(w, 0);
	wire_put16(w, desc->flags);
	wire_put32(w, desc->id);
	write_bands(w, desc);
	wire_patch16(w, start, (uint16_t)(w->len - start));
}

void of_meter_mod_write(struct wire_writer *w, uint8_t version, uint32_t xid,
			const struct meter_mod *mod)
{
	const size_t start = of_message_begin(w, OFM_METER_MOD, version, xid);

	wire_put16(w, mod->command);
	wire_put16(w, mod->desc.flags);
	wire_put32(w, mod->desc.id);
	write_bands(w, &mod->desc);
	of_message_end(w, start);
}

void of_meter_features_write(struct wire_writer *w, uint8_t version, uint32_t max_meters)
{
	wire_put32(w, max_meters);
	wire_put32(w, 1u << METER_DROP | 1u << METER_DSCP_REMARK);
	wire_put32(w, METER_FLAGS);
	wire_put8(w, METER_BANDS_MAX);
	wire_put(w, 3);
	if (version >= OF15)
		wire_put64(w, 0);
}
