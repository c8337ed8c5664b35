/* lookup: parses the burst and finds its cache entries.
 * Outcomes: DROP_TOO_SHORT, DROP_MALFORMED, DROP_PORT_UNKNOWN, or in the burst with its query
 * answered. */
#include "base/rcu.h"
#include "packet/parse.h"
#include "path/drop.h"
#include "path/host.h"
#include "path/steps.h"
#include "path/worker.h"

/* A packet that is broken behind Ethernet is no business of a bridge, one in no VLAN is. */
static bool is_tag_cut(const struct flow_key *key, const struct packet_layout *layout)
{
	uint16_t type = from_be16(key->packet.eth_type);

	return layout->n_vlans < 2 && (type == ETH_TYPE_VLAN || type == ETH_TYPE_SVLAN);
}

/* Parses `frame` into place `i` of the burst. False if it was dropped. */
static bool parse(struct worker *worker, struct burst *burst, unsigned i, const struct frame *frame)
{
	struct flow_key *key = &burst->keys[i];
	struct packet_layout *layout = &burst->layouts[i];
	enum parse_verdict verdict = packet_parse(frame, &key->packet, &key->extra, layout);
	const struct path_masks *masks;

	if (verdict == PARSE_TOO_SHORT) {
		drop_frame(worker, frame->in_port, DROP_TOO_SHORT, frame);
		return false;
	}
	if (verdict == PARSE_MALFORMED && is_tag_cut(key, layout)) {
		drop_frame(worker, frame->in_port, DROP_MALFORMED, frame);
		return false;
	}
	masks = burst->view->masks[frame->in_port];
	if (!masks) {
		drop_frame(worker, frame->in_port, DROP_PORT_UNKNOWN, frame);
		return false;
	}
	burst->frames[i] = *frame;
	burst->queries[i].key = key;
	burst->queries[i].mask = masks->by_class[key->packet.packet_class];
	return true;
}

void step_lookup(struct worker *worker, struct burst *burst)
{
	unsigned n = 0;

	/* In this order: see path/host.h. */
	version_deps_begin(&burst->deps, worker->host->versions);
	burst->view = rcu_load(worker->host->view);
	for (unsigned i = 0; i < burst->n; i++)
		__builtin_prefetch(burst->frames[i].data);
	for (unsigned i = 0; i < burst->n; i++) {
		struct frame frame = burst->frames[i];

		n += parse(worker, burst, n, &frame);
	}
	burst->n = n;
	cache_lookup(worker->cache, burst->queries, n);
}
