/* The promise that the caches rest on, for flow tables: what is decided about a packet holds for every packet
 * that agrees with it under the mask of its class, whatever its other bits are. Random tables, random
 * packets; ops, credits and what is learned must be the same. (NORMAL alone: model_translate.c.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "flow/fdb.h"
#include "flow/key.h"
#include "flow/mask.h"
#include "flow/match_text.h"
#include "support/flows.h"
#include "support/ops.h"
#include "support/random.h"
#include "support/rig.h"
#include "switch/bridge.h"
#include "switch/mirror.h"
#include "switch/order.h"
#include "switch/port_mod.h"
#include "switch/snapshot.h"
#include "switch/translate.h"

#define N_SWITCHES 600
#define N_FLOWS    40 /* tried at most; some make no sense */
#define N_KEYS     40
#define N_OTHERS   4

static struct rig rig;
static uint64_t random_state;
static struct translation first, second;
static unsigned n_flows, n_orders, n_sent;

static unsigned below(unsigned n)
{
	return random_below(&random_state, n);
}

#define ONE_OF(list) list[below(sizeof(list) / sizeof(list[0]))]

/* ---- tables ---- */

static const char *const matches[] = {
	"",
	"",
	"",
	"in_port=1",
	"in_port=2",
	"dl_src=02:00:00:00:00:01",
	"dl_dst=02:00:00:00:00:02",
	"dl_dst=01:00:00:00:00:00/01:00:00:00:00:00",
	"dl_vlan=1",
	"vlan_tci=0/0x1000",
	"vlan_tci=0x1000/0x1000",
	"dl_vlan=2,dl_vlan_pcp=1",
	"dl_vlan1=1",
	"arp",
	"arp,arp_op=1",
	"arp,arp_spa=10.0.0.1",
	"arp,arp_tha=02:00:00:00:00:01",
	"ip",
	"ip,nw_src=10.0.0.1",
	"ip,nw_dst=10.0.0.0/30",
	"ip,nw_ttl=1",
	"ip,nw_frag=later",
	"ip,nw_tos=8",
	"tcp",
	"tcp,tp_dst=1",
	"tcp,tp_src=2/3",
	"tcp,tcp_flags=+syn",
	"udp",
	"udp,tp_dst=1",
	"sctp,tp_src=1",
	"icmp,icmp_type=1",
	"ipv6",
	"ipv6,ipv6_src=::1",
	"tcp6,tp_dst=1",
	"icmp6,icmp_type=135",
	"icmp6,icmp_type=135,nd_target=::1",
	"mpls",
	"mpls,mpls_label=1",
	"mpls,mpls_bos=1",
	"dl_type=0x88e7",
	"dl_type=0x88e7,pbb_isid=1",
	"reg0=1",
	"reg0=2/2",
	"reg1=0",
	"metadata=1/1",
	"actset_output=2",
	"conj_id=1",
	"icmp,icmp_code=1",
	"icmp6,icmp_type=136,nd_tll=02:00:00:00:00:01",
	"ipv6,ipv6_label=1",
	"ip,nw_frag=first",
	"ip,nw_frag=no",
	"mpls,mpls_tc=1",
	"mpls,mpls_ttl=1",
	"arp,arp_sha=02:00:00:00:00:02",
	"dl_vlan=1,tcp",
};

