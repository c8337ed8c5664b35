/* Flow tables as workers read them, and their life. */
#include "switch/flow_table.h"

#include <errno.h>
#include <stdlib.h>

#include "base/own.h"
#include "base/rcu.h"
#include "flow/mask-union.h"
#include "switch/bridge.h"
#include "switch/conjunction.h"
#include "switch/flow_store.h"
#include "switch/group_store.h"

/* ---- readers ---- */

uint64_t flow_tables_version(const struct flow_tables *tables)
{
	return rule_clock_now(&tables->clock);
}

const struct flow *flow_tables_lookup(const struct flow_tables *tables, uint64_t version,
				      uint8_t table, const struct flow_key *key)
{
	const struct flow_table *in = &tables->table[table];
	const struct flow_entry *alone = rcu_load(in->alone);
	const uint64_t *const keys[] = {key->word};
	const struct classifier *plain, *soft;
	const struct rule *rule = NULL;

	if (alone && version >= __atomic_load_n(&alone->alone_since, __ATOMIC_RELAXED))
		return &alone->flow;
	plain = rcu_load(in->of_kind[FLOW_PLAIN]);
	soft = rcu_load(in->of_kind[FLOW_SOFT]);
	if (plain)
		classifier_lookup(plain, version, keys, 1, &rule);
	if (soft)
		rule = conjunction_lookup(plain, soft, version, key, rule);
	return rule ? rule->data : NULL;
}

struct tally *flow_tables_matched(const struct flow_tables *tables, uint8_t table)
{
	return &tables->tallies->matched[table].tally;
}

struct tally *flow_tables_missed(const struct flow_tables *tables, uint8_t table)
{
	return &tables->tallies->missed[table].tally;
}

enum table_miss flow_tables_miss(const struct flow_tables *tables, uint8_t table)
{
	return __atomic_load_n(&tables->table[table].miss, __ATOMIC_RELAXED);
}

bool flow_tables_teach(const struct flow_tables *tables)
{
	return __atomic_load_n(&tables->n_teaching, __ATOMIC_RELAXED);
}

/* ---- life ---- */

static void table_tally_gone(struct tally *tally)
{
	struct table_tallies *all = ((struct table_tally *)tally)->all;

	if (!__atomic_sub_fetch(&all->n_left, 1, __ATOMIC_ACQ_REL))
		free(all);
}

static struct table_tallies *tallies_new(void)
{
	struct table_tallies *all = calloc(1, sizeof(*all));
	const struct table_tally begin = {{.gone = table_tally_gone, .n_refs = 1}, all};

	if (!all)
		return NULL;
	all->n_left = 2 * FLOW_TABLES;
	for (unsigned i = 0; i < FLOW_TABLES; i++)
		all->matched[i] = all->missed[i] = begin;
	return all;
}

/* Nothing is free before the last one. */
static void tallies_put(struct table_tallies *all)
{
	for (unsigned i = 0; all && i < FLOW_TABLES; i++) {
		tally_put(&all->matched[i].tally);
		tally_put(&all->missed[i].tally);
	}
}

int flow_tables_new(struct flow_tables **out, struct bridge *bridge)
{
	own(flow_tables_free) struct flow_tables *tables = calloc(1, sizeof(*tables));
	int rc;

	if (!tables)
		return -ENOMEM;
	tables->bridge = bridge;
	tables->tallies = tallies_new();
	if (!tables->tallies)
		return -ENOMEM;
	rc = flow_masks_new(&tables->wanted);
	if (rc)
		return rc;
	*out = take_ptr(tables);
	return 0;
}

void flow_tables_free(struct flow_tables **p)
{
	struct flow_tables *tables = *p;

	if (!tables)
		return;
	flow_cursors_end(tables);
	for (unsigned i = 0; i < FLOW_TABLES; i++) {
		for (unsigned kind = 0; kind < N_FLOW_KINDS; kind++)
			classifier_free(&tables->table[i].of_kind[kind]);
		flow_evict_fini(&tables->table[i]);
		flow_count_fini(&tables->table[i]);
	}
	groups_free(tables);
	heap_fini(&tables->timed);
	mask_union_free(&tables->wanted);
	tallies_put(tables->tallies);
	mem_free(p);
}
