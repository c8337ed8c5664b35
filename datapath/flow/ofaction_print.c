#include <string.h>

#include "base/print.h"
#include "flow/field_text.h"
#include "flow/learn_text.h"
#include "flow/ofaction_text.h"

struct printer {
	struct print *out;
	const struct ofactions *list;
	const struct flow_names *names;
};

static void put_list(const struct printer *p, uint32_t begin, uint32_t end);

static void put_port(const struct printer *p, const char *before, uint16_t port)
{
	print_add(p->out, before);
	port_print(p->out, port, p->names);
}

static void put_output(const struct printer *p, const struct ofaction *a)
{
	if (a->output.max_len) {
		put_port(p, "output(port=", a->output.port);
		print_fmt(p->out, ",max_len=%u)", a->output.max_len);
	} else {
		put_port(p, a->output.port < OFPORT_MAX ? "output:" : "", a->output.port);
	}
}

static void put_mirror(const struct printer *p, const struct ofaction *a)
{
	if (a->output.port == OFPORT_NONE)
		print_fmt(p->out, "mirror(vlan=%u", a->output.vlan);
	else if (a->output.max_len)
		put_port(p, "mirror(port=", a->output.port);
	else
		put_port(p, "mirror:", a->output.port);
	if (a->output.max_len)
		print_fmt(p->out, ",max_len=%u", a->output.max_len);
	if (a->output.port == OFPORT_NONE || a->output.max_len)
		print_char(p->out, ')');
}

static void put_bytes(const struct printer *p, uint32_t begin, uint32_t end)
{
	const char *dot = "";

	for (uint32_t i = begin; i < end; i++) {
		for (unsigned b = 0; b < p->list->item[i].how; b++) {
			print_fmt(p->out, "%s%02x", dot, p->list->item[i].bytes[b]);
			dot = ".";
		}
	}
}

static void put_controller(const struct printer *p, uint32_t at)
{
	static const char *const reasons[] = {"no_match", "action", "invalid_ttl"};
	const struct ofaction *a = &p->list->item[at];

	if (a->controller.reason == REASON_ACTION && !a->controller.id && !a->controller.pause &&
	    !a->controller.meter && !a->n_inside) {
		print_fmt(p->out, "CONTROLLER:%u", a->controller.max_len);
		return;
	}
	print_add(p->out, "controller(");
	if (a->controller.reason != REASON_ACTION)
		print_fmt(p->out, "reason=%s,", reasons[a->controller.reason]);
	if (a->controller.max_len != UINT16_MAX)
		print_fmt(p->out, "max_len=%u,", a->controller.max_len);
	if (a->controller.id)
		print_fmt(p->out, "id=%u,", a->controller.id);
	if (a->n_inside) {
		print_add(p->out, "userdata=");
		put_bytes(p, at + 1, at + 1 + a->n_inside);
		print_char(p->out, ',');
	}
	if (a->controller.pause)
		print_add(p->out, "pause,");
	if (a->controller.meter)
		print_fmt(p->out, "meter_id=%u,", a->controller.meter);
	print_chomp(p->out, ',');
	print_char(p->out, ')');
}

/* mod_* and their like: the name and whether its value stands in parentheses. */
static const char *mod_name(enum field_id id)
{
	switch (id) {
	case FIELD_ETH_SRC:
		return "mod_dl_src:";
	case FIELD_ETH_DST:
		return "mod_dl_dst:";
	case FIELD_IP_SRC:
		return "mod_nw_src:";
	case FIELD_IP_DST:
		return "mod_nw_dst:";
	case FIELD_IP_TOS:
		return "mod_nw_tos:";
	case FIELD_IP_ECN:
		return "mod_nw_ecn:";
	case FIELD_IP_TTL:
		return "mod_nw_ttl:";
	case FIELD_TCP_SRC:
		return "mod_tp_src:";
	case FIELD_TCP_DST:
		return "mod_tp_dst:";
	case FIELD_TUN_ID:
		return "set_tunnel:";
	case FIELD_MPLS_LABEL:
		return "set_mpls_label(";
	case FIELD_MPLS_TC:
		return "set_mpls_tc(";
	case FIELD_MPLS_TTL:
		return "set_mpls_ttl(";
	default:
		return "set_field:";
	}
}

static void put_set(const struct printer *p, const struct ofaction *a)
{
	const struct field *field = field_of(a->set.to.field);
	field_bits value = ofaction_value(a), mask = ofaction_mask(a);
	const char *name;

	switch (a->how) {
	case SET_AS_FIELD:
		print_add(p->out, "set_field:");
		field_print(p->out, field, value, mask, p->names);
		print_fmt(p->out, "->%s", field->name);
		break;
	case SET_AS_LOAD:
		print_add(p->out, "load:");
		hex_print(p->out, value >> a->set.to.low);
		print_add(p->out, "->");
		subfield_print(p->out, a->set.to);
		break;
	default:
		name = a->how == SET_AS_TUNNEL64 ? "set_tunnel64:"
						 : mod_name((enum field_id)a->set.to.field);
		print_add(p->out, name);
		field_print(p->out, field, value, mask, p->names);
		if (strchr(name, '('))
			print_char(p->out, ')');
	}
}

static void put_resubmit(const struct printer *p, const struct ofaction *a)
{
	if (a->resubmit.table == RESUBMIT_NO_TABLE) {
		put_port(p, "resubmit:", a->resubmit.port);
		return;
	}
	print_add(p->out, "resubmit(");
	if (a->resubmit.port != OFPORT_IN_PORT)
		port_print(p->out, a->resubmit.port, p->names);
	print_char(p->out, ',');
	table_print(p->out, a->resubmit.table, p->names);
	print_char(p->out, ')');
}

