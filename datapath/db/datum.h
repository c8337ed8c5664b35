#pragma once
/* Datums: the value of one column of one row, a set or a map of atoms (RFC 7047 section 5.1).
 *
 * A datum never changes after it was made, and is counted. So a row that a transaction is about to
 * change starts as an array of pointers to the same datums, a column that was not touched is the
 * same pointer before and after, and the default of a column exists once. The keys are in order:
 * membership is a binary search, everything done with two datums is a merge.
 *
 * A single value is a set of one. The types of the atoms travel with them; the column_type that
 * allowed them does not.
 *
 * Functions that return a datum return one reference, which the caller puts. Control thread only.
 */
#include <stdbool.h>
#include <stdint.h>

#include "db/atom.h"
#include "db/type.h"

struct datum {
	unsigned n_refs;
	unsigned n;         /* elements */
	uint8_t key_type;   /* enum atom_type */
	uint8_t value_type; /* ATOM_VOID: a set */
	union atom atoms[]; /* n keys in order; for a map, n values after them */
};

#define DATUM_NONE UINT_MAX

static inline struct datum *datum_get(struct datum *datum)
{
	datum->n_refs++;
	return datum;
}

/* NULL is allowed. */
void datum_put(struct datum *datum);
/* For own(). */
void datum_drop(struct datum **datum);

static inline const union atom *datum_value(const struct datum *datum, unsigned i)
{
	return &datum->atoms[datum->n + i];
}

/* A set of one atom, whose ownership moves into it. */
struct datum *datum_new_atom(enum atom_type type, union atom atom);
/* What a column holds if nobody says otherwise (RFC 7047 section 5.2.1): nothing, or if the type
 * wants an element, one of default atoms. */
struct datum *datum_new_default(const struct column_type *type);

/* Reads JSON and checks it against all that `type` says. `symbols`: see atom_parse(). Returns 0 or
 * -EINVAL. */
int datum_parse(const struct column_type *type, struct json_object *json, struct symbols *symbols,
		struct datum **out, struct db_error *error);
/* The JSON form; the caller puts it. */
struct json_object *datum_json(const struct datum *datum);
/* Is the number of elements allowed? Returns 0 or -EINVAL. */
int datum_check_size(const struct datum *datum, const struct column_type *type,
		     struct db_error *error);

/* A total order of datums of one column: negative, zero or positive. */
int datum_compare(const struct datum *a, const struct datum *b);
static inline bool datum_equals(const struct datum *a, const struct datum *b)
{
	return !datum_compare(a, b);
}

/* About how many bytes it takes. */
size_t datum_size(const struct datum *datum);

/* The index of `key`, or DATUM_NONE. */
unsigned datum_find(const struct datum *datum, const union atom *key);
/* Is all of `part` in `whole`? A map must have the same pairs. */
bool datum_includes(const struct datum *whole, const struct datum *part);
/* Is nothing of `part` in `whole`? */
bool datum_excludes(const struct datum *whole, const struct datum *part);

/* `a` and what of `b` it lacks; a key of a map keeps the value it has in `a`. */
struct datum *datum_union(const struct datum *a, const struct datum *b);
/* `a` without what is in `b`: elements, pairs, or if only `a` is a map, keys. */
struct datum *datum_subtract(const struct datum *a, const struct datum *b);
/* What is in one of them only; where both have a key with different values, that of `b`. So it is
 * the difference from `a` to `b`, and applied to `a` it gives `b`. */
struct datum *datum_xor(const struct datum *a, const struct datum *b);

/* Puts atoms filled in at random into order. Returns the index of a key that is there twice, or
 * DATUM_NONE. For builders of datums only. */
unsigned datum_sort(struct datum *datum);
/* Room for `n` elements, to be filled in before anybody else sees it. */
struct datum *datum_alloc(enum atom_type key_type, enum atom_type value_type, unsigned n);
