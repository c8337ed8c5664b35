#pragma once
/* What a meter says of a packet, in every floor (OpenFlow 1.3.5 section 5.7). */
#include "rate.h"

static inline void meter_count(__u64 *sum, __u64 n)
{
	__sync_fetch_and_add(sum, n);
}

/* A packet comes, or the segments of one; returns what becomes of all of it: as in meter_bands.what. */
static inline __u32 meter_pass(struct meter *meter, struct meter_bands *bands, __u64 n_packets,
			       __u64 n_bytes, __u64 now)
{
	const __u64 n = bands->is_in_packets ? n_packets : n_bytes;
	__u32 exceeded = METER_BANDS_MAX;

	meter_count(&meter->n_packets, n_packets);
	meter_count(&meter->n_bytes, n_bytes);
	for (__u32 i = 0; i < METER_BANDS_MAX && i < bands->n; i++) {
		struct rate *rate = &bands->clock[i].rate;

		if (!rate_take(rate, rate_cost(rate, n), now) && exceeded == METER_BANDS_MAX)
			exceeded = i;
	}
	if (exceeded >= METER_BANDS_MAX)
		return METERED_PASS;
	meter_count(&bands->clock[exceeded].n_packets, n_packets);
	meter_count(&bands->clock[exceeded].n_bytes, n_bytes);
	return bands->what[exceeded];
}

/* A type of service with `level` added to the drop precedence of an assured forwarding class (RFC 2597); any other
 * stays as it is. */
static inline __u8 meter_remark(__u8 tos, __u32 level)
{
	const __u32 dscp = tos >> 2, class = dscp >> 3, precedence = dscp >> 1 & 3;
	__u32 more = precedence + level;

	if (class < 1 || class > 4 || !precedence || dscp & 1)
		return tos;
	more = more > 3 ? 3 : more;
	return (__u8)(class << 5 | more << 3 | (tos & 3));
}
