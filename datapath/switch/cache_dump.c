#include "switch/cache_dump.h"

#include <stdlib.h>
#include <string.h>

#include "flow/action.h"
#include "flow/cache.h"
#include "flow/mask.h"
#include "path/worker.h"
#include "switch/bridge.h"
#include "switch/offload.h"

#define PAGE_PLACES 512
#define COPIED_OPS  64 /* of one entry: more are left out */

/* ---- the kernel's ---- */

struct kernel_visit {
	struct vswitch *sw;
	void (*visit)(void *ctx, const struct cache_row *row);
	void *ctx;
};

static void mask_spread(const struct flow_mask *mask, struct flow_key *out)
{
	memset(out, 0, sizeof(*out));
	for (unsigned i = 0; i < mask->n_words; i++)
		out->word[mask->word[i]] = mask->bits[i];
}

static void show_kernel(void *ctx, const struct offload_entry *entry)
{
	const struct kernel_visit *visit = ctx;
	struct cache_row row = {
		.floor = FLOOR_KERNEL,
		.ops = entry->ops,
		.n_ops = entry->n_ops,
		.n_packets = entry->n_packets,
		.n_bytes = entry->n_bytes,
		.idle = entry->idle,
	};

	mask_spread(mask_lookup(visit->sw->masks, (uint16_t)entry->key->mask), &row.mask);
	memcpy(row.key.word, entry->key->word, sizeof(entry->key->word));
	visit->visit(visit->ctx, &row);
}

/* ---- the workers' ---- */

/* An entry as the worker copies it out. */
struct copy {
	uint16_t mask;
	unsigned n_words;
	uint64_t word[FLOW_KEY_PACKET_WORDS];
	uint64_t n_packets, n_bytes;
	uint32_t last_used;
	uint32_t n_ops;
	bool is_cut;         /* there are more */
	const char *refusal; /* of the kernel; static */
	struct flow_op op[COPIED_OPS];
};

struct page {
	const struct mask_table *masks;
	uint32_t cursor;
	bool has_more;
	unsigned n;
	struct copy copy[PAGE_PLACES];
};

/* Whole ops, as many as fit. */
static uint32_t ops_copy(const struct flow_actions *actions, struct flow_op *out)
{
	const struct flow_op *op = actions->op, *end = op + actions->n_ops;

	while (op < end && flow_op_next(op) <= actions->op + COPIED_OPS)
		op = flow_op_next(op);
	memcpy(out, actions->op, (size_t)(op - actions->op) * sizeof(*op));
	return (uint32_t)(op - actions->op);
}

struct copying {
	struct page *page;
	struct worker *worker;
	const struct mask_table *masks;
};

/* By all of its ops. */
static const char *refusal_of(const struct flow_mask *mask, const struct copy *copy,
			      const struct flow_actions *actions)
{
	struct packet_key key = {0};

	for (unsigned i = 0; i < mask->n_words && mask->word[i] < PACKET_KEY_WORDS; i++)
		key.word[mask->word[i]] = copy->word[i];
	return offload_refusal(mask, &key, actions->op, actions->n_ops);
}

/* What is stale does not decide any more, and its mask may be another's by now. */
static void copy_entry(void *ctx, const struct cache_entry *entry)
{
	const struct copying *copying = ctx;
	struct page *page = copying->page;
	struct copy *copy = &page->copy[page->n];

	if (!version_is_fresh(copying->worker->host->versions, entry->stamp))
		return;
	page->n++;
	copy->mask = cache_entry_mask(entry);
	copy->n_words = cache_entry_words(copying->worker->cache, entry, copy->word);
	copy->n_packets = counter_get(&entry->n_packets);
	copy->n_bytes = counter_get(&entry->n_bytes);
	copy->last_used = entry->last_used;
	copy->n_ops = ops_copy(entry->actions, copy->op);
	copy->is_cut = copy->n_ops < entry->actions->n_ops;
	copy->refusal = refusal_of(mask_lookup(copying->masks, copy->mask), copy, entry->actions);
}

static void page_fill(struct worker *worker, void *ctx)
{
	struct page *page = ctx;
	struct copying copying = {page, worker, page->masks};

	page->n = 0;
	page->has_more =
		cache_visit(worker->cache, &page->cursor, PAGE_PLACES, copy_entry, &copying);
}

/* Why an entry of a worker's cache decides about packets that the kernel does not. */
static const char *reason(const struct vswitch *sw, const struct copy *copy,
			  const struct packet_key *key)
{
	if (!sw->offload)
		return sw->flow_maps ? "the kernel's flow cache is switched off"
				     : "this kernel has no flow cache";
	if (copy->refusal)
		return copy->refusal;
	if (offload_is_full_without(sw->offload, copy->mask, key))
		return "the kernel's flow cache has as many as it may have (--kernel-flows, flow-limit)";
	return copy->n_packets < 2 ? "it has had one packet; the second offers it to the kernel"
				   : "these packets came before it was in the kernel";
}

static void show_copy(const struct vswitch *sw, const struct copy *copy, struct cache_row *row)
{
	const struct flow_mask *mask = mask_lookup(sw->masks, copy->mask);
	uint32_t idle = cache_tick(clock_now(sw->options.clock)) - copy->last_used;

	mask_spread(mask, &row->mask);
	memset(&row->key, 0, sizeof(row->key));
	for (unsigned i = 0; i < mask->n_words && i < copy->n_words; i++)
		row->key.word[mask->word[i]] = copy->word[i];
	row->ops = copy->op;
	row->n_ops = copy->n_ops;
	row->n_packets = copy->n_packets;
	row->n_bytes = copy->n_bytes;
	row->idle = idle > INT32_MAX ? 0 : (uint64_t)idle << 20;
	row->is_cut = copy->is_cut;
	row->why = reason(sw, copy, &row->key.packet);
}

static bool show_worker(struct vswitch *sw, unsigned i, uint32_t *cursor,
			const struct kernel_visit *visit)
{
	struct cache_row row = {.floor = FLOOR_USER, .worker = i};
	struct page *page = malloc(sizeof(*page));
	bool has_more;

	if (!page)
		return false;
	page->cursor = *cursor;
	page->masks = sw->masks;
	worker_call(sw->workers[i], page_fill, page);
	for (unsigned k = 0; k < page->n; k++) {
		show_copy(sw, &page->copy[k], &row);
		visit->visit(visit->ctx, &row);
	}
	has_more = page->has_more;
	*cursor = page->cursor;
	free(page);
	return has_more;
}

bool vswitch_cache_visit(struct vswitch *sw, struct cache_place *place,
			 void (*visit)(void *ctx, const struct cache_row *row), void *ctx)
{
	struct kernel_visit kernel = {sw, visit, ctx};
	bool has_more = false;

	if (place->stage > sw->n_workers)
		return false;
	if (place->stage)
		has_more = show_worker(sw, place->stage - 1, &place->cursor, &kernel);
	else if (sw->offload)
		has_more = offload_visit(sw->offload, &place->cursor, PAGE_PLACES, show_kernel,
					 &kernel);
	if (!has_more)
		*place = (struct cache_place){.stage = place->stage + 1};
	return place->stage <= sw->n_workers;
}
