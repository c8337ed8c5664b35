#include "db/type.h"

#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/own.h"
#include "db/alloc.h"
#include "db/datum.h"
#include "db/error.h"
#include "db/members.h"

static void set_unlimited(struct base_type *base)
{
	switch (base->type) {
	case ATOM_INTEGER:
		base->integer.min = INT64_MIN;
		base->integer.max = INT64_MAX;
		break;
	case ATOM_REAL:
		base->real.min = -DBL_MAX;
		base->real.max = DBL_MAX;
		break;
	case ATOM_STRING:
		base->len.min = 0;
		base->len.max = UINT_MAX;
		break;
	case ATOM_VOID:
	case ATOM_BOOLEAN:
	case ATOM_UUID:
		break;
	}
}

static int parse_length(struct json_object *json, unsigned *length, struct db_error *error)
{
	int64_t value;

	if (!json)
		return 0;
	if (json_integer(json, &value) || value < 0 || value > UINT_MAX)
		return db_error_set(error, ERROR_SYNTAX,
				    "minLength and maxLength must be 0 to 4294967295");
	*length = (unsigned)value;
	return 0;
}

static int parse_range(struct base_type *base, struct members *members, struct db_error *error)
{
	unsigned number = MEMBER_INTEGER | MEMBER_REAL | MEMBER_OPTIONAL;
	struct json_object *min, *max;

	switch (base->type) {
	case ATOM_INTEGER:
		min = members_get(members, "minInteger", MEMBER_INTEGER | MEMBER_OPTIONAL);
		max = members_get(members, "maxInteger", MEMBER_INTEGER | MEMBER_OPTIONAL);
		if (min)
			json_integer(min, &base->integer.min);
		if (max)
			json_integer(max, &base->integer.max);
		if (base->integer.min > base->integer.max)
			return db_error_set(error, ERROR_SYNTAX, "minInteger exceeds maxInteger");
		return 0;
	case ATOM_REAL:
		min = members_get(members, "minReal", number);
		max = members_get(members, "maxReal", number);
		if (min)
			base->real.min = json_object_get_double(min);
		if (max)
			base->real.max = json_object_get_double(max);
		if (base->real.min > base->real.max)
			return db_error_set(error, ERROR_SYNTAX, "minReal exceeds maxReal");
		return 0;
	case ATOM_STRING:
		min = members_get(members, "minLength", MEMBER_INTEGER | MEMBER_OPTIONAL);
		max = members_get(members, "maxLength", MEMBER_INTEGER | MEMBER_OPTIONAL);
		if (parse_length(min, &base->len.min, error) ||
		    parse_length(max, &base->len.max, error))
			return -EINVAL;
		if (base->len.min > base->len.max)
			return db_error_set(error, ERROR_SYNTAX, "minLength exceeds maxLength");
		return 0;
	case ATOM_VOID:
	case ATOM_BOOLEAN:
	case ATOM_UUID:
		break;
	}
	return 0;
}

static int parse_reference(struct base_type *base, struct members *members, struct db_error *error)
{
	struct json_object *table, *kind;
	const char *text;

	table = members_get(members, "refTable", MEMBER_ID | MEMBER_OPTIONAL);
	if (!table)
		return 0;
	base->ref_table_name = alloc_text(json_object_get_string(table));
	kind = members_get(members, "refType", MEMBER_STRING | MEMBER_OPTIONAL);
	if (!kind)
		return 0;
	text = json_object_get_string(kind);
	base->is_weak = !strcmp(text, "weak");
	if (!base->is_weak && strcmp(text, "strong"))
		return db_error_set(error, ERROR_SYNTAX,
				    "refType \"%s\" must be \"strong\" or \"weak\"", text);
	return 0;
}

static int parse_options(struct base_type *base, struct members *members, struct db_error *error)
{
	struct json_object *options = members_get(members, "enum", MEMBER_ANY | MEMBER_OPTIONAL);
	struct column_type set = {.key = {.type = base->type}, .min = 1, .max = TYPE_UNLIMITED};

	if (!options)
		return 0;
	set_unlimited(&set.key);
	return datum_parse(&set, options, NULL, &base->options, error);
}

static int parse_type_name(struct base_type *base, struct json_object *json, struct db_error *error)
{
	const char *name = json_object_get_string(json);

	if (atom_type_parse(name, &base->type))
		return db_error_set(error, ERROR_SYNTAX,
				    "\"%s\" is no type: use integer, real, boolean, string or uuid",
				    name);
	set_unlimited(base);
	return 0;
}

