/* learn(): a flow that packets teach, as a list of specifications. */
#include "openflow/action_form.h"

enum { DST_MATCH, DST_LOAD, DST_OUTPUT }; /* bits 11 and 12 of a specification */
enum { SRC_VALUE = 1 << 13, DST_SHIFT = 11, N_BITS_MASK = 0x7ff, UNKNOWN_BITS = 0xc000 };
enum { FLAGS_ALL = LEARN_SEND_FLOW_REM | LEARN_DELETE_LEARNED };

/* ---- reading ---- */

static enum of_error cut(struct wire_bytes *rest, size_t n, struct wire_bytes *out)
{
	if (rest->len < n)
		return OF_BAC_BAD_LEN;
	*out = wire_first(*rest, n);
	*rest = wire_skip(*rest, n);
	return OF_OK;
}

/* A field's header and an offset of 16 bits. */
static enum of_error cut_part(struct wire_bytes *rest, unsigned n_bits, struct subfield *out)
{
	struct wire_bytes bytes;
	struct of_oxm oxm;
	enum of_error error;

	if (of_oxm_read(*rest, &oxm))
		return OF_BAC_BAD_SET_TYPE;
	error = cut(rest, oxm.size + 2, &bytes);
	if (error)
		return error;
	return action_subfield(bytes, wire_get16(bytes.at + oxm.size), n_bits, out, NULL);
}

static uint8_t type_of(unsigned dst, bool is_value)
{
	switch (dst) {
	case DST_MATCH:
		return is_value ? OFACTION_LEARN_MATCH_VALUE : OFACTION_LEARN_MATCH;
	case DST_LOAD:
		return is_value ? OFACTION_LEARN_LOAD_VALUE : OFACTION_LEARN_LOAD;
	}
	return OFACTION_LEARN_OUTPUT;
}

static enum of_error read_spec(struct action_reader *r, uint16_t header, struct wire_bytes *rest)
{
	unsigned n_bits = header & N_BITS_MASK, dst = header >> DST_SHIFT & 3;
	bool is_value = header & SRC_VALUE;
	struct ofaction a = {.type = type_of(dst, is_value)};
	struct subfield *to = is_value ? &a.set.to : &a.move.to;
	enum of_error error = OF_OK;
	field_bits value = 0;

	if (header & UNKNOWN_BITS || dst > DST_OUTPUT || (dst == DST_OUTPUT && is_value))
		return OF_BAC_BAD_ARGUMENT;
	if (is_value) {
		size_t n_bytes = 2 * ((n_bits + 15) / 16);
		struct wire_bytes bytes;

		error = cut(rest, n_bytes, &bytes);
		if (!error && n_bytes > 16 && !wire_is_zero(bytes.at, n_bytes - 16))
			error = OF_BAC_BAD_ARGUMENT;
		if (!error)
			value = of_bits_read(bytes.at, n_bytes) & field_ones(n_bits);
		if (!error)
			n_bits = action_value_bits(*rest, n_bits);
		if (!error && value & ~field_ones(n_bits))
			error = OF_BAC_BAD_SET_ARGUMENT;
	} else {
		error = cut_part(rest, n_bits, &a.move.from);
	}
	if (!error && dst != DST_OUTPUT)
		error = cut_part(rest, n_bits, to);
	if (error)
		return error;
	if (is_value)
		ofaction_set_bits(&a, value << to->low, field_ones(n_bits) << to->low);
	return action_add(r, &a);
}

/* Up to a header that is zero, or the end. */
static enum of_error read_specs(struct action_reader *r, struct wire_bytes rest)
{
	while (rest.len >= 2) {
		uint16_t header = wire_get16(rest.at);
		enum of_error error;

		rest = wire_skip(rest, 2);
		if (!header)
			break;
		error = read_spec(r, header, &rest);
		if (error)
			return error;
	}
	return wire_is_zero(rest.at, rest.len) ? OF_OK : OF_BAC_MUST_BE_ZERO;
}

static void read_head(const uint8_t *at, struct ofaction *a)
{
	*a = (struct ofaction){
		.type = OFACTION_LEARN,
		.learn = {.idle_timeout = wire_get16(at + 10),
			  .hard_timeout = wire_get16(at + 12),
			  .priority = wire_get16(at + 14),
			  .cookie = wire_get64(at + 16),
			  .flags = (uint8_t)wire_get16(at + 24),
			  .table = at[26],
			  .fin_idle_timeout = wire_get16(at + 28),
			  .fin_hard_timeout = wire_get16(at + 30)},
	};
}

