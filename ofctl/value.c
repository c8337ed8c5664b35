#include "value.h"

#include <ctype.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/json.h"
#include "base/own.h"
#include "db/error.h"
#include "ids.h"
#include "need.h"

/* How many integers a range such as 1-4000 may stand for. */
#define RANGE_MAX 4096

/* A value while it is read: atoms by twos, key and value, in the order in which they came. */
struct reader {
	const struct column_type *type;
	const char *start; /* the whole text, for messages */
	const char *at;
	struct ids *ids;
	union atom *atoms;
	unsigned n; /* pairs */
	struct err *err;
};

int value_style_parse(const char *text, enum value_style *style, struct err *err)
{
	static const char *const names[] = {
		[VALUE_STRING] = "string",
		[VALUE_BARE] = "bare",
		[VALUE_JSON] = "json",
	};

	for (int i = VALUE_STRING; i <= VALUE_JSON; i++) {
		if (!strcmp(text, names[i])) {
			*style = (enum value_style)i;
			return 0;
		}
	}
	return err_set(err, EINVAL, "unknown format of cells '%s': use string, bare or json", text);
}

/* ---- words ---- */

static bool is_delimiter(char c)
{
	return c && strchr(":=, []{}!<>\t\n\v\f\r", c);
}

char *value_token(const char **text, struct err *err)
{
	const char *p = *text;
	char *word = need(malloc(strlen(p) + 1)), *end = word;
	bool is_quoted = false;

	while (*p && (is_quoted || !is_delimiter(*p))) {
		if (*p == '\\') {
			if (is_quoted)
				*end++ = *p;
			if (!*++p) {
				free(word);
				err_set(err, EINVAL, "'%s' ends with a backslash", *text);
				return NULL;
			}
		} else if (*p == '"') {
			is_quoted = !is_quoted;
		}
		*end++ = *p++;
	}
	if (is_quoted) {
		free(word);
		err_set(err, EINVAL, "'%s': the closing quote is missing", *text);
		return NULL;
	}
	*end = '\0';
	*text = p;
	return word;
}

/* ---- atoms from text ---- */

static int parse_integer(const char *text, int64_t *integer, struct err *err)
{
	char *end;
	long long value;

	errno = 0;
	value = strtoll(text, &end, 10);
	if (end == text || *end || errno || isspace((unsigned char)*text))
		return err_set(err, EINVAL, "'%s' is not an integer", text);
	*integer = value;
	return 0;
}

static int parse_real(const char *text, double *real, struct err *err)
{
	char *end;

	*real = strtod(text, &end);
	/* Neither nan nor inf, nor white space in front. */
	if (end == text || *end || !strchr("+-.0123456789", *text) || *real - *real != 0)
		return err_set(err, EINVAL, "'%s' is not a number", text);
	return 0;
}

static int parse_boolean(const char *text, bool *boolean, struct err *err)
{
	static const char *const words[][2] = {
		{"false", "true"}, {"no", "yes"}, {"off", "on"}, {"0", "1"}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		for (int b = 0; b <= 1; b++) {
			if (!strcmp(text, words[i][b])) {
				*boolean = b;
				return 0;
			}
		}
	}
	return err_set(err, EINVAL, "'%s' is not a boolean: use true or false", text);
}

static int parse_string(const char *text, struct text **string, struct err *err)
{
	own(json_free) struct json_object *json = NULL;
	size_t len = strlen(text);

	if (!len)
		return err_set(err, EINVAL, "an empty string is written as \"\", in quotes");
	if (*text != '"') {
		*string = text_new(text, len);
		return 0;
	}
	if (len < 2 || text[len - 1] != '"')
		return err_set(err, EINVAL, "%s: the closing quote is missing", text);
	if (json_parse(text, len, 0, &json, NULL))
		return err_set(err, EINVAL, "%s is not a quoted string: use \\\" and \\\\ inside",
			       text);
	*string = text_new(json_object_get_string(json), (size_t)json_object_get_string_len(json));
	return 0;
}

