/* The classifier against a list of rules that is searched from end to end. The seed is
 * printed; SEED=n repeats a run. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/rcu.h"
#include "flow/rule-bundle.h"
#include "support/random.h"

#define N_WORDS     3
#define MAX_RULES   3000
#define N_STEPS     30000
#define MAX_CHANGES 40

static uint64_t random_state;

static uint64_t random_word(void)
{
	return random_u64(&random_state);
}

static unsigned below(unsigned n)
{
	return random_below(&random_state, n);
}

/* Word 0: two addresses; word 1: two ports and a number; word 2: a big exact field. */
static const struct rule_field fields[] = {{0, 4, true},   {4, 4, true},   {8, 2, false},
					   {10, 2, false}, {12, 1, false}, {16, 8, false}};
static const struct rule_layout layout = {N_WORDS, 6, fields};

struct plain_rule {
	uint64_t value[N_WORDS], mask[N_WORDS];
	uint32_t priority;
	uint64_t added, removed;
	struct rule *rule;
};

struct model {
	struct classifier *cls;
	struct rule_clock clock;
	unsigned n_rules, n_released, n_handed_in;
	struct plain_rule rules[MAX_RULES];
	bool wild; /* arbitrary masks, nearly all different */
};

static void released(void *data, void *ctx)
{
	struct model *model = ctx;

	assert_ptr_equal(data, model);
	model->n_released++;
}

static bool plain_matches(const struct plain_rule *rule, const uint64_t *key)
{
	for (unsigned i = 0; i < N_WORDS; i++)
		if ((key[i] ^ rule->value[i]) & rule->mask[i])
			return false;
	return true;
}

static bool plain_same(const struct plain_rule *a, const struct plain_rule *b)
{
	for (unsigned i = 0; i < N_WORDS; i++)
		if (a->mask[i] != b->mask[i] || ((a->value[i] ^ b->value[i]) & a->mask[i]))
			return false;
	return a->priority == b->priority;
}

static bool plain_overlaps(const struct plain_rule *a, const struct plain_rule *b)
{
	for (unsigned i = 0; i < N_WORDS; i++)
		if ((a->value[i] ^ b->value[i]) & a->mask[i] & b->mask[i])
			return false;
	return a->priority == b->priority;
}

/* Few values, so that keys and rules meet. */
static void random_key(uint64_t *key)
{
	uint8_t *bytes = (uint8_t *)key;

	for (unsigned i = 0; i < N_WORDS * 8; i++)
		bytes[i] = (uint8_t)(below(3) * 0x41);
}

static void prefix_mask(uint8_t *bytes, unsigned len)
{
	memset(bytes, 0, 4);
	for (unsigned i = 0; i < len; i++)
		bytes[i / 8] |= (uint8_t)(0x80 >> i % 8);
}

static void random_rule(const struct model *model, struct plain_rule *rule)
{
	static const uint8_t lens[] = {0, 0, 4, 8, 12, 16, 17, 24, 28, 32};
	uint8_t *bytes = (uint8_t *)rule->mask;

	memset(rule, 0, sizeof(*rule));
	random_key(rule->value);
	rule->priority = below(4) ? below(50) : (uint32_t)random_word();
	rule->added = rule->removed = RULE_NEVER;
	if (model->wild) {
		for (unsigned i = 0; i < N_WORDS; i++)
			rule->mask[i] = random_word() & random_word() & random_word() &
					(below(2) ? random_word() : ~0ull);
		return;
	}
	prefix_mask(bytes, lens[below(10)]);
	prefix_mask(bytes + 4, lens[below(10)]);
	memset(bytes + 8, below(2) * 0xff, 2);
	bytes[10] = (uint8_t)(below(2) ? 0xff : 0);
	bytes[11] = (uint8_t)(below(4) ? 0 : 0xf0);
	bytes[12] = (uint8_t)(below(2) ? 0xff : 0);
	rule->mask[2] = below(8) ? 0 : ~0ull;
}

static const struct plain_rule *model_lookup(const struct model *model, uint64_t version,
					     const uint64_t *key)
{
	const struct plain_rule *best = NULL;

	for (unsigned i = 0; i < model->n_rules; i++) {
		const struct plain_rule *rule = &model->rules[i];

		if (rule->added <= version && version < rule->removed && plain_matches(rule, key) &&
		    (!best || rule->priority > best->priority))
			best = rule;
	}
	return best;
}

