#include "openflow/action.h"

#include <errno.h>

#include "flow/match.h"
#include "flow/ofaction_value.h"
#include "flow/port_text.h"
#include "openflow/action_form.h"
#include "openflow/port.h"

enum { TYPE_EXPERIMENTER = 0xffff };

static const uint32_t vendors[] = {
	[ACTION_OF] = 0,
	[ACTION_NX] = VENDOR_NICIRA,
	[ACTION_ONF] = VENDOR_ONF,
};

/* ---- adding ---- */

/* What is wrong with the value of an action. */
static enum of_error error_of_value(const struct ofaction *action)
{
	switch (action->type) {
	case OFACTION_OUTPUT:
	case OFACTION_ENQUEUE:
		return OF_BAC_BAD_OUT_PORT;
	case OFACTION_SET:
		return OF_BAC_BAD_SET_ARGUMENT;
	case OFACTION_CONJUNCTION:
		return OF_BAC_BAD_CONJUNCTION;
	case OFACTION_METER:
		return OF_BAC_BAD_METER;
	}
	return OF_BAC_BAD_ARGUMENT;
}

static enum of_error add(struct action_reader *r, const struct ofaction *action)
{
	return ofactions_add(r->list, action) ? OF_BAC_TOO_MANY : OF_OK;
}

enum of_error action_add(struct action_reader *r, const struct ofaction *action)
{
	/* as the text has it: sent to the controller, whole */
	if (ofaction_value_check(action, NULL))
		return error_of_value(action);
	return add(r, action);
}

void action_close(struct action_reader *r, uint32_t at)
{
	r->list->item[at].n_inside = (uint16_t)(r->list->n - at - 1);
}

enum of_error action_add_bytes(struct action_reader *r, const uint8_t *bytes, size_t n)
{
	enum of_error error = OF_OK;

	for (size_t done = 0; !error && done < n; done += OFACTION_BYTES_MAX) {
		struct ofaction a = {.type = OFACTION_BYTES};

		a.how = (uint8_t)(n - done < OFACTION_BYTES_MAX ? n - done : OFACTION_BYTES_MAX);
		memcpy(a.bytes, bytes + done, a.how);
		error = add(r, &a);
	}
	return error;
}

/* ---- which there are ---- */

uint32_t of_actions_known(uint8_t version)
{
	uint32_t known = 0;

	for (unsigned i = 0; i < n_action_forms; i++) {
		const struct action_form *form = &action_forms[i];

		if (form->vendor == ACTION_OF && form->read && form->since <= version &&
		    version <= form->until)
			known |= 1u << form->number;
	}
	return known;
}

uint32_t of_actions_known_of_sets(uint8_t version)
{
	enum { METER = 29 };

	return of_actions_known(version) & ~(1u << METER);
}

/* ---- parts of actions ---- */

enum of_error action_port(uint32_t number, uint16_t *out)
{
	if (!of_port_ofport(number, out))
		return OF_BAC_BAD_OUT_PORT;
	return *out < OFPORT_MAX || *out >= OFPORT_IN_PORT ? OF_OK : OF_BAC_BAD_OUT_PORT;
}

enum of_error action_subfield(struct wire_bytes header, unsigned low, unsigned n_bits,
			      struct subfield *out, size_t *header_size)
{
	struct of_oxm oxm;

	if (of_oxm_read(header, &oxm) || !oxm.field || oxm.has_mask)
		return OF_BAC_BAD_SET_TYPE;
	if (!n_bits || low + n_bits > oxm.field->n_bits)
		return OF_BAC_BAD_SET_LEN;
	*out = (struct subfield){(uint8_t)field_id(oxm.field), (uint8_t)low, (uint8_t)n_bits};
	if (header_size)
		*header_size = oxm.size;
	return OF_OK;
}

unsigned action_value_bits(struct wire_bytes header, unsigned n_bits)
{
	const struct field *arp_op = field_of(FIELD_ARP_OP);
	struct of_oxm oxm;

	if (of_oxm_read(header, &oxm) || oxm.field != arp_op || n_bits != 8u * arp_op->n_bytes)
		return n_bits;
	return arp_op->n_bits;
}

unsigned action_wire_bits(struct subfield sub)
{
	const struct field *field = field_of(sub.field);

	return sub.field == FIELD_ARP_OP && sub.n_bits == field->n_bits ? 8u * field->n_bytes
									: sub.n_bits;
}

void action_put_header(struct action_writer *aw, uint8_t field)
{
	/* Nicira's actions have room for four bytes */
	enum of_oxm_form form = aw->version < OF12 ? OF_NXM : OF_OXM15;

	of_oxm_write_header(aw->w, field_of(field), form, false);
}

/* ---- reading ---- */