static const char *const actions[] = {
	"output:1",
	"output:2",
	"output:3",
	"output:9",
	"in_port",
	"flood",
	"normal",
	"normal",
	"controller",
	"drop",
	"mirror:3",
	"mirror(vlan=1)",
	"mod_dl_src:02:00:00:00:00:02",
	"mod_dl_dst:02:00:00:00:00:01",
	"mod_nw_src:10.0.0.2",
	"mod_nw_dst:10.0.0.1",
	"mod_tp_src:1",
	"mod_tp_dst:2",
	"mod_nw_tos:8",
	"mod_nw_ecn:1",
	"mod_nw_ttl:1",
	"mod_vlan_vid:1",
	"mod_vlan_pcp:1",
	"strip_vlan",
	"push_vlan:0x8100",
	"push_vlan:0x88a8",
	"pop_vlan",
	"push_mpls:0x8847",
	"pop_mpls:0x0800",
	"pop_mpls:0x8847",
	"push_pbb:0x88e7",
	"pop_pbb",
	"copy_ttl_in",
	"copy_ttl_out",
	"dec_ttl",
	"dec_mpls_ttl",
	"set_mpls_label:1",
	"set_mpls_ttl:1",
	"load:1->reg0[]",
	"load:2->reg0[0..15]",
	"load:1->reg1[]",
	"load:3->NXM_OF_VLAN_TCI[]",
	"load:0x1002->NXM_OF_VLAN_TCI[]",
	"load:1->NXM_OF_IN_PORT[]",
	"move:NXM_OF_ETH_SRC[0..15]->NXM_NX_REG0[0..15]",
	"move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]",
	"move:NXM_OF_IN_PORT[]->NXM_NX_REG0[0..15]",
	"move:NXM_OF_VLAN_TCI[0..11]->NXM_NX_REG1[0..11]",
	"move:NXM_NX_REG0[0..2]->NXM_NX_REG1[0..2]",
	"move:NXM_OF_IP_SRC[]->NXM_OF_IP_DST[]",
	"move:NXM_OF_IP_TOS[]->NXM_NX_REG0[0..7]",
	"move:NXM_OF_TCP_SRC[]->NXM_OF_TCP_DST[]",
	"move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[]",
	"set_field:10.0.0.3->nw_dst",
	"set_field:1->tcp_dst",
	"set_field:2->arp_op",
	"set_field:::2->ipv6_src",
	"set_field:1->ipv6_label",
	"set_field:1->icmp_type",
	"set_field:02:00:00:00:00:03->nd_sll",
	"set_field:0x2/0x2->eth_src",
	"set_field:1->pbb_isid",
	"output:reg0[0..14]",
	"output:reg0[]",
	"resubmit(,1)",
	"resubmit(,2)",
	"resubmit(2,1)",
	"resubmit(,0)",
	"goto_table:2",
	"goto_table:1",
	"write_metadata:1/1",
	"clear_actions",
	"write_actions(output:2)",
	"write_actions(dec_ttl,push_vlan:0x8100,output:3)",
	"write_actions(mod_dl_src:02:00:00:00:00:04,pop_vlan)",
	"clone(mod_vlan_vid:2,output:3)",
	"clone(resubmit(,2))",
	"clone(pop_vlan,normal)",
	"learn(table=2,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])",
	"learn(table=1,NXM_OF_VLAN_TCI[0..11],load:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[])",
	"learn(table=2,cookie=1,result_dst=NXM_OF_VLAN_TCI[12])",
	"learn(table=2,cookie=2,result_dst=NXM_OF_VLAN_TCI[0])",
	"learn(table=2,cookie=3,result_dst=NXM_OF_IP_TOS[3])",
	"learn(table=2,cookie=4,result_dst=NXM_NX_REG0[0])",
	"move:NXM_OF_ETH_SRC[0..11]->NXM_OF_VLAN_TCI[0..11]",
	"move:NXM_OF_ETH_SRC[0..15]->NXM_OF_VLAN_TCI[]",
	"move:NXM_NX_REG0[0]->NXM_OF_VLAN_TCI[12]",
	"move:NXM_NX_ND_TARGET[0..7]->NXM_NX_REG0[0..7]",
	"move:NXM_NX_IPV6_LABEL[0..7]->NXM_NX_REG1[0..7]",
	"move:OXM_OF_MPLS_LABEL[0..2]->NXM_NX_REG0[0..2]",
	"move:OXM_OF_MPLS_LABEL[]->NXM_NX_REG0[0..19]",
	"set_field:1->mpls_tc",
	"set_field:::1->nd_target",
	"set_field:5->vlan_vid",
	"set_mpls_tc:1",
	"output(port=2,max_len=64)",
	"enqueue:2:1",
	"set_queue:1",
	"all",
	"table",
	"local",
	"mirror(port=3,max_len=20)",
	"write_actions(move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],mod_vlan_vid:1,output:3)",
	"write_actions(resubmit(,1))",
	"clone(push_mpls:0x8847,output:3)",
	"note:01.02",
};

/* Each alone. */
static const char *const clauses[] = {
	"conjunction(1,1/2)",
	"conjunction(1,2/2)",
	"conjunction(2,1/2),conjunction(1,2/2)",
	"conjunction(2,2/2)",
};

/* What makes no sense together is no flow. */
static void random_flow(void)
{
	struct flow_mod mod = {0};
	char line[1024];
	bool is_clause;
	size_t len;

	len = (size_t)sprintf(line, "table=%u,priority=%u,%s", below(3), below(4), ONE_OF(matches));
	is_clause = !below(12);
	len += (size_t)sprintf(line + len, "%sactions=%s", line[len - 1] == ',' ? "" : ",",
			       is_clause ? ONE_OF(clauses) : ONE_OF(actions));
	for (unsigned n = is_clause ? 0 : below(5); n; n--)
		len += (size_t)sprintf(line + len, ",%s", ONE_OF(actions));
	if (flow_mod_parse(slice_of(line), FLOW_ADD, NULL, &mod, NULL))
		return;
	if (!bridge_flow_mods(rig.bridge, &mod, 1, NULL, NULL))
		n_flows++;
	flow_mod_fini(&mod);
}

