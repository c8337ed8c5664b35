#pragma once
/* police: whether more may come in by a port, as its ingress_policing_* say. Kernel side only.
 *
 * A packet that is larger than the burst passes when nothing came for long enough: the rate holds all the
 * same, and TCP that sends large packets is not cut off. */
#include "maps.h"

static __always_inline bool is_early(const struct police_rate *rate, __u64 now, __u64 cost)
{
	return rate->cost && rate->next > now && rate->next + cost > now + rate->burst;
}

static __always_inline void charge(struct police_rate *rate, __u64 now, __u64 cost)
{
	if (rate->cost) /* 0: no limit */
		rate->next = (rate->next > now ? rate->next : now) + cost;
}

/* False: it is to be dropped. */
static __always_inline bool police(const struct port_entry *entry, __u64 n_packets, __u64 n_bytes)
{
	const __u32 port = entry->port;
	struct policer *policer;
	__u64 now, bytes, packets;
	bool may_pass;

	if (!(entry->flags & PORT_FLAG_POLICED))
		return true;
	policer = bpf_map_lookup_elem(&policers, &port);
	if (!policer)
		return true;
	bytes = n_bytes * policer->bytes.cost >> POLICE_SHIFT;
	packets = n_packets * policer->packets.cost >> POLICE_SHIFT;
	now = bpf_ktime_get_ns();
	bpf_spin_lock(&policer->lock);
	may_pass = !is_early(&policer->bytes, now, bytes) &&
		   !is_early(&policer->packets, now, packets);
	if (may_pass) {
		charge(&policer->bytes, now, bytes);
		charge(&policer->packets, now, packets);
	}
	bpf_spin_unlock(&policer->lock);
	return may_pass;
}
