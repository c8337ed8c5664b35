/* Actions of a few numbers: output and its like, sets, moves. */
#include "flow/match.h"
#include "flow/port_text.h"
#include "openflow/action_form.h"
#include "openflow/port.h"

/* ---- nothing, or one number ---- */

enum of_error none_read(struct action_reader *r, const struct action_form *form, const uint8_t *at,
			size_t len)
{
	const struct ofaction a = {.type = form->type, .how = form->how};

	return action_add(r, &a);
}

void none_write(struct action_writer *aw, const struct action_form *form, uint32_t i)
{
}

/* Zeros up to where the argument stands. */
static void skip_to(struct action_writer *aw, size_t from, size_t to)
{
	wire_put(aw->w, to - from);
}

static size_t header_size(const struct action_form *form)
{
	return form->vendor == ACTION_OF ? OF_ACTION_HEADER : OF_ACTION_EXT_HEADER;
}

enum of_error number_read(struct action_reader *r, const struct action_form *form,
			  const uint8_t *at, size_t len)
{
	const struct ofaction a = {
		.type = form->type,
		.how = form->how,
		.number = (uint32_t)of_bits_read(at + form->at, form->n),
	};

	return action_add(r, &a);
}

void number_write(struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	skip_to(aw, header_size(form), form->at);
	of_bits_write(aw->w, aw->list->item[i].number, form->n);
}

/* ---- values of fields ---- */

static enum of_error add_set(struct action_reader *r, const struct field *field, uint8_t how,
			     field_bits value, field_bits mask)
{
	struct ofaction a = {.type = OFACTION_SET, .how = how};

	a.set.to = (struct subfield){(uint8_t)field_id(field), 0, field->n_bits};
	ofaction_set_bits(&a, value, mask);
	return action_add(r, &a);
}

/* Of a type of service two bits are ECN's. */
enum of_error mod_read(struct action_reader *r, const struct action_form *form, const uint8_t *at,
		       size_t len)
{
	const struct field *field = field_of(form->field);
	field_bits value = of_bits_read(at + form->at, form->n);

	if (value & ~field_all(field))
		return OF_BAC_BAD_ARGUMENT;
	return add_set(r, field, form->how, value, field_all(field));
}

void mod_write(struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	skip_to(aw, header_size(form), form->at);
	of_bits_write(aw->w, ofaction_value(&aw->list->item[i]), form->n);
}

bool fits_field(const struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	return aw->list->item[i].set.to.field == form->field;
}

bool fits_small_tunnel(const struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	return fits_field(aw, form, i) && ofaction_value(&aw->list->item[i]) <= UINT32_MAX;
}

/* A field with its value, [and its mask], at `at`. */
static enum of_error read_set(struct action_reader *r, struct wire_bytes tlv, bool can_mask)
{
	struct of_oxm oxm;
	const struct field *field;
	field_bits value, mask;
	enum of_error error = of_oxm_read(tlv, &oxm);

	if (error == OF_BMC_BAD_LEN)
		return OF_BAC_BAD_SET_LEN;
	if (error || !oxm.field)
		return OF_BAC_BAD_SET_TYPE;
	if (oxm.size + (oxm.n_bytes << oxm.has_mask) > tlv.len)
		return OF_BAC_BAD_SET_LEN;
	if (oxm.has_mask && !can_mask)
		return OF_BAC_BAD_SET_MASK;
	field = oxm.field;
	if (!(field->flags & FIELD_WRITABLE))
		return OF_BAC_BAD_SET_TYPE;
	value = of_bits_read(tlv.at + oxm.size, oxm.n_bytes);
	mask = oxm.has_mask ? of_bits_read(tlv.at + oxm.size + oxm.n_bytes, oxm.n_bytes)
			    : field_all(field);
	if (mask == field_ones(8 * oxm.n_bytes))
		mask = field_all(field);
	if (value & ~field_all(field) || value & ~mask)
		return OF_BAC_BAD_SET_ARGUMENT;
	return add_set(r, field, SET_AS_FIELD, value, mask);
}

enum of_error set_field_read(struct action_reader *r, const struct action_form *form,
			     const uint8_t *at, size_t len)
{
	return read_set(r, (struct wire_bytes){at + 4, len - 4}, r->version >= OF15);
}

enum of_error load2_read(struct action_reader *r, const struct action_form *form, const uint8_t *at,
			 size_t len)
{
	return read_set(r,
			(struct wire_bytes){at + OF_ACTION_EXT_HEADER, len - OF_ACTION_EXT_HEADER},
			true);
}

