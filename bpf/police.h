#pragma once
/* police: whether more may come in by a port, as its ingress_policing_* say. Kernel side only. */
#include "maps.h"
#include "rate.h"

/* False: it is to be dropped. */
static __always_inline bool police(const struct port_entry *entry, __u64 n_packets, __u64 n_bytes)
{
	const __u32 port = entry->port;
	struct policer *policer;
	__u64 now, bytes;

	if (!(entry->flags & PORT_FLAG_POLICED))
		return true;
	policer = bpf_map_lookup_elem(&policers, &port);
	if (!policer)
		return true;
	now = bpf_ktime_get_ns() * RATE_TICKS_NS;
	bytes = rate_cost(&policer->bytes, n_bytes);
	if (policer->bytes.cost && !rate_take(&policer->bytes, bytes, now))
		return false;
	if (!policer->packets.cost ||
	    rate_take(&policer->packets, rate_cost(&policer->packets, n_packets), now))
		return true;
	if (policer->bytes.cost)
		rate_give_back(&policer->bytes, bytes);
	return false;
}
