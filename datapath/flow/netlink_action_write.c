#include "flow/flow_netlink.h"

#include "flow/netlink_action.h"
#include "flow/port_text.h"

struct writer {
	struct attr_writer *w;
	const struct ofactions *list;
};

/* ---- arguments ---- */

static void put_subfield(struct attr_writer *w, unsigned type, struct subfield sub)
{
	const struct field *field = field_of(sub.field);
	const struct field_number *number = field->nxm.name ? &field->nxm : &field->oxm;
	const struct shunt_nl_subfield wire = {(uint32_t)number->oxm_class << 16 | number->number,
					       sub.low, sub.n_bits};

	attr_put(w, type, &wire, sizeof(wire));
}

static void put_bits(struct attr_writer *w, unsigned type, unsigned n_bytes, field_bits value)
{
	uint8_t *bytes = attr_reserve(w, type, n_bytes);

	for (unsigned i = n_bytes; bytes && i-- > 0; value >>= 8)
		bytes[i] = (uint8_t)value;
}

static uint64_t number_at(const struct netlink_arg *arg, const struct ofaction *a)
{
	const uint8_t *at = (const uint8_t *)a + arg->offset;
	uint64_t u64;
	uint32_t u32;
	uint16_t u16;

	switch (arg->size) {
	case 1:
		return *at;
	case 2:
		memcpy(&u16, at, sizeof(u16));
		return u16;
	case 4:
		memcpy(&u32, at, sizeof(u32));
		return u32;
	}
	memcpy(&u64, at, sizeof(u64));
	return u64;
}

/* As wide as the policy says. */
static void put_number(struct attr_writer *w, unsigned type, unsigned size, uint64_t number)
{
	switch (size) {
	case 1:
		attr_put_u8(w, type, (uint8_t)number);
		break;
	case 2:
		attr_put_u16(w, type, (uint16_t)number);
		break;
	case 4:
		attr_put_u32(w, type, (uint32_t)number);
		break;
	case 8:
		attr_put_u64(w, type, number);
		break;
	}
}

/* The bytes of elements `begin` to `end`. */
static void put_bytes(struct writer *p, unsigned type, uint32_t begin, uint32_t end)
{
	size_t size = 0;
	uint8_t *at;

	for (uint32_t i = begin; i < end; i++)
		size += p->list->item[i].how;
	at = size ? attr_reserve(p->w, type, size) : NULL;
	for (uint32_t i = begin; at && i < end; at += p->list->item[i++].how)
		memcpy(at, p->list->item[i].bytes, p->list->item[i].how);
}

static void put_args(struct writer *p, unsigned type, uint32_t at);

static unsigned spec_of(uint8_t type)
{
	unsigned spec = 1;

	while (netlink_spec_types[spec] != type)
		spec++;
	return spec;
}

static void put_specs(struct writer *p, unsigned type, uint32_t begin, uint32_t end)
{
	size_t open = p->w->len;

	if (begin == end)
		return;
	attr_open(p->w, type);
	for (uint32_t i = begin; i < end; i++)
		put_args(p, spec_of(p->list->item[i].type), i);
	attr_close(p->w, open);
}

static void put_value(struct attr_writer *w, const struct netlink_arg *arg,
		      const struct ofaction *a)
{
	const struct field *field = field_of(a->set.to.field);
	bool is_mask = arg->form == FORM_MASK || arg->form == FORM_META_MASK;

	/* those of a load are said by TO */
	if (is_mask && (a->how == SET_AS_LOAD || ofaction_mask(a) == field_all(field)))
		return;
	put_bits(w, arg->arg, field->n_bytes, is_mask ? ofaction_mask(a) : ofaction_value(a));
}