static void put_dec_ttl(const struct printer *p, uint32_t at)
{
	const struct ofaction *a = &p->list->item[at];

	print_add(p->out, "dec_ttl");
	if (a->n_inside == 1 && !a[1].number)
		return;
	for (uint32_t i = 1; i <= a->n_inside; i++)
		print_fmt(p->out, "%c%u", i == 1 ? '(' : ',', a[i].number);
	print_char(p->out, ')');
}

static void put_metadata(const struct printer *p, const struct ofaction *a)
{
	print_add(p->out, "write_metadata:");
	hex_print(p->out, a->set.value[1]);
	if (a->set.mask[1] == UINT64_MAX)
		return;
	print_char(p->out, '/');
	hex_print(p->out, a->set.mask[1]);
}

static void put_inside(const struct printer *p, uint32_t at)
{
	print_fmt(p->out, "%s(", ofaction_name(&p->list->item[at]));
	put_list(p, at + 1, ofactions_next(p->list, at));
	print_char(p->out, ')');
}

static void put_move(const struct printer *p, const struct ofaction *a)
{
	print_add(p->out, "move:");
	subfield_print(p->out, a->move.from);
	print_add(p->out, "->");
	subfield_print(p->out, a->move.to);
}

static void put_set_vlan(const struct printer *p, const struct ofaction *a)
{
	print_fmt(p->out, "%s_%s:%u", a->how ? "mod" : "set",
		  a->type == OFACTION_SET_VLAN_VID ? "vlan_vid" : "vlan_pcp", a->number);
}

static void put_fin_timeout(const struct printer *p, const struct ofaction *a)
{
	print_add(p->out, "fin_timeout(");
	if (a->timeouts.idle)
		print_fmt(p->out, "idle_timeout=%u,", a->timeouts.idle);
	if (a->timeouts.hard)
		print_fmt(p->out, "hard_timeout=%u", a->timeouts.hard);
	print_chomp(p->out, ',');
	print_char(p->out, ')');
}

/* What changes the packet. False: it is none of these. */
static bool put_change(const struct printer *p, uint32_t at)
{
	const struct ofaction *a = &p->list->item[at];

	switch (a->type) {
	case OFACTION_SET:
		put_set(p, a);
		return true;
	case OFACTION_MOVE:
		put_move(p, a);
		return true;
	case OFACTION_SET_VLAN_VID:
	case OFACTION_SET_VLAN_PCP:
		put_set_vlan(p, a);
		return true;
	case OFACTION_POP_VLAN:
		print_add(p->out, a->how ? "strip_vlan" : "pop_vlan");
		return true;
	case OFACTION_PUSH_VLAN:
	case OFACTION_PUSH_MPLS:
	case OFACTION_POP_MPLS:
	case OFACTION_PUSH_PBB:
		print_fmt(p->out, "%s:0x%04x", ofaction_name(a), a->number);
		return true;
	case OFACTION_DEC_TTL:
		put_dec_ttl(p, at);
		return true;
	case OFACTION_WRITE_METADATA:
		put_metadata(p, a);
		return true;
	default:
		return false;
	}
}

static void put(const struct printer *p, uint32_t at)
{
	const struct ofaction *a = &p->list->item[at];

	if (put_change(p, at))
		return;
	switch (a->type) {
	case OFACTION_OUTPUT:
		put_output(p, a);
		break;
	case OFACTION_OUTPUT_REG:
		print_add(p->out, "output:");
		subfield_print(p->out, a->move.from);
		break;
	case OFACTION_CONTROLLER:
		put_controller(p, at);
		break;
	case OFACTION_MIRROR:
		put_mirror(p, a);
		break;
	case OFACTION_ENQUEUE:
		put_port(p, "enqueue:", a->output.port);
		print_fmt(p->out, ":%u", a->output.queue);
		break;
	case OFACTION_RESUBMIT:
		put_resubmit(p, a);
		break;
	case OFACTION_LEARN:
		learn_print(p->out, p->list, at, p->names);
		break;
	case OFACTION_FIN_TIMEOUT:
		put_fin_timeout(p, a);
		break;
	case OFACTION_CONJUNCTION:
		print_fmt(p->out, "conjunction(%u,%u/%u)", a->conjunction.id, a->conjunction.clause,
			  a->conjunction.n_clauses);
		break;
	case OFACTION_NOTE:
		print_add(p->out, "note:");
		put_bytes(p, at + 1, at + 1 + a->n_inside);
		break;
	case OFACTION_CLONE:
	case OFACTION_WRITE_ACTIONS:
		put_inside(p, at);
		break;
	case OFACTION_GOTO_TABLE:
		print_add(p->out, "goto_table:");
		table_print(p->out, (uint8_t)a->number, p->names);
		break;
	case OFACTION_GROUP:
	case OFACTION_SET_QUEUE:
	case OFACTION_METER:
		print_fmt(p->out, "%s:%u", ofaction_name(a), a->number);
		break;
	default:
		print_add(p->out, ofaction_name(a));
	}
}

static void put_list(const struct printer *p, uint32_t begin, uint32_t end)
{
	if (begin == end)
		print_add(p->out, "drop");
	for (uint32_t i = begin; i < end; i = ofactions_next(p->list, i)) {
		if (i > begin)
			print_char(p->out, ',');
		put(p, i);
	}
}

void ofactions_print(struct print *out, const struct ofactions *list,
		     const struct flow_names *names)
{
	const struct printer p = {out, list, names};

	put_list(&p, 0, list->n);
}
