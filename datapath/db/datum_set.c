/* Two datums at a time: everything is one merge of two ordered lists. */
#include "db/datum.h"

/* Where an element of the merge is, and what to keep of it. */
enum part {
	ONLY_A = 1 << 0,
	ONLY_B = 1 << 1,
	SAME = 1 << 2,        /* in both; a map has the same value for it */
	DIFFERENT_A = 1 << 3, /* in both maps, with different values: keep a's */
	DIFFERENT_B = 1 << 4, /* keep b's */
};

struct merge {
	const struct datum *a, *b;
	unsigned i, j;
};

/* Steps to the next element. Returns where it is (ONLY_A, ONLY_B, SAME, DIFFERENT_A | DIFFERENT_B)
 * or 0 at the end. Sets the index in a or b, whichever has it. */
static unsigned merge_next(struct merge *m, unsigned *i, unsigned *j)
{
	int order;

	*i = m->i;
	*j = m->j;
	if (m->i == m->a->n && m->j == m->b->n)
		return 0;
	if (m->i == m->a->n)
		order = 1;
	else if (m->j == m->b->n)
		order = -1;
	else
		order = atom_compare(m->a->key_type, &m->a->atoms[m->i], &m->b->atoms[m->j]);
	m->i += order <= 0;
	m->j += order >= 0;
	if (order)
		return order < 0 ? ONLY_A : ONLY_B;
	if (m->a->value_type == ATOM_VOID || m->b->value_type == ATOM_VOID ||
	    !atom_compare(m->a->value_type, datum_value(m->a, *i), datum_value(m->b, *j)))
		return SAME;
	return DIFFERENT_A | DIFFERENT_B;
}

static unsigned merge_count(const struct datum *a, const struct datum *b, unsigned keep)
{
	struct merge merge = {.a = a, .b = b};
	unsigned part, i, j;
	unsigned n = 0;

	while ((part = merge_next(&merge, &i, &j)))
		n += !!(part & keep);
	return n;
}

static struct datum *merge_keep(const struct datum *a, const struct datum *b, unsigned keep)
{
	struct datum *out = datum_alloc(a->key_type, a->value_type, merge_count(a, b, keep));
	struct merge merge = {.a = a, .b = b};
	unsigned part, i, j;
	unsigned n = 0;

	while ((part = merge_next(&merge, &i, &j))) {
		bool is_a = part & keep & (ONLY_A | SAME | DIFFERENT_A);
		const struct datum *from = is_a ? a : b;
		unsigned index = is_a ? i : j;

		if (!(part & keep))
			continue;
		out->atoms[n] = atom_copy(out->key_type, &from->atoms[index]);
		if (out->value_type != ATOM_VOID)
			out->atoms[out->n + n] =
				atom_copy(out->value_type, datum_value(from, index));
		n++;
	}
	return out;
}

bool datum_includes(const struct datum *whole, const struct datum *part)
{
	for (unsigned i = 0; i < part->n; i++) {
		unsigned at = datum_find(whole, &part->atoms[i]);

		if (at == DATUM_NONE)
			return false;
		if (whole->value_type != ATOM_VOID &&
		    atom_compare(whole->value_type, datum_value(whole, at), datum_value(part, i)))
			return false;
	}
	return true;
}

bool datum_excludes(const struct datum *whole, const struct datum *part)
{
	for (unsigned i = 0; i < part->n; i++) {
		unsigned at = datum_find(whole, &part->atoms[i]);

		if (at != DATUM_NONE && (whole->value_type == ATOM_VOID ||
					 !atom_compare(whole->value_type, datum_value(whole, at),
						       datum_value(part, i))))
			return false;
	}
	return true;
}

struct datum *datum_union(const struct datum *a, const struct datum *b)
{
	return merge_keep(a, b, ONLY_A | ONLY_B | SAME | DIFFERENT_A);
}

struct datum *datum_subtract(const struct datum *a, const struct datum *b)
{
	return merge_keep(a, b, ONLY_A | DIFFERENT_A);
}

struct datum *datum_xor(const struct datum *a, const struct datum *b)
{
	return merge_keep(a, b, ONLY_A | ONLY_B | DIFFERENT_B);
}
