/* The kernel's flow cache against a stupid model: whatever rules come and go, a packet that is looked up
 * as the programs do it is a miss, or is done to what the rules of this moment say. And every packet
 * that was counted is counted once. */
#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/mailbox.h"
#include "base/rcu.h"
#include "flow/credit.h"
#include "flow/key.h"
#include "flow/mask.h"
#include "flow/version.h"
#include "path/host.h"
#include "port/flow_maps.h"
#include "switch/offload.h"
#include "switch/snapshot.h"
#include "support/random.h"

#define N_PORTS   4
#define N_RULES   6
#define N_STEPS   20000
#define N_FLOWS   65536 /* in the kernel at a time */
#define LEARNED   17    /* a version counter: what is learned */
#define SECOND_NS CLOCK_NS_PER_SEC

/* What a packet must look like, and the number of what is done to it. */
struct fake_rule {
	struct packet_key value, mask;
	uint32_t what;
};

struct world {
	struct flow_maps maps;
	struct path_host host;
	struct offload *offload;
	struct mask_table *mask_table;
	struct path_view *path; /* published */
	struct bridge_view *view, *old;
	struct fake_rule rules[N_RULES];
	struct tally tallies[N_RULES + 1]; /* the last: what no rule matches */
	struct credit_book *book;
	uint32_t learned; /* is part of what half of the rules do */
	struct clock clock;
	uint64_t n_counted, n_at_home;
};

static struct world world;
static uint64_t seed;

/* ---- rules ---- */

static uint32_t fake_rule_find(const struct packet_key *key)
{
	for (uint32_t i = 0; i < N_RULES; i++) {
		uint64_t differs = 0;

		for (unsigned w = 0; w < PACKET_KEY_WORDS; w++)
			differs |= (key->word[w] ^ world.rules[i].value.word[w]) &
				   world.rules[i].mask.word[w];
		if (!differs)
			return i;
	}
	return N_RULES;
}

/* 0: dropped, as packets are that no rule matches. */
static void ops_of(uint32_t what, struct flow_op_list *out)
{
	if (what % 7 == 6)
		flow_op_truncate(out, 100); /* not for the kernel */
	for (uint32_t i = 0; i < what % 5; i++)
		flow_op_add(out, flow_op_push_vlan(0x8100, (uint16_t)(what / 7 % 4094)));
	flow_op_add(out, what ? flow_op_output((uint16_t)(1 + what % 100)) : flow_op_drop(1));
}

static uint32_t what_for(const struct packet_key *key, bool *is_learned)
{
	const uint32_t i = fake_rule_find(key);

	*is_learned = i % 2;
	return i == N_RULES ? 0 : world.rules[i].what + (i % 2 ? world.learned : 0);
}

static void fake_translate(const struct path_view *view, const struct flow_key *key, uint64_t now,
			   struct translation *out)
{
	bool is_learned;
	uint32_t what = what_for(&key->packet, &is_learned);

	if (is_learned)
		version_deps_add(&out->deps, LEARNED);
	credit_list_add(&out->credits, &world.tallies[fake_rule_find(&key->packet)]);
	ops_of(what, &out->ops);
}

static void fake_refresh(const struct path_view *view, const struct flow_key *key, uint64_t now,
			 struct translation *scratch)
{
	scratch->n_learned = scratch->n_flows = 0;
}

/* ---- packets: few values each, so that they meet rules and each other ---- */

static struct packet_key packet_random(void)
{
	struct packet_key key = {.in_port = (uint16_t)(1 + random_below(&seed, N_PORTS))};

	key.packet_class = (uint8_t)random_below(&seed, N_PACKET_CLASSES);
	for (unsigned w = 1; w < PACKET_KEY_WORDS; w++)
		key.word[w] = random_below(&seed, 3) * 0x0100010001ull;
	return key;
}

