#include "db/mutation.h"

#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>

#include "base/own.h"
#include "db/alloc.h"
#include "db/datum.h"
#include "db/error.h"
#include "db/schema.h"
#include "db/table.h"
#include "db/transaction.h"

static const char *const mutator_names[] = {
	[MUTATE_ADD] = "+=",        [MUTATE_SUBTRACT] = "-=",  [MUTATE_MULTIPLY] = "*=",
	[MUTATE_DIVIDE] = "/=",     [MUTATE_REMAINDER] = "%=", [MUTATE_INSERT] = "insert",
	[MUTATE_DELETE] = "delete",
};

static int parse_mutator(struct json_object *json, enum mutator *mutator, struct db_error *error)
{
	const char *name = json_object_get_string(json);

	for (unsigned i = 0; i < sizeof(mutator_names) / sizeof(mutator_names[0]); i++) {
		if (!strcmp(mutator_names[i], name)) {
			*mutator = i;
			return 0;
		}
	}
	return db_error_set(error, ERROR_UNKNOWN_MUTATOR,
			    "%s is no mutator: use +=, -=, *=, /=, %%=, insert or delete",
			    json_object_to_json_string(json));
}

static bool is_arithmetic(enum mutator mutator)
{
	return mutator != MUTATE_INSERT && mutator != MUTATE_DELETE;
}

static int bad_type(const struct mutation *mutation, const char *want, struct db_error *error)
{
	return db_error_set(error, ERROR_SYNTAX, "%s cannot be used: it is no %s",
			    mutator_names[mutation->mutator], want);
}

static int parse_argument(struct mutation *mutation, struct json_object *json,
			  struct symbols *symbols, struct db_error *error)
{
	struct column_type type = mutation->column->type;

	if (is_arithmetic(mutation->mutator)) {
		bool is_number =
			type.key.type == ATOM_INTEGER ||
			(type.key.type == ATOM_REAL && mutation->mutator != MUTATE_REMAINDER);
		/* The operand may be anything: the constraints are for the result. */
		struct column_type operand = {
			.key = {.type = type.key.type,
				.integer = {.min = INT64_MIN, .max = INT64_MAX}},
			.min = 1,
			.max = 1};

		if (!is_number || type_is_map(&type))
			return bad_type(mutation, "number or set of numbers", error);
		if (type.key.type == ATOM_REAL) {
			operand.key.real.min = -INFINITY;
			operand.key.real.max = INFINITY;
		}
		return datum_parse(&operand, json, symbols, &mutation->argument, error);
	}
	if (type_is_scalar(&type))
		return bad_type(mutation, "set or map", error);
	type.min = 0;
	if (mutation->mutator == MUTATE_DELETE)
		type.max = TYPE_UNLIMITED;
	if (mutation->mutator == MUTATE_DELETE && type_is_map(&type)) {
		struct column_type keys = {.key = type.key, .min = 0, .max = TYPE_UNLIMITED};

		/* A map takes a map of pairs, or else a set of keys. */
		if (!datum_parse(&type, json, symbols, &mutation->argument, NULL))
			return 0;
		return datum_parse(&keys, json, symbols, &mutation->argument, error);
	}
	return datum_parse(&type, json, symbols, &mutation->argument, error);
}

static int parse_mutation(struct mutation *mutation, const struct table_schema *table,
			  struct json_object *json, struct symbols *symbols, struct db_error *error)
{
	if (!json_object_is_type(json, json_type_array) || json_object_array_length(json) != 3 ||
	    !json_object_is_type(json_object_array_get_idx(json, 1), json_type_string))
		return db_error_set(error, ERROR_SYNTAX,
				    "a mutation must be [COLUMN, MUTATOR, VALUE], not %s",
				    json_object_to_json_string(json));
	mutation->column = table_column_named(table, json_object_array_get_idx(json, 0), error);
	if (!mutation->column)
		return -EINVAL;
	if (!mutation->column->is_mutable)
		return db_error_set(error, ERROR_CONSTRAINT,
				    "column %s of table %s cannot be changed",
				    mutation->column->name, table->name);
	if (parse_mutator(json_object_array_get_idx(json, 1), &mutation->mutator, error))
		return -EINVAL;
	if (!parse_argument(mutation, json_object_array_get_idx(json, 2), symbols, error))
		return 0;
	db_error_prefix(error, "column %s", mutation->column->name);
	return -EINVAL;
}

int mutations_parse(struct mutations *mutations, const struct table_schema *table,
		    struct json_object *json, struct symbols *symbols, struct db_error *error)
{
	size_t n = json_object_array_length(json);

