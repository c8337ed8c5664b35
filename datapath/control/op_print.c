#include "control/op_print.h"

#include <string.h>

#include "base/print.h"
#include "flow/action.h"
#include "flow/field_text.h"
#include "flow/key.h"
#include "path/drop.h"
#include "switch/vswitch.h"

static const uint8_t field_ids[N_PACKET_FIELDS] = {
	[SET_ETH_DST] = FIELD_ETH_DST,       [SET_ETH_SRC] = FIELD_ETH_SRC,
	[SET_IPV4_SRC] = FIELD_IP_SRC,       [SET_IPV4_DST] = FIELD_IP_DST,
	[SET_IPV6_SRC] = FIELD_IPV6_SRC,     [SET_IPV6_DST] = FIELD_IPV6_DST,
	[SET_IP_TOS] = FIELD_IP_TOS,         [SET_IP_TTL] = FIELD_IP_TTL,
	[SET_L4_SRC] = FIELD_TCP_SRC,        [SET_L4_DST] = FIELD_TCP_DST,
	[SET_IPV6_LABEL] = FIELD_IPV6_LABEL, [SET_ICMP_TYPE] = FIELD_ICMP_TYPE,
	[SET_ICMP_CODE] = FIELD_ICMP_CODE,   [SET_ARP_OP] = FIELD_ARP_OP,
	[SET_ARP_SPA] = FIELD_ARP_SPA,       [SET_ARP_TPA] = FIELD_ARP_TPA,
	[SET_ARP_SHA] = FIELD_ARP_SHA,       [SET_ARP_THA] = FIELD_ARP_THA,
	[SET_ND_TARGET] = FIELD_ND_TARGET,   [SET_ND_SLL] = FIELD_ND_SLL,
	[SET_ND_TLL] = FIELD_ND_TLL,         [SET_PBB_ISID] = FIELD_PBB_ISID,
	[SET_PBB_UCA] = FIELD_PBB_UCA,
};

static field_bits bits_of(const uint8_t *bytes, unsigned size)
{
	field_bits bits = 0;

	for (unsigned i = 0; i < size; i++)
		bits = bits << 8 | bytes[i];
	return bits;
}

/* A label stack entry: RFC 3032 section 2.1. */
static void print_mpls(struct print *out, uint32_t entry)
{
	print_fmt(out, "label=%u,tc=%u,bos=%u,ttl=%u", entry >> 12, entry >> 9 & 7, entry >> 8 & 1,
		  entry & 0xff);
}

static void print_set(struct print *out, const struct flow_op *op)
{
	unsigned size = packet_field_size(op->field);
	field_bits value = bits_of(flow_op_value(op), size), mask = bits_of(flow_op_mask(op), size);
	const struct field *field = field_of(field_ids[op->field]);

	print_add(out, "set(");
	if (op->field == SET_MPLS_ENTRY) {
		print_mpls(out, (uint32_t)value);
		if (mask != 0xffffffff)
			print_fmt(out, "/0x%08x", (unsigned)mask);
	} else if (op->field == SET_MPLS_INNER_TTL) {
		print_fmt(out, "inner_mpls_ttl=%u", (unsigned)value);
	} else {
		mask &= field_all(field);
		if (op->field == SET_L4_SRC || op->field == SET_L4_DST)
			print_add(out, op->field == SET_L4_SRC ? "tp_src=" : "tp_dst=");
		else
			print_fmt(out, "%s=", field->name);
		field_print(out, field, value, mask, NULL);
	}
	print_char(out, ')');
}

static void print_tci(struct print *out, uint16_t tci, uint16_t mask)
{
	if (mask & 0xfff)
		print_fmt(out, "vid=%u", tci & 0xfff);
	if (mask & 0xe000 && (tci & 0xe000 || mask != 0xffff))
		print_fmt(out, "%spcp=%u", mask & 0xfff ? "," : "", tci >> 13);
}

static void print_port(struct print *out, struct vswitch *sw, uint16_t id)
{
	const struct bridge_port *port = vswitch_port(sw, id);

	if (port)
		print_add(out, bridge_port_name(port));
	else
		print_fmt(out, "port(%u)", id);
}

