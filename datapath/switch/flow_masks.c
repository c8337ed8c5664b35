/* Which bits of a packet the flows and orders of a bridge look at, per class of packets.
 *
 * Each wants the bits that it matches on and that its actions read, of the packets that can meet
 * it. One word behind those of the packet holds two wants that are no bits: that NORMAL decides, whose bits
 * depend on the ports, too, and that a packet's class may change under way (by a label or tag that is
 * pushed or popped). Where that is so, each class has the bits of all. */
#include <string.h>

#include "flow/mask-union.h"
#include "flow/ofaction.h"
#include "packet/parse.h"
#include "switch/flow_store.h"
#include "switch/group_store.h"
#include "switch/mirror.h"
#include "switch/normal.h"
#include "switch/snapshot.h"
#include "switch/translate.h"

#define WORDS       (FLOW_KEY_PACKET_WORDS + 1)
#define WANTS       FLOW_KEY_PACKET_WORDS
#define ALL_CLASSES ((1u << N_PACKET_CLASSES) - 1)

enum { WANTS_NORMAL = 1 << 0, WANTS_ALL_CLASSES = 1 << 1 };

/* Those that have a class of their own, and one that has none. */
static const uint8_t protocols[] = {
	0, IP_PROTO_ICMP, IP_PROTO_TCP, IP_PROTO_UDP, IP_PROTO_SCTP, IP_PROTO_ICMPV6};

_Static_assert(N_PACKET_CLASSES == 13, "protocols");

int flow_masks_new(struct mask_union **out)
{
	return mask_union_new(out, WORDS, N_PACKET_CLASSES);
}

/* One bit per class of packets that the match may match as they come. */
static uint32_t classes_of(const struct match *match)
{
	const struct packet_key *key = &match->key.packet, *mask = &match->mask.packet;
	uint16_t type = from_be16(key->eth_type);
	uint32_t classes = 0;

	if (mask->eth_type.be != UINT16_MAX)
		return ALL_CLASSES;
	if (mask->ip_proto == UINT8_MAX)
		return 1u << packet_class_of(type, key->ip_proto);
	for (unsigned i = 0; i < sizeof(protocols); i++)
		classes |= 1u << packet_class_of(type, protocols[i]);
	return classes;
}

static bool changes_class(const struct ofactions *actions)
{
	for (uint32_t i = 0; i < actions->n; i++) {
		switch (actions->item[i].type) {
		case OFACTION_PUSH_MPLS:
		case OFACTION_POP_MPLS:
		case OFACTION_PUSH_PBB:
		case OFACTION_POP_PBB:
			return true;
		}
	}
	return false;
}

static void wants_of(const struct match *match, const struct ofactions *actions,
		     uint64_t words[WORDS])
{
	struct flow_key bits = match->mask;

	words[WANTS] = translate_reads(actions, &bits) ? WANTS_NORMAL : 0;
	if (changes_class(actions))
		words[WANTS] |= WANTS_ALL_CLASSES;
	memcpy(words, bits.word, WANTS * sizeof(words[0]));
}

int flow_masks_add(struct flow_tables *tables, const struct match *match,
		   const struct ofactions *actions)
{
	uint64_t words[WORDS];
	int rc;

	wants_of(match, actions, words);
	rc = mask_union_add(tables->wanted, words, classes_of(match));
	if (!rc && translate_teaches(actions))
		__atomic_add_fetch(&tables->n_teaching, 1, __ATOMIC_RELAXED);
	return rc;
}

void flow_masks_remove(struct flow_tables *tables, const struct match *match,
		       const struct ofactions *actions)
{
	uint64_t words[WORDS];

	wants_of(match, actions, words);
	mask_union_remove(tables->wanted, words, classes_of(match));
	if (translate_teaches(actions))
		__atomic_sub_fetch(&tables->n_teaching, 1, __ATOMIC_RELAXED);
}

/* ---- groups: which packets come to one is not asked for ---- */

/* Of the first `n` classes. */
static void remove_hash(struct flow_tables *tables, const struct group_desc *desc, unsigned n)
{
	uint64_t words[WORDS] = {0};
	struct flow_key bits;

	for (unsigned i = 0; i < n; i++) {
		if (!group_hash_reads(desc, i, &bits))
			continue;
		memcpy(words, bits.word, WANTS * sizeof(words[0]));
		mask_union_remove(tables->wanted, words, 1u << i);
	}
}

static int add_hash(struct flow_tables *tables, const struct group_desc *desc)
{
	uint64_t words[WORDS] = {0};
	struct flow_key bits;
	int rc = 0;

	for (unsigned i = 0; !rc && i < N_PACKET_CLASSES; i++) {
		if (!group_hash_reads(desc, i, &bits))
			continue;
		memcpy(words, bits.word, WANTS * sizeof(words[0]));
		rc = mask_union_add(tables->wanted, words, 1u << i);
		if (rc)
			remove_hash(tables, desc, i);
	}
	return rc;
}

