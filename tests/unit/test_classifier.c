#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "base/rcu.h"
#include "flow/key.h"
#include "flow/mask-union.h"
#include "flow/rule-bundle.h"
#include "flow/rule-layout.h"

/* A match under construction. */
struct pattern {
	struct flow_key value, mask;
};

static struct pattern ipv4_to(uint32_t dst, unsigned len)
{
	struct pattern pattern = {0};

	pattern.value.packet.eth_type = to_be16(0x0800);
	pattern.mask.packet.eth_type = to_be16(0xffff);
	pattern.value.packet.ipv4_dst = to_be32(dst);
	pattern.mask.packet.ipv4_dst = to_be32(len ? ~0u << (32 - len) : 0);
	return pattern;
}

static struct rule_match match_of(const struct pattern *pattern)
{
	return (struct rule_match){pattern->value.word, pattern->mask.word};
}

static struct rule *add(struct classifier *cls, struct pattern pattern, uint32_t priority,
			void *data)
{
	struct rule_spec spec = {match_of(&pattern), priority, data};
	struct rule *rule = NULL;

	assert_int_equal(classifier_add(cls, &spec, 0, &rule), 0);
	return rule;
}

static const char *look_up(const struct classifier *cls, uint64_t version, uint32_t dst)
{
	struct flow_key key = ipv4_to(dst, 32).value;
	const uint64_t *keys[] = {key.word};
	const struct rule *rule;

	classifier_lookup(cls, version, keys, 1, &rule);
	return rule ? rule->data : "nothing";
}

static int setup(void **state)
{
	static const struct classifier_options options;
	struct classifier *cls;

	assert_int_equal(classifier_new(&cls, &rule_layout_flow, &options), 0);
	*state = cls;
	return 0;
}

static int teardown(void **state)
{
	struct classifier *cls = *state;

	classifier_free(&cls);
	return 0;
}

static void empty_finds_nothing(void **state)
{
	assert_string_equal(look_up(*state, 0, 0x0a000001), "nothing");
}

static void priority_decides_not_length(void **state)
{
	add(*state, ipv4_to(0x0a000000, 8), 20, "wide");
	add(*state, ipv4_to(0x0a000100, 24), 10, "narrow");
	add(*state, ipv4_to(0, 0), 1, "any");
	assert_string_equal(look_up(*state, 0, 0x0a000101), "wide");
	assert_string_equal(look_up(*state, 0, 0x0b000101), "any");
}

static void priorities_may_be_anything(void **state)
{
	add(*state, ipv4_to(0x0a000000, 8), UINT32_MAX, "most");
	add(*state, ipv4_to(0x0a000000, 9), UINT32_MAX - 1, "almost");
	add(*state, ipv4_to(0x0b000000, 8), 0, "least");
	assert_string_equal(look_up(*state, 0, 0x0a000001), "most");
	assert_string_equal(look_up(*state, 0, 0x0b000001), "least");
}

static void equal_matches_step_in_for_each_other(void **state)
{
	struct rule *low = add(*state, ipv4_to(0x0a000000, 8), 1, "low");
	struct rule *high = add(*state, ipv4_to(0x0a000000, 8), 9, "high");

	add(*state, ipv4_to(0x0a000000, 8), 5, "middle");
	assert_string_equal(look_up(*state, 0, 0x0a000001), "high");
	classifier_remove(*state, high);
	assert_string_equal(look_up(*state, 0, 0x0a000001), "middle");
	classifier_remove(*state, low);
	assert_string_equal(look_up(*state, 0, 0x0a000001), "middle");
}

static void find_is_exact(void **state)
{
	struct pattern pattern = ipv4_to(0x0a000000, 8), other = ipv4_to(0x0a000000, 9);
	struct rule_match match = match_of(&pattern), other_match = match_of(&other);
	struct rule *rule = add(*state, pattern, 7, NULL);

	assert_ptr_equal(classifier_find(*state, &match, 7), rule);
	assert_null(classifier_find(*state, &match, 8));
	assert_null(classifier_find(*state, &other_match, 7));
}

static void overlap_needs_the_same_priority(void **state)
{
	struct pattern pattern = ipv4_to(0x0a010000, 16), apart = ipv4_to(0x0b000000, 8);
	struct rule_match match = match_of(&pattern), apart_match = match_of(&apart);
	struct rule *rule = add(*state, ipv4_to(0x0a000000, 8), 7, NULL);

	assert_ptr_equal(classifier_find_overlap(*state, &match, 7), rule);
	assert_null(classifier_find_overlap(*state, &match, 8));
	assert_null(classifier_find_overlap(*state, &apart_match, 7));
}