	mutations->list = alloc(n, sizeof(*mutations->list));
	mutations->n = n;
	for (size_t i = 0; i < n; i++) {
		if (parse_mutation(&mutations->list[i], table, json_object_array_get_idx(json, i),
				   symbols, error)) {
			mutations_fini(mutations);
			return -EINVAL;
		}
	}
	return 0;
}

void mutations_fini(struct mutations *mutations)
{
	for (size_t i = 0; i < mutations->n; i++)
		datum_put(mutations->list[i].argument);
	free(mutations->list);
	*mutations = (struct mutations)MUTATIONS_INIT;
}

static int mutate_integer(enum mutator mutator, int64_t *x, int64_t y, struct db_error *error)
{
	bool is_overflow = false;

	switch (mutator) {
	case MUTATE_ADD:
		is_overflow = __builtin_add_overflow(*x, y, x);
		break;
	case MUTATE_SUBTRACT:
		is_overflow = __builtin_sub_overflow(*x, y, x);
		break;
	case MUTATE_MULTIPLY:
		is_overflow = __builtin_mul_overflow(*x, y, x);
		break;
	case MUTATE_DIVIDE:
	case MUTATE_REMAINDER:
		if (!y)
			return db_error_set(error, ERROR_DOMAIN, "division by zero");
		/* The one quotient that does not fit; dividing would be undefined. */
		is_overflow = *x == INT64_MIN && y == -1 && mutator == MUTATE_DIVIDE;
		if (is_overflow)
			break;
		*x = mutator == MUTATE_DIVIDE ? *x / y : y == -1 ? 0 : *x % y;
		break;
	case MUTATE_INSERT:
	case MUTATE_DELETE:
		break;
	}
	if (is_overflow)
		return db_error_set(error, ERROR_RANGE, "the result of %s exceeds 64 bits",
				    mutator_names[mutator]);
	return 0;
}

static int mutate_real(enum mutator mutator, double *x, double y, struct db_error *error)
{
	if (mutator == MUTATE_DIVIDE && y == 0)
		return db_error_set(error, ERROR_DOMAIN, "division by zero");
	*x = mutator == MUTATE_ADD        ? *x + y
	     : mutator == MUTATE_SUBTRACT ? *x - y
	     : mutator == MUTATE_MULTIPLY ? *x * y
					  : *x / y;
	*x += 0.0; /* no -0.0: see atom_parse() */
	if (isfinite(*x))
		return 0;
	return db_error_set(error, ERROR_RANGE, "the result of %s is too large",
			    mutator_names[mutator]);
}

static int mutate_numbers(const struct mutation *mutation, const struct datum *old,
			  struct datum **out, struct db_error *error)
{
	own(datum_drop) struct datum *datum = datum_alloc(old->key_type, ATOM_VOID, old->n);
	const union atom *operand = &mutation->argument->atoms[0];

	for (unsigned i = 0; i < old->n; i++) {
		union atom *atom = &datum->atoms[i];

		*atom = old->atoms[i];
		if (old->key_type == ATOM_INTEGER
			    ? mutate_integer(mutation->mutator, &atom->integer, operand->integer,
					     error)
			    : mutate_real(mutation->mutator, &atom->real, operand->real, error))
			return -EINVAL;
		if (base_type_check(&mutation->column->type.key, atom, error))
			return -EINVAL;
	}
	if (datum_sort(datum) != DATUM_NONE)
		return db_error_set(error, ERROR_CONSTRAINT,
				    "the result of %s has an element twice",
				    mutator_names[mutation->mutator]);
	*out = take_ptr(datum);
	return 0;
}

static int mutate(const struct mutation *mutation, const struct datum *old, struct datum **out,
		  struct db_error *error)
{
	own(datum_drop) struct datum *datum = NULL;

	if (is_arithmetic(mutation->mutator))
		return mutate_numbers(mutation, old, out, error);
	datum = mutation->mutator == MUTATE_INSERT ? datum_union(old, mutation->argument)
						   : datum_subtract(old, mutation->argument);
	if (datum_check_size(datum, &mutation->column->type, error))
		return -EINVAL;
	*out = take_ptr(datum);
	return 0;
}

int mutations_apply(const struct mutations *mutations, struct transaction *transaction,
		    struct row *row, struct db_error *error)
{
	for (size_t i = 0; i < mutations->n; i++) {
		const struct mutation *mutation = &mutations->list[i];
		unsigned column = mutation->column->index;
		struct datum *datum = NULL;

		if (mutate(mutation, row->columns[column], &datum, error)) {
			db_error_prefix(error, "column %s", mutation->column->name);
			return -EINVAL;
		}
		transaction_set(transaction, row, column, datum);
	}
	return 0;
}