/* Of equal priorities any may win; so compare those, and that the winner matches. */
static void check_lookup(const struct model *model, uint64_t version)
{
	uint64_t keys[CLASSIFIER_BURST][N_WORDS];
	const uint64_t *pointers[CLASSIFIER_BURST];
	const struct rule *rules[CLASSIFIER_BURST];
	unsigned n = 1 + below(below(2) ? CLASSIFIER_BURST : 4);

	for (unsigned i = 0; i < n; i++) {
		random_key(keys[i]);
		pointers[i] = keys[i];
	}
	classifier_lookup(model->cls, version, pointers, n, rules);
	for (unsigned i = 0; i < n; i++) {
		const struct plain_rule *want = model_lookup(model, version, keys[i]);

		assert_int_equal(!want, !rules[i]);
		if (!want)
			continue;
		assert_int_equal(want->priority, rules[i]->priority);
		assert_true(rule_matches(rules[i], keys[i]));
		assert_true(rule_is_visible(rules[i], version));
	}
}

static struct plain_rule *model_find(struct model *model, const struct plain_rule *like)
{
	for (unsigned i = 0; i < model->n_rules; i++)
		if (model->rules[i].removed == RULE_NEVER && plain_same(&model->rules[i], like))
			return &model->rules[i];
	return NULL;
}

static void check_find(struct model *model, const struct plain_rule *like)
{
	struct rule_match match = {like->value, like->mask};
	const struct plain_rule *want = model_find(model, like);

	assert_ptr_equal(classifier_find(model->cls, &match, like->priority),
			 want ? want->rule : NULL);
}

static void check_overlap(struct model *model, const struct plain_rule *like)
{
	struct rule_match match = {like->value, like->mask};
	struct rule *found = classifier_find_overlap(model->cls, &match, like->priority);
	bool want = false;

	for (unsigned i = 0; i < model->n_rules; i++)
		want |= model->rules[i].removed == RULE_NEVER &&
			plain_overlaps(&model->rules[i], like);
	assert_int_equal(want, found != NULL);
	assert_true(!found || (found->priority == like->priority && rule_overlaps(found, &match)));
}

static int count_visit(struct rule *rule, void *ctx)
{
	assert_int_equal(rule->removed, RULE_NEVER);
	++*(unsigned *)ctx;
	return 0;
}

static void forget(struct model *model, unsigned at)
{
	model->rules[at] = model->rules[--model->n_rules];
}

static void change_one(struct model *model)
{
	struct plain_rule *rule = &model->rules[model->n_rules];
	unsigned at = below(model->n_rules + 1);
	struct rule_spec spec;

	if (model->n_rules < MAX_RULES - MAX_CHANGES && (below(100) < 52 || at == model->n_rules)) {
		random_rule(model, rule);
		if (model_find(model, rule))
			return;
		rule->added = model->clock.now;
		spec = (struct rule_spec){{rule->value, rule->mask}, rule->priority, model};
		assert_int_equal(classifier_add(model->cls, &spec, rule->added, &rule->rule), 0);
		model->n_handed_in++;
		model->n_rules++;
	} else if (at < model->n_rules) {
		classifier_remove(model->cls, model->rules[at].rule);
		forget(model, at);
	}
}

static void fill_bundle(struct model *model, struct bundle *bundle)
{
	uint64_t version = model->clock.now + 1;
	struct rule_spec spec;

	for (unsigned i = below(MAX_CHANGES); i; i--) {
		struct plain_rule *rule = &model->rules[below(model->n_rules + 1)];

		if (rule < &model->rules[model->n_rules] && rule->removed == RULE_NEVER) {
			assert_int_equal(bundle_remove(bundle, model->cls, rule->rule), 0);
			rule->removed = version;
			if (below(2))
				continue;
			model->rules[model->n_rules] = *rule; /* replace it by its like */
		} else {
			random_rule(model, &model->rules[model->n_rules]);
		}
		rule = &model->rules[model->n_rules];
		rule->removed = RULE_NEVER;
		if (model_find(model, rule))
			continue;
		rule->added = version;
		spec = (struct rule_spec){{rule->value, rule->mask}, rule->priority, model};
		assert_int_equal(bundle_add(bundle, model->cls, &spec, &rule->rule), 0);
		model->n_handed_in++;
		model->n_rules++;
	}
}

