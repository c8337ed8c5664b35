#include "switch/conjunction.h"

#include <stddef.h>
#include <string.h>

#include "flow/key.h"
#include "flow/ofaction.h"
#include "flow/rule-classifier.h"
#include "switch/flow_table.h"

#define SLOTS 256 /* a power of two above CONJUNCTION_IDS */

/* The clauses that match, unsorted. */
struct clauses {
	uint32_t floor; /* of interest are priorities from here on */
	unsigned n;
	const struct rule *rule[CONJUNCTION_FLOWS];
};

/* One conjunction, as far as it is met: all N bits of `met` mean all of it. */
struct set {
	uint32_t id;
	uint8_t n_clauses; /* 0: the slot is free */
	uint64_t met;
};

struct sets {
	unsigned n, n_actions;
	struct set slot[SLOTS];
};

bool conjunction_is(const struct ofactions *actions)
{
	bool is_one = false;

	for (uint32_t i = 0; i < actions->n; i = ofactions_next(actions, i)) {
		if (actions->item[i].type == OFACTION_CONJUNCTION)
			is_one = true;
		else if (actions->item[i].type != OFACTION_NOTE)
			return false;
	}
	return is_one;
}

/* ---- which clauses match ---- */

static void clause_add(const struct rule *rule, void *ctx)
{
	struct clauses *clauses = ctx;
	unsigned lowest = 0;

	if (rule->priority < clauses->floor)
		return;
	if (clauses->n < CONJUNCTION_FLOWS) {
		clauses->rule[clauses->n++] = rule;
		return;
	}
	for (unsigned i = 1; i < clauses->n; i++)
		if (clauses->rule[i]->priority < clauses->rule[lowest]->priority)
			lowest = i;
	if (clauses->rule[lowest]->priority < rule->priority)
		clauses->rule[lowest] = rule;
}

/* The highest priority among them that is below `below`; -1: none. */
static int64_t priority_below(const struct clauses *clauses, int64_t below)
{
	int64_t highest = -1;

	for (unsigned i = 0; i < clauses->n; i++)
		if (clauses->rule[i]->priority < below && clauses->rule[i]->priority > highest)
			highest = clauses->rule[i]->priority;
	return highest;
}

/* ---- what they add up to ---- */

static void set_meet(struct sets *sets, const struct ofaction *action)
{
	const uint32_t id = action->conjunction.id;
	const uint8_t n = action->conjunction.n_clauses;
	uint32_t at = id * 0x9e3779b1u >> 24;
	struct set *set;

	for (; (set = &sets->slot[at])->n_clauses; at = (at + 1) % SLOTS)
		if (set->id == id && set->n_clauses == n)
			break;
	if (!set->n_clauses) {
		if (sets->n == CONJUNCTION_IDS)
			return;
		sets->n++;
		*set = (struct set){.id = id, .n_clauses = n};
	}
	set->met |= 1ull << (action->conjunction.clause - 1);
}

static void sets_meet(struct sets *sets, const struct flow *flow)
{
	const struct ofactions *actions = &flow->actions;

	for (uint32_t i = 0; i < actions->n; i = ofactions_next(actions, i)) {
		if (actions->item[i].type != OFACTION_CONJUNCTION)
			continue;
		if (sets->n_actions++ == CONJUNCTION_ACTIONS)
			return;
		set_meet(sets, &actions->item[i]);
	}
}

static void sets_init(struct sets *sets, const struct clauses *clauses, int64_t priority)
{
	memset(sets, 0, sizeof(*sets));
	for (unsigned i = 0; i < clauses->n && sets->n_actions <= CONJUNCTION_ACTIONS; i++)
		if (clauses->rule[i]->priority == priority)
			sets_meet(sets, clauses->rule[i]->data);
}

static bool is_met(const struct set *set)
{
	return set->n_clauses && set->met == UINT64_MAX >> (64 - set->n_clauses);
}

/* The lowest id from `from` on of which all is met. False: none. */
static bool next_met(const struct sets *sets, uint64_t from, uint32_t *id)
{
	bool is_found = false;

	for (unsigned i = 0; i < SLOTS; i++) {
		const struct set *set = &sets->slot[i];

		if (is_met(set) && set->id >= from && (!is_found || set->id < *id)) {
			*id = set->id;
			is_found = true;
		}
	}
	return is_found;
}

/* NULL: nothing is met, or no flow wants to know. */
static const struct rule *resolve(const struct classifier *plain, uint64_t version,
				  const struct sets *sets, struct flow_key *key)
{
	const uint64_t *const keys[] = {key->word};
	const struct rule *rule = NULL;
	uint32_t id = 0;

	for (uint64_t from = 0; !rule && next_met(sets, from, &id); from = id + 1ull) {
		key->conj_id = id;
		classifier_lookup(plain, version, keys, 1, &rule);
	}
	return rule;
}

const struct rule *conjunction_lookup(const struct classifier *plain, const struct classifier *soft,
				      uint64_t version, const struct flow_key *key,
				      const struct rule *best)
{
	struct clauses clauses = {.floor = best ? best->priority + 1 : 0};
	struct flow_key again;
	struct sets sets;

	classifier_for_each_match(soft, version, key->word, clause_add, &clauses);
	if (!clauses.n || !plain)
		return best;
	again = *key;
	for (int64_t priority = INT64_MAX; (priority = priority_below(&clauses, priority)) >= 0;) {
		const struct rule *rule;

		sets_init(&sets, &clauses, priority);
		rule = resolve(plain, version, &sets, &again);
		if (rule)
			return rule;
	}
	return best;
}