static int parse_uuid(const struct base_type *type, const char *text, struct ids *ids,
		      struct uuid *uuid, struct err *err)
{
	struct id *id;

	if (*text == '@' && ids) {
		id = id_use(ids, text);
		if (base_type_is_ref(type, false))
			id->is_referred = true;
		else
			id->is_weakly_referred = true;
		*uuid = id->uuid;
		return 0;
	}
	if (uuid_parse(text, strlen(text), uuid))
		return err_set(err, EINVAL, "'%s' is not a UUID: use one, or @NAME", text);
	return 0;
}

static int parse_atom(const struct base_type *type, const char *text, struct ids *ids,
		      union atom *atom, struct err *err)
{
	switch (type->type) {
	case ATOM_INTEGER:
		return parse_integer(text, &atom->integer, err);
	case ATOM_REAL:
		return parse_real(text, &atom->real, err);
	case ATOM_BOOLEAN:
		return parse_boolean(text, &atom->boolean, err);
	case ATOM_STRING:
		return parse_string(text, &atom->string, err);
	case ATOM_UUID:
		return parse_uuid(type, text, ids, &atom->uuid, err);
	case ATOM_VOID:
		break;
	}
	return err_set(err, EINVAL, "'%s': nothing is expected here", text);
}

/* Says which values there are to choose from. */
static int refuse_option(const struct base_type *type, const char *text, struct err *err)
{
	const struct column_type set = {.key = *type, .max = TYPE_UNLIMITED};
	own(mem_free) char *options = value_print(&set, type->options, VALUE_BARE);

	return err_set(err, EINVAL, "'%s' is not allowed: use one of: %s", text, options);
}

int value_parse_atom(const struct base_type *type, const char *text, struct ids *ids,
		     union atom *atom, struct err *err)
{
	struct db_error why = {};
	int ret = parse_atom(type, text, ids, atom, err);

	if (ret)
		return ret;
	if (!base_type_check(type, atom, &why))
		return 0;
	atom_fini(type->type, atom);
	if (type->options)
		return refuse_option(type, text, err);
	return err_set(err, EINVAL, "%s", why.details);
}

/* ---- datums from text ---- */

static void skip_spaces(struct reader *r)
{
	while (isspace((unsigned char)*r->at))
		r->at++;
}

static void reader_add(struct reader *r, union atom key, union atom value)
{
	if (!(r->n & (r->n - 1)))
		r->atoms = need(reallocarray(r->atoms, r->n ? r->n * 4ul : 2, sizeof(*r->atoms)));
	r->atoms[2 * r->n] = key;
	r->atoms[2 * r->n + 1] = value;
	r->n++;
}

static void reader_fini(struct reader *r)
{
	for (unsigned i = 0; i < r->n; i++) {
		atom_fini(r->type->key.type, &r->atoms[2 * i]);
		atom_fini(r->type->value.type, &r->atoms[2 * i + 1]);
	}
	free(r->atoms);
}

static int read_atom(struct reader *r, const struct base_type *type, union atom *atom)
{
	own(mem_free) char *word = value_token(&r->at, r->err);

	return word ? value_parse_atom(type, word, r->ids, atom, r->err) : -EINVAL;
}

/* "5-9" in a set of integers. Returns 1 if it was one. */
static int read_range(struct reader *r)
{
	long long first, last;
	char *end;

	if (r->type->key.type != ATOM_INTEGER || type_is_map(r->type))
		return 0;
	errno = 0;
	first = strtoll(r->at, &end, 10);
	if (end == r->at || *end != '-' || !isdigit((unsigned char)end[1]))
		return 0;
	last = strtoll(end + 1, &end, 10);
	if (*end && !is_delimiter(*end))
		return 0;
	if (errno || last < first ||
	    (unsigned long long)last - (unsigned long long)first >= RANGE_MAX)
		return err_set(r->err, EINVAL,
			       "'%s': a range has its smaller number first and at most %d of them",
			       r->start, RANGE_MAX);
	for (long long i = 0; i <= last - first; i++) {
		union atom key = {.integer = first + i};
		struct db_error why = {};

		if (base_type_check(&r->type->key, &key, &why))
			return err_set(r->err, EINVAL, "%s", why.details);
		reader_add(r, key, (union atom){});
	}
	r->at = end;
	return 1;
}

