#include "flow/ofaction_reader.h"

#include <errno.h>

#include "base/err.h"
#include "base/print.h"
#include "flow/learn_text.h"

/* ---- reading ---- */

int arrow_parse(struct slice text, struct slice *source, struct slice *target, struct err *err)
{
	for (size_t i = 0; i + 1 < text.len; i++) {
		if (text.at[i] == '-' && text.at[i + 1] == '>') {
			*source = slice_trim(slice_first(text, i));
			*target = slice_trim(slice_skip(text, i + 2));
			return 0;
		}
	}
	return err_set(err, EINVAL, "\"%.*s\": write SOURCE->TARGET", SLICE_SHOWN(text));
}

static void set_part(struct ofaction *out, struct subfield to, field_bits number)
{
	out->set.to = to;
	ofaction_set_bits(out, number << to.low, field_ones(to.n_bits) << to.low);
}

static int check_widths(struct slice text, struct subfield from, struct subfield to,
			struct err *err)
{
	if (from.n_bits == to.n_bits)
		return 0;
	return err_set(err, EINVAL, "\"%.*s\": the source has %u bits, but the target %u",
		       SLICE_SHOWN(text), from.n_bits, to.n_bits);
}

int load_parse(struct slice text, struct ofaction *out, struct err *err)
{
	struct slice source, target;
	struct subfield from, to;
	field_bits number;
	int rc = arrow_parse(text, &source, &target, err);

	if (rc)
		return rc;
	if (subfield_parse(target, &to, err))
		return -EINVAL;
	if (!bits_parse(source, &number)) {
		if (number & ~field_ones(to.n_bits))
			return err_set(err, EINVAL, "\"%.*s\": \"%.*s\" does not fit into %u bits",
				       SLICE_SHOWN(text), SLICE_SHOWN(source), to.n_bits);
		set_part(out, to, number);
		return 1;
	}
	if (subfield_parse(source, &from, err))
		return -EINVAL;
	rc = check_widths(text, from, to, err);
	if (rc)
		return rc;
	out->move.from = from;
	out->move.to = to;
	return 0;
}

/* A whole field takes its own kind of value, a part of one a number. 0 or -EINVAL. */
static int value_parse(struct subfield to, struct slice text, const struct flow_names *names,
		       field_bits *out)
{
	const struct field *field = field_of(to.field);
	field_bits value;

	if (to.n_bits == field->n_bits)
		return field_parse_value(field, text, names, out, NULL);
	if (bits_parse(text, &value) || (value & ~field_ones(to.n_bits)))
		return -EINVAL;
	*out = value;
	return 0;
}

/* The learned flow's fields and actions: "load:..", "output:..", "FIELD", "FIELD=VALUE",
 * "FIELD=FIELD". */
static int spec_parse(struct ofaction_reader *r, const struct word *word)
{
	struct ofaction a = {.type = OFACTION_LEARN_MATCH};
	struct subfield to;
	field_bits value;
	int rc;

	if (slice_is(word->name, "load") && word->sign == ':') {
		rc = load_parse(word->value, &a, r->err);
		if (rc < 0)
			return rc;
		a.type = rc ? OFACTION_LEARN_LOAD_VALUE : OFACTION_LEARN_LOAD;
		return reader_add(r, &a);
	}
	if (slice_is(word->name, "output") && word->sign == ':') {
		a.type = OFACTION_LEARN_OUTPUT;
		rc = subfield_parse(word->value, &a.move.from, r->err);
		return rc ? -EINVAL : reader_add(r, &a);
	}
	if (subfield_parse(word->name, &to, NULL))
		return err_set(
			r->err, EINVAL,
			"learn: \"%.*s\" is neither a field nor one of table, priority, "
			"idle_timeout, hard_timeout, fin_idle_timeout, fin_hard_timeout, "
			"cookie, limit, result_dst, send_flow_rem, delete_learned, load, output",
			SLICE_SHOWN(word->all));
	if (!word->sign) {
		a.move.from = a.move.to = to;
		return reader_add(r, &a);
	}
	if (!value_parse(to, word->value, r->names, &value)) {
		a.type = OFACTION_LEARN_MATCH_VALUE;
		set_part(&a, to, value);
		return reader_add(r, &a);
	}
	if (subfield_parse(word->value, &a.move.from, NULL))
		return err_set(r->err, EINVAL,
			       "learn: \"%.*s\": \"%.*s\" is neither a value of it nor a field",
			       SLICE_SHOWN(word->all), SLICE_SHOWN(word->value));
	a.move.to = to;
	rc = check_widths(word->all, a.move.from, to, r->err);
	return rc ? rc : reader_add(r, &a);
}

static int timeout_parse(const struct word *word, const char *what, uint16_t *out, struct err *err)
{
	uint64_t value;
	int rc = number_parse(word->value, what, UINT16_MAX, &value, err);

	if (!rc)
		*out = (uint16_t)value;
	return rc;
}