static enum of_error form_lookup(uint8_t version, const uint8_t *at, size_t len,
				 const struct action_form **out)
{
	uint16_t number = wire_get16(at);
	uint32_t vendor = 0;

	if (number == TYPE_EXPERIMENTER) {
		vendor = wire_get32(at + 4);
		if (vendor != VENDOR_NICIRA && vendor != VENDOR_ONF)
			return OF_BAC_BAD_EXPERIMENTER;
		if (len < OF_ACTION_EXT_HEADER)
			return OF_BAC_BAD_LEN;
		number = wire_get16(at + 8);
	}
	for (unsigned i = 0; i < n_action_forms; i++) {
		const struct action_form *form = &action_forms[i];

		if (form->read && form->number == number && vendors[form->vendor] == vendor &&
		    version >= form->since && version <= form->until) {
			*out = form;
			return OF_OK;
		}
	}
	return vendor ? OF_BAC_BAD_EXP_TYPE : OF_BAC_BAD_TYPE;
}

enum of_error action_read_list(struct action_reader *r, struct wire_bytes bytes)
{
	while (bytes.len) {
		const struct action_form *form;
		enum of_error error;
		size_t len;

		if (bytes.len < 8)
			return OF_BAC_BAD_LEN;
		len = wire_get16(bytes.at + 2);
		if (len < 8 || len % 8 || len > bytes.len)
			return OF_BAC_BAD_LEN;
		error = form_lookup(r->version, bytes.at, len, &form);
		if (error)
			return error;
		if (form->is_longer ? len < form->size : len != form->size)
			return OF_BAC_BAD_LEN;
		error = form->read(r, form, bytes.at, len);
		if (error)
			return error;
		bytes = wire_skip(bytes, len);
	}
	return OF_OK;
}

enum of_error of_actions_read(uint8_t version, struct wire_bytes actions, struct ofactions *out)
{
	struct action_reader r = {.list = out, .version = version};

	return action_read_list(&r, actions);
}

/* ---- the whole ---- */

enum of_error of_actions_check(const struct ofactions *list, const struct match *match,
			       uint8_t table)
{
	bool has_conjunction = false, has_other = false;

	for (uint32_t i = 0; i < list->n; i = ofactions_next(list, i)) {
		const struct ofaction *a = &list->item[i];

		has_conjunction |= a->type == OFACTION_CONJUNCTION;
		has_other |= a->type != OFACTION_CONJUNCTION && a->type != OFACTION_NOTE;
		if (a->type == OFACTION_GOTO_TABLE && a->number <= table)
			return OF_BIC_BAD_TABLE_ID;
		if (a->type == OFACTION_WRITE_ACTIONS)
			for (uint32_t k = i + 1; k < ofactions_next(list, i);
			     k = ofactions_next(list, k))
				if (!ofaction_may_be_in_set(&list->item[k]))
					return OF_BAC_BAD_TYPE;
	}
	if (has_conjunction && has_other)
		return OF_BAC_BAD_CONJUNCTION;
	return ofactions_check(list, match, table, NULL) ? OF_BAC_MATCH_INCONSISTENT : OF_OK;
}

/* ---- writing ---- */

/* One element, as the form says. */
static void write_by(struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	struct wire_writer *w = aw->w;
	size_t start = w->len;

	if (form->vendor == ACTION_OF) {
		wire_put16(w, form->number);
		wire_put16(w, 0);
	} else {
		wire_put16(w, TYPE_EXPERIMENTER);
		wire_put16(w, 0);
		wire_put32(w, vendors[form->vendor]);
		wire_put16(w, form->number);
	}
	form->write(aw, form, i);
	if (w->len - start < form->size)
		wire_put(w, form->size - (w->len - start));
	wire_pad(w, start);
	wire_patch16(w, start + 2, (uint16_t)(w->len - start));
}

static const struct action_form *form_for(const struct action_writer *aw, uint32_t i)
{
	const struct ofaction *a = &aw->list->item[i];

	for (unsigned k = 0; k < n_action_forms; k++) {
		const struct action_form *form = &action_forms[k];

		if (form->write && form->type == a->type && form->how == a->how &&
		    aw->version >= form->since && aw->version <= form->until &&
		    (!form->fits || form->fits(aw, form, i)))
			return form;
	}
	return NULL;
}

void action_write_list(struct action_writer *aw, uint32_t begin, uint32_t end)
{
	for (uint32_t i = begin; i < end; i = ofactions_next(aw->list, i)) {
		const struct action_form *form = form_for(aw, i);

		if (form)
			write_by(aw, form, i);
		else
			action_write_several(aw, i);
	}
}

void action_write_as(struct action_writer *aw, const struct ofaction *action)
{
	struct ofaction copy = *action;
	const struct ofactions one = {.n = 1, .item = &copy};
	struct action_writer other = *aw;

	other.list = &one;
	action_write_list(&other, 0, 1);
}

void action_write_bytes(struct action_writer *aw, uint32_t i)
{
	for (uint32_t k = i + 1; k < ofactions_next(aw->list, i); k++)
		wire_put_bytes(aw->w, aw->list->item[k].bytes, aw->list->item[k].how);
}

void of_actions_write(struct wire_writer *w, uint8_t version, const struct ofactions *list,
		      const struct match *match)
{
	struct action_writer aw = {.w = w, .list = list, .match = match, .version = version};

	action_write_list(&aw, 0, list->n);
}
