#include "path/drop.h"

#include <assert.h>

#include "base/counter.h"
#include "packet/frame.h"
#include "path/worker.h"

static const struct {
	const char *name;
	const char *help;
} reasons[] = {
#define X(id, name_, help_) [DROP_##id] = {.name = name_, .help = help_},
	DROP_REASONS(X)
#undef X
};

const char *drop_name(enum drop_reason reason)
{
	assert(reason < N_DROP_REASONS);
	return reasons[reason].name;
}

const char *drop_help(enum drop_reason reason)
{
	assert(reason < N_DROP_REASONS);
	return reasons[reason].help;
}

void drop_count(struct worker *worker, uint16_t port, enum drop_reason reason, unsigned n)
{
	counter_add(&worker->port_counts[port].drops[reason], n);
}

void drop_frame(struct worker *worker, uint16_t port, enum drop_reason reason,
		const struct frame *frame)
{
	drop_count(worker, port, reason, 1);
	frame_free(frame);
}

/* A port_counts seen as the plain row of counters that it is. */
#define N_COUNTERS (offsetof(struct port_counts, drops) / sizeof(uint64_t) + N_DROP_REASONS)

void port_counts_add(struct port_counts *a, const struct port_counts *b)
{
	uint64_t *to = (uint64_t *)a;
	const uint64_t *from = (const uint64_t *)b;

	for (unsigned i = 0; i < N_COUNTERS; i++)
		to[i] += counter_get(&from[i]);
}

void port_counts_subtract(struct port_counts *a, const struct port_counts *b)
{
	uint64_t *to = (uint64_t *)a;
	const uint64_t *from = (const uint64_t *)b;

	for (unsigned i = 0; i < N_COUNTERS; i++)
		to[i] -= counter_get(&from[i]);
}