static void print_meter(struct print *out, const struct flow_op *op)
{
	uint64_t number;

	memcpy(&number, flow_op_words(op), sizeof(number));
	print_fmt(out, "meter:%u", (unsigned)number);
}

static void print_controller(struct print *out, const struct flow_op *op)
{
	const struct packet_in_context context = flow_op_context(op);

	print_fmt(out, "controller(id=%u", context.controller);
	print_char(out, ')');
}

static be32 word_of(const struct flow_op *op)
{
	be32 word;

	memcpy(&word, flow_op_words(op), sizeof(word));
	return word;
}

static void print_one(struct print *out, struct vswitch *sw, const struct flow_op *op)
{
	switch (op->type) {
	case OP_DROP:
		print_fmt(out, "drop(%s)", drop_name(op->reason));
		return;
	case OP_OUTPUT:
		print_port(out, sw, op->port);
		if (op->queue)
			print_fmt(out, "(queue=%u)", op->queue - 1u);
		return;
	case OP_PUSH_VLAN:
		print_add(out, op->tpid == 0x8100 ? "push_vlan(" : "push_svlan(");
		print_tci(out, op->tci, 0xffff);
		print_char(out, ')');
		return;
	case OP_POP_VLAN:
		print_add(out, "pop_vlan");
		return;
	case OP_SET_VLAN:
		print_add(out, "set_vlan(");
		print_tci(out, op->tci, op->mask);
		print_char(out, ')');
		return;
	case OP_SET:
		print_set(out, op);
		return;
	case OP_TRUNCATE:
		print_fmt(out, "truncate(%u)", op->port);
		return;
	case OP_PUSH_MPLS:
		print_add(out, "push_mpls(");
		print_mpls(out, from_be32(word_of(op)));
		print_char(out, ')');
		return;
	case OP_POP_MPLS:
		print_fmt(out, "pop_mpls(0x%04x)", op->tpid);
		return;
	case OP_PUSH_PBB:
		print_fmt(out, "push_pbb(isid=%u)", from_be32(word_of(op)) & 0xffffff);
		return;
	case OP_POP_PBB:
		print_add(out, "pop_pbb");
		return;
	case OP_CONTROLLER:
		print_controller(out, op);
		return;
	case OP_CAPTURE:
		print_add(out, "capture");
		return;
	case OP_METER:
		print_meter(out, op);
		return;
	case OP_TRANSLATE:
		print_add(out, "each_by_itself");
		return;
	}
}

void op_print(struct print *out, struct vswitch *sw, const struct flow_op *ops, uint32_t n_ops)
{
	for (const struct flow_op *op = ops; op < ops + n_ops; op = flow_op_next(op)) {
		if (op->type == OP_CLONE) {
			print_add(out, "clone(");
			op_print(out, sw, flow_op_words(op), op->n_words);
			print_char(out, ')');
		} else {
			print_one(out, sw, op);
		}
		print_char(out, ',');
	}
	print_chomp(out, ',');
}

const char *class_name(unsigned packet_class)
{
	static const char *const names[N_PACKET_CLASSES] = {
		[CLASS_OTHER] = "other",     [CLASS_ARP] = "arp",
		[CLASS_MPLS] = "mpls",       [CLASS_IPV4] = "ip",
		[CLASS_IPV4_TCP] = "tcp",    [CLASS_IPV4_UDP] = "udp",
		[CLASS_IPV4_SCTP] = "sctp",  [CLASS_IPV4_ICMP] = "icmp",
		[CLASS_IPV6] = "ipv6",       [CLASS_IPV6_TCP] = "tcp6",
		[CLASS_IPV6_UDP] = "udp6",   [CLASS_IPV6_SCTP] = "sctp6",
		[CLASS_IPV6_ICMP] = "icmp6",
	};

	return packet_class < N_PACKET_CLASSES ? names[packet_class] : "any";
}

struct bridge *key_localise(struct vswitch *sw, struct flow_key *key, struct flow_key *mask)
{
	const struct bridge_port *port = vswitch_port(sw, key->packet.in_port);
	struct bridge_port_status status;

	key->packet.packet_class = 0;
	mask->packet.packet_class = 0;
	if (!port)
		return NULL;
	bridge_port_status(port, &status);
	key->packet.in_port = status.ofport;
	return bridge_port_bridge(port);
}
