/* Masks come from the tables, so a decision must hold for every packet that agrees with the one it
 * was made for in the bits of the mask, whatever the other bits are. Random bridges, random keys;
 * all bits outside of the mask are drawn anew, and the decision must be the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "flow/fdb.h"
#include "flow/key.h"
#include "flow/mask.h"
#include "support/random.h"
#include "support/rig.h"
#include "switch/bridge.h"
#include "switch/snapshot.h"
#include "switch/translate.h"

#define N_BRIDGES 300
#define N_KEYS    100
#define N_PORTS   5

static struct rig rig;
static uint64_t random_state;
static struct translation first, second;

static unsigned below(unsigned n)
{
	return random_below(&random_state, n);
}

static uint16_t random_vlan(void)
{
	static const uint16_t vlans[] = {0, 1, 10, 20, 4095};

	return vlans[below(5)];
}

static void random_mac(struct eth_addr *mac)
{
	*mac = (struct eth_addr){{(uint8_t)(below(8) ? 2 : 3), 0, 0, 0, 0, (uint8_t)below(6)}};
	if (!below(10))
		*mac = (struct eth_addr){{1, 0x80, 0xc2, 0, 0, (uint8_t)below(20)}};
}

static void random_bridge(void)
{
	struct bridge_config config = RIG_BRIDGE;

	config.fail_mode = below(10) ? FAIL_STANDALONE : FAIL_SECURE;
	config.forward_bpdu = below(2);
	rig_init(&rig, &config);
	for (unsigned i = 0; i < N_PORTS; i++) {
		struct bridge_port_config port = RIG_PORT("");
		uint16_t trunk = random_vlan();

		snprintf(port.port.name, sizeof(port.port.name), "p%u", i);
		port.vlan_mode = below(4);
		port.tag = below(4) ? random_vlan() : VLAN_NONE;
		port.priority_tags = below(3);
		port.is_protected = below(2);
		if (below(2))
			port.trunks.bits[trunk / 64] |= 1ull << (trunk % 64);
		rig_port(&rig, &port);
	}
	for (unsigned i = 0; i < 5; i++) {
		struct eth_addr mac = {{2, 0, 0, 0, 0, (uint8_t)i}};

		bridge_fdb_add(rig.bridge, mac, random_vlan(), below(2) ? "p0" : "p1", NULL);
	}
}

static void random_key(struct flow_key *key)
{
	uint16_t tci = (uint16_t)(VLAN_PRESENT | random_vlan() | below(8) << 13);

	for (unsigned i = 0; i < FLOW_KEY_PACKET_WORDS; i++)
		key->word[i] = random_u64(&random_state);
	memset((char *)key + 8 * FLOW_KEY_PACKET_WORDS, 0,
	       sizeof(*key) - 8 * FLOW_KEY_PACKET_WORDS);
	key->packet.in_port = rig.bridge->ports[below(N_PORTS)]->id;
	key->packet.packet_class = (uint8_t)below(N_PACKET_CLASSES);
	key->packet.vlan = (struct packet_vlan){to_be16(below(3) ? tci : 0), to_be16(0x8100)};
	random_mac(&key->packet.eth_dst);
	random_mac(&key->packet.eth_src);
}

static void decide(const struct flow_key *key, struct translation *out)
{
	translation_begin(out);
	version_deps_begin(&out->deps, rig.sw->versions);
	translate(&rig.sw->snapshot->path, key, rig.clock.manual_ns, out);
}

static void check_key(const struct flow_key *key)
{
	const struct path_view *view = &rig.sw->snapshot->path;
	const struct path_masks *masks = view->masks[key->packet.in_port];
	const struct flow_mask *mask = masks->by_class[key->packet.packet_class];
	struct flow_key other;

	for (unsigned i = 0; i < FLOW_KEY_PACKET_WORDS; i++)
		other.word[i] = random_u64(&random_state);
	for (unsigned i = 0; i < mask->n_words; i++) {
		uint64_t *word = &other.word[mask->word[i]];

		*word = (*word & ~mask->bits[i]) | (key->word[mask->word[i]] & mask->bits[i]);
	}
	decide(key, &first);
	decide(&other, &second);
	assert_true(first.ops.n_ops > 0);
	assert_int_equal(first.ops.n_ops, second.ops.n_ops);
	assert_memory_equal(first.ops.op, second.ops.op, first.ops.n_ops * sizeof(struct flow_op));
	assert_int_equal(first.deps.n, second.deps.n);
	assert_memory_equal(first.deps.index, second.deps.index, sizeof(first.deps.index));
}

static void a_decision_holds_for_all_packets_under_its_mask(void **state)
{
	random_init(&random_state);
	hash_seed = random_u64(&random_state);
	for (unsigned i = 0; i < N_BRIDGES; i++) {
		random_bridge();
		for (unsigned j = 0; j < N_KEYS; j++) {
			struct flow_key key;

			random_key(&key);
			check_key(&key);
		}
		rig_fini(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_decision_holds_for_all_packets_under_its_mask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
