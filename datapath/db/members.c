#include "db/members.h"

#include <assert.h>
#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <string.h>

#include "db/error.h"

bool is_identifier(const char *text)
{
	if (!*text)
		return false;
	for (const char *c = text; *c; c++) {
		bool is_letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || *c == '_';
		bool is_digit = *c >= '0' && *c <= '9';

		if (!is_letter && (c == text || !is_digit))
			return false;
	}
	return true;
}

int json_integer(struct json_object *json, int64_t *value)
{
	double real;

	if (json_object_is_type(json, json_type_int)) {
		/* json-c keeps what is too large for int64_t as uint64_t, and clamps on reading. */
		if (json_object_get_int64(json) == INT64_MAX &&
		    json_object_get_uint64(json) > INT64_MAX)
			return -EINVAL;
		*value = json_object_get_int64(json);
		return 0;
	}
	if (!json_object_is_type(json, json_type_double))
		return -EINVAL;
	real = json_object_get_double(json);
	/* Beyond 2^53 a double is not what was written; json_parse() reads integers as integers. */
	if (!(real >= -0x1p53 && real <= 0x1p53) || real != trunc(real))
		return -EINVAL;
	*value = (int64_t)real;
	return 0;
}

static unsigned kind_of(struct json_object *json)
{
	int64_t integer;

	switch (json_object_get_type(json)) {
	case json_type_object:
		return MEMBER_OBJECT;
	case json_type_array:
		return MEMBER_ARRAY;
	case json_type_string:
		return MEMBER_STRING |
		       (is_identifier(json_object_get_string(json)) ? MEMBER_ID : 0);
	case json_type_boolean:
		return MEMBER_BOOLEAN;
	case json_type_int:
	case json_type_double:
		return json_integer(json, &integer) ? MEMBER_REAL : MEMBER_INTEGER;
	case json_type_null:
	default:
		return 0;
	}
}

static const char *kind_name(unsigned kinds)
{
	static const struct {
		unsigned kind;
		const char *name;
	} names[] = {
		{MEMBER_ANY, "any value but null"},
		{MEMBER_OBJECT | MEMBER_STRING, "an object or a string"},
		{MEMBER_OBJECT, "an object"},
		{MEMBER_ARRAY, "an array"},
		{MEMBER_STRING, "a string"},
		{MEMBER_ID, "an identifier"},
		{MEMBER_INTEGER, "an integer"},
		{MEMBER_BOOLEAN, "true or false"},
		{MEMBER_REAL, "a number"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if ((kinds & names[i].kind) == names[i].kind)
			return names[i].name;
	return "something else";
}

struct json_object *members_get(struct members *members, const char *name, unsigned kinds)
{
	struct json_object *member;

	if (members->is_bad)
		return NULL;
	if (!json_object_is_type(members->object, json_type_object)) {
		members->is_bad = true;
		db_error_set(members->error, ERROR_SYNTAX, "%s must be a JSON object",
			     members->what);
		return NULL;
	}
	if (!json_object_object_get_ex(members->object, name, &member)) {
		if (!(kinds & MEMBER_OPTIONAL)) {
			members->is_bad = true;
			db_error_set(members->error, ERROR_SYNTAX, "%s: member \"%s\" is missing",
				     members->what, name);
		}
		return NULL;
	}
	assert(members->n_used < MEMBERS_MAX);
	members->used[members->n_used++] = name;
	if (kind_of(member) & kinds)
		return member;
	members->is_bad = true;
	db_error_set(members->error, ERROR_SYNTAX, "%s: member \"%s\" must be %s", members->what,
		     name, kind_name(kinds));
	return NULL;
}

static bool is_used(const struct members *members, const char *name)
{
	for (int i = 0; i < members->n_used; i++)
		if (!strcmp(members->used[i], name))
			return true;
	return false;
}

int members_end(struct members *members)
{
	if (members->is_bad)
		return -EINVAL;
	json_object_object_foreach(members->object, name, value)
	{
		(void)value;
		if (is_used(members, name))
			continue;
		members->is_bad = true;
		return db_error_set(members->error, ERROR_SYNTAX,
				    "%s: no member \"%s\" is known here", members->what, name);
	}
	return 0;
}
