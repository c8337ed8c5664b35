/* What changes a packet's shape: tags, labels, backbone headers; and TTLs.
 *
 * New headers begin as OpenFlow 1.3.5 section 5.12 has it; what it leaves open, as in Open vSwitch. */
#include <string.h>

#include "switch/translate_state.h"

#define TCI_COPIED (VLAN_VID_MASK | 7u << VLAN_PCP_SHIFT)

#define WORD_OF(member) (offsetof(struct flow_key, member) / sizeof(uint64_t))

/* ---- VLAN tags ---- */

static void forget_tags(struct translate_state *state)
{
	static const struct packet_vlan none;

	state->work.unsaid.packet.vlan = state->work.unsaid.packet.vlan_inner = none;
	state->work.said.packet.vlan = state->work.said.packet.vlan_inner = none;
}

void translate_push_vlan(struct translate_state *state, uint16_t tpid, uint16_t tci)
{
	struct packet_key *key = &state->work.key.packet;

	if (!translate_look(state, BARE_L3))
		return;
	if (state->work.n_hidden == TRANSLATE_MAX_TAGS) {
		translate_fail(state, DROP_ACTION_LIMIT);
		return;
	}
	translate_commit(state);
	flow_op_add(&state->out->ops, flow_op_push_vlan(tpid, tci & TCI_COPIED));
	if (from_be16(key->vlan_inner.tci) & VLAN_PRESENT)
		state->work.hidden[state->work.n_hidden++] = key->vlan_inner;
	key->vlan_inner = key->vlan;
	key->vlan = (struct packet_vlan){to_be16((tci & TCI_COPIED) | VLAN_PRESENT), to_be16(tpid)};
	forget_tags(state);
}

static bool is_tag_type(be16 type)
{
	return from_be16(type) == ETH_TYPE_VLAN || from_be16(type) == ETH_TYPE_SVLAN;
}

/* A packet with more tags than the key holds has a tag's type behind them. */
void translate_pop_vlan(struct translate_state *state)
{
	struct packet_key *key = &state->work.key.packet;

	if (!translate_look(state, BARE_L3) || !(from_be16(key->vlan.tci) & VLAN_PRESENT))
		return;
	state->work.unsaid.packet.vlan = (struct packet_vlan){0};
	translate_commit(state);
	flow_op_add(&state->out->ops, flow_op_pop_vlan());
	key->vlan = key->vlan_inner;
	if (state->work.n_hidden)
		key->vlan_inner = state->work.hidden[--state->work.n_hidden];
	else
		key->vlan_inner = (struct packet_vlan){0};
	if (!state->work.n_hidden && is_tag_type(key->eth_type))
		state->work.bare = BARE_L2;
	forget_tags(state);
}

/* ---- MPLS ---- */

static bool is_mpls(uint16_t type)
{
	return type == ETH_TYPE_MPLS || type == ETH_TYPE_MPLS_MULTICAST;
}

static uint32_t label_at(const struct translate_state *state, unsigned i)
{
	return from_be32(state->work.key.extra.mpls[i]);
}

static bool has_labels(const struct translate_state *state)
{
	return is_mpls(from_be16(state->work.key.packet.eth_type));
}

static bool is_bottom(const struct translate_state *state)
{
	return label_at(state, 0) & MPLS_BOTTOM;
}

/* The whole stack is in the key. */
static bool is_stack_known(const struct translate_state *state)
{
	for (unsigned i = 0; i < PACKET_MPLS_LABELS; i++)
		if (label_at(state, i) & MPLS_BOTTOM)
			return true;
	return false;
}

static bool is_ip(const struct translate_state *state)
{
	return field_need_is_met(NEED_IP, &state->work.key, NULL);
}

/* Label 0 and 2: "explicit null" of IPv4 and IPv6 (RFC 3032 section 2.1). */
static uint32_t first_entry(const struct translate_state *state)
{
	const struct packet_key *key = &state->work.key.packet;
	uint32_t label = from_be16(key->eth_type) == ETH_TYPE_IPV6 ? 2 : 0;
	uint32_t tc = is_ip(state) ? (key->ip_tos >> 2) & 7u : 0;
	uint32_t ttl = is_ip(state) && key->ip_ttl ? key->ip_ttl : 64;

	return label << 12 | tc << 9 | MPLS_BOTTOM | ttl;
}

/* What is behind Ethernet and tags is another thing now. */
static void clear_payload(struct translate_state *state, uint16_t type)
{
	struct flow_key *key = &state->work.key;

	memset(&key->word[WORD_OF(packet.eth_type)], 0,
	       (WORD_OF(tunnel) - WORD_OF(packet.eth_type)) * sizeof(uint64_t));
	key->packet.eth_type = to_be16(type);
	translate_forget(state, WORD_OF(packet.eth_type), WORD_OF(tunnel));
}

void translate_push_mpls(struct translate_state *state, uint16_t type)
{
	be32 *mpls = state->work.key.extra.mpls;
	uint32_t entry;

	if (!translate_look(state, BARE_NOTHING))
		return;
	translate_commit(state);
	if (has_labels(state)) {
		entry = label_at(state, 0) & ~(uint32_t)MPLS_BOTTOM;
		memmove(mpls + 1, mpls, (PACKET_MPLS_LABELS - 1) * sizeof(*mpls));
		state->work.key.packet.eth_type = to_be16(type);
		translate_forget(state, WORD_OF(extra.mpls), WORD_OF(tunnel));
	} else {
		entry = first_entry(state);
		state->work.ttl_behind = is_ip(state) ? state->work.key.packet.ip_ttl : -1;
		clear_payload(state, type);
	}
	mpls[0] = to_be32(entry);
	flow_op_push_mpls(&state->out->ops, type, mpls[0]);
}

