#pragma once
/* Types of columns (RFC 7047 section 3.2, <type> and <base-type>): what a column may hold. */
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "db/atom.h"

struct datum;
struct db_error;
struct json_object;
struct table_schema;

struct base_type {
	enum atom_type type;
	struct datum *options; /* "enum": the values allowed, or NULL for all */
	union {
		struct {
			int64_t min, max;
		} integer;
		struct {
			double min, max;
		} real;
		struct {
			unsigned min, max; /* characters */
		} len;
	};
	char *ref_table_name; /* the UUID names a row of that table, or NULL */
	unsigned ref_table;   /* its index in the schema; valid if ref_table_name */
	bool is_weak;         /* the row may go, the reference goes with it */
};

#define TYPE_UNLIMITED UINT_MAX

struct column_type {
	struct base_type key;
	struct base_type value; /* ATOM_VOID: a set */
	unsigned min;           /* elements: 0 or 1 */
	unsigned max;           /* elements: 1 or more, TYPE_UNLIMITED */
};

static inline bool type_is_map(const struct column_type *type)
{
	return type->value.type != ATOM_VOID;
}

/* Exactly one atom. */
static inline bool type_is_scalar(const struct column_type *type)
{
	return !type_is_map(type) && type->min == 1 && type->max == 1;
}

/* Reads a <type>. `type` is zeroed first; type_fini() it, also after a failure. */
int type_parse(struct column_type *type, struct json_object *json, struct db_error *error);
void type_fini(struct column_type *type);

/* Is the atom one of the enum, in the range, of the right length? Returns 0 or -EINVAL. */
int base_type_check(const struct base_type *type, const union atom *atom, struct db_error *error);

static inline bool base_type_is_ref(const struct base_type *type, bool is_weak)
{
	return type->ref_table_name && type->is_weak == is_weak;
}