static void fake_rule_random(struct fake_rule *rule)
{
	*rule = (struct fake_rule){0};
	if (random_below(&seed, 4))
		rule->what = 1 + random_below(&seed, 1000);
	for (unsigned n = random_below(&seed, 3); n; n--) {
		const unsigned w = 1 + random_below(&seed, PACKET_KEY_WORDS - 1);

		rule->mask.word[w] = random_below(&seed, 2) ? UINT64_MAX : 0xffff;
	}
	rule->value = packet_random();
}

/* ---- what the control thread does ---- */

static void masks_get(struct bridge_view *view)
{
	struct flow_key bits = {.packet.in_port = 0xffff};

	for (unsigned i = 0; i < N_RULES; i++)
		for (unsigned w = 0; w < PACKET_KEY_WORDS; w++)
			bits.word[w] |= world.rules[i].mask.word[w];
	for (unsigned c = 0; c < N_PACKET_CLASSES; c++)
		assert_int_equal(mask_get(world.mask_table, &bits, &view->masks.by_class[c]), 0);
}

static struct bridge_view *view_make(void)
{
	struct bridge_view *view = calloc(1, sizeof(*view) + N_PORTS * sizeof(view->ports[0]));

	view->n_ports = N_PORTS;
	for (uint16_t i = 0; i < N_PORTS; i++)
		view->ports[i].id = i + 1;
	masks_get(view);
	return view;
}

static void publish(void)
{
	world.old = world.view;
	world.view = view_make();
	offload_masks_write(&world.maps, world.view);
	for (uint16_t i = 1; i <= N_PORTS; i++)
		world.path->masks[i] = &world.view->masks;
	version_bump(world.maps.versions, VERSION_CONFIG);
	offload_ports_write(&world.maps, world.old, world.view);
	offload_renew(world.offload);
	for (unsigned c = 0; world.old && c < N_PACKET_CLASSES; c++)
		mask_put(world.mask_table, &world.old->masks.by_class[c]);
	free(world.old);
}

/* ---- what the programs do ---- */

static bool is_fresh(const struct kernel_flow *flow)
{
	return version_is_fresh_on(world.maps.versions, flow->stamp, VERSION_KERNEL);
}

/* 0: it is not at home. */
static uint32_t at_home(const struct kernel_key *key)
{
	const uint32_t home = flow_maps_home(&world.maps, key);
	struct kernel_key there;

	flow_maps_key(&world.maps, home, &there);
	return world.maps.flows[home].is_home && !memcmp(&there, key, sizeof(there)) ? home : 0;
}

/* 0: a miss. */
static uint32_t kernel_lookup(const struct packet_key *packet)
{
	const uint32_t id = world.maps.port_masks[packet->in_port].by_class[packet->packet_class];
	struct kernel_key key = {.mask = id - 1};
	uint32_t slot, place;

	if (!id)
		return 0;
	for (unsigned w = 0; w < PACKET_KEY_WORDS; w++)
		key.word[w] = packet->word[w] & world.maps.masks[key.mask].word[w].bits;
	slot = flow_index_find(&world.maps, &key);
	place = slot == FLOW_SLOT_NONE ? 0 : flow_index_place(&world.maps, slot);
	if (at_home(&key)) {
		assert_int_equal(at_home(&key), place);
		world.n_at_home++;
	}
	return place && is_fresh(&world.maps.flows[place]) ? place : 0;
}

static void packet_check(const struct packet_key *packet)
{
	const uint32_t place = kernel_lookup(packet);
	const struct kernel_flow *flow = &world.maps.flows[place];
	struct flow_op_list expected = {0};
	bool is_learned;

	if (!place) {
		const struct path_offer offer = {.key = *packet};

		mailbox_send(offload_mailbox(world.offload), &offer);
		return;
	}
	ops_of(what_for(packet, &is_learned), &expected);
	assert_int_equal(flow->n_ops, expected.n_ops);
	assert_memory_equal(&world.maps.ops[flow->list], expected.op,
			    expected.n_ops * sizeof(expected.op[0]));
	world.maps.counts[place].n_packets++;
	world.n_counted++;
}

