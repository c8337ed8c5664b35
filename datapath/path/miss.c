/* miss: has packets translated that no fresh cache entry knows, and remembers the answer.
 * Outcomes: executed, DROP_MISS_LIMIT, DROP_CACHE_FULL. */
#include "path/miss.h"

#include "base/clock.h"
#include "base/counter.h"
#include "flow/action.h"
#include "path/drop.h"
#include "path/host.h"
#include "path/steps.h"
#include "path/worker.h"

static bool bucket_take(struct miss_bucket *bucket, uint64_t now)
{
	const uint64_t period = CLOCK_NS_PER_SEC / MISS_RATE;
	uint64_t n_new = (now - bucket->filled_at) / period;

	if (n_new) {
		/* What is left of the time counts for the next token. */
		bucket->filled_at += n_new * period;
		n_new += bucket->n_tokens;
		bucket->n_tokens = n_new < MISS_BURST ? (uint32_t)n_new : MISS_BURST;
	}
	if (!bucket->n_tokens)
		return false;
	bucket->n_tokens--;
	return true;
}

/* NULL: out of memory. */
static struct cache_entry *translate(struct worker *worker, const struct burst *burst,
				     const struct cache_query *query)
{
	const struct path_host *host = worker->host;
	struct translation *translation = &worker->translation;
	struct flow_actions *actions;

	translation->deps = burst->deps;
	translation->frame = NULL;
	translation_begin(translation);
	host->translate(burst->view, query->key, worker->now, translation);
	learn(worker->host, translation);
	if (actions_get(worker->actions, translation->ops.op, translation->ops.n_ops, &actions))
		return NULL;
	return cache_insert(worker->cache, query, version_deps_stamp(&translation->deps), actions,
			    cache_tick(worker->now));
}

/* The entry for packet `i`; if there is none, *why is the reason to drop it. */
static struct cache_entry *entry_make(struct worker *worker, struct burst *burst, unsigned i,
				      enum drop_reason *why)
{
	struct cache_query *query = &burst->queries[i];
	struct miss_bucket *bucket = &worker->buckets[burst->frames[i].in_port];
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
	} else if (bucket_take(bucket, worker->now)) {
		counter_add(&worker->counts.n_miss, 1);
	} else {
		*why = DROP_MISS_LIMIT;
		return NULL;
	}
	entry = translate(worker, burst, query);
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
		enum drop_reason why;
		struct cache_entry *entry = entry_make(worker, burst, i, &why);

		if (!entry) {
			drop_frame(worker, frame->in_port, why, frame);
			continue;
		}
		cache_hit(entry, 1, frame->len, cache_tick(worker->now));
		execute(worker, burst, i, entry->actions);
	}
}