static void put_set(struct action_writer *aw, uint32_t i)
{
	const struct ofaction *a = &aw->list->item[i];

	of_oxm_write(aw->w, field_of(a->set.to.field), of_oxm_form(aw->version), ofaction_value(a),
		     ofaction_mask(a));
}

void set_field_write(struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	put_set(aw, i);
}

void load2_write(struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	put_set(aw, i);
}

bool fits_whole(const struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	const struct ofaction *a = &aw->list->item[i];

	return aw->version >= OF15 || ofaction_mask(a) == field_all(field_of(a->set.to.field));
}

/* ---- load and move ---- */

/* Ten bits of offset, six of "number of bits less one". */
static void unpack(uint16_t packed, unsigned *low, unsigned *n_bits)
{
	*low = packed >> 6;
	*n_bits = (packed & 0x3f) + 1u;
}

static uint16_t pack(struct subfield sub)
{
	return (uint16_t)(sub.low << 6 | (action_wire_bits(sub) - 1));
}

enum of_error load_read(struct action_reader *r, const struct action_form *form, const uint8_t *at,
			size_t len)
{
	struct ofaction a = {.type = OFACTION_SET, .how = SET_AS_LOAD};
	field_bits value = wire_get64(at + 16);
	unsigned low, n_bits;
	enum of_error error;

	unpack(wire_get16(at + 10), &low, &n_bits);
	n_bits = action_value_bits((struct wire_bytes){at + 12, 4}, n_bits);
	error = action_subfield((struct wire_bytes){at + 12, 4}, low, n_bits, &a.set.to, NULL);
	if (error)
		return error;
	if (value & ~field_ones(n_bits) || !(field_of(a.set.to.field)->flags & FIELD_WRITABLE))
		return OF_BAC_BAD_SET_ARGUMENT;
	ofaction_set_bits(&a, value << low, field_ones(n_bits) << low);
	return action_add(r, &a);
}

void load_write(struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	const struct ofaction *a = &aw->list->item[i];

	wire_put16(aw->w, pack(a->set.to));
	action_put_header(aw, a->set.to.field);
	wire_put64(aw->w, (uint64_t)(ofaction_value(a) >> a->set.to.low));
}

bool fits_64(const struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	return aw->list->item[i].set.to.n_bits <= 64;
}

/* n_bits, and the two offsets behind it, at `at`; the two headers in `headers`. */
static enum of_error read_parts(struct action_reader *r, const uint8_t *at,
				struct wire_bytes headers)
{
	struct ofaction a = {.type = OFACTION_MOVE};
	unsigned n_bits = wire_get16(at);
	size_t size = 0;
	enum of_error error;

	error = action_subfield(headers, wire_get16(at + 2), n_bits, &a.move.from, &size);
	if (!error)
		error = action_subfield(wire_skip(headers, size), wire_get16(at + 4), n_bits,
					&a.move.to, NULL);
	if (!error && !(field_of(a.move.to.field)->flags & FIELD_WRITABLE))
		error = OF_BAC_BAD_SET_ARGUMENT;
	return error ? error : action_add(r, &a);
}

enum of_error move_read(struct action_reader *r, const struct action_form *form, const uint8_t *at,
			size_t len)
{
	return read_parts(r, at + 10, (struct wire_bytes){at + 16, len - 16});
}

enum of_error copy_field_read(struct action_reader *r, const struct action_form *form,
			      const uint8_t *at, size_t len)
{
	return read_parts(r, at + 4, (struct wire_bytes){at + 12, len - 12});
}

enum of_error onf_copy_field_read(struct action_reader *r, const struct action_form *form,
				  const uint8_t *at, size_t len)
{
	return read_parts(r, at + 12, (struct wire_bytes){at + 20, len - 20});
}

static void put_parts(struct action_writer *aw, uint32_t i, size_t pad)
{
	const struct ofaction *a = &aw->list->item[i];

	wire_put16(aw->w, a->move.from.n_bits);
	wire_put16(aw->w, a->move.from.low);
	wire_put16(aw->w, a->move.to.low);
	wire_put(aw->w, pad);
	action_put_header(aw, a->move.from.field);
	action_put_header(aw, a->move.to.field);
}

void move_write(struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	put_parts(aw, i, 0);
}

void copy_field_write(struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	put_parts(aw, i, 2);
}

/* ---- output ---- */

static enum of_error add_output(struct action_reader *r, uint32_t number, uint16_t max_len)
{
	struct ofaction a = {.type = OFACTION_OUTPUT, .output.said_len = max_len};
	enum of_error error = action_port(number, &a.output.port);

