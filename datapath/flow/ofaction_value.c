#include "flow/ofaction_value.h"

#include <errno.h>

#include "base/err.h"
#include "flow/key.h"
#include "flow/ofaction.h"
#include "flow/port_text.h"

#define ETH_HEADER_SIZE 14
#define METER_MAX       0xffff0000
#define CLAUSES_MAX     64
#define MIRROR_VLAN_MAX 4094
#define TABLE_MAX       254

static bool can_be_cut(uint16_t port)
{
	return port < OFPORT_MAX || port == OFPORT_LOCAL || port == OFPORT_IN_PORT;
}

static int check_max_len(const struct ofaction *a, struct err *err)
{
	if (!a->output.max_len || a->output.max_len >= ETH_HEADER_SIZE)
		return 0;
	return err_set(err, EINVAL, "%s: max_len %u: an Ethernet header has %d bytes",
		       ofaction_name(a), a->output.max_len, ETH_HEADER_SIZE);
}

static int check_output(const struct ofaction *a, struct err *err)
{
	if (a->output.port == OFPORT_NONE || a->output.port == OFPORT_UNSET)
		return err_set(err, EINVAL, "%s: port 0x%x is no port", ofaction_name(a),
			       a->output.port);
	if (a->output.max_len && !can_be_cut(a->output.port))
		return err_set(err, EINVAL, "%s: only packets to one port can be cut",
			       ofaction_name(a));
	return check_max_len(a, err);
}

static int check_mirror(const struct ofaction *a, struct err *err)
{
	bool is_vlan = a->output.vlan;

	if (is_vlan ? a->output.port != OFPORT_NONE : !can_be_cut(a->output.port))
		return err_set(err, EINVAL, "mirror: it goes to one port or to one VLAN");
	if (a->output.vlan > MIRROR_VLAN_MAX)
		return err_set(err, EINVAL, "mirror: VLAN %u is not 1 to %d", a->output.vlan,
			       MIRROR_VLAN_MAX);
	return check_max_len(a, err);
}

static int check_ethertype(const struct ofaction *a, uint16_t first, uint16_t second,
			   struct err *err)
{
	if (a->number == first || a->number == second)
		return 0;
	return err_set(err, EINVAL, "%s: Ethernet type 0x%04x: 0x%04x or 0x%04x are allowed",
		       ofaction_name(a), a->number, first, second);
}

static int check_part(const struct ofaction *a, struct subfield sub, struct err *err)
{
	if (sub.field < N_FIELDS && sub.n_bits &&
	    sub.low + sub.n_bits <= field_of(sub.field)->n_bits)
		return 0;
	return err_set(err, EINVAL, "%s: there are no such bits of a field", ofaction_name(a));
}

static int check_copy(const struct ofaction *a, struct err *err)
{
	int rc = check_part(a, a->move.from, err);

	if (!rc)
		rc = check_part(a, a->move.to, err);
	if (!rc && a->move.from.n_bits != a->move.to.n_bits)
		return err_set(err, EINVAL, "%s: the source has %u bits, but the target %u",
			       ofaction_name(a), a->move.from.n_bits, a->move.to.n_bits);
	return rc;
}

/* A number for just these bits. */
static int check_load(const struct ofaction *a, struct err *err)
{
	field_bits range = field_ones(a->set.to.n_bits) << a->set.to.low;
	int rc = check_part(a, a->set.to, err);

	if (!rc && (ofaction_mask(a) != range || (ofaction_value(a) & ~range)))
		return err_set(err, EINVAL, "%s: value and mask must be of the bits it goes to",
			       ofaction_name(a));
	return rc;
}

/* Does SET_AS_MOD know the field? (ovs-actions(7), "mod_*" and set_mpls_*, set_tunnel) */
static bool has_mod(uint8_t field)
{
	switch (field) {
	case FIELD_ETH_SRC:
	case FIELD_ETH_DST:
	case FIELD_IP_SRC:
	case FIELD_IP_DST:
	case FIELD_IP_TOS:
	case FIELD_IP_ECN:
	case FIELD_IP_TTL:
	case FIELD_TCP_SRC:
	case FIELD_TCP_DST:
	case FIELD_TUN_ID:
	case FIELD_MPLS_LABEL:
	case FIELD_MPLS_TC:
	case FIELD_MPLS_TTL:
		return true;
	}
	return false;
}

