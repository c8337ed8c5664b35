#include "packet/edit.h"

#include <string.h>

#include "packet/edit_field.h"
#include "packet/parse.h"

void edit_parse(struct edit *edit)
{
	struct packet_extra extra;
	struct packet_key key;

	if (edit->is_parsed)
		return;
	packet_parse(edit->frame, &key, &extra, &edit->layout);
	*edit = edit_begin(edit->frame, &key, &edit->layout);
}

static bool is_tag(be16 type)
{
	return from_be16(type) == ETH_TYPE_VLAN || from_be16(type) == ETH_TYPE_SVLAN;
}

/* A tag came, or went. Where tags are cut off, nothing behind them is known that could move. */
static void move_headers(struct edit *edit, int by)
{
	struct packet_layout *layout = &edit->layout;

	if (!layout->l3) {
		edit->is_parsed = false;
		return;
	}
	layout->n_vlans = (uint8_t)(layout->n_vlans + (by > 0 ? 1 : -1));
	layout->l3 = (uint16_t)(layout->l3 + by);
	if (layout->l4)
		layout->l4 = (uint16_t)(layout->l4 + by);
}

static void set_eth(struct edit *edit, enum packet_field field, struct edit_bits bits)
{
	struct eth_header *eth = (struct eth_header *)edit->frame->data;

	if (edit->frame->len < sizeof(*eth))
		return;
	edit_write(field == SET_ETH_DST ? eth->dst.byte : eth->src.byte, 0, bits, sizeof(eth->dst));
}

void edit_set(struct edit *edit, enum packet_field field, const uint8_t *value, const uint8_t *mask)
{
	static void (*const families[N_PACKET_FIELDS])(struct edit * edit, enum packet_field field,
						       struct edit_bits bits) = {
		[SET_ETH_DST] = set_eth,
		[SET_ETH_SRC] = set_eth,
		[SET_IPV4_SRC] = edit_set_ip,
		[SET_IPV4_DST] = edit_set_ip,
		[SET_IPV6_SRC] = edit_set_ip,
		[SET_IPV6_DST] = edit_set_ip,
		[SET_IP_TOS] = edit_set_ip,
		[SET_IP_TTL] = edit_set_ip,
		[SET_IPV6_LABEL] = edit_set_ip,
		[SET_L4_SRC] = edit_set_l4,
		[SET_L4_DST] = edit_set_l4,
		[SET_ICMP_TYPE] = edit_set_l4,
		[SET_ICMP_CODE] = edit_set_l4,
		[SET_ARP_OP] = edit_set_arp,
		[SET_ARP_SPA] = edit_set_arp,
		[SET_ARP_TPA] = edit_set_arp,
		[SET_ARP_SHA] = edit_set_arp,
		[SET_ARP_THA] = edit_set_arp,
		[SET_ND_TARGET] = edit_set_nd,
		[SET_ND_SLL] = edit_set_nd,
		[SET_ND_TLL] = edit_set_nd,
		[SET_MPLS_ENTRY] = edit_set_mpls,
		[SET_MPLS_INNER_TTL] = edit_set_mpls,
		[SET_PBB_ISID] = edit_set_pbb,
		[SET_PBB_UCA] = edit_set_pbb,
	};

	if (families[field] != set_eth)
		edit_parse(edit);
	families[field](edit, field, (struct edit_bits){value, mask});
}

/* Tags stand in front of what is known, and only move it: to find it anew, the parser would have to see through
 * more tags than the key has room for. */
static int push_vlan(struct edit *edit, const struct flow_op *op)
{
	int error;

	edit_parse(edit);
	error = edit_push_vlan(edit->frame, op->tpid, op->tci);
	if (!error)
		move_headers(edit, (int)sizeof(struct vlan_header));
	return error;
}

static int pop_vlan(struct edit *edit)
{
	int error;

	edit_parse(edit);
	error = edit_pop_vlan(edit->frame);
	if (error)
		return error;
	if (is_tag(edit->eth_type))
		edit->is_parsed = false; /* the parser sees one more header now */
	else
		move_headers(edit, -(int)sizeof(struct vlan_header));
	return 0;
}

static int push_mpls(struct edit *edit, const struct flow_op *op)
{
	be32 entry;

	memcpy(&entry, op + 1, sizeof(entry));
	return edit_push_mpls(edit, op->tpid, entry);
}

static int push_pbb(struct edit *edit, const struct flow_op *op)
{
	be32 itag;

	memcpy(&itag, op + 1, sizeof(itag));
	return edit_push_pbb(edit, op->tpid, itag);
}

int edit_op(struct edit *edit, const struct flow_op *op)
{
	const uint8_t *words = (const uint8_t *)(op + 1);

	switch (op->type) {
	case OP_SET:
		edit_set(edit, op->field, words, words + op->n_words / 2 * sizeof(*op));
		return 0;
	case OP_SET_VLAN:
		return edit_set_vlan(edit->frame, op->tci, op->mask);
	case OP_PUSH_VLAN:
		return push_vlan(edit, op);
	case OP_POP_VLAN:
		return pop_vlan(edit);
	case OP_PUSH_MPLS:
		return push_mpls(edit, op);
	case OP_POP_MPLS:
		return edit_pop_mpls(edit, op->tpid);
	case OP_PUSH_PBB:
		return push_pbb(edit, op);
	case OP_POP_PBB:
		return edit_pop_pbb(edit);
	}
	return 0;
}
