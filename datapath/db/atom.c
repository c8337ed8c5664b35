#include "db/atom.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "db/alloc.h"
#include "db/error.h"
#include "db/members.h"
#include "db/symbol.h"

#define NUMBER_SIZE 32

static const char *const type_names[] = {
	[ATOM_VOID] = "void",       [ATOM_INTEGER] = "integer", [ATOM_REAL] = "real",
	[ATOM_BOOLEAN] = "boolean", [ATOM_STRING] = "string",   [ATOM_UUID] = "uuid",
};

struct text *text_new(const char *bytes, size_t size)
{
	struct text *text = alloc(1, sizeof(*text) + size + 1);

	text->n_refs = 1;
	text->size = (unsigned)size;
	memcpy(text->bytes, bytes, size);
	return text;
}

struct text *text_get(struct text *text)
{
	text->n_refs++;
	return text;
}

void text_put(struct text *text)
{
	if (!--text->n_refs)
		free(text);
}

int atom_type_parse(const char *name, enum atom_type *type)
{
	for (enum atom_type t = ATOM_INTEGER; t <= ATOM_UUID; t++) {
		if (!strcmp(type_names[t], name)) {
			*type = t;
			return 0;
		}
	}
	return -EINVAL;
}

void atom_init_default(enum atom_type type, union atom *atom)
{
	memset(atom, 0, sizeof(*atom));
	if (type == ATOM_STRING)
		atom->string = text_new("", 0);
}

union atom atom_copy(enum atom_type type, const union atom *atom)
{
	if (type == ATOM_STRING)
		text_get(atom->string);
	return *atom;
}

void atom_fini(enum atom_type type, union atom *atom)
{
	if (type == ATOM_STRING)
		text_put(atom->string);
}

static int text_compare(const struct text *a, const struct text *b)
{
	unsigned size = a->size < b->size ? a->size : b->size;
	int order = a == b ? 0 : memcmp(a->bytes, b->bytes, size);

	return order ? order : (a->size > b->size) - (a->size < b->size);
}

int atom_compare(enum atom_type type, const union atom *a, const union atom *b)
{
	switch (type) {
	case ATOM_INTEGER:
		return (a->integer > b->integer) - (a->integer < b->integer);
	case ATOM_REAL:
		return (a->real > b->real) - (a->real < b->real);
	case ATOM_BOOLEAN:
		return a->boolean - b->boolean;
	case ATOM_STRING:
		return text_compare(a->string, b->string);
	case ATOM_UUID:
		return uuid_compare(&a->uuid, &b->uuid);
	case ATOM_VOID:
		break;
	}
	return 0;
}

/* ["uuid", TEXT] or ["named-uuid", NAME] */
static int parse_uuid(struct json_object *json, struct symbols *symbols, struct uuid *uuid,
		      struct db_error *error)
{
	struct json_object *kind, *value;
	const char *text;

	if (!json_object_is_type(json, json_type_array) || json_object_array_length(json) != 2)
		goto bad;
	kind = json_object_array_get_idx(json, 0);
	value = json_object_array_get_idx(json, 1);
	if (!json_object_is_type(kind, json_type_string) ||
	    !json_object_is_type(value, json_type_string))
		goto bad;
	text = json_object_get_string(value);
	if (!strcmp(json_object_get_string(kind), "uuid")) {
		if (!uuid_parse(text, (size_t)json_object_get_string_len(value), uuid))
			return 0;
		return db_error_set(error, ERROR_SYNTAX,
				    "\"%s\" is no UUID: expected 36 characters like "
				    "550e8400-e29b-41d4-a716-446655440000",
				    text);
	}
	if (!strcmp(json_object_get_string(kind), "named-uuid") && symbols) {
		if (!is_identifier(text))
			return db_error_set(error, ERROR_SYNTAX,
					    "named-uuid \"%s\" is no identifier", text);
		*uuid = symbol_use(symbols, text)->uuid;
		return 0;
	}
bad:
	return db_error_set(error, ERROR_SYNTAX, "expected [\"uuid\", TEXT]%s, not %s",
			    symbols ? " or [\"named-uuid\", NAME]" : "",
			    json_object_to_json_string(json));
}

