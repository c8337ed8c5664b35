/* Datums to and from JSON: ["set", [...]], ["map", [[key, value], ...]] or a bare atom. */
#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "base/own.h"
#include "db/datum.h"
#include "db/error.h"

/* The array B of ["set", B] or ["map", B], or NULL. */
static struct json_object *tagged(struct json_object *json, const char *tag)
{
	struct json_object *first, *second;

	if (!json_object_is_type(json, json_type_array) || json_object_array_length(json) != 2)
		return NULL;
	first = json_object_array_get_idx(json, 0);
	second = json_object_array_get_idx(json, 1);
	if (!json_object_is_type(first, json_type_string) ||
	    strcmp(json_object_get_string(first), tag) ||
	    !json_object_is_type(second, json_type_array))
		return NULL;
	return second;
}

static int parse_atom(const struct base_type *type, struct json_object *json,
		      struct symbols *symbols, union atom *out, struct db_error *error)
{
	if (atom_parse(type->type, json, symbols, out, error))
		return -EINVAL;
	if (!base_type_check(type, out, error))
		return 0;
	atom_fini(type->type, out);
	return -EINVAL;
}

static int parse_pair(const struct column_type *type, struct json_object *json,
		      struct symbols *symbols, union atom pair[2], struct db_error *error)
{
	if (!json_object_is_type(json, json_type_array) || json_object_array_length(json) != 2)
		return db_error_set(error, ERROR_SYNTAX, "expected [KEY, VALUE], not %s",
				    json_object_to_json_string(json));
	if (parse_atom(&type->key, json_object_array_get_idx(json, 0), symbols, &pair[0], error))
		return -EINVAL;
	if (!parse_atom(&type->value, json_object_array_get_idx(json, 1), symbols, &pair[1], error))
		return 0;
	atom_fini(type->key.type, &pair[0]);
	return -EINVAL;
}

/* Turns what has been filled in so far into something that datum_put() can free. */
static int give_up(struct datum *datum, unsigned n_done)
{
	if (datum->value_type != ATOM_VOID)
		memmove(&datum->atoms[n_done], &datum->atoms[datum->n],
			n_done * sizeof(datum->atoms[0]));
	datum->n = n_done;
	return -EINVAL;
}

static int fill_set(struct datum *datum, const struct column_type *type, struct json_object *array,
		    struct symbols *symbols, struct db_error *error)
{
	for (unsigned i = 0; i < datum->n; i++)
		if (parse_atom(&type->key, json_object_array_get_idx(array, i), symbols,
			       &datum->atoms[i], error))
			return give_up(datum, i);
	if (datum_sort(datum) != DATUM_NONE)
		return db_error_set(error, ERROR_OTHER, "an element is in the set twice");
	return 0;
}

static int fill_map(struct datum *datum, const struct column_type *type, struct json_object *array,
		    struct symbols *symbols, struct db_error *error)
{
	for (unsigned i = 0; i < datum->n; i++) {
		union atom pair[2];

		if (parse_pair(type, json_object_array_get_idx(array, i), symbols, pair, error))
			return give_up(datum, i);
		datum->atoms[i] = pair[0];
		datum->atoms[datum->n + i] = pair[1];
	}
	if (datum_sort(datum) != DATUM_NONE)
		return db_error_set(error, ERROR_OTHER, "a key is in the map twice");
	return 0;
}

static int check_count(const struct column_type *type, size_t n, struct db_error *error)
{
	const char *what = type_is_map(type) ? "map" : "set";

	if (n >= type->min && n <= type->max)
		return 0;
	if (type->max == TYPE_UNLIMITED)
		return db_error_set(error, ERROR_SYNTAX, "%s of %zu elements: at least %u are due",
				    what, n, type->min);
	if (type->min == type->max)
		return db_error_set(error, ERROR_SYNTAX, "%s of %zu elements: exactly %u is due",
				    what, n, type->min);
	return db_error_set(error, ERROR_SYNTAX, "%s of %zu elements: %u to %u are allowed", what,
			    n, type->min, type->max);
}

int datum_parse(const struct column_type *type, struct json_object *json, struct symbols *symbols,
		struct datum **out, struct db_error *error)
{
	struct json_object *array = tagged(json, type_is_map(type) ? "map" : "set");
	own(datum_drop) struct datum *datum = NULL;
	size_t n = array ? json_object_array_length(array) : 1;
	int r;

	if (!array && type_is_map(type))
		return db_error_set(error, ERROR_SYNTAX, "expected [\"map\", [...]], not %s",
				    json_object_to_json_string(json));
	if (check_count(type, n, error))
		return -EINVAL;
	datum = datum_alloc(type->key.type, type->value.type, (unsigned)n);
	if (!array)
		r = parse_atom(&type->key, json, symbols, &datum->atoms[0], error)
			    ? give_up(datum, 0)
			    : 0;
	else if (type_is_map(type))
		r = fill_map(datum, type, array, symbols, error);
	else
		r = fill_set(datum, type, array, symbols, error);
	if (r)
		return r;
	*out = take_ptr(datum);
	return 0;
}

static struct json_object *element_json(const struct datum *datum, unsigned i)
{
	struct json_object *key = atom_json(datum->key_type, &datum->atoms[i]);
	struct json_object *pair;

	if (datum->value_type == ATOM_VOID)
		return key;
	pair = json_object_new_array_ext(2);
	json_object_array_add(pair, key);
	json_object_array_add(pair, atom_json(datum->value_type, datum_value(datum, i)));
	return pair;
}

struct json_object *datum_json(const struct datum *datum)
{
	bool is_map = datum->value_type != ATOM_VOID;
	struct json_object *array, *elements;

	if (datum->n == 1 && !is_map)
		return atom_json(datum->key_type, &datum->atoms[0]);
	array = json_object_new_array_ext(2);
	elements = json_object_new_array_ext(datum->n ? (int)datum->n : 1);
	json_object_array_add(array, json_object_new_string_len(is_map ? "map" : "set", 3));
	json_object_array_add(array, elements);
	for (unsigned i = 0; i < datum->n; i++)
		json_object_array_add(elements, element_json(datum, i));
	return array;
}
