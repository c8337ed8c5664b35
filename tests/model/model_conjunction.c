/* Conjunctions against the plainest search there is: random clauses and flows that ask for conj_id,
 * changed all the time, and random packets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "base/hash.h"
#include "base/print.h"
#include "base/rcu.h"
#include "support/flows.h"
#include "support/random.h"
#include "support/rig.h"
#include "switch/bridge.h"
#include "switch/flow_table.h"

#define N_STEPS   2000
#define N_LOOKUPS 20
#define N_FLOWS   96
#define N_IDS     4
#define N_CLAUSES 3 /* but of id 2: two */

struct clause {
	uint32_t id, k;
};

struct plan {
	bool is_there;
	unsigned priority;
	struct match match;
	unsigned n_clauses; /* 0: an ordinary flow */
	struct clause clause[2];
	uint64_t cookie; /* names it */
};

static struct rig rig;
static struct plan plans[N_FLOWS];
static uint64_t seed, last_cookie;

static unsigned below(unsigned n)
{
	return random_below(&seed, n);
}

static unsigned clauses_of(uint32_t id)
{
	return id == 2 ? 2 : N_CLAUSES;
}

/* ---- the stupid side ---- */

static bool matches(const struct plan *plan, const struct flow_key *key)
{
	for (unsigned i = 0; i < FLOW_KEY_WORDS; i++)
		if ((plan->match.key.word[i] ^ key->word[i]) & plan->match.mask.word[i])
			return false;
	return plan->is_there;
}

static const struct plan *plain_lookup(const struct flow_key *key)
{
	const struct plan *best = NULL;

	for (unsigned i = 0; i < N_FLOWS; i++)
		if (!plans[i].n_clauses && matches(&plans[i], key) &&
		    (!best || plans[i].priority > best->priority))
			best = &plans[i];
	return best;
}

static bool is_clause_met(unsigned priority, uint32_t id, uint32_t k, const struct flow_key *key)
{
	for (unsigned i = 0; i < N_FLOWS; i++)
		for (unsigned c = 0; c < plans[i].n_clauses; c++)
			if (plans[i].priority == priority && plans[i].clause[c].id == id &&
			    plans[i].clause[c].k == k && matches(&plans[i], key))
				return true;
	return false;
}

static bool is_met(unsigned priority, uint32_t id, const struct flow_key *key)
{
	for (unsigned k = 1; k <= clauses_of(id); k++)
		if (!is_clause_met(priority, id, k, key))
			return false;
	return true;
}

static const struct plan *stupid_lookup(const struct flow_key *key)
{
	const struct plan *best = plain_lookup(key);

	for (int priority = 9; priority > (best ? (int)best->priority : -1); priority--) {
		for (uint32_t id = 0; id < N_IDS; id++) {
			struct flow_key again = *key;
			const struct plan *found;

			again.conj_id = id;
			if (is_met((unsigned)priority, id, key) && (found = plain_lookup(&again)))
				return found;
		}
	}
	return best;
}

/* ---- the real side ---- */

static void print_actions(struct print *out, const struct plan *plan)
{
	if (!plan->n_clauses)
		print_add(out, "actions=drop");
	for (unsigned c = 0; c < plan->n_clauses; c++)
		print_fmt(out, "%sconjunction(%u,%u/%u)", c ? "," : "actions=note:01,",
			  plan->clause[c].id, plan->clause[c].k, clauses_of(plan->clause[c].id));
}

/* A bit or two of each address, or the conjunction's id. */
static void random_match(struct print *out, bool is_clause)
{
	static const unsigned masks[] = {0, 0, 1, 2, 3};
	unsigned src = masks[below(5)], dst = masks[below(5)];

	if (src)
		print_fmt(out, "nw_src=0.0.0.%u/0.0.0.%u,", below(4) & src, src);
	if (dst)
		print_fmt(out, "nw_dst=0.0.0.%u/0.0.0.%u,", below(4) & dst, dst);
	if (!is_clause && below(3))
		print_fmt(out, "conj_id=%u,", below(N_IDS));
}