void translate_pop_mpls(struct translate_state *state, uint16_t type)
{
	be32 *mpls = state->work.key.extra.mpls;

	if (!translate_look(state, BARE_NOTHING) || !has_labels(state))
		return;
	translate_commit(state);
	flow_op_pop_mpls(&state->out->ops, type);
	if (!is_mpls(type) || is_bottom(state) || !is_stack_known(state)) {
		state->work.bare = BARE_L3;
		state->work.ttl_behind = -1;
		clear_payload(state, type);
		return;
	}
	memmove(mpls, mpls + 1, (PACKET_MPLS_LABELS - 1) * sizeof(*mpls));
	mpls[PACKET_MPLS_LABELS - 1] = to_be32(0);
	state->work.key.packet.eth_type = to_be16(type);
	translate_forget(state, WORD_OF(extra.mpls), WORD_OF(tunnel));
}

/* ---- PBB ---- */

/* The priority of the tag and an I-SID that is there already are copied; the addresses are, too, as the
 * op has it. The tags belong to the customer's frame then. */
void translate_push_pbb(struct translate_state *state, uint16_t type)
{
	uint32_t itag;

	if (!translate_look(state, BARE_NOTHING))
		return;
	itag = from_be32(state->work.key.extra.pbb) & PBB_ISID_MASK;
	itag |= (uint32_t)(from_be16(state->work.key.packet.vlan.tci) >> VLAN_PCP_SHIFT) << 29;
	translate_commit(state);
	flow_op_push_pbb(&state->out->ops, type, to_be32(itag));
	clear_payload(state, type);
	state->work.key.packet.vlan = state->work.key.packet.vlan_inner = (struct packet_vlan){0};
	state->work.key.extra.pbb = to_be32(itag & PBB_ISID_MASK);
	state->work.n_hidden = 0;
	forget_tags(state);
}

void translate_pop_pbb(struct translate_state *state)
{
	if (!translate_look(state, BARE_NOTHING) ||
	    from_be16(state->work.key.packet.eth_type) != ETH_TYPE_PBB)
		return;
	translate_commit(state);
	flow_op_pop_pbb(&state->out->ops);
	translate_forget(state, 0, WORD_OF(tunnel));
	state->work.n_hidden = 0;
	state->work.bare = BARE_L2;
}

/* ---- TTL ---- */

static uint8_t mpls_ttl(const struct translate_state *state, unsigned i)
{
	return (uint8_t)label_at(state, i);
}

/* That of the entry below; at the bottom of the stack that of the IP packet behind. Its place in the
 * key is the second entry's either way, which a stack of one entry has no other use for. */
static void write_ttl_below(struct translate_state *state, uint8_t ttl)
{
	const unsigned last = sizeof(be32) - 1;
	uint8_t *key = (uint8_t *)&state->work.key.extra.mpls[1];
	uint8_t *unsaid = (uint8_t *)&state->work.unsaid.extra.mpls[1];

	key[last] = ttl;
	unsaid[last] = UINT8_MAX;
	if (is_bottom(state) && state->work.ttl_behind >= 0)
		state->work.ttl_behind = ttl;
}

void translate_copy_ttl_in(struct translate_state *state)
{
	if (translate_look(state, BARE_NOTHING) && has_labels(state))
		write_ttl_below(state, mpls_ttl(state, 0));
}

void translate_copy_ttl_out(struct translate_state *state)
{
	int ttl;

	if (!translate_look(state, BARE_NOTHING) || !has_labels(state))
		return;
	ttl = is_bottom(state) ? translate_look_ttl(state) : mpls_ttl(state, 1);
	if (ttl >= 0)
		translate_write(state, FIELD_MPLS_TTL, (field_bits)ttl, UINT8_MAX);
}

static void tell_expired(struct translate_state *state, uint16_t controller)
{
	translate_controller(state, &(struct translate_packet_in){.controller = controller,
								  .reason = REASON_INVALID_TTL});
	translate_blame(state, DROP_TTL_EXPIRED);
}

bool translate_dec_ttl(struct translate_state *state, const struct ofactions *list, uint32_t at)
{
	uint8_t ttl;

	if (!translate_look(state, BARE_NOTHING))
		return false;
	if (!is_ip(state))
		return true;
	ttl = state->work.key.packet.ip_ttl;
	if (ttl > 1) {
		translate_write(state, FIELD_IP_TTL, ttl - 1u, UINT8_MAX);
		return true;
	}
	for (uint32_t i = at + 1; i <= at + list->item[at].n_inside; i++)
		tell_expired(state, (uint16_t)list->item[i].number);
	return false;
}

bool translate_dec_mpls_ttl(struct translate_state *state)
{
	uint8_t ttl;

	if (!translate_look(state, BARE_NOTHING) || !has_labels(state))
		return false;
	ttl = mpls_ttl(state, 0);
	if (ttl > 1) {
		translate_write(state, FIELD_MPLS_TTL, ttl - 1u, UINT8_MAX);
		return true;
	}
	tell_expired(state, 0);
	return false;
}