/* ---- the test ---- */

static void tally_gone(struct tally *tally)
{
	fail(); /* we hold each */
}

static int setup(void **state)
{
	memset(&world, 0, sizeof(world));
	world.clock = (struct clock){.is_manual = true, .manual_ns = SECOND_NS};
	world.maps.n_cpus = 1;
	flow_maps_size(&world.maps, N_FLOWS);
	world.maps.versions = calloc(1, sizeof(*world.maps.versions));
	world.maps.port_masks = calloc(PORT_ID_MAX, sizeof(*world.maps.port_masks));
	world.maps.masks = calloc(FLOW_MASK_IDS, sizeof(*world.maps.masks));
	world.maps.index_size = calloc(1, sizeof(*world.maps.index_size));
	world.maps.index = calloc(world.maps.n_buckets, sizeof(*world.maps.index));
	world.maps.flows = calloc(world.maps.n_places, sizeof(*world.maps.flows));
	flow_index_begin(&world.maps);
	world.maps.tails = calloc(world.maps.n_places, sizeof(*world.maps.tails));
	world.maps.ops = calloc(KERNEL_OPS, sizeof(*world.maps.ops));
	world.maps.counts = calloc(world.maps.n_places, sizeof(*world.maps.counts));
	world.maps.seen = calloc(world.maps.n_places, sizeof(*world.maps.seen));
	world.path = calloc(1, sizeof(*world.path));
	world.host = (struct path_host){
		.versions = world.maps.versions,
		.translate = fake_translate,
		.refresh = fake_refresh,
		.view = world.path,
	};
	for (unsigned i = 0; i <= N_RULES; i++)
		world.tallies[i] = (struct tally){.gone = tally_gone, .n_refs = 1};
	assert_int_equal(credit_book_new(&world.book, NULL), 0);
	assert_int_equal(mask_table_new(&world.mask_table), 0);
	assert_int_equal(
		offload_new(&world.offload, &world.maps, &world.host, world.book, &world.clock), 0);
	for (unsigned i = 0; i < N_RULES; i++)
		fake_rule_random(&world.rules[i]);
	publish();
	return 0;
}

static int teardown(void **state)
{
	offload_free(&world.offload);
	credit_book_free(&world.book);
	for (unsigned i = 0; i <= N_RULES; i++)
		assert_int_equal(world.tallies[i].n_refs, 1);
	for (unsigned c = 0; c < N_PACKET_CLASSES; c++)
		mask_put(world.mask_table, &world.view->masks.by_class[c]);
	mask_table_free(&world.mask_table);
	free(world.view);
	free(world.path);
	free(world.maps.versions);
	free(world.maps.port_masks);
	free(world.maps.masks);
	free(world.maps.index);
	free(world.maps.index_size);
	free(world.maps.flows);
	free(world.maps.tails);
	free(world.maps.ops);
	free(world.maps.counts);
	free(world.maps.seen);
	return 0;
}

/* Who is at home drops, and the index leads there as well. */
static void homes_check(void)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < world.maps.n_places; i++) {
		const struct kernel_flow *flow = &world.maps.flows[i];
		struct kernel_key key;

		if (!flow->is_home)
			continue;
		flow_maps_key(&world.maps, i, &key);
		assert_in_range(i, 1, KERNEL_HOMES - 1);
		assert_int_equal(flow_maps_home(&world.maps, &key), i);
		assert_int_equal(flow_index_place(&world.maps, flow_index_find(&world.maps, &key)),
				 i);
		assert_int_equal(world.maps.ops[flow->list].type, OP_DROP);
		n++;
	}
	assert_int_equal(world.maps.index_size->n_homes, n);
}

/* Another daemon finds the maps as they are. */
static void restart(void)
{
	offload_free(&world.offload);
	world.maps.were_there = true;
	flow_index_begin(&world.maps);
	assert_int_equal(
		offload_new(&world.offload, &world.maps, &world.host, world.book, &world.clock), 0);
	offload_adopt(world.offload);
	homes_check();
	offload_confirm(world.offload);
}

