#include "control/shape.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

static const struct {
	const char *name;
	enum json_type type;
} types[] = {
	{"object", json_type_object}, {"array", json_type_array},     {"string", json_type_string},
	{"integer", json_type_int},   {"boolean", json_type_boolean}, {"number", json_type_double},
};
#define N_TYPES (sizeof(types) / sizeof(*types))

static int check(struct json_object *shape, struct json_object *value, const char *name,
		 struct err *err);

static struct json_object *member(struct json_object *object, const char *key)
{
	return json_object_object_get(object, key);
}

static int type_check(struct json_object *shape, struct json_object *value, const char *name,
		      struct err *err)
{
	const char *wanted = json_object_get_string(member(shape, "type"));

	for (size_t i = 0; i < N_TYPES; i++) {
		if (!strcmp(types[i].name, wanted) && json_object_is_type(value, types[i].type))
			return 0;
	}
	if (!strcmp(wanted, "number") && json_object_is_type(value, json_type_int))
		return 0;
	return err_set(err, EINVAL, "%s must be %s %s, not %s", name,
		       strchr("aeio", wanted[0]) ? "an" : "a", wanted,
		       json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
}

static int enum_check(struct json_object *allowed, struct json_object *value, const char *name,
		      struct err *err)
{
	char list[256] = "";
	size_t len = 0;

	for (size_t i = 0; i < json_object_array_length(allowed); i++) {
		struct json_object *one = json_object_array_get_idx(allowed, i);

		if (json_object_equal(one, value))
			return 0;
		if (len < sizeof(list))
			len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
						i ? ", " : "", json_object_get_string(one));
	}
	return err_set(err, EINVAL, "%s must not be \"%s\": use one of %s", name,
		       json_object_get_string(value), list);
}

static int integer_check(struct json_object *shape, struct json_object *value, const char *name,
			 struct err *err)
{
	struct json_object *least = member(shape, "minimum"), *most = member(shape, "maximum");
	int64_t n = json_object_get_int64(value);

	if (least && n < json_object_get_int64(least))
		return err_set(err, EINVAL, "%s must be at least %s, not %s", name,
			       json_object_get_string(least), json_object_get_string(value));
	if (most && n > json_object_get_int64(most))
		return err_set(err, EINVAL, "%s must be at most %s, not %s", name,
			       json_object_get_string(most), json_object_get_string(value));
	return 0;
}

static int string_check(struct json_object *shape, struct json_object *value, const char *name,
			struct err *err)
{
	struct json_object *least = member(shape, "minLength");

	if (least && json_object_get_string_len(value) < json_object_get_int(least))
		return err_set(err, EINVAL, "%s must not be empty", name);
	return 0;
}

/* Tells the allowed names, for whoever mistyped one. */
static int unknown_member(struct json_object *properties, const char *key, const char *name,
			  struct err *err)
{
	char list[256] = "";
	size_t len = 0;

	json_object_object_foreach(properties, known, shape)
	{
		(void)shape;
		if (len < sizeof(list))
			len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
						len ? ", " : "", known);
	}
	return err_set(err, EINVAL, "%s has no \"%s\": it has %s", name, key,
		       len ? list : "nothing");
}

static int object_check(struct json_object *shape, struct json_object *value, const char *name,
			struct err *err)
{
	struct json_object *properties = member(shape, "properties");
	struct json_object *required = member(shape, "required");
	struct json_object *others = member(shape, "additionalProperties");

	for (size_t i = 0; required && i < json_object_array_length(required); i++) {
		const char *key = json_object_get_string(json_object_array_get_idx(required, i));

		if (!json_object_object_get_ex(value, key, NULL))
			return err_set(err, EINVAL, "%s lacks \"%s\"", name, key);
	}
	json_object_object_foreach(value, key, element)
	{
		struct json_object *known = properties ? member(properties, key) : NULL;
		int rc;

		if (!known && json_object_is_type(others, json_type_object))
			known = others;
		if (!known)
			return unknown_member(properties, key, name, err);
		rc = check(known, element, key, err);
		if (rc)
			return rc;
	}
	return 0;
}

static int array_check(struct json_object *shape, struct json_object *value, const char *name,
		       struct err *err)
{
	struct json_object *items = member(shape, "items");

	for (size_t i = 0; items && i < json_object_array_length(value); i++) {
		int rc = check(items, json_object_array_get_idx(value, i), name, err);

		if (rc)
			return rc;
	}
	return 0;
}

static int check(struct json_object *shape, struct json_object *value, const char *name,
		 struct err *err)
{
	struct json_object *allowed = member(shape, "enum");
	int rc = type_check(shape, value, name, err);

	if (rc)
		return rc;
	if (allowed) {
		rc = enum_check(allowed, value, name, err);
		if (rc)
			return rc;
	}
	switch (json_object_get_type(value)) {
	case json_type_int:
		return integer_check(shape, value, name, err);
	case json_type_string:
		return string_check(shape, value, name, err);
	case json_type_object:
		return object_check(shape, value, name, err);
	case json_type_array:
		return array_check(shape, value, name, err);
	default:
		return 0;
	}
}

int shape_check(struct json_object *shape, struct json_object *value, const char *name,
		struct err *err)
{
	return check(shape, value, name, err);
}

static bool is_type_name(struct json_object *value)
{
	for (size_t i = 0; i < N_TYPES; i++) {
		if (!strcmp(types[i].name, json_object_get_string(value)))
			return true;
	}
	return false;
}

static int keyword_valid(const char *key, struct json_object *value, const char *name,
			 struct err *err)
{
	static const struct {
		const char *name;
		enum json_type type;
	} keywords[] = {
		{"description", json_type_string}, {"required", json_type_array},
		{"enum", json_type_array},         {"minimum", json_type_int},
		{"maximum", json_type_int},        {"minLength", json_type_int},
	};

	for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++) {
		if (!strcmp(keywords[i].name, key) && json_object_is_type(value, keywords[i].type))
			return 0;
	}
	if (!strcmp(key, "type") && is_type_name(value))
		return 0;
	if (!strcmp(key, "items") ||
	    (!strcmp(key, "additionalProperties") && json_object_is_type(value, json_type_object)))
		return shape_valid(value, name, err);
	if (!strcmp(key, "additionalProperties") && json_object_is_type(value, json_type_boolean) &&
	    !json_object_get_boolean(value))
		return 0;
	return err_set(err, EINVAL, "%s: \"%s\" is no keyword, or has a wrong value", name, key);
}

int shape_valid(struct json_object *shape, const char *name, struct err *err)
{
	if (!json_object_is_type(shape, json_type_object) || !member(shape, "type"))
		return err_set(err, EINVAL, "%s: a shape is an object with a type", name);
	json_object_object_foreach(shape, key, value)
	{
		int rc = 0;

		if (strcmp(key, "properties")) {
			rc = keyword_valid(key, value, name, err);
			if (rc)
				return rc;
			continue;
		}
		json_object_object_foreach(value, property, inner)
		{
			rc = shape_valid(inner, property, err);
			if (rc)
				return rc;
		}
	}
	return 0;
}
