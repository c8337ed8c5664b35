/* Actions of Open vSwitch's extension that have lists or rules of their own. */
#include "flow/port_text.h"
#include "openflow/action_form.h"

/* ---- resubmit ---- */

enum of_error resubmit_read(struct action_reader *r, const struct action_form *form,
			    const uint8_t *at, size_t len)
{
	const struct ofaction a = {
		.type = OFACTION_RESUBMIT,
		.resubmit = {.port = wire_get16(at + 10), .table = RESUBMIT_NO_TABLE},
	};

	return action_add(r, &a);
}

enum of_error resubmit_table_read(struct action_reader *r, const struct action_form *form,
				  const uint8_t *at, size_t len)
{
	const struct ofaction a = {
		.type = OFACTION_RESUBMIT,
		.resubmit = {.port = wire_get16(at + 10), .table = at[12]},
	};

	return wire_is_zero(at + 13, 3) ? action_add(r, &a) : OF_BAC_MUST_BE_ZERO;
}

void resubmit_write(struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	wire_put16(aw->w, aw->list->item[i].resubmit.port);
}

void resubmit_table_write(struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	wire_put16(aw->w, aw->list->item[i].resubmit.port);
	wire_put8(aw->w, aw->list->item[i].resubmit.table);
}

/* OpenFlow 1.0 has no goto_table; as the last action it is this. */
void goto_write(struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	wire_put16(aw->w, OFPORT_IN_PORT);
	wire_put8(aw->w, (uint8_t)aw->list->item[i].number);
}

bool fits_here(const struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	return aw->list->item[i].resubmit.table == RESUBMIT_NO_TABLE;
}

/* ---- controller ---- */

enum {
	PROP_MAX_LEN,
	PROP_CONTROLLER_ID,
	PROP_REASON,
	PROP_USERDATA,
	PROP_PAUSE,
	PROP_METER_ID,
};

bool fits_controller(const struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	const struct ofaction *a = &aw->list->item[i];

	return !a->n_inside && !a->controller.pause && !a->controller.meter;
}

bool fits_plain_controller(const struct action_writer *aw, const struct action_form *form,
			   uint32_t i)
{
	const struct ofaction *a = &aw->list->item[i];

	return fits_controller(aw, form, i) && !a->controller.id &&
	       a->controller.reason == REASON_ACTION;
}

enum of_error controller_read(struct action_reader *r, const struct action_form *form,
			      const uint8_t *at, size_t len)
{
	const struct ofaction a = {
		.type = OFACTION_CONTROLLER,
		.controller = {.max_len = wire_get16(at + 10),
			       .id = wire_get16(at + 12),
			       .reason = at[14]},
	};

	return at[15] ? OF_BAC_MUST_BE_ZERO : action_add(r, &a);
}

void controller_write(struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	const struct ofaction *a = &aw->list->item[i];

	wire_put16(aw->w, a->controller.max_len);
	wire_put16(aw->w, a->controller.id);
	wire_put8(aw->w, a->controller.reason);
}

/* One property; `userdata` is set if it is that. */
static enum of_error read_property(struct wire_bytes property, struct ofaction *a,
				   struct wire_bytes *userdata)
{
	/* the padding of two bytes is counted, that of one is not */
	static const uint8_t sizes[] = {
		[PROP_MAX_LEN] = 8,  [PROP_CONTROLLER_ID] = 8, [PROP_REASON] = 5,
		[PROP_USERDATA] = 0, [PROP_PAUSE] = 4,         [PROP_METER_ID] = 8,
	};
	const uint8_t *value = property.at + 4;
	uint16_t type = wire_get16(property.at);

	if (type >= sizeof(sizes))
		return OF_BPC_BAD_TYPE;
	if (sizes[type] && property.len != sizes[type])
		return OF_BPC_BAD_LEN;
	switch (type) {
	case PROP_MAX_LEN:
		a->controller.max_len = wire_get16(value);
		break;
	case PROP_CONTROLLER_ID:
		a->controller.id = wire_get16(value);
		break;
	case PROP_REASON:
		a->controller.reason = value[0];
		break;
	case PROP_USERDATA:
		*userdata = wire_skip(property, 4);
		break;
	case PROP_PAUSE:
		a->controller.pause = true;
		break;
	case PROP_METER_ID:
		a->controller.meter = wire_get32(value);
		break;
	}
	return OF_OK;
}