static struct mirror_ports random_ports(void)
{
	static const char *const names[] = {"p0", "p1", "p2"};
	const unsigned first_port = below(3);

	return (struct mirror_ports){names + first_port, below(4 - first_port)};
}

static void random_mirrors(void)
{
	struct mirror_config config[3] = {0};
	static const char *const ids[] = {"a", "b", "c"};
	unsigned n = below(4);

	for (unsigned i = 0; i < n; i++) {
		config[i].id = config[i].name = ids[i];
		config[i].selects_all = below(2);
		config[i].sources = random_ports();
		config[i].destinations = random_ports();
		config[i].snaplen = below(2) ? 20 : 0;
		if (below(2))
			config[i].vlans.bits[0] = 1 + below(3);
		if (below(2))
			config[i].output_vlan = (uint16_t)(1 + below(2));
		else
			config[i].output_port = below(3) ? "p2" : "p1";
	}
	assert_int_equal(bridge_mirrors_set(rig.bridge, config, n, NULL), 0);
}

/* What can be said of bridges and tables beside flows. */
static void random_settings(void)
{
	assert_int_equal(bridge_frags_set(rig.bridge, below(3)), 0);
	for (uint8_t table = 0; table < 3; table++) {
		const struct flow_table_mod mod = {.miss = below(4)};

		assert_int_equal(bridge_table_mod(rig.bridge, table, &mod, NULL), 0);
	}
	assert_int_equal(
		bridge_miss_set(rig.bridge, below(2) ? TABLE_MISS_DROP : TABLE_MISS_CONTROLLER), 0);
	for (unsigned i = 0; i < rig.bridge->n_ports && !below(2); i++) {
		const uint8_t flags = (uint8_t)(below(128) & ~PORT_MOD_DOWN);

		assert_int_equal(bridge_port_mod(rig.bridge->ports[i], flags, PORT_MOD_FLAGS, NULL),
				 0);
	}
	if (!below(3))
		random_mirrors();
}

/* Mostly mirrors: a drop leaves little to compare. */
static void random_order(void)
{
	struct order_config order = {.kind = below(4) ? ORDER_MIRROR : ORDER_DROP};
	const char *match = ONE_OF(matches);

	if (order.kind == ORDER_MIRROR && below(3))
		order.port = below(2) ? "p1" : "p2";
	else if (order.kind == ORDER_MIRROR)
		order.vlan = (uint16_t)(1 + below(2));
	if (!match_parse(slice_of(match), NULL, &order.match, NULL) &&
	    !bridge_order_add(rig.bridge, &order, NULL, NULL))
		n_orders++;
}

static void random_switch(void)
{
	struct bridge_config config = RIG_BRIDGE;

	config.forward_bpdu = below(2);
	config.fail_mode = below(2) ? FAIL_SECURE : FAIL_STANDALONE;
	rig_init(&rig, &config);
	for (unsigned i = 0; i < 3; i++) {
		struct bridge_port_config port = RIG_PORT("");

		snprintf(port.port.name, sizeof(port.port.name), "p%u", i);
		port.ofport_request = (uint16_t)(i + 1);
		port.vlan_mode = below(4);
		port.tag = below(3) ? VLAN_NONE : 1;
		port.priority_tags = below(3);
		port.is_protected = !below(3);
		rig_port(&rig, &port);
	}
	random_settings();
	for (unsigned i = 1; i < 4; i++) {
		struct eth_addr mac = {{2, 0, 0, 0, 0, (uint8_t)i}};

		bridge_fdb_add(rig.bridge, mac, (uint16_t)below(2), below(2) ? "p0" : "p1", NULL);
	}
	/* few flows make small masks, which are easier to break */
	for (unsigned n = 1 + below(below(2) ? 3 : below(2) ? 8 : N_FLOWS); n; n--)
		random_flow();
	for (unsigned n = below(2) ? below(4) : 0; n; n--)
		random_order();
}

/* ---- packets: few values, so that flows are hit ---- */

static struct packet_vlan random_tag(void)
{
	if (below(2))
		return (struct packet_vlan){0};
	return (struct packet_vlan){to_be16((uint16_t)(VLAN_PRESENT | below(3) | below(2) << 13)),
				    to_be16(below(2) ? ETH_TYPE_VLAN : ETH_TYPE_SVLAN)};
}

