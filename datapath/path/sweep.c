/* sweep: ages the cache between bursts. */
#include "flow/cache.h"
#include "path/steps.h"
#include "path/worker.h"

#define ROUND_NS  CLOCK_NS_PER_SEC /* in which every place is looked at once */
#define BUDGET    4096             /* places per turn at most: well below 100 us */
#define PERIOD_NS CLOCK_NS_PER_MS  /* not worth the call more often */

void sweep(struct worker *worker)
{
	uint64_t elapsed = worker->now - worker->swept_at;
	uint64_t n_places, n_due;

	if (elapsed < PERIOD_NS)
		return;
	if (elapsed > ROUND_NS)
		elapsed = ROUND_NS;
	n_places = cache_n_places(worker->cache);
	n_due = n_places * elapsed / ROUND_NS + 1;
	worker->swept_at = worker->now;
	worker->is_sweep_due = n_due > BUDGET;
	if (worker->is_sweep_due) {
		worker->swept_at -= elapsed - BUDGET * ROUND_NS / n_places;
		n_due = BUDGET;
	}
	cache_sweep(worker->cache, cache_tick(worker->now), (uint32_t)n_due);
}
