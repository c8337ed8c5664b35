#include "db/datum.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>

#include "base/own.h"
#include "db/alloc.h"
#include "db/error.h"

struct datum *datum_alloc(enum atom_type key_type, enum atom_type value_type, unsigned n)
{
	size_t n_atoms = (size_t)n * (value_type == ATOM_VOID ? 1 : 2);
	struct datum *datum = alloc(1, sizeof(*datum) + n_atoms * sizeof(datum->atoms[0]));

	datum->n_refs = 1;
	datum->n = n;
	datum->key_type = (uint8_t)key_type;
	datum->value_type = (uint8_t)value_type;
	return datum;
}

void datum_put(struct datum *datum)
{
	if (!datum || --datum->n_refs)
		return;
	for (unsigned i = 0; i < datum->n; i++)
		atom_fini(datum->key_type, &datum->atoms[i]);
	if (datum->value_type != ATOM_VOID)
		for (unsigned i = 0; i < datum->n; i++)
			atom_fini(datum->value_type, &datum->atoms[datum->n + i]);
	free(datum);
}

void datum_drop(struct datum **datum)
{
	datum_put(*datum);
	*datum = NULL;
}

struct datum *datum_new_atom(enum atom_type type, union atom atom)
{
	struct datum *datum = datum_alloc(type, ATOM_VOID, 1);

	datum->atoms[0] = atom;
	return datum;
}

struct datum *datum_new_default(const struct column_type *type)
{
	struct datum *datum = datum_alloc(type->key.type, type->value.type, type->min);

	if (type->min) {
		atom_init_default(type->key.type, &datum->atoms[0]);
		if (type_is_map(type))
			atom_init_default(type->value.type, &datum->atoms[1]);
	}
	return datum;
}

int datum_check_size(const struct datum *datum, const struct column_type *type,
		     struct db_error *error)
{
	const char *what = type_is_map(type) ? "map" : "set";

	if (datum->n < type->min)
		return db_error_set(error, ERROR_CONSTRAINT,
				    "%s has %u elements: it must have at least %u", what, datum->n,
				    type->min);
	if (datum->n > type->max)
		return db_error_set(error, ERROR_CONSTRAINT,
				    "%s has %u elements: it may have at most %u", what, datum->n,
				    type->max);
	return 0;
}

static int compare_keys(const void *a, const void *b, void *datum)
{
	return atom_compare(((struct datum *)datum)->key_type, a, b);
}

struct pair {
	union atom key, value;
};

static void sort_map(struct datum *datum)
{
	own(mem_free) struct pair *pairs = alloc(datum->n, sizeof(*pairs));

	for (unsigned i = 0; i < datum->n; i++)
		pairs[i] = (struct pair){datum->atoms[i], datum->atoms[datum->n + i]};
	qsort_r(pairs, datum->n, sizeof(*pairs), compare_keys, datum);
	for (unsigned i = 0; i < datum->n; i++) {
		datum->atoms[i] = pairs[i].key;
		datum->atoms[datum->n + i] = pairs[i].value;
	}
}

unsigned datum_sort(struct datum *datum)
{
	if (datum->n < 2)
		return DATUM_NONE;
	if (datum->value_type != ATOM_VOID)
		sort_map(datum);
	else
		qsort_r(datum->atoms, datum->n, sizeof(datum->atoms[0]), compare_keys, datum);
	for (unsigned i = 1; i < datum->n; i++)
		if (!atom_compare(datum->key_type, &datum->atoms[i - 1], &datum->atoms[i]))
			return i;
	return DATUM_NONE;
}

static int compare_atoms(enum atom_type type, const union atom *a, const union atom *b, unsigned n)
{
	int order = 0;

	for (unsigned i = 0; i < n && !order; i++)
		order = atom_compare(type, &a[i], &b[i]);
	return order;
}

int datum_compare(const struct datum *a, const struct datum *b)
{
	int order;

	if (a == b)
		return 0;
	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	order = compare_atoms(a->key_type, a->atoms, b->atoms, a->n);
	if (order || a->value_type == ATOM_VOID)
		return order;
	return compare_atoms(a->value_type, a->atoms + a->n, b->atoms + b->n, a->n);
}

size_t datum_size(const struct datum *datum)
{
	bool is_map = datum->value_type != ATOM_VOID;
	size_t size = sizeof(*datum) + (is_map ? 2 : 1) * datum->n * sizeof(datum->atoms[0]);

	for (unsigned i = 0; i < datum->n && datum->key_type == ATOM_STRING; i++)
		size += sizeof(struct text) + datum->atoms[i].string->size + 1;
	for (unsigned i = 0; i < datum->n && datum->value_type == ATOM_STRING; i++)
		size += sizeof(struct text) + datum_value(datum, i)->string->size + 1;
	return size;
}

unsigned datum_find(const struct datum *datum, const union atom *key)
{
	unsigned low = 0;
	unsigned high = datum->n;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		int order = atom_compare(datum->key_type, key, &datum->atoms[middle]);

		if (!order)
			return middle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return DATUM_NONE;
}