static void step(void)
{
	const uint32_t dice = random_below(&seed, 100);
	struct packet_key packet;

	if (dice < 2) {
		fake_rule_random(&world.rules[random_below(&seed, N_RULES)]);
		publish();
	} else if (dice < 4) {
		world.learned++;
		version_bump(world.maps.versions, LEARNED);
	} else if (dice < 10) {
		offload_receive(world.offload);
	} else if (dice < 12) {
		clock_advance(&world.clock, random_below(&seed, 3) * SECOND_NS);
		while (offload_sweep(world.offload))
			;
		homes_check();
	} else if (dice < 13) {
		restart();
	} else if (dice < 14) {
		offload_harvest(world.offload);
	} else {
		packet = packet_random();
		packet_check(&packet);
	}
}

static void test_a_hit_does_what_the_rules_say(void **state)
{
	uint64_t n_tallied = 0;

	for (unsigned i = 0; i < N_STEPS; i++)
		step();
	offload_harvest(world.offload);
	for (unsigned i = 0; i <= N_RULES; i++)
		n_tallied += world.tallies[i].n_packets;
	assert_int_equal(n_tallied, world.n_counted);
	assert_true(world.n_counted > N_STEPS / 100); /* not all were misses */
	assert_true(world.n_at_home > 0);
}

/* From here on flows are told apart by word 1 alone, and nothing happens to any of them but `what`. */
static void rules_set(uint32_t what)
{
	for (unsigned i = 0; i < N_RULES; i++)
		world.rules[i] = (struct fake_rule){.mask.word[1] = UINT64_MAX, .what = what};
	world.rules[0].mask.word[1] = 0x8000000000000000ull; /* matches them all */
	publish();
}

static struct packet_key flow_number(uint16_t port, uint32_t i)
{
	return (struct packet_key){.word = {port, 0xa5a500000000ull + i}};
}

static void flows_offer(uint16_t port, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct path_offer offer = {.key = flow_number(port, i)};

		if (!mailbox_send(offload_mailbox(world.offload), &offer)) {
			clock_advance(&world.clock, 2 * SECOND_NS);
			offload_receive(world.offload);
			i--;
		}
	}
	offload_receive(world.offload);
}

/* How many of them the kernel knows, all to be done what the rules say. */
static uint32_t n_known(uint16_t port, uint32_t n)
{
	const uint64_t before = world.n_counted;

	for (uint32_t i = 0; i < n; i++) {
		const struct packet_key key = flow_number(port, i);

		packet_check(&key);
	}
	return (uint32_t)(world.n_counted - before);
}

/* A program has found an earlier daemon's place, and counts there when the next has done away with the entry. */
static void test_what_is_counted_late_is_counted(void **state)
{
	static const uint32_t whats[] = {8, 6}; /* another one; what the kernel cannot do */
	const struct packet_key key = flow_number(1, 0);
	uint64_t n_tallied = 0;

	for (unsigned turn = 0; turn < 2; turn++) {
		uint32_t place;

		rules_set(7);
		flows_offer(1, 1);
		place = kernel_lookup(&key);
		assert_true(place > 0);
		for (unsigned i = 0; i < N_RULES; i++)
			world.rules[i].what = whats[turn];
		restart();
		assert_true(kernel_lookup(&key) != place);
		world.maps.counts[place].n_packets++;
		clock_advance(&world.clock, 2 * SECOND_NS);
		offload_receive(world.offload);
		world.n_counted++;
	}
	offload_harvest(world.offload);
	for (unsigned i = 0; i <= N_RULES; i++)
		n_tallied += world.tallies[i].n_packets;
	assert_int_equal(n_tallied, world.n_counted);
}

