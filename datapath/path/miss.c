/* miss: has packets translated that no fresh cache entry knows, and remembers the answer.
 * Outcomes: executed, DROP_MISS_LIMIT, DROP_CACHE_FULL. */
#include "path/miss.h"

#include "base/counter.h"
#include "flow/action.h"
#include "path/bucket.h"
#include "path/drop.h"
#include "path/host.h"
#include "path/steps.h"
#include "path/worker.h"

bool miss_take(struct worker *worker, uint16_t port)
{
	return worker->now >= worker->shared_until ||
	       bucket_take(&worker->miss_buckets[port], worker->now, MISS_RATE, MISS_BURST);
}

struct flow_actions *miss_translate(struct worker *worker, const struct burst *burst,
				    const struct flow_key *key, const struct frame *frame)
{
	const struct path_host *host = worker->host;
	struct translation *translation = &worker->translation;
	struct flow_actions *actions;

	translation->deps = burst->deps;
	translation->frame = frame;
	translation_begin(translation);
	host->translate(burst->view, key, worker->now, translation);
	learn(host, &worker->learned, worker->now, translation);
	if (actions_get(worker->actions, translation->ops.op, translation->ops.n_ops,
			&translation->credits, &actions))
		return NULL;
	return actions;
}

/* NULL: out of memory. */
static struct cache_entry *remember(struct worker *worker, const struct burst *burst,
				    const struct cache_query *query)
{
	struct flow_actions *actions = miss_translate(worker, burst, query->key, NULL);

	if (!actions)
		return NULL;
	return cache_insert(worker->cache, query, version_deps_stamp(&worker->translation.deps),
			    actions, cache_tick(worker->now));
}

/* The entry for packet `i`; if there is none, *why is the reason to drop it. */
static struct cache_entry *entry_make(struct worker *worker, struct burst *burst, unsigned i,
				      enum drop_reason *why)
{
	struct cache_query *query = &burst->queries[i];
	struct cache_entry *entry;

	/* A packet before this one may have brought it. */
	if (i)
		cache_lookup(worker->cache, query, 1);
	if (query->entry) {
		counter_add(&worker->counts.n_hit, 1);
		return query->entry;
	}
	/* Stale entries are bounded in number already. */
	if (query->is_stale) {
		counter_add(&worker->counts.n_stale, 1);
	} else if (miss_take(worker, burst->frames[i].in_port)) {
		counter_add(&worker->counts.n_miss, 1);
	} else {
		*why = DROP_MISS_LIMIT;
		return NULL;
	}
	entry = remember(worker, burst, query);
	if (!entry) {
		counter_add(&worker->counts.n_full, 1);
		*why = DROP_CACHE_FULL;
	}
	return entry;
}

void step_miss(struct worker *worker, struct burst *burst)
{
	for (unsigned i = 0; i < burst->n; i++) {
		const struct frame *frame = &burst->frames[i];
		enum drop_reason why = DROP_NONE;
		struct cache_entry *entry = entry_make(worker, burst, i, &why);

		if (!entry) {
			drop_frame(worker, frame->in_port, why, frame);
			continue;
		}
		cache_hit(entry, 1, frame->len, cache_tick(worker->now));
		execute(worker, burst, i, entry->actions);
	}
}
