#include "flow/flow_netlink.h"

#include <errno.h>

#include "base/err.h"
#include "flow/netlink_action.h"
#include "flow/ofaction_reader.h"
#include "flow/ofaction_value.h"
#include "flow/port_text.h"

/* A note in OpenFlow's messages has 6, 14, 22 ... bytes. */
#define NOTE_FIRST 6
#define NOTE_STEP  8

struct reader {
	struct ofactions *list;
	struct attr_fault *fault;
	unsigned depth;
};

static int read_list(struct reader *r, struct attr_bytes bytes);

/* ---- elements ---- */

static int add(struct reader *r, const struct nlattr *attr, const struct ofaction *action)
{
	int rc = ofactions_add(r->list, action);

	if (rc == -E2BIG)
		return attr_fault_set(r->fault, attr, EINVAL, "more than %d actions in one flow",
				      OFACTIONS_MAX);
	return rc ? attr_fault_set(r->fault, attr, ENOMEM, "not enough memory for the actions") : 0;
}

/* `padded` of them, zeros behind the last. */
static int add_bytes(struct reader *r, const struct nlattr *attr, size_t padded)
{
	const uint8_t *bytes = attr_data(attr);
	size_t size = attr_size(attr);
	int rc = 0;

	for (size_t done = 0; !rc && done < padded; done += OFACTION_BYTES_MAX) {
		struct ofaction a = {.type = OFACTION_BYTES};
		size_t n = padded - done < OFACTION_BYTES_MAX ? padded - done : OFACTION_BYTES_MAX;
		size_t there = done < size ? size - done : 0;

		a.how = (uint8_t)n;
		memcpy(a.bytes, bytes + done, there < n ? there : n);
		rc = add(r, attr, &a);
	}
	return rc;
}

static int add_note(struct reader *r, const struct nlattr *attr)
{
	size_t padded = NOTE_FIRST;

	while (padded < attr_size(attr))
		padded += NOTE_STEP;
	return add_bytes(r, attr, padded);
}

static int add_ids(struct reader *r, const struct nlattr *attr)
{
	const uint8_t *data = attr_data(attr);
	int rc = 0;

	if (attr_size(attr) % sizeof(uint16_t))
		return attr_fault_set(r->fault, attr, EINVAL,
				      "SHUNT_ACTION_DEC_TTL: %zu bytes are no list of u16",
				      attr_size(attr));
	for (size_t i = 0; !rc && i < attr_size(attr); i += sizeof(uint16_t)) {
		struct ofaction id = {.type = OFACTION_CONTROLLER_ID};
		uint16_t number;

		memcpy(&number, data + i, sizeof(number));
		id.number = number;
		rc = add(r, attr, &id);
	}
	return rc;
}

/* ---- arguments ---- */

static int port_get(const struct nlattr *attr, uint16_t *out, struct attr_fault *fault)
{
	uint32_t port = (uint32_t)attr_number(attr);

	if (port >= OFPORT_MAX && port < 0xffff0000u + OFPORT_MAX)
		return attr_fault_set(fault, attr, EINVAL,
				      "port 0x%x: ports are 0 to 0xfeff, or reserved from "
				      "0xffffff00 on",
				      port);
	*out = (uint16_t)port;
	return 0;
}

static int subfield_get(const struct nlattr *attr, struct subfield *out, struct attr_fault *fault)
{
	struct shunt_nl_subfield wire;
	const struct field *field = NULL;

	memcpy(&wire, attr_data(attr), sizeof(wire));
	if (!(wire.field & 0xff00))
		field = field_by_number((uint16_t)(wire.field >> 16), (uint8_t)wire.field);
	if (!field)
		return attr_fault_set(fault, attr, EINVAL,
				      "0x%x is not class and number of a field", wire.field);
	if (!wire.n_bits || wire.low + wire.n_bits > field->n_bits)
		return attr_fault_set(fault, attr, EINVAL,
				      "%s has no %u bits from bit %u on: it has %u", field->name,
				      wire.n_bits, wire.low, field->n_bits);
	*out = (struct subfield){(uint8_t)field_id(field), (uint8_t)wire.low, (uint8_t)wire.n_bits};
	return 0;
}

/* A number with its most significant byte first. */
static int bits_get(const struct nlattr *attr, unsigned n_bytes, field_bits *out,
		    struct attr_fault *fault)
{
	const uint8_t *bytes = attr_data(attr);
	field_bits value = 0;

	if (attr_size(attr) != n_bytes)
		return attr_fault_set(fault, attr, EINVAL,
				      "a value of %zu bytes, where the field has %u",
				      attr_size(attr), n_bytes);
	for (unsigned i = 0; i < n_bytes; i++)
		value = value << 8 | bytes[i];
	*out = value;
	return 0;
}

static int number_get(const struct netlink_arg *arg, const struct nlattr *attr,
		      struct ofaction *out, struct attr_fault *fault)
{
	uint64_t number = attr ? attr_number(attr) : arg->fallback;

