#include "flow/subfield.h"

#include <errno.h>

#include "base/err.h"
#include "base/print.h"
#include "flow/port_text.h"

/* "LOW..HIGH", "BIT" or "". False: it is none of these. */
static bool range_parse(struct slice range, struct subfield *sub)
{
	size_t dots = slice_find(range, '.');
	struct slice end = range;
	field_bits low, high;

	if (!range.len)
		return true;
	if (dots < range.len && slice_starts(slice_skip(range, dots), ".."))
		end = slice_skip(range, dots + 2);
	if (bits_parse(slice_first(range, dots), &low) || bits_parse(end, &high) || low > high ||
	    high >= sub->n_bits)
		return false;
	sub->low = (uint8_t)low;
	sub->n_bits = (uint8_t)(high - low + 1);
	return true;
}

int subfield_parse(struct slice text, struct subfield *out, struct err *err)
{
	size_t bracket = slice_find(text, '[');
	const struct field *field = field_lookup(slice_first(text, bracket));
	struct slice range = slice_skip(text, bracket);
	struct subfield sub;

	if (!field)
		return err_set(err, ENOENT, "\"%.*s\" is not a field (see ovs-fields(7))",
			       SLICE_SHOWN(text));
	sub = (struct subfield){(uint8_t)field_id(field), 0, field->n_bits};
	if (range.len) {
		if (range.len < 2 || range.at[range.len - 1] != ']' ||
		    !range_parse((struct slice){range.at + 1, range.len - 2}, &sub))
			return err_set(
				err, EINVAL,
				"\"%.*s\": write %s[], %s[BIT] or %s[LOW..HIGH], of bits 0 to "
				"%u",
				SLICE_SHOWN(text), field->name, field->name, field->name,
				field->n_bits - 1);
	}
	*out = sub;
	return 0;
}

void subfield_print(struct print *out, struct subfield sub)
{
	const struct field *field = field_of(sub.field);

	print_add(out, field_number_name(field));
	if (sub.n_bits == field->n_bits)
		print_add(out, "[]");
	else if (sub.n_bits == 1)
		print_fmt(out, "[%u]", sub.low);
	else
		print_fmt(out, "[%u..%u]", sub.low, sub.low + sub.n_bits - 1u);
}