/* A setting of the learned flow. 1: it is none. */
static int setting_parse(struct ofaction_reader *r, const struct word *word, struct ofaction *learn)
{
	uint64_t number = 0;
	int rc = 0;

	if (slice_is(word->name, "table"))
		return table_parse(word->value, r->names, &learn->learn.table, r->err);
	if (slice_is(word->name, "priority"))
		return timeout_parse(word, "priority", &learn->learn.priority, r->err);
	if (slice_is(word->name, "idle_timeout"))
		return timeout_parse(word, "idle_timeout", &learn->learn.idle_timeout, r->err);
	if (slice_is(word->name, "hard_timeout"))
		return timeout_parse(word, "hard_timeout", &learn->learn.hard_timeout, r->err);
	if (slice_is(word->name, "fin_idle_timeout"))
		return timeout_parse(word, "fin_idle_timeout", &learn->learn.fin_idle_timeout,
				     r->err);
	if (slice_is(word->name, "fin_hard_timeout"))
		return timeout_parse(word, "fin_hard_timeout", &learn->learn.fin_hard_timeout,
				     r->err);
	if (slice_is(word->name, "cookie"))
		return number_parse(word->value, "cookie", UINT64_MAX, &learn->learn.cookie,
				    r->err);
	if (slice_is(word->name, "send_flow_rem")) {
		learn->learn.flags |= LEARN_SEND_FLOW_REM;
	} else if (slice_is(word->name, "delete_learned")) {
		learn->learn.flags |= LEARN_DELETE_LEARNED;
	} else if (slice_is(word->name, "limit")) {
		rc = number_parse(word->value, "limit", UINT32_MAX, &number, r->err);
		learn->learn.limit = (uint32_t)number;
	} else if (slice_is(word->name, "result_dst")) {
		rc = subfield_parse(word->value, &learn->learn.result_dst, r->err) ? -EINVAL : 0;
		if (!rc && learn->learn.result_dst.n_bits != 1)
			return err_set(r->err, EINVAL, "learn: result_dst=%.*s: it must be one bit",
				       SLICE_SHOWN(word->value));
		learn->learn.flags |= LEARN_WRITE_RESULT;
	} else {
		return 1;
	}
	return rc;
}

int learn_parse(struct ofaction_reader *r, struct slice inside)
{
	struct ofaction learn = {.type = OFACTION_LEARN, .learn = {.table = 1, .priority = 0x8000}};
	uint32_t at = r->list->n;
	struct word word;
	int rc = reader_add(r, &learn);

	while (!rc && (rc = word_next(&inside, &word, r->err)) > 0) {
		rc = setting_parse(r, &word, &learn);
		if (rc > 0)
			rc = spec_parse(r, &word);
	}
	if (rc)
		return rc;
	r->list->item[at] = learn;
	reader_close(r, at);
	return 0;
}

/* ---- printing ---- */

static void print_if(struct print *out, const char *name, unsigned value)
{
	if (value)
		print_fmt(out, ",%s=%u", name, value);
}

static field_bits number_of(const struct ofaction *a)
{
	return ofaction_value(a) >> a->set.to.low;
}

static void spec_print(struct print *out, const struct ofaction *a, const struct flow_names *names)
{
	const struct field *field = field_of(a->set.to.field);

	switch (a->type) {
	case OFACTION_LEARN_MATCH_VALUE:
		if (a->set.to.n_bits == field->n_bits) {
			print_fmt(out, "%s=", field->name);
			field_print(out, field, ofaction_value(a), ofaction_mask(a), names);
		} else {
			subfield_print(out, a->set.to);
			print_char(out, '=');
			hex_print(out, number_of(a));
		}
		break;
	case OFACTION_LEARN_MATCH:
		subfield_print(out, a->move.to);
		if (!memcmp(&a->move.from, &a->move.to, sizeof(a->move.to)))
			break;
		print_char(out, '=');
		subfield_print(out, a->move.from);
		break;
	case OFACTION_LEARN_LOAD_VALUE:
		print_add(out, "load:");
		hex_print(out, number_of(a));
		print_add(out, "->");
		subfield_print(out, a->set.to);
		break;
	case OFACTION_LEARN_LOAD:
		print_add(out, "load:");
		subfield_print(out, a->move.from);
		print_add(out, "->");
		subfield_print(out, a->move.to);
		break;
	case OFACTION_LEARN_OUTPUT:
		print_add(out, "output:");
		subfield_print(out, a->move.from);
		break;
	}
}

void learn_print(struct print *out, const struct ofactions *list, uint32_t at,
		 const struct flow_names *names)
{
	const struct ofaction *learn = &list->item[at];

	print_add(out, "learn(table=");
	table_print(out, learn->learn.table, names);
	print_if(out, "idle_timeout", learn->learn.idle_timeout);
	print_if(out, "hard_timeout", learn->learn.hard_timeout);
	print_if(out, "fin_idle_timeout", learn->learn.fin_idle_timeout);
	print_if(out, "fin_hard_timeout", learn->learn.fin_hard_timeout);
	if (learn->learn.priority != 0x8000)
		print_fmt(out, ",priority=%u", learn->learn.priority);
	if (learn->learn.flags & LEARN_SEND_FLOW_REM)
		print_add(out, ",send_flow_rem");
	if (learn->learn.flags & LEARN_DELETE_LEARNED)
		print_add(out, ",delete_learned");
	if (learn->learn.cookie) {
		print_add(out, ",cookie=");
		hex_print(out, learn->learn.cookie);
	}
	print_if(out, "limit", learn->learn.limit);
	if (learn->learn.flags & LEARN_WRITE_RESULT) {
		print_add(out, ",result_dst=");
		subfield_print(out, learn->learn.result_dst);
	}
	for (uint32_t i = at + 1; i <= at + learn->n_inside; i++) {
		print_char(out, ',');
		spec_print(out, &list->item[i], names);
	}
	print_char(out, ')');
}