static int base_type_parse(struct base_type *base, struct json_object *json, struct db_error *error)
{
	struct members members = MEMBERS_INIT(json, "type", error);
	struct json_object *type;

	if (json_object_is_type(json, json_type_string))
		return parse_type_name(base, json, error);
	type = members_get(&members, "type", MEMBER_STRING);
	if (!type || parse_type_name(base, type, error) || parse_options(base, &members, error) ||
	    (!base->options && parse_range(base, &members, error)) ||
	    (base->type == ATOM_UUID && !base->options && parse_reference(base, &members, error)))
		return -EINVAL;
	return members_end(&members);
}

static int parse_limits(struct column_type *type, struct json_object *min, struct json_object *max,
			struct db_error *error)
{
	int64_t value;

	if (min) {
		if (json_integer(min, &value) || value < 0 || value > 1)
			return db_error_set(error, ERROR_SYNTAX, "type: \"min\" must be 0 or 1");
		type->min = (unsigned)value;
	}
	if (!max)
		return 0;
	if (json_object_is_type(max, json_type_string)) {
		if (strcmp(json_object_get_string(max), "unlimited"))
			goto bad;
		type->max = TYPE_UNLIMITED;
		return 0;
	}
	if (json_integer(max, &value) || value < 1 || value >= TYPE_UNLIMITED)
		goto bad;
	type->max = (unsigned)value;
	return 0;
bad:
	return db_error_set(error, ERROR_SYNTAX,
			    "type: \"max\" must be at least 1, or \"unlimited\"");
}

int type_parse(struct column_type *type, struct json_object *json, struct db_error *error)
{
	struct members members = MEMBERS_INIT(json, "type", error);
	struct json_object *key, *value, *min, *max;

	*type = (struct column_type){.min = 1, .max = 1};
	if (json_object_is_type(json, json_type_string))
		return parse_type_name(&type->key, json, error);
	key = members_get(&members, "key", MEMBER_STRING | MEMBER_OBJECT);
	value = members_get(&members, "value", MEMBER_STRING | MEMBER_OBJECT | MEMBER_OPTIONAL);
	min = members_get(&members, "min", MEMBER_INTEGER | MEMBER_OPTIONAL);
	max = members_get(&members, "max", MEMBER_INTEGER | MEMBER_STRING | MEMBER_OPTIONAL);
	if (members_end(&members) || base_type_parse(&type->key, key, error) ||
	    (value && base_type_parse(&type->value, value, error)))
		return -EINVAL;
	return parse_limits(type, min, max, error);
}

static void base_type_fini(struct base_type *base)
{
	datum_put(base->options);
	free(base->ref_table_name);
	*base = (struct base_type){0};
}

void type_fini(struct column_type *type)
{
	base_type_fini(&type->key);
	base_type_fini(&type->value);
}

static unsigned utf8_len(const struct text *text)
{
	unsigned len = 0;

	for (unsigned i = 0; i < text->size; i++)
		len += ((unsigned char)text->bytes[i] & 0xc0) != 0x80;
	return len;
}

static int check_option(const struct base_type *type, const union atom *atom,
			struct db_error *error)
{
	own(json_free) struct json_object *options = NULL;
	char text[128];

	if (datum_find(type->options, atom) != DATUM_NONE)
		return 0;
	options = datum_json(type->options);
	atom_print(type->type, atom, text, sizeof(text));
	return db_error_set(error, ERROR_CONSTRAINT, "%s is not allowed: use one of %s", text,
			    json_object_to_json_string(options));
}

int base_type_check(const struct base_type *type, const union atom *atom, struct db_error *error)
{
	unsigned len;

	if (type->options)
		return check_option(type, atom, error);
	switch (type->type) {
	case ATOM_INTEGER:
		if (atom->integer >= type->integer.min && atom->integer <= type->integer.max)
			return 0;
		return db_error_set(error, ERROR_CONSTRAINT,
				    "%" PRId64 " is out of range: use %" PRId64 " to %" PRId64,
				    atom->integer, type->integer.min, type->integer.max);
	case ATOM_REAL:
		if (atom->real >= type->real.min && atom->real <= type->real.max)
			return 0;
		return db_error_set(error, ERROR_CONSTRAINT, "%g is out of range: use %g to %g",
				    atom->real, type->real.min, type->real.max);
	case ATOM_STRING:
		len = utf8_len(atom->string);
		if (len >= type->len.min && len <= type->len.max)
			return 0;
		return db_error_set(error, ERROR_CONSTRAINT,
				    "\"%s\" is %u characters long: use %u to %u",
				    atom->string->bytes, len, type->len.min, type->len.max);
	case ATOM_VOID:
	case ATOM_BOOLEAN:
	case ATOM_UUID:
		break;
	}
	return 0;
}