static void random_mac(struct eth_addr *mac)
{
	*mac = (struct eth_addr){{(uint8_t)(below(8) ? 2 : 3), 0, 0, 0, 0, (uint8_t)below(4)}};
	if (!below(16))
		*mac = (struct eth_addr){{1, 0x80, 0xc2, 0, 0, (uint8_t)below(18)}};
}

static void random_l4(struct packet_key *key)
{
	static const uint8_t protocols[] = {IP_PROTO_TCP,  IP_PROTO_UDP,    IP_PROTO_SCTP,
					    IP_PROTO_ICMP, IP_PROTO_ICMPV6, 99};

	key->ip_proto = ONE_OF(protocols);
	key->ip_tos = (uint8_t)(below(2) * 8 + below(2));
	key->ip_ttl = (uint8_t)below(4);
	key->ip_frag = below(4) ? 0 : below(2) ? FRAG_ANY : FRAG_ANY | FRAG_LATER;
	if (key->ip_frag & FRAG_LATER || key->ip_proto == 99)
		return;
	key->l4_src = to_be16((uint16_t)below(4));
	key->l4_dst = to_be16((uint16_t)below(3));
	if (key->ip_proto == IP_PROTO_ICMPV6)
		key->l4_src = to_be16((uint16_t)(134 + below(3)));
	if (key->ip_proto == IP_PROTO_TCP)
		key->tcp_flags = to_be16((uint16_t)below(32));
}

static void random_mpls(struct flow_key *key)
{
	for (unsigned i = 0; i < PACKET_MPLS_LABELS; i++) {
		bool is_last = !below(3);

		key->extra.mpls[i] = to_be32(below(3) << 12 | below(2) << 9 | below(4) |
					     (is_last ? MPLS_BOTTOM : 0));
		if (is_last)
			return;
	}
}

static void random_key(struct flow_key *key)
{
	static const uint16_t types[] = {ETH_TYPE_IPV4, ETH_TYPE_IPV4, ETH_TYPE_IPV4, ETH_TYPE_IPV6,
					 ETH_TYPE_IPV6, ETH_TYPE_ARP,  ETH_TYPE_MPLS, ETH_TYPE_PBB,
					 ETH_TYPE_VLAN, 0x88b5};
	uint16_t type = ONE_OF(types);

	memset(key, 0, sizeof(*key));
	key->packet.in_port = rig.bridge->ports[below(3)]->id;
	random_mac(&key->packet.eth_dst);
	random_mac(&key->packet.eth_src);
	key->packet.vlan = random_tag();
	if (key->packet.vlan.tci.be)
		key->packet.vlan_inner = random_tag();
	key->packet.eth_type = to_be16(type);
	if (type == ETH_TYPE_IPV4 || type == ETH_TYPE_IPV6)
		random_l4(&key->packet);
	if (type == ETH_TYPE_IPV4 || type == ETH_TYPE_ARP) {
		key->packet.ipv4_src = to_be32(0x0a000000 | below(4));
		key->packet.ipv4_dst = to_be32(0x0a000000 | below(6));
	}
	if (type == ETH_TYPE_IPV6) {
		key->packet.ipv6_src.byte[15] = (uint8_t)below(3);
		key->packet.ipv6_label = to_be32(below(3));
		key->extra.nd_target.byte[15] = (uint8_t)below(3);
		random_mac(&key->extra.nd_sll);
		random_mac(&key->extra.nd_tll);
	}
	if (type == ETH_TYPE_ARP) {
		key->packet.ip_proto = (uint8_t)(1 + below(2));
		random_mac(&key->extra.arp_sha);
		random_mac(&key->extra.arp_tha);
	}
	if (type == ETH_TYPE_MPLS)
		random_mpls(key);
	if (type == ETH_TYPE_PBB)
		key->extra.pbb = to_be32(below(3) | below(2) * PBB_UCA);
	key->packet.packet_class = (uint8_t)packet_class_of(type, key->packet.ip_proto);
}

static const struct flow_mask *mask_of(const struct flow_key *key)
{
	const struct path_masks *masks = rig.sw->snapshot->path.masks[key->packet.in_port];

	return masks->by_class[key->packet.packet_class];
}

static bool agree(const struct flow_key *key, const struct flow_key *other)
{
	const struct flow_mask *mask = mask_of(key);

	for (unsigned i = 0; i < mask->n_words; i++)
		if ((key->word[mask->word[i]] ^ other->word[mask->word[i]]) & mask->bits[i])
			return false;
	return true;
}