static void within_is_loose_matching(void **state)
{
	struct pattern wide = ipv4_to(0x0a000000, 8), apart = ipv4_to(0x0b000000, 8);
	struct rule_match wide_match = match_of(&wide), apart_match = match_of(&apart);
	struct rule *rule = add(*state, ipv4_to(0x0a010000, 16), 7, NULL);
	struct rule *wider = add(*state, ipv4_to(0, 0), 7, NULL);

	assert_true(rule_is_within(rule, &wide_match, FLOW_KEY_WORDS));
	assert_false(rule_is_within(rule, &apart_match, FLOW_KEY_WORDS));
	assert_false(rule_is_within(wider, &wide_match, FLOW_KEY_WORDS));
}

static void bundle_is_seen_whole(void **state)
{
	struct pattern pattern = ipv4_to(0x0a000000, 8);
	struct rule_spec spec = {match_of(&pattern), 5, "new"};
	struct rule_clock clock = {0};
	struct rule *old = add(*state, pattern, 5, "old"), *rule;
	struct bundle *bundle;

	assert_int_equal(bundle_new(&bundle, &clock), 0);
	assert_int_equal(bundle_remove(bundle, *state, old), 0);
	assert_int_equal(bundle_add(bundle, *state, &spec, &rule), 0);
	assert_string_equal(look_up(*state, rule_clock_now(&clock), 0x0a000001), "old");
	assert_ptr_equal(classifier_find(*state, &spec.match, 5), rule);
	bundle_commit(bundle);
	assert_string_equal(look_up(*state, rule_clock_now(&clock), 0x0a000001), "new");
	assert_string_equal(look_up(*state, rule_clock_now(&clock) - 1, 0x0a000001), "old");
	bundle_free(&bundle);
}

static void bundle_that_is_not_committed_leaves_nothing(void **state)
{
	struct pattern pattern = ipv4_to(0x0a000000, 8), other = ipv4_to(0x0b000000, 8);
	struct rule_spec spec = {match_of(&other), 5, "new"};
	struct rule_clock clock = {0};
	struct rule *old = add(*state, pattern, 5, "old"), *rule;
	struct classifier_stats stats;
	struct bundle *bundle;

	assert_int_equal(bundle_new(&bundle, &clock), 0);
	assert_int_equal(bundle_remove(bundle, *state, old), 0);
	assert_int_equal(bundle_add(bundle, *state, &spec, &rule), 0);
	assert_int_equal(bundle_remove(bundle, *state, rule), 0);
	bundle_free(&bundle);
	classifier_stats(*state, &stats);
	assert_int_equal(stats.n_rules, 1);
	assert_int_equal(rule_clock_now(&clock), 0);
	assert_string_equal(look_up(*state, 0, 0x0a000001), "old");
	assert_string_equal(look_up(*state, 1, 0x0b000001), "nothing");
}

/* Every rule looks at bits of its own choice. */
static void all_different_masks_stay_within_the_cap(void **state)
{
	struct classifier_stats stats;
	struct pattern pattern = {0};

	for (unsigned i = 1; i <= 4000; i++) {
		pattern.mask.word[22] = i * 0x9e3779b97f4a7c15ull;
		pattern.mask.word[1] = i;
		add(*state, pattern, i, "one");
	}
	classifier_stats(*state, &stats);
	assert_int_equal(stats.n_rules, 4000);
	assert_true(stats.n_tables <= CLASSIFIER_MAX_TABLES);
	assert_true(stats.n_in_tree > 1000);
	assert_string_equal(look_up(*state, 0, 1), "one");
}

/* ---- threads ---- */

#define N_PAIRS  64
#define N_ROUNDS 300

struct stage {
	struct classifier *cls[2];
	struct rule_clock clock;
	bool is_over;
	unsigned n_begun, n_torn, n_bursts;
};

static struct pattern pair_pattern(unsigned i)
{
	return ipv4_to(0x0a000000 + (i << 8), 20 + i % 13);
}

/* Every round changes a pair of rules in two classifiers; a burst must see one round. */
static void *reader(void *arg)
{
	struct stage *stage = arg;
	struct flow_key key[N_PAIRS];
	const uint64_t *keys[N_PAIRS];
	const struct rule *rules[2][N_PAIRS];
	unsigned n_torn = 0, n_bursts = 0;

	for (unsigned i = 0; i < N_PAIRS; i++) {
		key[i] = pair_pattern(i).value;
		keys[i] = key[i].word;
	}
	rcu_reader_begin();
	for (; !__atomic_load_n(&stage->is_over, __ATOMIC_RELAXED); n_bursts++) {
		uint64_t version = rule_clock_now(&stage->clock);

		for (unsigned c = 0; c < 2; c++)
			classifier_lookup(stage->cls[c], version, keys, N_PAIRS, rules[c]);
		for (unsigned i = 0; i < N_PAIRS; i++)
			n_torn += !rules[0][i] || !rules[1][i] ||
				  rules[0][i]->data != rules[1][i]->data ||
				  (uint64_t)rules[0][i]->data > version;
		if (!n_bursts)
			__atomic_fetch_add(&stage->n_begun, 1, __ATOMIC_RELAXED);
		rcu_rest();
	}
	rcu_reader_end();
	__atomic_fetch_add(&stage->n_torn, n_torn, __ATOMIC_RELAXED);
	__atomic_fetch_add(&stage->n_bursts, n_bursts, __ATOMIC_RELAXED);
	return NULL;
}