static int check_set(const struct ofaction *a, struct err *err)
{
	const struct field *field = field_of(a->set.to.field);
	field_bits value = ofaction_value(a), mask = ofaction_mask(a), all = field_all(field);
	bool is_mod = a->how == SET_AS_MOD || a->how == SET_AS_TUNNEL64;

	if (a->how > SET_AS_TUNNEL64)
		return err_set(err, EINVAL, "set_field: there is no way %u to write it", a->how);
	if (a->how == SET_AS_LOAD)
		return check_load(a, err);
	if (a->set.to.low || a->set.to.n_bits != field->n_bits)
		return err_set(err, EINVAL, "set_field: parts of %s are for load", field->name);
	if (!mask || (mask & ~all) || (value & ~mask))
		return err_set(err, EINVAL,
			       "set_field: %s: the mask must have bits of the field, and the value "
			       "bits of the mask",
			       field->name);
	if (mask != all && (is_mod || !(field->flags & FIELD_MASKABLE)))
		return err_set(err, EINVAL, "set_field: %s can only be set as a whole",
			       field->name);
	if (is_mod && (!has_mod(a->set.to.field) ||
		       (a->how == SET_AS_TUNNEL64 && a->set.to.field != FIELD_TUN_ID)))
		return err_set(err, EINVAL, "set_field: no mod_ action knows %s", field->name);
	if (a->set.to.field == FIELD_VLAN_VID && !(value & VLAN_PRESENT))
		return err_set(err, EINVAL, "set_field: vlan_vid goes with 0x1000 added");
	return 0;
}

static int check_conjunction(const struct ofaction *a, struct err *err)
{
	uint8_t k = a->conjunction.clause, n = a->conjunction.n_clauses;

	if (n >= 2 && n <= CLAUSES_MAX && k && k <= n)
		return 0;
	return err_set(err, EINVAL,
		       "conjunction: %u/%u: of N clauses (2 to %d) K is one from 1 to N", k, n,
		       CLAUSES_MAX);
}

static int check_number(const struct ofaction *a, uint32_t min, uint32_t max, struct err *err)
{
	if (a->number >= min && a->number <= max)
		return 0;
	return err_set(err, EINVAL, "%s: %u is not %u to %u", ofaction_name(a), a->number, min,
		       max);
}

static int check_learn(const struct ofaction *a, struct err *err)
{
	if (a->learn.table > TABLE_MAX)
		return err_set(err, EINVAL, "learn: table %u is not 0 to %d", a->learn.table,
			       TABLE_MAX);
	if (!(a->learn.flags & LEARN_WRITE_RESULT))
		return 0;
	if (a->learn.result_dst.n_bits != 1)
		return err_set(err, EINVAL, "learn: the result goes to one bit");
	return check_part(a, a->learn.result_dst, err);
}

int ofaction_value_check(const struct ofaction *a, struct err *err)
{
	switch (a->type) {
	case OFACTION_OUTPUT:
	case OFACTION_ENQUEUE:
		return check_output(a, err);
	case OFACTION_OUTPUT_REG:
	case OFACTION_LEARN_OUTPUT:
		return check_part(a, a->move.from, err);
	case OFACTION_CONTROLLER:
		if (a->controller.reason > REASON_INVALID_TTL)
			return err_set(err, EINVAL, "controller: reason %u is not 0 to %d",
				       a->controller.reason, REASON_INVALID_TTL);
		return 0;
	case OFACTION_MIRROR:
		return check_mirror(a, err);
	case OFACTION_SET:
		return check_set(a, err);
	case OFACTION_MOVE:
	case OFACTION_LEARN_MATCH:
	case OFACTION_LEARN_LOAD:
		return check_copy(a, err);
	case OFACTION_LEARN_MATCH_VALUE:
	case OFACTION_LEARN_LOAD_VALUE:
		return check_load(a, err);
	case OFACTION_SET_VLAN_VID:
		return check_number(a, 0, VLAN_VID_MASK, err);
	case OFACTION_SET_VLAN_PCP:
		return check_number(a, 0, 7, err);
	case OFACTION_PUSH_VLAN:
		return check_ethertype(a, ETH_TYPE_VLAN, ETH_TYPE_SVLAN, err);
	case OFACTION_PUSH_MPLS:
		return check_ethertype(a, ETH_TYPE_MPLS, ETH_TYPE_MPLS_MULTICAST, err);
	case OFACTION_PUSH_PBB:
		return check_ethertype(a, ETH_TYPE_PBB, ETH_TYPE_PBB, err);
	case OFACTION_METER:
		return check_number(a, 1, METER_MAX, err);
	case OFACTION_GOTO_TABLE:
		return check_number(a, 0, TABLE_MAX, err);
	case OFACTION_RESUBMIT:
		if (a->resubmit.port == OFPORT_IN_PORT && a->resubmit.table == RESUBMIT_NO_TABLE)
			return err_set(err, EINVAL, "resubmit: give a port or a table");
		return 0;
	case OFACTION_LEARN:
		return check_learn(a, err);
	case OFACTION_FIN_TIMEOUT:
		if (!a->timeouts.idle && !a->timeouts.hard)
			return err_set(err, EINVAL, "fin_timeout: give a timeout of 1 or more");
		return 0;
	case OFACTION_CONJUNCTION:
		return check_conjunction(a, err);
	}
	return 0;
}