	if (arg->size < sizeof(number) && number >> 8 * arg->size)
		return attr_fault_set(fault, attr, EINVAL, "%s: %llu is more than %llu",
				      netlink_arg_table.row[arg->arg].name,
				      (unsigned long long)number, (1ull << 8 * arg->size) - 1);
	for (unsigned i = 0; i < arg->size; i++) /* of this machine's byte order, whichever it is */
		((uint8_t *)out)[arg->offset + i] =
			((const uint8_t *)&number)[__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
							   ? i
							   : sizeof(number) - arg->size + i];
	return 0;
}

static int value_get(const struct netlink_arg *arg, const struct nlattr *attr, struct ofaction *out,
		     struct attr_fault *fault)
{
	bool is_meta = arg->form == FORM_META || arg->form == FORM_META_MASK;
	const struct field *field = field_of(is_meta ? FIELD_METADATA : out->set.to.field);
	field_bits bits = 0;

	if (bits_get(attr, field->n_bytes, &bits, fault))
		return -EINVAL;
	if (is_meta)
		out->set.to = (struct subfield){FIELD_METADATA, 0, field->n_bits};
	if (arg->form == FORM_MASK || arg->form == FORM_META_MASK)
		ofaction_set_bits(out, ofaction_value(out), bits);
	else if (out->type == OFACTION_SET && out->how == SET_AS_LOAD)
		ofaction_set_bits(out, bits, field_ones(out->set.to.n_bits) << out->set.to.low);
	else if (out->type == OFACTION_SET || is_meta)
		ofaction_set_bits(out, bits, field_all(field));
	else
		ofaction_set_bits(out, bits, field_ones(out->set.to.n_bits) << out->set.to.low);
	return 0;
}

/* Into the action itself. */
static int arg_get(const struct netlink_arg *arg, const struct nlattr *attr, struct ofaction *out,
		   struct attr_fault *fault)
{
	uint8_t *at = (uint8_t *)out + arg->offset;
	uint16_t port = (uint16_t)arg->fallback;
	int rc = 0;

	switch (arg->form) {
	case FORM_NUMBER:
		return number_get(arg, attr, out, fault);
	case FORM_PORT:
		rc = attr ? port_get(attr, &port, fault) : 0;
		memcpy(at, &port, sizeof(port));
		return rc;
	case FORM_FLAG:
		*at = attr != NULL;
		return 0;
	case FORM_RESULT:
		if (attr)
			out->learn.flags |= LEARN_WRITE_RESULT;
		/* fall through */
	case FORM_SUBFIELD:
		return attr ? subfield_get(attr, (struct subfield *)(void *)at, fault) : 0;
	case FORM_VALUE:
	case FORM_MASK:
	case FORM_META:
	case FORM_META_MASK:
		return attr ? value_get(arg, attr, out, fault) : 0;
	}
	return 0;
}

static bool action_knows(uint8_t type, unsigned arg)
{
	for (const struct netlink_arg *a = netlink_args; a->arg; a++)
		if (a->action == type && a->arg == arg)
			return true;
	return false;
}

/* All arguments but those that are elements inside; which attributes there are, *there says. */
static int args_get(struct reader *r, const struct nlattr *attr, struct ofaction *out,
		    const struct nlattr **there)
{
	int rc = attr_parse(attr_inside(attr), &netlink_arg_table, there, r->fault);

	for (unsigned i = 0; !rc && i < N_SHUNT_ARG; i++)
		if (there[i] && !action_knows(out->type, i))
			return attr_fault_set(r->fault, there[i], EINVAL, "%s is unknown in %s",
					      netlink_arg_table.row[i].name, ofaction_name(out));
	for (const struct netlink_arg *a = netlink_args; !rc && a->arg; a++) {
		if (a->action != out->type)
			continue;
		if (!there[a->arg] && a->must)
			return attr_fault_set(r->fault, attr, EINVAL, "%s: %s is missing",
					      ofaction_name(out),
					      netlink_arg_table.row[a->arg].name);
		rc = arg_get(a, there[a->arg], out, r->fault);
	}
	return rc;
}

/* ---- actions ---- */

static int check(struct reader *r, const struct nlattr *attr, const struct ofaction *action)
{
	if (!ofaction_value_check(action, r->fault->err))
		return 0;
	r->fault->at = attr;
	return -EINVAL;
}

/* Everything behind element `at` is inside it. */
static void close_list(struct reader *r, uint32_t at)
{
	r->list->item[at].n_inside = (uint16_t)(r->list->n - at - 1);
}

static int read_specs(struct reader *r, const struct nlattr *specs)
{
	struct attr_bytes rest = attr_inside(specs);
	const struct nlattr *attr, *there[N_SHUNT_ARG];
	int rc;

	while ((rc = attr_next(&rest, &netlink_spec_table, &attr, r->fault)) > 0) {
		struct ofaction a = {.type = netlink_spec_types[attr_type(attr)]};

		rc = args_get(r, attr, &a, there);
		if (!rc)
			rc = check(r, attr, &a);
		if (!rc)
			rc = add(r, attr, &a);
		if (rc)
			return rc;
	}
	return rc;
}

