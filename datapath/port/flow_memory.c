/* What is done in the memory of flow maps, whoever made it; the index is in flow_index.c. */
#include "port/flow_maps.h"

#include <linux/membarrier.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/counter.h"

void flow_maps_size(struct flow_maps *maps, uint32_t n_flows)
{
	maps->n_flows = n_flows;
	maps->n_places = KERNEL_PLACES(n_flows);
	maps->n_buckets = INDEX_BUCKETS(n_flows);
}

/* Until no program is under way that has begun before. The kernel's own wait (synchronize_rcu()), if it is
 * to be had: not where CPUs run without ticks. */
void flow_maps_wait(void)
{
	if (syscall(__NR_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		usleep(FLOW_MAPS_REST_NS / 1000);
}

void flow_maps_key(const struct flow_maps *maps, uint32_t place, struct kernel_key *out)
{
	const struct kernel_flow *flow = &maps->flows[place];

	*out = (struct kernel_key){.mask = flow->mask};
	memcpy(out->word, flow->word, sizeof(flow->word));
	memcpy(out->word + PACKET_KEY_IPV4_WORDS, maps->tails[place].word,
	       sizeof(maps->tails[place].word));
}

void flow_maps_key_write(struct flow_maps *maps, uint32_t place, const struct kernel_key *key)
{
	struct kernel_flow *flow = &maps->flows[place];

	flow->mask = (uint16_t)key->mask;
	memcpy(flow->word, key->word, sizeof(flow->word));
	memcpy(maps->tails[place].word, key->word + PACKET_KEY_IPV4_WORDS,
	       sizeof(maps->tails[place].word));
}

void flow_maps_count(const struct flow_maps *maps, uint32_t place, struct kernel_count *out)
{
	*out = (struct kernel_count){0};
	for (unsigned cpu = 0; cpu < maps->n_cpus; cpu++) {
		const struct kernel_count *row = &maps->counts[cpu * maps->n_places + place];

		out->n_packets += counter_get((const uint64_t *)&row->n_packets);
		out->n_bytes += counter_get((const uint64_t *)&row->n_bytes);
	}
}

void flow_maps_count_reset(struct flow_maps *maps, uint32_t place)
{
	for (unsigned cpu = 0; cpu < maps->n_cpus; cpu++)
		maps->counts[cpu * maps->n_places + place] = (struct kernel_count){0};
	maps->seen[place] = (struct kernel_count){0};
}

void flow_maps_port_count(const struct flow_maps *maps, uint16_t port,
			  struct kernel_port_count *out)
{
	*out = (struct kernel_port_count){0};
	for (unsigned cpu = 0; cpu < maps->n_cpus; cpu++) {
		const struct kernel_port_count *row = &maps->port_counts[cpu * PORT_ID_MAX + port];

		out->rx_packets += counter_get((const uint64_t *)&row->rx_packets);
		out->rx_bytes += counter_get((const uint64_t *)&row->rx_bytes);
		out->tx_packets += counter_get((const uint64_t *)&row->tx_packets);
		out->tx_bytes += counter_get((const uint64_t *)&row->tx_bytes);
		out->n_by_rule += counter_get((const uint64_t *)&row->n_by_rule);
	}
}
