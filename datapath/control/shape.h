#pragma once
/* The shape of a method's parameters and result, as schemas/rpc/METHOD.json describes it: a small
 * part of JSON Schema (json-schema.org), the keywords of which are
 *
 *	type description properties required additionalProperties items enum minimum maximum
 *	minLength
 *
 * additionalProperties is false or the shape of every other member. Any thread.
 */
struct err;
struct json_object;

/* Checks `value` against `shape`. Returns 0 or -EINVAL with a text that calls the value `name`. */
int shape_check(struct json_object *shape, struct json_object *value, const char *name,
		struct err *err);

/* Checks that `shape` itself is one: only the keywords above, each as it must be. For tests and
 * start-up: an unknown keyword would be a check that never happens. */
int shape_valid(struct json_object *shape, const char *name, struct err *err);
