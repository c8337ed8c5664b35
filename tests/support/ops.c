#include "support/ops.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/print.h"
#include "packet/frame.h"
#include "packet/parse.h"
#include "path/drop.h"
#include "support/rig.h"
#include "switch/bridge.h"
#include "switch/snapshot.h"

static const char *const names[N_PACKET_FIELDS] = {
	[SET_ETH_DST] = "eth_dst",
	[SET_ETH_SRC] = "eth_src",
	[SET_IPV4_SRC] = "ip_src",
	[SET_IPV4_DST] = "ip_dst",
	[SET_IPV6_SRC] = "ipv6_src",
	[SET_IPV6_DST] = "ipv6_dst",
	[SET_IP_TOS] = "ip_tos",
	[SET_IP_TTL] = "ip_ttl",
	[SET_L4_SRC] = "l4_src",
	[SET_L4_DST] = "l4_dst",
	[SET_IPV6_LABEL] = "ipv6_label",
	[SET_ICMP_TYPE] = "icmp_type",
	[SET_ICMP_CODE] = "icmp_code",
	[SET_ARP_OP] = "arp_op",
	[SET_ARP_SPA] = "arp_spa",
	[SET_ARP_TPA] = "arp_tpa",
	[SET_ARP_SHA] = "arp_sha",
	[SET_ARP_THA] = "arp_tha",
	[SET_ND_TARGET] = "nd_target",
	[SET_ND_SLL] = "nd_sll",
	[SET_ND_TLL] = "nd_tll",
	[SET_MPLS_ENTRY] = "mpls",
	[SET_MPLS_INNER_TTL] = "inner_ttl",
	[SET_PBB_ISID] = "isid",
	[SET_PBB_UCA] = "uca",
};

static void print_hex(struct print *out, const uint8_t *bytes, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		print_fmt(out, "%02x", bytes[i]);
}

static void print_set(struct print *out, const struct flow_op *op)
{
	const unsigned size = packet_field_size(op->field);
	bool is_whole = true;

	for (unsigned i = 0; i < size; i++)
		is_whole &= flow_op_mask(op)[i] == 0xff;
	print_fmt(out, "set:%s=", names[op->field]);
	print_hex(out, flow_op_value(op), size);
	if (is_whole || op->field == SET_IPV6_LABEL || op->field == SET_PBB_UCA)
		return;
	print_add(out, "/");
	print_hex(out, flow_op_mask(op), size);
}

static void print_ops(struct print *out, const struct vswitch *sw, const struct flow_op *op,
		      const struct flow_op *end);

static void print_op(struct print *out, const struct vswitch *sw, const struct flow_op *op)
{
	switch (op->type) {
	case OP_DROP:
		print_fmt(out, "drop:%s", drop_name(op->reason));
		break;
	case OP_OUTPUT:
		print_fmt(out, "%u", sw->ports[op->port] ? sw->ports[op->port]->ofport : 0);
		if (op->queue)
			print_fmt(out, "q%u", op->queue - 1u);
		break;
	case OP_PUSH_VLAN:
		print_fmt(out, "push_vlan:%04x/%04x", op->tpid, op->tci);
		break;
	case OP_POP_VLAN:
		print_add(out, "pop_vlan");
		break;
	case OP_SET_VLAN:
		print_fmt(out, "set_vlan:%04x/%04x", op->tci, op->mask);
		break;
	case OP_SET:
		print_set(out, op);
		break;
	case OP_TRUNCATE:
		print_fmt(out, "trunc:%u", op->port);
		break;
	case OP_PUSH_MPLS:
	case OP_PUSH_PBB:
		print_fmt(out, "push_%s:%04x/", op->type == OP_PUSH_PBB ? "pbb" : "mpls", op->tpid);
		print_hex(out, flow_op_words(op), 4);
		break;
	case OP_POP_MPLS:
		print_fmt(out, "pop_mpls:%04x", op->tpid);
		break;
	case OP_POP_PBB:
		print_add(out, "pop_pbb");
		break;
	case OP_CAPTURE:
		print_fmt(out, "capture:%u", op->port);
		break;
	case OP_METER:
		print_fmt(out, "meter:%u", op->port);
		break;
	case OP_CONTROLLER:
		print_fmt(out, "controller:%u/%u", flow_op_context(op).controller,
			  flow_op_context(op).reason);
		break;
	case OP_CLONE:
		print_add(out, "clone(");
		print_ops(out, sw, op + 1, flow_op_next(op));
		print_add(out, ")");
		break;
	case OP_TRANSLATE:
		print_add(out, "translate");
		break;
	default:
		fail_msg("op %u", op->type);
	}
}

static void print_ops(struct print *out, const struct vswitch *sw, const struct flow_op *op,
		      const struct flow_op *end)
{
	for (const struct flow_op *first = op; op < end; op = flow_op_next(op)) {
		if (op != first)
			print_add(out, " ");
		print_op(out, sw, op);
	}
}

const char *ops_text(const struct vswitch *sw, const struct flow_op *op, uint32_t n_ops)
{
	static char text[65536];
	struct print out = {0};

	print_ops(&out, sw, op, op + n_ops);
	assert_true(out.len < sizeof(text));
	memcpy(text, out.text ? out.text : "", out.len);
	text[out.len] = 0;
	print_fini(&out);
	return text;
}

const char *ops_translated(struct rig *rig, struct frame *packet, struct translate_job job,
			   struct translation *out)
{
	struct packet_layout layout;
	struct flow_key key = {0};

	job.path = &rig->sw->snapshot->path;
	job.bridge = rig->bridge->view;
	job.key = &key;
	job.in_port = 1;
	job.now = rig->clock.manual_ns;
	packet->in_port = rig->bridge->ports[0]->id;
	packet_parse(packet, &key.packet, &key.extra, &layout);
	version_deps_begin(&out->deps, rig->sw->versions);
	translation_begin(out);
	translate_run(&job, out);
	return ops_text(rig->sw, out->ops.op, out->ops.n_ops);
}