enum of_error controller2_read(struct action_reader *r, const struct action_form *form,
			       const uint8_t *at, size_t len)
{
	struct ofaction a = {
		.type = OFACTION_CONTROLLER,
		.controller = {.max_len = UINT16_MAX, .reason = REASON_ACTION},
	};
	struct wire_bytes rest = {at + 16, len - 16}, userdata = {NULL, 0};
	uint32_t begin = r->list->n;
	enum of_error error;

	if (!wire_is_zero(at + OF_ACTION_EXT_HEADER, 6))
		return OF_BAC_MUST_BE_ZERO;
	while (rest.len >= 4) {
		size_t size = wire_get16(rest.at + 2);

		if (size < 4 || wire_padded(size) > rest.len)
			return OF_BPC_BAD_LEN;
		error = read_property(wire_first(rest, size), &a, &userdata);
		if (error)
			return error;
		rest = wire_skip(rest, wire_padded(size));
	}
	error = action_add(r, &a);
	if (!error)
		error = action_add_bytes(r, userdata.at, userdata.len);
	if (!error)
		action_close(r, begin);
	return error;
}

static size_t property_begin(struct wire_writer *w, uint16_t type)
{
	size_t start = w->len;

	wire_put16(w, type);
	wire_put16(w, 0);
	return start;
}

static void property_end(struct wire_writer *w, size_t start)
{
	wire_patch16(w, start + 2, (uint16_t)(w->len - start));
	wire_pad(w, start);
}

void controller2_write(struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	const struct ofaction *a = &aw->list->item[i];
	struct wire_writer *w = aw->w;
	size_t start;

	wire_put(w, 16 - OF_ACTION_EXT_HEADER);
	if (a->controller.max_len != UINT16_MAX) {
		start = property_begin(w, PROP_MAX_LEN);
		wire_put16(w, a->controller.max_len);
		wire_put(w, 2);
		property_end(w, start);
	}
	if (a->controller.id) {
		start = property_begin(w, PROP_CONTROLLER_ID);
		wire_put16(w, a->controller.id);
		wire_put(w, 2);
		property_end(w, start);
	}
	if (a->controller.reason != REASON_ACTION) {
		start = property_begin(w, PROP_REASON);
		wire_put8(w, a->controller.reason);
		property_end(w, start);
	}
	if (a->n_inside) {
		start = property_begin(w, PROP_USERDATA);
		action_write_bytes(aw, i);
		property_end(w, start);
	}
	if (a->controller.pause)
		property_end(w, property_begin(w, PROP_PAUSE));
	if (a->controller.meter) {
		start = property_begin(w, PROP_METER_ID);
		wire_put32(w, a->controller.meter);
		property_end(w, start);
	}
}

/* ---- dec_ttl ---- */

static enum of_error add_ttl(struct action_reader *r, const uint8_t *ids, unsigned n)
{
	const struct ofaction a = {.type = OFACTION_DEC_TTL};
	uint32_t begin = r->list->n;
	enum of_error error = action_add(r, &a);

	for (unsigned i = 0; !error && i < n; i++) {
		const struct ofaction id = {.type = OFACTION_CONTROLLER_ID,
					    .number = wire_get16(ids + 2 * i)};

		error = action_add(r, &id);
	}
	if (!error)
		action_close(r, begin);
	return error;
}

enum of_error dec_ttl_read(struct action_reader *r, const struct action_form *form,
			   const uint8_t *at, size_t len)
{
	return add_ttl(r, (const uint8_t[2]){0}, 1);
}

enum of_error dec_ttl_ids_read(struct action_reader *r, const struct action_form *form,
			       const uint8_t *at, size_t len)
{
	unsigned n = wire_get16(at + 10);

	if (!wire_is_zero(at + 12, 4))
		return OF_BAC_MUST_BE_ZERO;
	if (!n || 16 + 2 * n > len)
		return OF_BAC_BAD_LEN;
	return add_ttl(r, at + 16, n);
}