/* More than a change may be kept waiting for: they are stale at once, and come back by themselves. */
static void test_a_change_with_very_many_entries(void **state)
{
	enum { N = 20000 };

	rules_set(8);
	flows_offer(1, N);
	assert_int_equal(n_known(1, N), N);
	assert_int_equal(offload_count_stale(world.offload), 0);
	rules_set(9);
	assert_int_equal(n_known(1, N), 0);
	assert_int_equal(offload_count_stale(world.offload), N);
	offload_receive(world.offload);
	assert_int_equal(n_known(1, N), N);
	assert_int_equal(offload_count_stale(world.offload), 0);
}

/* So many changes in a row that the control thread would do nothing else. */
static void test_many_changes_with_many_entries(void **state)
{
	enum { N = 10000 };

	rules_set(8);
	flows_offer(1, N);
	for (uint32_t i = 0; i < 10; i++)
		rules_set(9 + i * 7);
	assert_int_equal(n_known(1, N), 0);
	offload_receive(world.offload);
	assert_int_equal(n_known(1, N), N);
}

/* Fewer are as they should be before the change is confirmed. */
static void test_a_change_with_many_entries(void **state)
{
	enum { N = 10000 };

	rules_set(8);
	flows_offer(1, N);
	rules_set(9);
	assert_int_equal(n_known(1, N), N);
	rules_set(13); /* not for the kernel */
	assert_int_equal(n_known(1, N), 0);
}

/* Fills the cache with flows of one port, then of another: each has half of it in the end. */
static void test_a_port_cannot_push_out_anothers_flows(void **state)
{
	uint32_t n_own = 0;

	rules_set(1);
	flows_offer(1, N_FLOWS + 1000);
	flows_offer(2, N_FLOWS);
	for (uint32_t i = 1; i < world.maps.n_places; i++) {
		struct kernel_key words;
		struct packet_key key;

		flow_maps_key(&world.maps, i, &words);
		memcpy(key.word, words.word, sizeof(key.word));
		n_own += kernel_lookup(&key) == i && key.in_port == 1;
	}
	assert_in_range(n_own, N_FLOWS / 2 - 1, N_FLOWS / 2 + 1);
}

static void sweep_to(uint32_t n_entries)
{
	offload_set_limits(world.offload, n_entries, 1000 * SECOND_NS);
	for (unsigned i = 0; i < 100; i++)
		do
			clock_advance(&world.clock, SECOND_NS / 10);
		while (offload_sweep(world.offload));
	homes_check();
}

static void test_the_index_follows_the_number_of_entries(void **state)
{
	enum { N = 20000, LEFT = 500 };
	uint32_t size;

	rules_set(1);
	flows_offer(1, N);
	size = world.maps.index_size->n_buckets;
	sweep_to(N);
	assert_int_equal(world.maps.index_size->n_buckets, size);
	restart();
	assert_int_equal(n_known(1, N), N);
	sweep_to(LEFT);
	assert_true(world.maps.index_size->n_buckets <= size / 8);
	assert_int_equal(n_known(1, N), LEFT);
	restart();
	assert_int_equal(n_known(1, N), LEFT);
	sweep_to(0);
	for (uint32_t i = 0; i < size * INDEX_BUCKET_SLOTS; i++)
		assert_true(i >= world.maps.index_size->n_buckets * INDEX_BUCKET_SLOTS ||
			    !flow_index_place(&world.maps, i));
	sweep_to(N);
	flows_offer(1, N);
	assert_int_equal(n_known(1, N), N);
	assert_int_equal(world.maps.index_size->n_buckets, size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_hit_does_what_the_rules_say, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_what_is_counted_late_is_counted, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_change_with_very_many_entries, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_many_changes_with_many_entries, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_a_change_with_many_entries, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_port_cannot_push_out_anothers_flows, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_the_index_follows_the_number_of_entries, setup,
						teardown),
	};
	int rc;

	hash_init();
	random_init(&seed);
	rcu_reader_begin();
	rcu_sleep_begin();
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	rcu_reader_end();
	return rc;
}
