#include "path/meter.h"

#include <string.h>

#include "base/rcu.h"
#include "packet/edit.h"
#include "packet/frame.h"
#include "path/host.h"
#include "path/worker.h"

/* What may come at once where nobody says so: a tenth of a second's worth, but some packets at least. */
#define DEFAULT_BURST_PART 10
#define LEAST_KILOBITS     36 /* three frames of 1,500 bytes */
#define LEAST_PACKETS      4

static uint32_t burst_of(const struct meter_desc *desc, const struct meter_band *band)
{
	const uint32_t least = desc->flags & METER_KBPS ? LEAST_KILOBITS : LEAST_PACKETS;
	const uint32_t part = band->rate / DEFAULT_BURST_PART;

	if (desc->flags & METER_BURST && band->burst)
		return band->burst;
	return part > least ? part : least;
}

void meter_begin(struct meter *meter, const struct meter_desc *desc)
{
	memset(meter, 0, sizeof(*meter));
	meter->desc = *desc;
	for (unsigned i = 0; i < desc->n_bands; i++) {
		const unsigned __int128 ticks =
			(unsigned __int128)burst_of(desc, &desc->band[i]) * METER_TICKS_PER_SEC;

		const unsigned __int128 depth = ticks / desc->band[i].rate;

		/* The time, this, and what a packet costs stay within 64 bits. */
		meter->clock[i].depth = depth < UINT64_MAX / 4 ? (uint64_t)depth : UINT64_MAX / 4;
	}
}

/* What a packet takes at that rate. */
static uint64_t cost_of(const struct meter_desc *desc, uint32_t rate, uint32_t len)
{
	if (desc->flags & METER_PKTPS)
		return METER_TICKS_PER_SEC / rate;
	return (uint64_t)len * 8 * (METER_TICKS_PER_SEC / 1000) / rate;
}

/* False: it would be too far ahead. */
static bool clock_take(struct meter_clock *clock, uint64_t cost, uint64_t now)
{
	uint64_t free_at = __atomic_load_n(&clock->free_at, __ATOMIC_RELAXED), next;

	do {
		next = (free_at > now ? free_at : now) + cost;
		if (next - now > clock->depth)
			return false;
	} while (!__atomic_compare_exchange_n(&clock->free_at, &free_at, next, true,
					      __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return true;
}

static void count(uint64_t *n_packets, uint64_t *n_bytes, uint32_t len)
{
	__atomic_fetch_add(n_packets, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(n_bytes, len, __ATOMIC_RELAXED);
}

unsigned meter_pass(struct meter *meter, uint32_t len, uint64_t now)
{
	const struct meter_desc *desc = &meter->desc;
	unsigned exceeded = desc->n_bands;

	count(&meter->n_packets, &meter->n_bytes, len);
	for (unsigned i = 0; i < desc->n_bands; i++) {
		const uint32_t rate = desc->band[i].rate;

		if (clock_take(&meter->clock[i], cost_of(desc, rate, len), now * METER_TICKS_NS))
			continue;
		if (exceeded == desc->n_bands || rate > desc->band[exceeded].rate)
			exceeded = i;
	}
	if (exceeded < desc->n_bands)
		count(&meter->clock[exceeded].n_packets, &meter->clock[exceeded].n_bytes, len);
	return exceeded;
}

uint8_t meter_remark(uint8_t tos, uint8_t level)
{
	const unsigned dscp = tos >> 2, class = dscp >> 3, precedence = dscp >> 1 & 3;
	unsigned more = precedence + level;

	if (class < 1 || class > 4 || !precedence || dscp & 1)
		return tos;
	more = more > 3 ? 3 : more;
	return (uint8_t)(class << 5 | more << 3 | (tos & 3));
}

static void remark(struct edit *edit, uint8_t level)
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
	struct meter *meter = rcu_load(worker->host->meters[slot]);
	unsigned band;

	if (!meter)
		return true;
	band = meter_pass(meter, len, worker->now);
	return band == meter->desc.n_bands || meter->desc.band[band].type != METER_DROP;
}

enum drop_reason meter_apply(struct worker *worker, struct edit *edit, const struct flow_op *op)
{
	struct meter *meter = rcu_load(worker->host->meters[op->port]);
	unsigned band;

	if (!meter) /* it is going, and so are its flows */
		return DROP_NONE;
	band = meter_pass(meter, edit->frame->len, worker->now);
	if (band == meter->desc.n_bands)
		return DROP_NONE;
	if (meter->desc.band[band].type == METER_DROP)
		return DROP_METER;
	remark(edit, meter->desc.band[band].level);
	return DROP_NONE;
}