static enum of_error add(struct action_reader *r, const struct ofaction *a, struct wire_bytes specs)
{
	uint32_t begin = r->list->n;
	enum of_error error = action_add(r, a);

	if (!error)
		error = read_specs(r, specs);
	if (!error)
		action_close(r, begin);
	return error;
}

enum of_error learn_read(struct action_reader *r, const struct action_form *form, const uint8_t *at,
			 size_t len)
{
	struct ofaction a;

	if (wire_get16(at + 24) & ~FLAGS_ALL)
		return OF_BAC_BAD_ARGUMENT;
	read_head(at, &a);
	return add(r, &a, (struct wire_bytes){at + 32, len - 32});
}

enum of_error learn2_read(struct action_reader *r, const struct action_form *form,
			  const uint8_t *at, size_t len)
{
	struct wire_bytes specs = {at + 40, len - 40};
	struct ofaction a;
	size_t size;

	if (wire_get16(at + 24) & ~(FLAGS_ALL | LEARN_WRITE_RESULT))
		return OF_BAC_BAD_ARGUMENT;
	if (!wire_is_zero(at + 38, 2))
		return OF_BAC_MUST_BE_ZERO;
	read_head(at, &a);
	a.learn.limit = wire_get32(at + 32);
	if (a.learn.flags & LEARN_WRITE_RESULT) {
		enum of_error error =
			action_subfield(specs, wire_get16(at + 36), 1, &a.learn.result_dst, &size);

		if (error)
			return error;
		specs = wire_skip(specs, size);
	}
	return add(r, &a, specs);
}

/* ---- writing ---- */

static void put_part(struct action_writer *aw, struct subfield sub)
{
	action_put_header(aw, sub.field);
	wire_put16(aw->w, sub.low);
}

static void put_spec(struct action_writer *aw, const struct ofaction *a)
{
	bool is_value =
		a->type == OFACTION_LEARN_MATCH_VALUE || a->type == OFACTION_LEARN_LOAD_VALUE;
	bool is_load = a->type == OFACTION_LEARN_LOAD || a->type == OFACTION_LEARN_LOAD_VALUE;
	bool is_output = a->type == OFACTION_LEARN_OUTPUT;
	unsigned dst = is_output ? DST_OUTPUT : is_load ? DST_LOAD : DST_MATCH;
	unsigned n_bits = is_value ? action_wire_bits(a->set.to) : a->move.from.n_bits;

	wire_put16(aw->w, (uint16_t)(n_bits | dst << DST_SHIFT | (is_value ? SRC_VALUE : 0)));
	if (is_value)
		of_bits_write(aw->w, ofaction_value(a) >> a->set.to.low, 2 * ((n_bits + 15) / 16));
	else
		put_part(aw, a->move.from);
	if (!is_output)
		put_part(aw, is_value ? a->set.to : a->move.to);
}

static void put_head(struct action_writer *aw, const struct ofaction *a)
{
	struct wire_writer *w = aw->w;

	wire_put16(w, a->learn.idle_timeout);
	wire_put16(w, a->learn.hard_timeout);
	wire_put16(w, a->learn.priority);
	wire_put64(w, a->learn.cookie);
	wire_put16(w, a->learn.flags);
	wire_put8(w, a->learn.table);
	wire_put8(w, 0);
	wire_put16(w, a->learn.fin_idle_timeout);
	wire_put16(w, a->learn.fin_hard_timeout);
}

static void put_specs(struct action_writer *aw, uint32_t i)
{
	for (uint32_t k = i + 1; k < ofactions_next(aw->list, i); k++)
		put_spec(aw, &aw->list->item[k]);
}

void learn_write(struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	put_head(aw, &aw->list->item[i]);
	put_specs(aw, i);
}

void learn2_write(struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	const struct ofaction *a = &aw->list->item[i];
	bool has_result = a->learn.flags & LEARN_WRITE_RESULT;

	put_head(aw, a);
	wire_put32(aw->w, a->learn.limit);
	wire_put16(aw->w, has_result ? a->learn.result_dst.low : 0);
	wire_put16(aw->w, 0);
	if (has_result)
		action_put_header(aw, a->learn.result_dst.field);
	put_specs(aw, i);
}

bool fits_plain_learn(const struct action_writer *aw, const struct action_form *form, uint32_t i)
{
	const struct ofaction *a = &aw->list->item[i];

	return !a->learn.limit && !(a->learn.flags & LEARN_WRITE_RESULT);
}