/* What the parser sees to, and decisions rest on: only IP has fragments, and no tag has no bits. */
static void parser_like(const struct flow_key *key, struct flow_key *other)
{
	struct flow_key untagged = *other;

	untagged.packet.vlan = (struct packet_vlan){0};
	if (other->packet.packet_class < CLASS_IPV4)
		untagged.packet.ip_frag = other->packet.ip_frag = 0;
	if (from_be16(other->packet.vlan.tci) & VLAN_PRESENT)
		return;
	if (agree(key, &untagged))
		*other = untagged;
	else
		other->packet.vlan.tci.be |= to_be16(VLAN_PRESENT).be;
}

/* Another packet whose key agrees under the mask; some of its bits no packet can have. */
static void random_other(const struct flow_key *key, struct flow_key *other)
{
	const struct flow_mask *mask = mask_of(key);

	random_key(other);
	if (!below(3))
		for (unsigned i = 0; i < FLOW_KEY_PACKET_WORDS; i++)
			other->word[i] = random_u64(&random_state);
	other->packet.in_port = key->packet.in_port;
	for (unsigned i = 0; i < mask->n_words; i++) {
		uint64_t *word = &other->word[mask->word[i]];

		*word = (*word & ~mask->bits[i]) | (key->word[mask->word[i]] & mask->bits[i]);
	}
	other->packet.packet_class =
		(uint8_t)packet_class_of(from_be16(other->packet.eth_type), other->packet.ip_proto);
	if (mask_of(other) != mask) { /* it would be looked up by that */
		other->packet.packet_class = key->packet.packet_class;
		other->packet.eth_type = key->packet.eth_type;
		other->packet.ip_proto = key->packet.ip_proto;
	}
	parser_like(key, other);
}

/* ---- the promise ---- */

static void decide(const struct flow_key *key, struct translation *out)
{
	translation_begin(out);
	out->frame = NULL;
	version_deps_begin(&out->deps, rig.sw->versions);
	translate(&rig.sw->snapshot->path, key, rig.clock.manual_ns, out);
}

static void explain(const struct flow_key *key, const struct flow_key *other)
{
	static const struct flow_key zero;

	printf("%s\n", flows_text(rig.bridge, ""));
	for (unsigned i = 0; i < FLOW_KEY_PACKET_WORDS; i++)
		if (key->word[i] != other->word[i] || key->word[i] != zero.word[i])
			printf("word %u: %016llx %016llx\n", i, (unsigned long long)key->word[i],
			       (unsigned long long)other->word[i]);
	printf("first:  %s\n", ops_text(rig.sw, first.ops.op, first.ops.n_ops));
	printf("second: %s\n", ops_text(rig.sw, second.ops.op, second.ops.n_ops));
}

static bool is_same(void)
{
	return first.ops.n_ops == second.ops.n_ops &&
	       !memcmp(first.ops.op, second.ops.op, first.ops.n_ops * sizeof(struct flow_op)) &&
	       first.credits.n == second.credits.n &&
	       !memcmp(first.credits.tally, second.credits.tally,
		       first.credits.n * sizeof(first.credits.tally[0])) &&
	       first.n_flows == second.n_flows &&
	       !memcmp(first.flows, second.flows, first.n_flows * sizeof(first.flows[0])) &&
	       first.n_learned == second.n_learned &&
	       !memcmp(first.learned, second.learned, first.n_learned * sizeof(first.learned[0])) &&
	       first.deps.n == second.deps.n;
}

static void check_key(void)
{
	struct flow_key key, other;

	random_key(&key);
	/* what is not written of a learned flow is not compared */
	memset(first.flows, 0, sizeof(first.flows));
	memset(second.flows, 0, sizeof(second.flows));
	decide(&key, &first);
	assert_true(first.ops.n_ops > 0 && !first.ops.n_open);
	n_sent += first.ops.op[0].type != OP_DROP;
	for (unsigned i = 0; i < N_OTHERS; i++) {
		random_other(&key, &other);
		decide(&other, &second);
		if (!is_same()) {
			explain(&key, &other);
			fail();
		}
	}
}

static void a_decision_holds_for_all_packets_under_its_mask(void **state)
{
	random_init(&random_state);
	hash_seed = random_u64(&random_state);
	for (unsigned i = 0; i < N_SWITCHES; i++) {
		random_switch();
		for (unsigned j = 0; j < N_KEYS; j++)
			check_key();
		rig_fini(&rig);
	}
	/* it is about something */
	assert_true(n_flows > N_SWITCHES * 3);
	assert_true(n_orders > N_SWITCHES / 2);
	assert_true(n_sent > N_SWITCHES * N_KEYS / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_decision_holds_for_all_packets_under_its_mask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