static void replace_pairs(struct stage *stage, struct rule *rules[2][N_PAIRS], uint64_t round)
{
	struct bundle *bundle;

	assert_int_equal(bundle_new(&bundle, &stage->clock), 0);
	for (unsigned c = 0; c < 2; c++) {
		for (unsigned i = 0; i < N_PAIRS; i++) {
			struct pattern pattern = pair_pattern(i);
			struct rule_spec spec = {match_of(&pattern), 5 + i, (void *)round};

			if (rules[c][i] && (round + i) % 3)
				continue;
			if (rules[c][i])
				assert_int_equal(bundle_remove(bundle, stage->cls[c], rules[c][i]),
						 0);
			assert_int_equal(bundle_add(bundle, stage->cls[c], &spec, &rules[c][i]), 0);
		}
	}
	bundle_commit(bundle);
	bundle_free(&bundle);
}

/* Rules of low priority that come and go make tables grow, shrink, appear and vanish. */
static void churn(struct stage *stage, uint64_t round)
{
	struct rule *rules[50];

	for (unsigned i = 0; i < 50; i++)
		rules[i] = add(stage->cls[i % 2],
			       ipv4_to((uint32_t)(round * 0x9e3779b9) + (i << 16), 1 + i % 32),
			       i % 5, (void *)0);
	for (unsigned i = 0; i < 50; i++)
		classifier_remove(stage->cls[i % 2], rules[i]);
}

static void readers_never_see_half_a_bundle(void **state)
{
	static const struct classifier_options options = {.max_tables = 4, .collision_limit = 3};
	static struct stage stage;
	struct rule *rules[2][N_PAIRS] = {0};
	pthread_t threads[2];

	for (unsigned c = 0; c < 2; c++)
		assert_int_equal(classifier_new(&stage.cls[c], &rule_layout_flow, &options), 0);
	replace_pairs(&stage, rules, 1);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, reader, &stage), 0);
	/* A busy machine may start them late. */
	while (__atomic_load_n(&stage.n_begun, __ATOMIC_RELAXED) < 2)
		sched_yield();
	for (uint64_t round = 2; round < N_ROUNDS; round++) {
		replace_pairs(&stage, rules, round);
		churn(&stage, round);
		rcu_rest();
	}
	rcu_sleep_begin();
	__atomic_store_n(&stage.is_over, true, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	rcu_sleep_end();
	assert_int_equal(stage.n_torn, 0);
	assert_true(stage.n_bursts > 0);
	for (unsigned c = 0; c < 2; c++)
		classifier_free(&stage.cls[c]);
}

/* ---- the union of masks ---- */

static void union_follows_rules(void **state)
{
	const uint64_t a[2] = {0xff00, 0}, b[2] = {0x0ff0, 1};
	struct mask_union *set;
	uint64_t generation;

	assert_int_equal(mask_union_new(&set, 2, 3), 0);
	assert_int_equal(mask_union_add(set, a, 1 << 0 | 1 << 2), 0);
	assert_int_equal(mask_union_add(set, b, 1 << 2), 0);
	assert_int_equal(mask_union_bits(set, 0)[0], 0xff00);
	assert_int_equal(mask_union_bits(set, 1)[0], 0);
	assert_int_equal(mask_union_bits(set, 2)[0], 0xfff0);
	assert_int_equal(mask_union_bits(set, 2)[1], 1);
	generation = mask_union_generation(set);
	assert_int_equal(mask_union_add(set, a, 1 << 0 | 1 << 2), 0);
	mask_union_remove(set, a, 1 << 0 | 1 << 2);
	assert_int_equal(mask_union_generation(set), generation);
	mask_union_remove(set, a, 1 << 0 | 1 << 2);
	assert_true(mask_union_generation(set) > generation);
	assert_int_equal(mask_union_bits(set, 0)[0], 0);
	assert_int_equal(mask_union_bits(set, 2)[0], 0x0ff0);
	mask_union_free(&set);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(empty_finds_nothing),
		TEST(priority_decides_not_length),
		TEST(priorities_may_be_anything),
		TEST(equal_matches_step_in_for_each_other),
		TEST(find_is_exact),
		TEST(overlap_needs_the_same_priority),
		TEST(within_is_loose_matching),
		TEST(bundle_is_seen_whole),
		TEST(bundle_that_is_not_committed_leaves_nothing),
		TEST(all_different_masks_stay_within_the_cap),
		cmocka_unit_test(readers_never_see_half_a_bundle),
		cmocka_unit_test(union_follows_rules),
	};
	int r;

	hash_init();
	rcu_reader_begin();
	r = cmocka_run_group_tests(tests, NULL, NULL);
	rcu_reader_end();
	return r;
}
