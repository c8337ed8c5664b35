#include "control/dpctl_text.h"

#include <stddef.h>

#include "base/print.h"
#include "control/op_print.h"
#include "flow/action.h"
#include "flow/field_text.h"
#include "flow/key.h"
#include "switch/vswitch.h"

#define BIT(CLASS) (1u << (CLASS))
#define IPV4 \
	(BIT(CLASS_IPV4) | BIT(CLASS_IPV4_TCP) | BIT(CLASS_IPV4_UDP) | BIT(CLASS_IPV4_SCTP) | \
	 BIT(CLASS_IPV4_ICMP))
#define IPV6 \
	(BIT(CLASS_IPV6) | BIT(CLASS_IPV6_TCP) | BIT(CLASS_IPV6_UDP) | BIT(CLASS_IPV6_SCTP) | \
	 BIT(CLASS_IPV6_ICMP))
#define N_MEMBERS 6

struct member {
	const char *name; /* NULL: the end */
	enum field_id field;
};

/* Headers from the outside to the inside: which packets have them, and what is in them. */
static const struct header {
	const char *name;
	unsigned classes; /* bits of enum packet_class */
	struct member members[N_MEMBERS + 1];
} headers[] = {
	{"ipv4",
	 IPV4,
	 {{"src", FIELD_IP_SRC},
	  {"dst", FIELD_IP_DST},
	  {"proto", FIELD_IP_PROTO},
	  {"tos", FIELD_IP_TOS},
	  {"ttl", FIELD_IP_TTL},
	  {"frag", FIELD_IP_FRAG}}},
	{"ipv6",
	 IPV6,
	 {{"src", FIELD_IPV6_SRC},
	  {"dst", FIELD_IPV6_DST},
	  {"proto", FIELD_IP_PROTO},
	  {"tclass", FIELD_IP_TOS},
	  {"hlimit", FIELD_IP_TTL},
	  {"frag", FIELD_IP_FRAG}}},
	{"arp",
	 BIT(CLASS_ARP),
	 {{"sip", FIELD_ARP_SPA},
	  {"tip", FIELD_ARP_TPA},
	  {"op", FIELD_ARP_OP},
	  {"sha", FIELD_ARP_SHA},
	  {"tha", FIELD_ARP_THA}}},
	{"mpls",
	 BIT(CLASS_MPLS),
	 {{"label", FIELD_MPLS_LABEL},
	  {"tc", FIELD_MPLS_TC},
	  {"bos", FIELD_MPLS_BOS},
	  {"ttl", FIELD_MPLS_TTL}}},
	{"tcp",
	 BIT(CLASS_IPV4_TCP) | BIT(CLASS_IPV6_TCP),
	 {{"src", FIELD_TCP_SRC}, {"dst", FIELD_TCP_DST}}},
	{"tcp_flags", BIT(CLASS_IPV4_TCP) | BIT(CLASS_IPV6_TCP), {{"", FIELD_TCP_FLAGS}}},
	{"udp",
	 BIT(CLASS_IPV4_UDP) | BIT(CLASS_IPV6_UDP),
	 {{"src", FIELD_UDP_SRC}, {"dst", FIELD_UDP_DST}}},
	{"sctp",
	 BIT(CLASS_IPV4_SCTP) | BIT(CLASS_IPV6_SCTP),
	 {{"src", FIELD_SCTP_SRC}, {"dst", FIELD_SCTP_DST}}},
	{"icmp", BIT(CLASS_IPV4_ICMP), {{"type", FIELD_ICMP_TYPE}, {"code", FIELD_ICMP_CODE}}},
	{"icmpv6",
	 BIT(CLASS_IPV6_ICMP),
	 {{"type", FIELD_ICMPV6_TYPE}, {"code", FIELD_ICMPV6_CODE}}},
	{"nd",
	 BIT(CLASS_IPV6_ICMP),
	 {{"target", FIELD_ND_TARGET}, {"sll", FIELD_ND_SLL}, {"tll", FIELD_ND_TLL}}},
};

static void print_port(struct print *out, struct vswitch *sw, uint16_t id, bool with_names)
{
	const struct bridge_port *port = with_names ? vswitch_port(sw, id) : NULL;

	if (port)
		print_add(out, bridge_port_name(port));
	else
		print_fmt(out, "%u", id);
}

static void print_member(struct print *out, const struct member *member, const struct flow_key *key,
			 const struct flow_key *mask)
{
	const struct field *field = field_of(member->field);
	field_bits bits = field_read(field, mask);

	if (!bits)
		return;
	if (member->name[0])
		print_fmt(out, "%s=", member->name);
	field_print(out, field, field_read(field, key), bits, NULL);
	print_char(out, ',');
}

