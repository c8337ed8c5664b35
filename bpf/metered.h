#pragma once
/* metered: sends a packet through a meter. Kernel side only. */
#include "maps.h"
#include "meter.h"

/* What becomes of it: as in meter_bands.what. Not static: see tc_parse() in tc.bpf.c; weak, because every program
 * brings it. */
__weak __attribute__((noinline)) int metered(__u32 slot, __u32 n_packets, __u32 n_bytes)
{
	struct meter *meter = bpf_map_lookup_elem(&meters, &slot);
	struct meter_bands *bands;
	__u32 row;

	if (!meter)
		return METERED_PASS;
	row = *(const volatile __u32 *)&meter->bands;
	bands = row ? bpf_map_lookup_elem(&meter_bands, &row) : 0;
	if (!bands) /* it is going, and so are its flows */
		return METERED_PASS;
	return (int)meter_pass(meter, bands, n_packets, n_bytes,
			       bpf_ktime_get_ns() * RATE_TICKS_NS);
}
