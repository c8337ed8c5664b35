#include "control/state_group.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/own.h"
#include "control/state_lines.h"
#include "flow/group_text.h"
#include "switch/group.h"

static bool grow(struct state_groups *groups)
{
	const size_t size = groups->size ? groups->size * 2 : 16;
	void *mods, *pasts;

	if (groups->n < groups->size)
		return true;
	mods = realloc(groups->mods, size * sizeof(*groups->mods));
	if (mods)
		groups->mods = mods;
	pasts = realloc(groups->pasts, size * sizeof(*groups->pasts));
	if (pasts)
		groups->pasts = pasts;
	if (!mods || !pasts)
		return false;
	groups->size = size;
	return true;
}

static bool counted_next(struct slice *line, struct ledger_row *row)
{
	return state_number_next(line, UINT64_MAX, &row->number) &&
	       state_number_next(line, UINT64_MAX, &row->n_packets) &&
	       state_number_next(line, UINT64_MAX, &row->n_bytes) &&
	       state_number_next(line, UINT64_MAX, &row->used_at);
}

/* The buckets' rows are the caller's to free, also if this fails. */
static bool past_next(struct slice *line, struct group_past *past, struct ledger_row **rows)
{
	uint64_t n;

	if (!state_number_next(line, UINT64_MAX, &past->created_at) ||
	    !counted_next(line, &past->counted) || !state_number_next(line, GROUP_BUCKETS_MAX, &n))
		return false;
	*rows = calloc(n ? n : 1, sizeof(**rows));
	if (!*rows)
		return false;
	for (uint64_t i = 0; i < n; i++)
		if (!counted_next(line, &(*rows)[i]))
			return false;
	past->n_buckets = (uint32_t)n;
	past->bucket = *rows;
	return true;
}

bool state_group_read(struct state_groups *groups, struct slice line)
{
	own(mem_free) struct ledger_row *rows = NULL;
	own(mem_free) struct group_mod *mod = calloc(1, sizeof(*mod));
	struct group_past past;

	if (!mod || !grow(groups) || !past_next(&line, &past, &rows) ||
	    group_mod_parse(line, GROUP_ADD, NULL, mod, NULL))
		return false;
	groups->pasts[groups->n] = past;
	groups->mods[groups->n++] = (struct bridge_mod){.group = take_ptr(mod)};
	rows = NULL;
	return true;
}

unsigned state_groups_apply(struct state_groups *groups, struct bridge *bridge)
{
	const bool all = !groups->n || !bridge_mods(bridge, groups->mods, groups->n, NULL, NULL);
	unsigned n_left_out = 0;

	for (size_t i = 0; i < groups->n; i++) {
		struct group_mod *mod = (struct group_mod *)groups->mods[i].group;

		if (all || !bridge_mods(bridge, &groups->mods[i], 1, NULL, NULL))
			bridge_group_restore(bridge, mod->desc.id, &groups->pasts[i]);
		else
			n_left_out++;
		group_mod_fini(mod);
		free(mod);
		free((void *)groups->pasts[i].bucket);
	}
	mem_free(&groups->mods);
	mem_free(&groups->pasts);
	groups->n = groups->size = 0;
	return n_left_out;
}