/* ",name(member=value,...)"; nothing if no bit of it counts. */
static void print_header(struct print *out, const struct header *header, const struct flow_key *key,
			 const struct flow_key *mask)
{
	size_t before = out->len, inside;

	print_fmt(out, ",%s(", header->name);
	inside = out->len;
	for (const struct member *member = header->members; member->name; member++)
		print_member(out, member, key, mask);
	if (out->len > inside) {
		print_chomp(out, ',');
		print_char(out, ')');
	} else if (!out->is_failed) {
		out->len = before;
		out->text[before] = '\0';
	}
}

/* What follows from the class is exact, whatever the mask says. */
static void print_eth_type(struct print *out, const struct flow_key *key,
			   const struct flow_key *mask)
{
	uint16_t type = from_be16(key->packet.eth_type);

	if (BIT(key->packet.packet_class) & IPV4)
		type = 0x0800;
	else if (BIT(key->packet.packet_class) & IPV6)
		type = 0x86dd;
	else if (key->packet.packet_class == CLASS_ARP)
		type = 0x0806;
	else if (!from_be16(mask->packet.eth_type))
		return;
	print_fmt(out, ",eth_type(0x%04x)", type);
}

static void print_inside(struct print *out, const struct flow_key *key, const struct flow_key *mask)
{
	print_eth_type(out, key, mask);
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		if (headers[i].classes & BIT(key->packet.packet_class))
			print_header(out, &headers[i], key, mask);
}

/* ",eth_type(0x8100),vlan(vid=5,pcp=0),encap(" if there is a tag. */
static bool print_tag(struct print *out, const struct flow_key *key, const struct flow_key *mask)
{
	static const struct header vlan = {
		"vlan", 0, {{"vid", FIELD_DL_VLAN}, {"pcp", FIELD_DL_VLAN_PCP}}};
	const struct field *tci = field_of(FIELD_VLAN_TCI);

	if (!(field_read(tci, key) & field_read(tci, mask)))
		return false;
	print_fmt(out, ",eth_type(0x%04x)", from_be16(key->packet.vlan.tpid));
	print_header(out, &vlan, key, mask);
	print_add(out, ",encap(");
	return true;
}

void dpctl_match_print(struct print *out, struct vswitch *sw, const struct flow_key *key,
		       const struct flow_key *mask, bool with_names)
{
	static const struct header eth = {
		"eth", 0, {{"src", FIELD_ETH_SRC}, {"dst", FIELD_ETH_DST}}};
	size_t inside;

	print_add(out, "recirc_id(0),in_port(");
	print_port(out, sw, key->packet.in_port, with_names);
	print_char(out, ')');
	print_header(out, &eth, key, mask);
	if (!print_tag(out, key, mask)) {
		print_inside(out, key, mask);
		return;
	}
	inside = out->len;
	print_inside(out, key, mask);
	if (out->len > inside && !out->is_failed) { /* there is a comma too many */
		for (size_t i = inside; i < out->len; i++)
			out->text[i] = out->text[i + 1];
		out->len--;
	}
	print_char(out, ')');
}

static void print_push_vlan(struct print *out, const struct flow_op *op)
{
	print_add(out, "push_vlan(");
	if (op->tpid != 0x8100)
		print_fmt(out, "tpid=0x%04x,", op->tpid);
	print_fmt(out, "vid=%u,pcp=%u)", op->tci & 0xfff, op->tci >> 13);
}

void dpctl_actions_print(struct print *out, struct vswitch *sw, const struct flow_op *ops,
			 uint32_t n_ops, bool with_names)
{
	size_t before = out->len;
	uint16_t queue = 0;

	for (const struct flow_op *op = ops; op < ops + n_ops; op = flow_op_next(op)) {
		if (op->type == OP_DROP)
			continue;
		if (op->type == OP_OUTPUT) {
			if (op->queue != queue)
				print_fmt(out, "set(skb_priority(0x%x)),",
					  QUEUE_PRIORITY(op->queue));
			queue = op->queue;
			print_port(out, sw, op->port, with_names);
		} else if (op->type == OP_PUSH_VLAN) {
			print_push_vlan(out, op);
		} else if (op->type == OP_CLONE) {
			print_add(out, "clone(");
			dpctl_actions_print(out, sw, flow_op_words(op), op->n_words, with_names);
			print_char(out, ')');
		} else {
			op_print(out, sw, op, 1 + op->n_words);
		}
		print_char(out, ',');
	}
	print_chomp(out, ',');
	if (out->len == before)
		print_add(out, "drop");
}