	if (error)
		return error;
	if (a.output.port == OFPORT_CONTROLLER)
		a = (struct ofaction){.type = OFACTION_CONTROLLER,
				      .controller = {.reason = REASON_ACTION, .max_len = max_len}};
	return action_add(r, &a);
}

enum of_error output10_read(struct action_reader *r, const struct action_form *form,
			    const uint8_t *at, size_t len)
{
	return add_output(r, of_port_number(wire_get16(at + 4)), wire_get16(at + 6));
}

enum of_error output11_read(struct action_reader *r, const struct action_form *form,
			    const uint8_t *at, size_t len)
{
	return add_output(r, wire_get32(at + 4), wire_get16(at + 8));
}

void output10_write(struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	wire_put16(aw->w, aw->list->item[i].output.port);
	wire_put16(aw->w, aw->list->item[i].output.said_len);
}

void output11_write(struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	wire_put32(aw->w, of_port_number(aw->list->item[i].output.port));
	wire_put16(aw->w, aw->list->item[i].output.said_len);
}

void to_controller10_write(struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	wire_put16(aw->w, OFPORT_CONTROLLER);
	wire_put16(aw->w, aw->list->item[i].controller.max_len);
}

void to_controller11_write(struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	wire_put32(aw->w, of_port_number(OFPORT_CONTROLLER));
	wire_put16(aw->w, aw->list->item[i].controller.max_len);
}

bool fits_plain_output(const struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	return !aw->list->item[i].output.max_len;
}

bool fits_cut_output(const struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	return aw->list->item[i].output.max_len;
}

enum of_error output_trunc_read(struct action_reader *r, const struct action_form *form,
				const uint8_t *at, size_t len)
{
	struct ofaction a = {.type = OFACTION_OUTPUT, .output.port = wire_get16(at + 10)};
	uint32_t max_len = wire_get32(at + 12);

	if (!max_len || max_len > UINT16_MAX)
		return OF_BAC_BAD_ARGUMENT;
	a.output.max_len = (uint16_t)max_len;
	return action_add(r, &a);
}

void output_trunc_write(struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	wire_put16(aw->w, aw->list->item[i].output.port);
	wire_put32(aw->w, aw->list->item[i].output.max_len);
}

enum of_error output_reg_read(struct action_reader *r, const struct action_form *form,
			      const uint8_t *at, size_t len)
{
	struct ofaction a = {.type = OFACTION_OUTPUT_REG};
	unsigned low, n_bits;
	enum of_error error;

	unpack(wire_get16(at + 10), &low, &n_bits);
	error = action_subfield((struct wire_bytes){at + 12, 4}, low, n_bits, &a.move.from, NULL);
	return error ? error : action_add(r, &a);
}

enum of_error output_reg2_read(struct action_reader *r, const struct action_form *form,
			       const uint8_t *at, size_t len)
{
	struct ofaction a = {.type = OFACTION_OUTPUT_REG};
	unsigned low, n_bits;
	enum of_error error;

	unpack(wire_get16(at + 10), &low, &n_bits);
	error = action_subfield((struct wire_bytes){at + 14, len - 14}, low, n_bits, &a.move.from,
				NULL);
	return error ? error : action_add(r, &a);
}

void output_reg_write(struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	const struct ofaction *a = &aw->list->item[i];

	wire_put16(aw->w, pack(a->move.from));
	action_put_header(aw, a->move.from.field);
	wire_put16(aw->w, UINT16_MAX); /* of packets to the controller */
}

/* Queues come and go, but some numbers no queue ever has. */
static enum of_error check_queue(uint32_t number)
{
	return number < QUEUES_MAX ? OF_OK : OF_BAC_BAD_QUEUE;
}

enum of_error queue_read(struct action_reader *r, const struct action_form *form, const uint8_t *at,
			 size_t len)
{
	enum of_error error = check_queue(wire_get32(at + form->at));

	return error ? error : number_read(r, form, at, len);
}

enum of_error enqueue_read(struct action_reader *r, const struct action_form *form,
			   const uint8_t *at, size_t len)
{
	struct ofaction a = {.type = OFACTION_ENQUEUE, .output.queue = wire_get32(at + 12)};
	enum of_error error = action_port(of_port_number(wire_get16(at + 4)), &a.output.port);

	if (!error)
		error = check_queue(a.output.queue);
	return error ? error : action_add(r, &a);
}

void enqueue_write(struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	wire_put16(aw->w, aw->list->item[i].output.port);
	skip_to(aw, 6, 12);
	wire_put32(aw->w, aw->list->item[i].output.queue);
}
