#include "value.h"

#include <ctype.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/own.h"
#include "need.h"

#define JSON_FLAGS  (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
#define NUMBER_SIZE 48

/* Could the text be taken for something else if it stood without quotes? */
static bool needs_quotes(const char *text)
{
	struct uuid uuid;

	if (!isalpha((unsigned char)*text) && *text != '_')
		return true;
	for (const char *p = text; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("_-.", *p))
			return true;
	return !strcmp(text, "true") || !strcmp(text, "false") ||
	       !uuid_parse(text, strlen(text), &uuid);
}

static char *print_json(struct json_object *value)
{
	own(json_free) struct json_object *json = value;

	return need(strdup(json_object_to_json_string_ext(json, JSON_FLAGS)));
}

char *value_print_atom(enum atom_type type, const union atom *atom, enum value_style style)
{
	char text[NUMBER_SIZE];

	if (style == VALUE_JSON)
		return print_json(atom_json(type, atom));
	if (type == ATOM_STRING) {
		if (style == VALUE_STRING && needs_quotes(atom->string->bytes))
			return print_json(atom_json(type, atom));
		return need(strdup(atom->string->bytes));
	}
	atom_print(type, atom, text, sizeof(text));
	return need(strdup(text));
}

static void print_atom(FILE *to, enum atom_type type, const union atom *atom,
		       enum value_style style)
{
	own(mem_free) char *text = value_print_atom(type, atom, style);

	fputs(text, to);
}

char *value_print(const struct column_type *type, const struct datum *datum, enum value_style style)
{
	bool is_map = type_is_map(type);
	/* What can hold one element only needs no brackets to say that it does. */
	bool has_brackets = style == VALUE_STRING && (type->max > 1 || !datum->n);
	char *text = NULL;
	size_t size;
	FILE *to;

	if (style == VALUE_JSON)
		return print_json(datum_json(datum));
	to = need(open_memstream(&text, &size));
	if (has_brackets)
		fputc(is_map ? '{' : '[', to);
	for (unsigned i = 0; i < datum->n; i++) {
		if (i)
			fputs(style == VALUE_BARE ? " " : ", ", to);
		print_atom(to, type->key.type, &datum->atoms[i], style);
		if (is_map) {
			fputc('=', to);
			print_atom(to, type->value.type, datum_value(datum, i), style);
		}
	}
	if (has_brackets)
		fputc(is_map ? '}' : ']', to);
	fclose(to);
	return need(text);
}