static void put_arg(struct writer *p, const struct netlink_arg *arg, uint32_t at)
{
	const struct ofaction *a = &p->list->item[at];
	uint64_t number;
	struct subfield sub;

	switch (arg->form) {
	case FORM_NUMBER:
		number = number_at(arg, a);
		if (arg->arg == SHUNT_ARG_FLAGS)
			number &= ~(uint64_t)LEARN_WRITE_RESULT;
		if (arg->must || number != arg->fallback)
			put_number(p->w, arg->arg, netlink_arg_table.row[arg->arg].size, number);
		break;
	case FORM_PORT:
		number = number_at(arg, a);
		if (arg->must || number != arg->fallback)
			attr_put_u32(p->w, arg->arg, ofport_wide((uint16_t)number));
		break;
	case FORM_FLAG:
		if (number_at(arg, a))
			attr_put_flag(p->w, arg->arg);
		break;
	case FORM_RESULT:
		if (!(a->learn.flags & LEARN_WRITE_RESULT))
			break;
		/* fall through */
	case FORM_SUBFIELD:
		memcpy(&sub, (const uint8_t *)a + arg->offset, sizeof(sub));
		put_subfield(p->w, arg->arg, sub);
		break;
	case FORM_BYTES:
		put_bytes(p, arg->arg, at + 1, ofactions_next(p->list, at));
		break;
	case FORM_SPECS:
		put_specs(p, arg->arg, at + 1, ofactions_next(p->list, at));
		break;
	default:
		put_value(p->w, arg, a);
	}
}

static void put_args(struct writer *p, unsigned type, uint32_t at)
{
	size_t open = attr_open(p->w, type);

	for (const struct netlink_arg *arg = netlink_args; arg->arg; arg++)
		if (arg->action == p->list->item[at].type)
			put_arg(p, arg, at);
	attr_close(p->w, open);
}

/* ---- actions ---- */

static bool form_fits(const struct netlink_form *form, const struct ofaction *a)
{
	if (form->type != a->type)
		return false;
	if (form->body == BODY_PORT)
		return !a->output.max_len;
	return form->body == BODY_ARGS || form->how == a->how;
}

static const struct netlink_form *form_of(const struct ofaction *a)
{
	const struct netlink_form *form = netlink_forms;

	while (!form_fits(form, a))
		form++;
	return form;
}

static void put_ids(struct writer *p, unsigned type, uint32_t begin, uint32_t end)
{
	uint8_t *at = attr_reserve(p->w, type, (end - begin) * sizeof(uint16_t));

	for (uint32_t i = begin; at && i < end; i++, at += sizeof(uint16_t)) {
		uint16_t id = (uint16_t)p->list->item[i].number;

		memcpy(at, &id, sizeof(id));
	}
}

static void put_list(struct writer *p, unsigned type, uint32_t begin, uint32_t end)
{
	size_t open = attr_open(p->w, type);

	ofactions_netlink_write(p->w, p->list, begin, end);
	attr_close(p->w, open);
}

static void put_action(struct writer *p, uint32_t at)
{
	const struct ofaction *a = &p->list->item[at];
	const struct netlink_form *form = form_of(a);
	uint32_t end = ofactions_next(p->list, at);

	switch (form->body) {
	case BODY_FLAG:
		attr_put_flag(p->w, form->attr);
		break;
	case BODY_PORT:
		attr_put_u32(p->w, form->attr, ofport_wide(a->output.port));
		break;
	case BODY_NUMBER:
		put_number(p->w, form->attr, netlink_action_table.row[form->attr].size, a->number);
		break;
	case BODY_BE16:
		put_bits(p->w, form->attr, sizeof(uint16_t), a->number);
		break;
	case BODY_ARGS:
		put_args(p, form->attr, at);
		break;
	case BODY_BYTES:
		put_bytes(p, form->attr, at + 1, end);
		break;
	case BODY_IDS:
		put_ids(p, form->attr, at + 1, end);
		break;
	case BODY_LIST:
		put_list(p, form->attr, at + 1, end);
		break;
	}
}

void ofactions_netlink_write(struct attr_writer *w, const struct ofactions *list, uint32_t begin,
			     uint32_t end)
{
	struct writer p = {w, list};

	for (uint32_t i = begin; i < end; i = ofactions_next(list, i))
		put_action(&p, i);
}