static int read_element(struct reader *r)
{
	union atom key, value = {};
	int ret = read_range(r);

	if (ret)
		return ret < 0 ? ret : 0;
	ret = read_atom(r, &r->type->key, &key);
	if (ret)
		return ret;
	if (type_is_map(r->type)) {
		if (*r->at != '=')
			ret = err_set(r->err, EINVAL, "'%s' is not a map: use KEY=VALUE,...",
				      r->start);
		else
			r->at++;
		if (!ret)
			ret = read_atom(r, &r->type->value, &value);
		if (ret) {
			atom_fini(r->type->key.type, &key);
			return ret;
		}
	}
	reader_add(r, key, value);
	return 0;
}

static int read_elements(struct reader *r)
{
	bool is_map = type_is_map(r->type);
	char close = '\0';
	int ret;

	skip_spaces(r);
	if (!*r->at)
		return err_set(r->err, EINVAL, "the empty %s is written as %s",
			       is_map ? "map" : "set", is_map ? "{}" : "[]");
	if (*r->at == (is_map ? '{' : '[')) {
		close = is_map ? '}' : ']';
		r->at++;
		skip_spaces(r);
	}
	while (*r->at && *r->at != close) {
		if (is_delimiter(*r->at))
			return err_set(r->err, EINVAL, "'%s': unexpected '%c'", r->start, *r->at);
		ret = read_element(r);
		if (ret)
			return ret;
		skip_spaces(r);
		if (*r->at == ',') {
			r->at++;
			skip_spaces(r);
		}
	}
	if (*r->at != close)
		return err_set(r->err, EINVAL, "'%s': the closing '%c' is missing", r->start,
			       close);
	if (close) {
		r->at++;
		skip_spaces(r);
		if (*r->at)
			return err_set(r->err, EINVAL, "'%s': nothing may follow '%c'", r->start,
				       close);
	}
	return 0;
}

/* Puts what was read into order. The atoms move into the datum. */
static int reader_finish(struct reader *r, struct datum **out)
{
	const struct column_type *type = r->type;
	own(datum_drop) struct datum *datum = datum_alloc(type->key.type, type->value.type, r->n);
	own(mem_free) char *twice = NULL;
	unsigned i;

	for (i = 0; i < r->n; i++) {
		datum->atoms[i] = r->atoms[2 * i];
		if (type_is_map(type))
			datum->atoms[r->n + i] = r->atoms[2 * i + 1];
	}
	r->n = 0;
	i = datum_sort(datum);
	if (i != DATUM_NONE) {
		twice = value_print_atom(type->key.type, &datum->atoms[i], VALUE_STRING);
		return err_set(r->err, EINVAL, "'%s': %s is there twice", r->start, twice);
	}
	if (datum->n < type->min)
		return err_set(r->err, EINVAL, "'%s' has %u elements: use at least %u", r->start,
			       datum->n, type->min);
	if (datum->n > type->max)
		return err_set(r->err, EINVAL, "'%s' has %u elements: use at most %u", r->start,
			       datum->n, type->max);
	*out = take_ptr(datum);
	return 0;
}

int value_parse(const struct column_type *type, const char *text, struct ids *ids,
		struct datum **out, struct err *err)
{
	struct reader r = {.type = type, .start = text, .at = text, .ids = ids, .err = err};
	int ret = read_elements(&r);

	if (!ret)
		ret = reader_finish(&r, out);
	reader_fini(&r);
	return ret;
}
