#include "path/meter.h"

#include <string.h>

#include "../bpf/meter.h"
#include "packet/edit.h"
#include "packet/frame.h"
#include "path/host.h"
#include "path/worker.h"

/* What may come at once where nobody says so: a tenth of a second's worth, but some packets at least. */
#define DEFAULT_BURST_PART 10
#define LEAST_KILOBITS     36 /* three frames of 1,500 bytes */
#define LEAST_PACKETS      4

#define LEVEL_MAX 3 /* of drop precedence */

static uint32_t burst_of(const struct meter_desc *desc, const struct meter_band *band)
{
	const uint32_t least = desc->flags & METER_KBPS ? LEAST_KILOBITS : LEAST_PACKETS;
	const uint32_t part = band->rate / DEFAULT_BURST_PART;

	if (desc->flags & METER_BURST && band->burst)
		return band->burst;
	return part > least ? part : least;
}

static struct rate rate_of(const struct meter_desc *desc, const struct meter_band *band)
{
	const unsigned __int128 ticks = RATE_TICKS_PER_SEC;
	const unsigned __int128 depth = burst_of(desc, band) * ticks / band->rate;
	/* A kilobit is 125 bytes. */
	const uint32_t of_unit = desc->flags & METER_PKTPS ? 1 : 125;

	return (struct rate){
		.cost = (uint64_t)((ticks << RATE_SHIFT) / band->rate / of_unit),
		/* The time, this, and what a packet costs stay within 64 bits. */
		.depth = depth < UINT64_MAX / 4 ? (uint64_t)depth : UINT64_MAX / 4,
	};
}

static uint8_t what_of(const struct meter_band *band)
{
	if (band->type == METER_DROP)
		return METERED_DROP;
	return METERED_REMARK + (band->level < LEVEL_MAX ? band->level : LEVEL_MAX);
}

/* The highest rate first; of equal ones as they were said. */
void meter_bands_order(const struct meter_desc *desc, uint8_t order[METER_BANDS_MAX])
{
	for (uint8_t i = 0; i < desc->n_bands; i++) {
		uint8_t at = i;

		for (; at && desc->band[order[at - 1]].rate < desc->band[i].rate; at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
}

void meter_bands_write(struct meter_bands *out, const struct meter_desc *desc)
{
	uint8_t order[METER_BANDS_MAX];

	memset(out, 0, sizeof(*out));
	out->n = (uint8_t)desc->n_bands;
	out->is_in_packets = desc->flags & METER_PKTPS ? 1 : 0;
	meter_bands_order(desc, order);
	for (unsigned i = 0; i < desc->n_bands; i++) {
		const struct meter_band *band = &desc->band[order[i]];

		out->what[i] = what_of(band);
		out->clock[i].rate = rate_of(desc, band);
	}
}

static uint32_t pass(const struct worker *worker, uint16_t slot, uint32_t len)
{
	const struct path_host *host = worker->host;
	struct meter *meter = &host->meters[slot];
	const uint32_t row = __atomic_load_n(&meter->bands, __ATOMIC_ACQUIRE);

	if (!row) /* it is going, and so are its flows */
		return METERED_PASS;
	return meter_pass(meter, &host->meter_bands[row], 1, len, worker->now * RATE_TICKS_NS);
}

static void remark(struct edit *edit, uint32_t level)
{
	static const uint8_t dscp = 0xfc;
	const int tos = edit_ip_tos(edit);
	uint8_t value;

	if (tos < 0)
		return;
	value = meter_remark((uint8_t)tos, level) & dscp;
	edit_set(edit, SET_IP_TOS, &value, &dscp);
}

bool meter_lets_by(struct worker *worker, uint16_t slot, uint32_t len)
{
	return pass(worker, slot, len) != METERED_DROP;
}

enum drop_reason meter_apply(struct worker *worker, struct edit *edit, const struct flow_op *op)
{
	const uint32_t what = pass(worker, op->port, edit->frame->len);

	if (what == METERED_DROP)
		return DROP_METER;
	if (what >= METERED_REMARK)
		remark(edit, what - METERED_REMARK);
	return DROP_NONE;
}
