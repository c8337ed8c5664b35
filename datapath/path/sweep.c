/* sweep: ages the cache between bursts. */
#include "flow/cache.h"
#include "path/steps.h"
#include "path/worker.h"

#define ROUND_NS  CLOCK_NS_PER_SEC /* in which every place is looked at once */
#define HASTY_NS  (ROUND_NS / 4)  /* after a change: what that made stale is gone within a second */
#define BUDGET    4096            /* places per turn at most: well below 100 us */
#define PERIOD_NS CLOCK_NS_PER_MS /* not worth the call more often */

/* How long the round takes that goes on. */
static uint64_t round_ns(struct worker *worker)
{
	uint32_t version = version_read(worker->host->versions, VERSION_CONFIG);

	if (version != worker->swept_version)
		worker->n_hasty = cache_n_places(worker->cache);
	worker->swept_version = version;
	return worker->n_hasty ? HASTY_NS : ROUND_NS;
}

void sweep(struct worker *worker)
{
	uint64_t elapsed = worker->now - worker->swept_at;
	uint64_t round, n_places, n_due;

	if (elapsed < PERIOD_NS)
		return;
	round = round_ns(worker);
	if (elapsed > round)
		elapsed = round;
	n_places = cache_n_places(worker->cache);
	n_due = n_places * elapsed / round + 1;
	worker->swept_at = worker->now;
	worker->is_sweep_due = n_due > BUDGET;
	if (worker->is_sweep_due) {
		worker->swept_at -= elapsed - BUDGET * round / n_places;
		n_due = BUDGET;
	}
	worker->n_hasty -= n_due < worker->n_hasty ? (uint32_t)n_due : worker->n_hasty;
	cache_sweep(worker->cache, cache_tick(worker->now), (uint32_t)n_due);
}