void dec_ttl_ids_write(struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	const struct ofaction *a = &aw->list->item[i];

	wire_put16(aw->w, a->n_inside);
	wire_put32(aw->w, 0);
	for (uint32_t k = i + 1; k <= i + a->n_inside; k++)
		wire_put16(aw->w, (uint16_t)aw->list->item[k].number);
}

bool fits_plain_ttl(const struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	return aw->list->item[i].n_inside == 1 && !aw->list->item[i + 1].number;
}

/* ---- the rest ---- */

enum of_error metadata_read(struct action_reader *r, const struct action_form *form,
			    const uint8_t *at, size_t len)
{
	const struct field *field = field_of(FIELD_METADATA);
	struct ofaction a = {.type = OFACTION_WRITE_METADATA};
	uint64_t mask = wire_get64(at + 24);

	if (!wire_is_zero(at + 10, 6))
		return OF_BAC_MUST_BE_ZERO;
	a.set.to = (struct subfield){FIELD_METADATA, 0, field->n_bits};
	ofaction_set_bits(&a, wire_get64(at + 16) & mask, mask);
	return action_add(r, &a);
}

void metadata_write(struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	wire_put(aw->w, 6);
	wire_put64(aw->w, (uint64_t)ofaction_value(&aw->list->item[i]));
	wire_put64(aw->w, (uint64_t)ofaction_mask(&aw->list->item[i]));
}

enum of_error note_read(struct action_reader *r, const struct action_form *form, const uint8_t *at,
			size_t len)
{
	const struct ofaction a = {.type = OFACTION_NOTE};
	uint32_t begin = r->list->n;
	enum of_error error = action_add(r, &a);

	if (!error)
		error = action_add_bytes(r, at + OF_ACTION_EXT_HEADER, len - OF_ACTION_EXT_HEADER);
	if (!error)
		action_close(r, begin);
	return error;
}

void note_write(struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	action_write_bytes(aw, i);
}

enum of_error clone_read(struct action_reader *r, const struct action_form *form, const uint8_t *at,
			 size_t len)
{
	const struct ofaction a = {.type = OFACTION_CLONE};
	uint32_t begin = r->list->n;
	enum of_error error;

	if (r->depth == OF_ACTIONS_MAX_DEPTH)
		return OF_BAC_TOO_MANY;
	error = action_add(r, &a);
	if (error)
		return error;
	r->depth++;
	error = action_read_list(r, (struct wire_bytes){at + 16, len - 16});
	r->depth--;
	if (!error)
		action_close(r, begin);
	return error;
}

void clone_write(struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	wire_put(aw->w, 16 - OF_ACTION_EXT_HEADER);
	action_write_list(aw, i + 1, ofactions_next(aw->list, i));
}

enum of_error conjunction_read(struct action_reader *r, const struct action_form *form,
			       const uint8_t *at, size_t len)
{
	const struct ofaction a = {
		.type = OFACTION_CONJUNCTION,
		.conjunction = {.clause = (uint8_t)(at[10] + 1),
				.n_clauses = at[11],
				.id = wire_get32(at + 12)},
	};

	return at[10] == UINT8_MAX ? OF_BAC_BAD_CONJUNCTION : action_add(r, &a);
}

void conjunction_write(struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	const struct ofaction *a = &aw->list->item[i];

	wire_put8(aw->w, (uint8_t)(a->conjunction.clause - 1));
	wire_put8(aw->w, a->conjunction.n_clauses);
	wire_put32(aw->w, a->conjunction.id);
}

enum of_error fin_timeout_read(struct action_reader *r, const struct action_form *form,
			       const uint8_t *at, size_t len)
{
	const struct ofaction a = {
		.type = OFACTION_FIN_TIMEOUT,
		.timeouts = {.idle = wire_get16(at + 10), .hard = wire_get16(at + 12)},
	};

	return action_add(r, &a);
}

void fin_timeout_write(struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	const struct ofaction *a = &aw->list->item[i];

	wire_put16(aw->w, a->timeouts.idle);
	wire_put16(aw->w, a->timeouts.hard);
}