static int check_learn_flags(struct reader *r, const struct nlattr *flags)
{
	if (!flags || !(attr_number(flags) &
			~(uint64_t)(SHUNT_LEARN_F_SEND_FLOW_REM | SHUNT_LEARN_F_DELETE_LEARNED)))
		return 0;
	return attr_fault_set(r->fault, flags, EINVAL,
			      "learn: flags 0x%llx: there are SHUNT_LEARN_F_SEND_FLOW_REM (1) and "
			      "SHUNT_LEARN_F_DELETE_LEARNED (2)",
			      (unsigned long long)attr_number(flags));
}

static int read_args(struct reader *r, const struct nlattr *attr, struct ofaction *a)
{
	const struct nlattr *there[N_SHUNT_ARG];
	uint32_t at = r->list->n;
	int rc = args_get(r, attr, a, there);

	if (!rc && a->type == OFACTION_OUTPUT && !a->output.max_len)
		rc = attr_fault_set(r->fault, there[SHUNT_ARG_MAX_LEN], EINVAL,
				    "output: max_len 0: write OVS_ACTION_ATTR_OUTPUT");
	if (!rc && a->type == OFACTION_LEARN)
		rc = check_learn_flags(r, there[SHUNT_ARG_FLAGS]);
	if (!rc)
		rc = check(r, attr, a);
	if (!rc)
		rc = add(r, attr, a);
	if (!rc && there[SHUNT_ARG_USERDATA])
		rc = add_bytes(r, there[SHUNT_ARG_USERDATA], attr_size(there[SHUNT_ARG_USERDATA]));
	if (!rc && there[SHUNT_ARG_SPECS])
		rc = read_specs(r, there[SHUNT_ARG_SPECS]);
	if (!rc)
		close_list(r, at);
	return rc;
}

/* Those that have elements inside. */
static int read_inside(struct reader *r, const struct nlattr *attr, const struct netlink_form *form)
{
	const struct ofaction a = {.type = form->type};
	uint32_t at = r->list->n;
	int rc = add(r, attr, &a);

	if (!rc && form->body == BODY_BYTES)
		rc = add_note(r, attr);
	else if (!rc && form->body == BODY_IDS)
		rc = add_ids(r, attr);
	else if (!rc && r->depth == OFACTIONS_MAX_DEPTH)
		rc = attr_fault_set(r->fault, attr, EINVAL,
				    "more than %d levels of actions in actions",
				    OFACTIONS_MAX_DEPTH);
	else if (!rc) {
		r->depth++;
		rc = read_list(r, attr_inside(attr));
		r->depth--;
	}
	if (!rc)
		close_list(r, at);
	return rc;
}

static int read_plain(struct reader *r, const struct nlattr *attr, const struct netlink_form *form)
{
	struct ofaction a = {.type = form->type, .how = form->how};
	const uint8_t *bytes = attr_data(attr);
	int rc = 0;

	if (form->body == BODY_PORT)
		rc = port_get(attr, &a.output.port, r->fault);
	else if (form->body == BODY_NUMBER)
		a.number = (uint32_t)attr_number(attr);
	else if (form->body == BODY_BE16)
		a.number = (uint32_t)bytes[0] << 8 | bytes[1];
	/* as the text has it: sent to the controller, whole */
	if (!rc && a.type == OFACTION_OUTPUT && a.output.port == OFPORT_CONTROLLER)
		a = (struct ofaction){
			.type = OFACTION_CONTROLLER,
			.controller = {.reason = REASON_ACTION, .max_len = UINT16_MAX}};
	if (!rc)
		rc = check(r, attr, &a);
	return rc ? rc : add(r, attr, &a);
}

static const struct netlink_form *form_of(unsigned attr)
{
	const struct netlink_form *form = netlink_forms;

	while (form->attr != attr)
		form++;
	return form;
}

static int read_action(struct reader *r, const struct nlattr *attr)
{
	const struct netlink_form *form = form_of(attr_type(attr));
	struct ofaction a = {.type = form->type, .how = form->how};

	switch (form->body) {
	case BODY_ARGS:
		return read_args(r, attr, &a);
	case BODY_BYTES:
	case BODY_IDS:
	case BODY_LIST:
		return read_inside(r, attr, form);
	}
	return read_plain(r, attr, form);
}

static int read_list(struct reader *r, struct attr_bytes bytes)
{
	const struct nlattr *attr;
	int rc;

	while ((rc = attr_next(&bytes, &netlink_action_table, &attr, r->fault)) > 0) {
		rc = read_action(r, attr);
		if (rc)
			return rc;
	}
	return rc;
}

int ofactions_netlink_read(struct attr_bytes actions, struct ofactions *out,
			   struct attr_fault *fault)
{
	struct reader r = {.list = out, .fault = fault};

	return read_list(&r, actions);
}