/* After commit or undoing: what ended or never began is forgotten. */
static void settle(struct model *model, uint64_t version, bool is_committed)
{
	for (unsigned i = model->n_rules; i--;) {
		struct plain_rule *rule = &model->rules[i];

		if (is_committed ? rule->removed == version : rule->added == version)
			forget(model, i);
		else
			rule->removed = RULE_NEVER;
	}
}

static void change_many(struct model *model)
{
	uint64_t old = model->clock.now;
	struct bundle *bundle;
	bool is_committed = below(2);

	if (model->n_rules > MAX_RULES - MAX_CHANGES)
		return;
	assert_int_equal(bundle_new(&bundle, &model->clock), 0);
	fill_bundle(model, bundle);
	check_lookup(model, old);
	if (is_committed) {
		bundle_commit(bundle);
		assert_int_equal(model->clock.now, old + 1);
		check_lookup(model, old); /* a reader that began before */
		check_lookup(model, old + 1);
	}
	bundle_free(&bundle);
	settle(model, old + 1, is_committed);
	check_lookup(model, model->clock.now);
}

static void step(struct model *model)
{
	struct plain_rule like;
	unsigned kind = below(100), n = 0;

	random_rule(model, &like);
	if (model->n_rules && below(2))
		like = model->rules[below(model->n_rules)];
	if (kind < 70)
		change_one(model);
	else if (kind < 73)
		change_many(model);
	else if (kind < 90)
		check_lookup(model, model->clock.now);
	else if (kind < 95)
		check_find(model, &like);
	else if (kind < 99)
		check_overlap(model, &like);
	else {
		classifier_for_each(model->cls, count_visit, &n);
		assert_int_equal(n, model->n_rules);
	}
}

static void run(unsigned max_tables, unsigned collision_limit, bool wild)
{
	static struct model model;
	struct classifier_options options = {.max_tables = max_tables,
					     .collision_limit = collision_limit,
					     .released = released,
					     .ctx = &model};
	struct classifier_stats stats;

	memset(&model, 0, sizeof(model));
	model.wild = wild;
	assert_int_equal(classifier_new(&model.cls, &layout, &options), 0);
	for (unsigned i = 0; i < N_STEPS; i++) {
		step(&model);
		if (i % 16 == 0)
			rcu_rest();
	}
	classifier_stats(model.cls, &stats);
	assert_true(stats.n_tables <= max_tables);
	while (model.n_rules) {
		classifier_remove(model.cls, model.rules[model.n_rules - 1].rule);
		model.n_rules--;
		if (model.n_rules % 64 == 0)
			check_lookup(&model, model.clock.now);
	}
	while (classifier_poll(model.cls))
		rcu_wait_readers();
	classifier_stats(model.cls, &stats);
	assert_int_equal(stats.n_rules + stats.n_tables + stats.n_in_tree + stats.n_masks, 0);
	assert_int_equal(model.n_released, model.n_handed_in);
	classifier_free(&model.cls);
}

static void agrees_with_plenty_of_tables(void **state)
{
	run(CLASSIFIER_MAX_TABLES, 8, false);
}

static void agrees_with_few_tables(void **state)
{
	run(3, 2, false);
}

static void agrees_with_crowds(void **state)
{
	run(4, CLASSIFIER_MAX_COLLISIONS, false);
}

static void agrees_for_arbitrary_masks(void **state)
{
	run(8, 4, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_plenty_of_tables),
		cmocka_unit_test(agrees_with_few_tables),
		cmocka_unit_test(agrees_with_crowds),
		cmocka_unit_test(agrees_for_arbitrary_masks),
	};
	int r;

	random_init(&random_state);
	hash_seed = random_word();
	rcu_reader_begin();
	r = cmocka_run_group_tests(tests, NULL, NULL);
	rcu_reader_end();
	return r;
}