static void plan_random(struct plan *plan, struct flow_mod *mod)
{
	struct print out = {0};

	plan->priority = below(8);
	plan->n_clauses = below(3) ? 1 + below(2) : 0;
	for (unsigned c = 0; c < plan->n_clauses; c++) {
		plan->clause[c].id = below(N_IDS);
		plan->clause[c].k = 1 + below(clauses_of(plan->clause[c].id));
	}
	print_fmt(&out, "priority=%u,ip,", plan->priority);
	random_match(&out, plan->n_clauses);
	print_actions(&out, plan);
	*mod = flow_of(FLOW_ADD, print_text(&out));
	print_fini(&out);
	plan->match = mod->match;
}

/* Of flows that are no clauses, only one of a priority may match a packet. */
static bool is_unwanted(const struct plan *plan)
{
	for (unsigned i = 0; i < N_FLOWS; i++)
		if (plans[i].is_there && plans[i].priority == plan->priority &&
		    (match_is_equal(&plans[i].match, &plan->match) ||
		     (!plans[i].n_clauses && !plan->n_clauses &&
		      match_overlaps(&plans[i].match, &plan->match))))
			return true;
	return false;
}

static void step_change(void)
{
	struct plan *plan = &plans[below(N_FLOWS)];
	struct flow_mod mod;

	if (plan->is_there) {
		mod = flow_of(FLOW_DELETE_STRICT, "");
		mod.priority = (uint16_t)plan->priority;
		mod.match = plan->match;
		plan->is_there = false;
	} else {
		plan_random(plan, &mod);
		if (is_unwanted(plan)) {
			flow_mod_fini(&mod);
			return;
		}
		mod.cookie = plan->cookie = ++last_cookie;
		plan->is_there = true;
	}
	assert_int_equal(bridge_flow_mods(rig.bridge, &mod, 1, NULL, NULL), 0);
	flow_mod_fini(&mod);
}

/* Returns whether a conjunction decided. */
static bool step_lookup(void)
{
	const struct flow_tables *tables = rig.bridge->tables;
	struct flow_mod packet = flow_of(FLOW_DELETE, "ip");
	struct flow_key *key = &packet.match.key;
	const struct plan *expected;
	const struct flow *flow;

	key->packet.ipv4_src = to_be32(below(4));
	key->packet.ipv4_dst = to_be32(below(4));
	expected = stupid_lookup(key);
	rcu_sleep_end();
	flow = flow_tables_lookup(tables, flow_tables_version(tables), 0, key);
	assert_int_equal(flow ? flow->cookie : 0, expected ? expected->cookie : 0);
	rcu_sleep_begin();
	return expected != plain_lookup(key);
}

static void conjunctions_do_as_the_list(void **state)
{
	unsigned n_decided = 0;

	random_init(&seed);
	rig_init(&rig, &RIG_BRIDGE);
	flows_do(rig.bridge, FLOW_DELETE, "");
	for (unsigned i = 0; i < N_STEPS; i++) {
		step_change();
		for (unsigned j = 0; j < N_LOOKUPS; j++)
			n_decided += step_lookup();
	}
	assert_true(n_decided > N_STEPS * N_LOOKUPS / 50);
	rig_fini(&rig);
}

/* 300 clauses of two conjunctions: those of higher priority are looked at. */
static void many_clauses_are_bounded(void **state)
{
	const struct flow_tables *tables;
	struct flow_mod packet = flow_of(FLOW_DELETE, "ip");
	const struct flow *flow;

	rig_init(&rig, &RIG_BRIDGE);
	tables = rig.bridge->tables;
	for (unsigned i = 0; i < 300; i++) {
		char text[128];

		snprintf(text, sizeof(text),
			 "priority=%u,ip,nw_src=0.0.0.0/0.%u.%u.%u,"
			 "actions=conjunction(%u,%u/2)",
			 10 + i, i >> 6 & 7, i >> 3 & 7, 1 + (i & 7), 1 + i / 150, 1 + i % 2);
		flows_add(rig.bridge, text);
	}
	flows_add(rig.bridge, "priority=309,ip,nw_dst=0.0.0.0/1.0.0.0,actions=conjunction(2,1/2)");
	flows_add(rig.bridge, "priority=1,conj_id=2,ip,cookie=22,actions=drop");
	rcu_sleep_end();
	flow = flow_tables_lookup(tables, flow_tables_version(tables), 0, &packet.match.key);
	assert_int_equal(flow->cookie, 22);
	rcu_sleep_begin();
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conjunctions_do_as_the_list),
		cmocka_unit_test(many_clauses_are_bounded),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