int flow_masks_add_group(struct flow_tables *tables, const struct group_desc *desc)
{
	static const struct match all;
	uint32_t n = 0;
	int rc = add_hash(tables, desc);

	if (rc)
		return rc;
	for (; !rc && n < desc->n_buckets; n++)
		rc = flow_masks_add(tables, &all, &desc->bucket[n].actions);
	if (!rc)
		return 0;
	while (--n)
		flow_masks_remove(tables, &all, &desc->bucket[n - 1].actions);
	remove_hash(tables, desc, N_PACKET_CLASSES);
	return rc;
}

void flow_masks_remove_group(struct flow_tables *tables, const struct group_desc *desc)
{
	static const struct match all;

	for (uint32_t i = 0; i < desc->n_buckets; i++)
		flow_masks_remove(tables, &all, &desc->bucket[i].actions);
	remove_hash(tables, desc, N_PACKET_CLASSES);
}

uint64_t flow_masks_generation(const struct flow_tables *tables)
{
	return mask_union_generation(tables->wanted);
}

/* Adds the words that packets of this class are wanted by; returns its wants. */
static uint64_t add_class(const struct flow_tables *tables, unsigned packet_class,
			  struct flow_key *bits)
{
	const uint64_t *words = mask_union_bits(tables->wanted, packet_class);

	for (unsigned i = 0; i < FLOW_KEY_PACKET_WORDS; i++)
		bits->word[i] |= words[i];
	return words[WANTS];
}

static bool may_class_change(const struct flow_tables *tables)
{
	for (unsigned i = 0; i < N_PACKET_CLASSES; i++)
		if (mask_union_bits(tables->wanted, i)[WANTS] & WANTS_ALL_CLASSES)
			return true;
	return false;
}

/* Whether there are ports to look at depends on what fragment it is: see translate_table.c. */
static void add_fragments(const struct bridge_view *view, unsigned packet_class,
			  struct flow_key *bits)
{
	const bool is_ip = packet_class >= CLASS_IPV4;
	const bool has_ports = bits->packet.l4_src.be || bits->packet.l4_dst.be;

	if (is_ip && (has_ports || view->frags == FLOW_FRAGS_DROP))
		bits->packet.ip_frag |= FRAG_ANY;
}

/* Whether a port takes a packet may depend on its being for the spanning tree: see translate.c. */
static void add_port_flags(const struct bridge_view *view, struct flow_key *bits)
{
	for (unsigned i = 0; i < view->n_ports; i++) {
		const uint8_t flags = view->ports[i].flags;

		if (!(flags & PORT_MOD_NO_RECV) != !(flags & PORT_MOD_NO_RECV_STP))
			memset(&bits->packet.eth_dst, 0xff, sizeof(bits->packet.eth_dst));
	}
}

/* Bits that are known before there is a packet. */
static bool is_foreseen(const struct flow_key *bits)
{
	const be16 tci = to_be16(VLAN_PRESENT | 0x0fff);
	struct flow_key beyond = *bits;

	beyond.packet.in_port = 0;
	beyond.packet.vlan.tci.be &= ~tci.be;
	beyond.packet.vlan_inner.tci.be &= ~tci.be;
	for (unsigned i = 0; i < FLOW_KEY_PACKET_WORDS; i++)
		if (beyond.word[i])
			return false;
	return true;
}

bool flow_masks_standby(const struct flow_tables *tables, const struct bridge_view *view,
			struct flow_key *bits)
{
	struct flow_key normal;
	uint64_t wants = 0;

	memset(bits, 0, sizeof(*bits));
	bits->packet.in_port = UINT16_MAX;
	for (unsigned i = 0; i < N_PACKET_CLASSES; i++) {
		wants |= add_class(tables, i, bits);
		add_fragments(view, i, bits);
	}
	add_port_flags(view, bits);
	mirrors_mask(view, bits);
	if (wants & WANTS_NORMAL || view->stands_in) {
		normal_flood_mask(view, &normal);
		for (unsigned i = 0; i < FLOW_KEY_PACKET_WORDS; i++)
			bits->word[i] |= normal.word[i];
	}
	if (view->fail_mode != FAIL_STANDALONE || !is_foreseen(bits))
		return false;
	bits->packet.packet_class =
		UINT8_MAX; /* CLASS_STANDBY: no packet's own entry has this key */
	return true;
}

void flow_masks_bits(const struct flow_tables *tables, const struct bridge_view *view,
		     unsigned packet_class, struct flow_key *bits)
{
	struct flow_key normal;
	uint64_t wants = 0;

	memset(bits, 0, sizeof(*bits));
	bits->packet.in_port = UINT16_MAX;
	if (!may_class_change(tables))
		wants = add_class(tables, packet_class, bits);
	else
		for (unsigned i = 0; i < N_PACKET_CLASSES; i++)
			wants |= add_class(tables, i, bits);
	add_fragments(view, packet_class, bits);
	add_port_flags(view, bits);
	mirrors_mask(view, bits);
	if (!(wants & WANTS_NORMAL) && !view->stands_in)
		return;
	normal_mask(view, &normal);
	for (unsigned i = 0; i < FLOW_KEY_PACKET_WORDS; i++)
		bits->word[i] |= normal.word[i];
}
