#pragma once
/* Meter mods, and what is told of meters (OpenFlow 1.3.5 sections 7.3.4.5, 7.3.5.12 to 7.3.5.14, 1.5.1 section 7.3.4.4).
 * No state; any thread. */
#include "flow/meter.h"
#include "openflow/message.h"

enum of_error of_meter_mod_read(const struct of_message *message, struct meter_mod *out);

/* Writes one, of OpenFlow 1.3 or later. */
void of_meter_mod_write(struct wire_writer *w, uint8_t version, uint32_t xid,
			const struct meter_mod *mod);

/* Of which meter a request asks: METER_EVERY or a number. */
uint32_t of_meter_request_read(const struct of_message *message);

struct of_meter_count {
	uint64_t n_packets, n_bytes;
};

struct of_meter_stats {
	uint32_t id, n_flows;
	uint64_t duration; /* ns */
	struct of_meter_count count;
	unsigned n_bands;
	struct of_meter_count band[METER_BANDS_MAX];
};

/* An entry of a reply. */
void of_meter_stats_write(struct wire_writer *w, const struct of_meter_stats *stats);
void of_meter_config_write(struct wire_writer *w, const struct meter_desc *desc);
/* The body of the features' reply. */
void of_meter_features_write(struct wire_writer *w, uint8_t version, uint32_t max_meters);