static int parse_string(struct json_object *json, struct text **string, struct db_error *error)
{
	size_t size;

	if (!json_object_is_type(json, json_type_string))
		return db_error_set(error, ERROR_SYNTAX, "expected a string, not %s",
				    json_object_to_json_string(json));
	size = (size_t)json_object_get_string_len(json);
	if (memchr(json_object_get_string(json), '\0', size))
		return db_error_set(error, ERROR_SYNTAX, "a string contains a NUL character");
	*string = text_new(json_object_get_string(json), size);
	return 0;
}

int atom_parse(enum atom_type type, struct json_object *json, struct symbols *symbols,
	       union atom *out, struct db_error *error)
{
	switch (type) {
	case ATOM_INTEGER:
		if (!json_integer(json, &out->integer))
			return 0;
		break;
	case ATOM_REAL:
		if (!json_object_is_type(json, json_type_int) &&
		    !json_object_is_type(json, json_type_double))
			break;
		/* Adding zero turns -0.0, which equals 0.0, into it: one value, one form. */
		out->real = json_object_get_double(json) + 0.0;
		return 0;
	case ATOM_BOOLEAN:
		if (!json_object_is_type(json, json_type_boolean))
			break;
		out->boolean = json_object_get_boolean(json);
		return 0;
	case ATOM_STRING:
		return parse_string(json, &out->string, error);
	case ATOM_UUID:
		return parse_uuid(json, symbols, &out->uuid, error);
	case ATOM_VOID:
		break;
	}
	return db_error_set(error, ERROR_SYNTAX, "expected %s, not %s",
			    type == ATOM_INTEGER ? "an integer of 64 bits"
			    : type == ATOM_REAL  ? "a number"
						 : "true or false",
			    json_object_to_json_string(json));
}

/* The shortest text that reads back as the same number. */
static void print_real(double real, char text[NUMBER_SIZE])
{
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, NUMBER_SIZE, "%.*g", digits, real);
		if (strtod(text, NULL) == real)
			break;
	}
}

static struct json_object *uuid_json(const struct uuid *uuid)
{
	struct json_object *array = json_object_new_array_ext(2);
	char text[UUID_LEN + 1];

	uuid_print(uuid, text);
	json_object_array_add(array, json_object_new_string_len("uuid", 4));
	json_object_array_add(array, json_object_new_string_len(text, UUID_LEN));
	return array;
}

struct json_object *atom_json(enum atom_type type, const union atom *atom)
{
	char text[NUMBER_SIZE];

	switch (type) {
	case ATOM_INTEGER:
		return json_object_new_int64(atom->integer);
	case ATOM_REAL:
		print_real(atom->real, text);
		return json_object_new_double_s(atom->real, text);
	case ATOM_BOOLEAN:
		return json_object_new_boolean(atom->boolean);
	case ATOM_STRING:
		return json_object_new_string_len(atom->string->bytes, (int)atom->string->size);
	case ATOM_UUID:
		return uuid_json(&atom->uuid);
	case ATOM_VOID:
		break;
	}
	return NULL;
}

void atom_print(enum atom_type type, const union atom *atom, char *text, size_t size)
{
	char buffer[UUID_LEN + 1] = "";

	switch (type) {
	case ATOM_INTEGER:
		snprintf(text, size, "%" PRId64, atom->integer);
		return;
	case ATOM_REAL:
		print_real(atom->real, buffer);
		break;
	case ATOM_BOOLEAN:
		snprintf(text, size, "%s", atom->boolean ? "true" : "false");
		return;
	case ATOM_STRING:
		snprintf(text, size, "\"%s\"", atom->string->bytes);
		return;
	case ATOM_UUID:
		uuid_print(&atom->uuid, buffer);
		break;
	case ATOM_VOID:
		break;
	}
	snprintf(text, size, "%s", buffer);
}
