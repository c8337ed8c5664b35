#include "config/row.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "config/replica_rows.h"

const char *row_uuid(const struct row *row)
{
	return row->uuid;
}

uint64_t row_version(const struct row *row)
{
	return row->version;
}

/* What stands behind `tag` in [tag, content], if it is of that type; else NULL. */
static struct json_object *content_of(struct json_object *value, const char *tag,
				      enum json_type type)
{
	struct json_object *first, *content;

	if (!json_object_is_type(value, json_type_array) || json_object_array_length(value) != 2)
		return NULL;
	first = json_object_array_get_idx(value, 0);
	content = json_object_array_get_idx(value, 1);
	if (!json_object_is_type(first, json_type_string) ||
	    strcmp(json_object_get_string(first), tag))
		return NULL;
	return json_object_is_type(content, type) ? content : NULL;
}

static struct json_object *column_of(const struct row *row, const char *column)
{
	return json_object_object_get(row->columns, column);
}

/* A set of one element is written as that element: RFC 7047 section 5.1. */
static struct json_object *element(const struct row *row, const char *column, size_t i)
{
	struct json_object *value = column_of(row, column);
	struct json_object *set = content_of(value, "set", json_type_array);

	if (set)
		return json_object_array_get_idx(set, i);
	return i ? NULL : value;
}

size_t row_size(const struct row *row, const char *column)
{
	struct json_object *value = column_of(row, column);
	struct json_object *set = content_of(value, "set", json_type_array);

	return set ? json_object_array_length(set) : value != NULL;
}

const char *row_string_at(const struct row *row, const char *column, size_t i)
{
	struct json_object *value = element(row, column, i);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

const char *row_string(const struct row *row, const char *column)
{
	return row_string_at(row, column, 0);
}

int64_t row_integer(const struct row *row, const char *column, int64_t fallback)
{
	struct json_object *value = element(row, column, 0);

	return json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : fallback;
}

bool row_boolean(const struct row *row, const char *column)
{
	return json_object_get_boolean(element(row, column, 0));
}

const char *row_uuid_at(const struct row *row, const char *column, size_t i)
{
	struct json_object *uuid = content_of(element(row, column, i), "uuid", json_type_string);

	return uuid ? json_object_get_string(uuid) : NULL;
}

int64_t row_integer_at(const struct row *row, const char *column, size_t i)
{
	return json_object_get_int64(element(row, column, i));
}

static const char *pair_part(struct json_object *pair, size_t i)
{
	struct json_object *part = NULL;

	if (json_object_is_type(pair, json_type_array))
		part = json_object_array_get_idx(pair, i);
	return json_object_is_type(part, json_type_string) ? json_object_get_string(part) : NULL;
}

const char *row_map_get(const struct row *row, const char *column, const char *key)
{
	struct json_object *pairs = content_of(column_of(row, column), "map", json_type_array);

	for (size_t i = 0; pairs && i < json_object_array_length(pairs); i++) {
		struct json_object *pair = json_object_array_get_idx(pairs, i);
		const char *name = pair_part(pair, 0);

		if (name && !strcmp(name, key))
			return pair_part(pair, 1);
	}
	return NULL;
}

static struct json_object *pairs_of(const struct row *row, const char *column)
{
	return content_of(column_of(row, column), "map", json_type_array);
}

size_t row_map_size(const struct row *row, const char *column)
{
	struct json_object *pairs = pairs_of(row, column);

	return pairs ? json_object_array_length(pairs) : 0;
}

const char *row_map_key_at(const struct row *row, const char *column, size_t i)
{
	return pair_part(json_object_array_get_idx(pairs_of(row, column), i), 0);
}

const char *row_map_uuid_at(const struct row *row, const char *column, size_t i, int64_t *key)
{
	struct json_object *pair = json_object_array_get_idx(pairs_of(row, column), i);
	struct json_object *uuid;

	if (!json_object_is_type(pair, json_type_array) || json_object_array_length(pair) != 2)
		return NULL;
	*key = json_object_get_int64(json_object_array_get_idx(pair, 0));
	uuid = content_of(json_object_array_get_idx(pair, 1), "uuid", json_type_string);
	return uuid ? json_object_get_string(uuid) : NULL;
}

/* ---- values to write ---- */

static struct json_object *tagged(const char *tag, struct json_object *content)
{
	struct json_object *value = json_object_new_array_ext(2);

	json_object_array_add(value, json_object_new_string(tag));
	json_object_array_add(value, content);
	return value;
}

struct json_object *value_set(void)
{
	return tagged("set", json_object_new_array());
}

void value_set_add(struct json_object *set, const char *text)
{
	json_object_array_add(json_object_array_get_idx(set, 1), json_object_new_string(text));
}

struct json_object *value_string(const char *text)
{
	return text ? json_object_new_string(text) : value_set();
}

struct json_object *value_boolean(bool is_so)
{
	return json_object_new_boolean(is_so);
}

struct json_object *value_integer(int64_t n)
{
	return json_object_new_int64(n);
}

struct json_object *value_optional(int64_t n, bool is_there)
{
	return is_there ? value_integer(n) : value_set();
}

struct json_object *value_map(void)
{
	return tagged("map", json_object_new_array());
}

static void map_add(struct json_object *map, const char *key, struct json_object *value)
{
	struct json_object *pair = json_object_new_array_ext(2);

	json_object_array_add(pair, json_object_new_string(key));
	json_object_array_add(pair, value);
	json_object_array_add(json_object_array_get_idx(map, 1), pair);
}

void value_map_add(struct json_object *map, const char *key, const char *text)
{
	map_add(map, key, json_object_new_string(text));
}

void value_map_add_integer(struct json_object *map, const char *key, uint64_t n)
{
	map_add(map, key, json_object_new_int64((int64_t)n));
}

void value_map_add_number(struct json_object *map, const char *key, uint64_t n)
{
	char text[21];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	value_map_add(map, key, text);
}

struct json_object *value_uuid(const char *uuid)
{
	return tagged("uuid", json_object_new_string(uuid));
}
