#include "base/json.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json_number.h"
#include "base/own.h"
#include "base/utf8.h"

/* What json-c 0.16 allocates, rounded up: an empty object has a table of 16 entries. */
#define OBJECT_COST 1024
#define ARRAY_COST  160
#define SCALAR_COST 96

struct parser {
	const char *at;
	const char *start;
	const char *end;
	unsigned max_depth;
	size_t cost;
	struct json_tokener *tokener; /* decodes strings */
	struct err *err;
};

static int value_parse(struct parser *p, unsigned depth, struct json_object **out);

void json_free(struct json_object **value)
{
	json_object_put(*value);
	*value = NULL;
}

static int fail(struct parser *p, int code, const char *what)
{
	unsigned line = 1, column = 1;

	for (const char *c = p->start; c < p->at; c++) {
		column++;
		if (*c == '\n') {
			line++;
			column = 1;
		}
	}
	return err_set(p->err, code, "JSON, line %u, column %u: %s", line, column, what);
}

static int charge(struct parser *p, size_t cost)
{
	p->cost += cost;
	return p->cost > JSON_MEMORY_MAX ? fail(p, E2BIG, "too much in one text") : 0;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The next byte that is not white space; 0 at the end (and for a NUL, which nobody expects). */
static char peek(struct parser *p)
{
	while (p->at < p->end && is_space(*p->at))
		p->at++;
	return p->at < p->end ? *p->at : '\0';
}

static bool skip_char(struct parser *p, char wanted)
{
	if (peek(p) != wanted)
		return false;
	p->at++;
	return true;
}

/* The code unit of "\\uXXXX"; -1: there is none. */
static int code_unit(const char *c, const char *end)
{
	char digits[5] = "";
	char *rest;
	long unit;

	if (end - c < 6 || c[0] != '\\' || c[1] != 'u')
		return -1;
	memcpy(digits, c + 2, 4);
	unit = strtol(digits, &rest, 16);
	return *rest ? -1 : (int)unit;
}

/* How long the escape is that begins here; 0: it is half of a pair of surrogates, which is no character. */
static int escape_len(const char *c, const char *end)
{
	int unit = code_unit(c, end), other;

	if (unit < 0xd800 || unit > 0xdfff)
		return unit < 0 ? 2 : 6;
	other = unit < 0xdc00 ? code_unit(c + 6, end) : -1;
	return other < 0xdc00 || other > 0xdfff ? 0 : 12;
}

static int string_parse(struct parser *p, struct json_object **out)
{
	const char *c = p->at + 1;
	enum json_tokener_error error;
	int rc, len;

	for (; c < p->end && *c != '"'; c += len) {
		len = 1;
		if ((unsigned char)*c < 0x20) {
			p->at = c;
			return fail(p, EINVAL,
				    "control character in a string: write it as \\u00XX");
		}
		if (*c != '\\')
			continue;
		if (p->end - c >= 6 && !memcmp(c, "\\u0000", 6)) {
			p->at = c;
			return fail(p, EINVAL, "NUL character in a string");
		}
		len = escape_len(c, p->end);
		if (!len) {
			p->at = c;
			return fail(p, EINVAL, "half of a surrogate pair in a string");
		}
	}
	if (c >= p->end)
		return fail(p, EINVAL, "string without an end");
	/* json-c lets overlong forms and surrogates pass. */
	if (!utf8_is_valid(p->at, (size_t)(c - p->at)))
		return fail(p, EINVAL, "a string that is not UTF-8");
	c++;
	rc = charge(p, SCALAR_COST + (size_t)(c - p->at));
	if (rc)
		return rc;
	json_tokener_reset(p->tokener);
	*out = json_tokener_parse_ex(p->tokener, p->at, (int)(c - p->at));
	error = json_tokener_get_error(p->tokener);
	if (error != json_tokener_success)
		return fail(p, EINVAL, json_tokener_error_desc(error));
	p->at = c;
	return 0;
}

static int number_parse(struct parser *p, struct json_object **out)
{
	bool is_real;
	const char *end = number_end(p->at, p->end, &is_real);
	int rc;

	if (!end)
		return fail(p, EINVAL, "not a number");
	rc = charge(p, SCALAR_COST);
	if (rc)
		return rc;
	rc = number_value(p->at, (size_t)(end - p->at), is_real, out);
	if (rc)
		return fail(p, EINVAL, rc == -E2BIG ? "number too long" : "number out of range");
	p->at = end;
	return 0;
}

static bool skip_word(struct parser *p, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(p->end - p->at) < len || memcmp(p->at, word, len))
		return false;
	p->at += len;
	return true;
}

static int word_parse(struct parser *p, struct json_object **out)
{
	int rc = charge(p, SCALAR_COST);

	if (rc)
		return rc;
	if (skip_word(p, "null"))
		*out = NULL;
	else if (skip_word(p, "true"))
		*out = json_object_new_boolean(true);
	else if (skip_word(p, "false"))
		*out = json_object_new_boolean(false);
	else
		return fail(p, EINVAL, p->at == p->end ? "ends in the middle" : "not a JSON value");
	return 0;
}

static int member_parse(struct parser *p, unsigned depth, struct json_object *object)
{
	own(json_free) struct json_object *key = NULL, *value = NULL;
	const char *key_start;
	int rc;

	if (peek(p) != '"')
		return fail(p, EINVAL, "expected a key in double quotes");
	key_start = p->at;
	rc = string_parse(p, &key);
	if (rc)
		return rc;
	if (json_object_object_get_ex(object, json_object_get_string(key), NULL)) {
		p->at = key_start;
		return fail(p, EINVAL, "duplicate key");
	}
	if (!skip_char(p, ':'))
		return fail(p, EINVAL, "expected a colon after the key");
	rc = value_parse(p, depth, &value);
	if (rc)
		return rc;
	if (json_object_object_add_ex(object, json_object_get_string(key), value,
				      JSON_C_OBJECT_ADD_KEY_IS_NEW))
		return fail(p, ENOMEM, "out of memory");
	take_ptr(value);
	return 0;
}

static int element_parse(struct parser *p, unsigned depth, struct json_object *array)
{
	own(json_free) struct json_object *value = NULL;
	int rc = value_parse(p, depth, &value);

	if (rc)
		return rc;
	if (json_object_array_add(array, value))
		return fail(p, ENOMEM, "out of memory");
	take_ptr(value);
	return 0;
}

/* An object or an array: the same but for the brackets and what stands between the commas. */
static int container_parse(struct parser *p, unsigned depth, struct json_object **out)
{
	own(json_free) struct json_object *container = NULL;
	bool is_object = *p->at == '{';
	char close = is_object ? '}' : ']';
	int rc;

	if (depth >= p->max_depth)
		return fail(p, E2BIG, "nested too deep");
	rc = charge(p, is_object ? OBJECT_COST : ARRAY_COST);
	if (rc)
		return rc;
	container = is_object ? json_object_new_object() : json_object_new_array_ext(4);
	if (!container)
		return fail(p, ENOMEM, "out of memory");
	p->at++;
	if (!skip_char(p, close)) {
		do {
			rc = is_object ? member_parse(p, depth + 1, container)
				       : element_parse(p, depth + 1, container);
			if (rc)
				return rc;
		} while (skip_char(p, ','));
		if (!skip_char(p, close))
			return fail(p, EINVAL,
				    is_object ? "expected a comma or }" : "expected a comma or ]");
	}
	*out = take_ptr(container);
	return 0;
}

static int value_parse(struct parser *p, unsigned depth, struct json_object **out)
{
	char c = peek(p);

	if (c == '{' || c == '[')
		return container_parse(p, depth, out);
	if (c == '"')
		return string_parse(p, out);
	if (c == '-' || is_digit(c))
		return number_parse(p, out);
	return word_parse(p, out);
}

static void tokener_free(struct json_tokener **tokener)
{
	if (*tokener)
		json_tokener_free(*tokener);
	*tokener = NULL;
}

int json_parse(const char *text, size_t len, unsigned max_depth, struct json_object **out,
	       struct err *err)
{
	own(tokener_free) struct json_tokener *tokener = json_tokener_new_ex(1);
	own(json_free) struct json_object *value = NULL;
	struct parser p = {.at = text,
			   .start = text,
			   .end = text + len,
			   .max_depth = max_depth,
			   .tokener = tokener,
			   .err = err};
	int rc;

	if (!tokener)
		return err_set(err, ENOMEM, "JSON: out of memory");
	if (len > INT32_MAX)
		return err_set(err, E2BIG, "JSON: text longer than 2 GiB");
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	rc = value_parse(&p, 0, &value);
	if (rc)
		return rc;
	peek(&p);
	if (p.at != p.end)
		return fail(&p, EINVAL, "something follows the value");
	*out = take_ptr(value);
	return 0;
}

size_t json_array_size(struct json_object *array)
{
	return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

struct json_object *json_array_at(struct json_object *array, size_t i)
{
	return i < json_array_size(array) ? json_object_array_get_idx(array, i) : NULL;
}

const char *json_text(struct json_object *object, const char *name)
{
	const char *text = json_object_get_string(json_object_object_get(object, name));

	return text ? text : "";
}

int64_t json_int(struct json_object *object, const char *name)
{
	return json_object_get_int64(json_object_object_get(object, name));
}

uint64_t json_uint(struct json_object *object, const char *name)
{
	return json_object_get_uint64(json_object_object_get(object, name));
}

int64_t json_sum(struct json_object *object)
{
	int64_t sum = 0;

	if (!json_object_is_type(object, json_type_object))
		return 0;
	json_object_object_foreach(object, name, number)
	{
		(void)name;
		sum = (int64_t)((uint64_t)sum + (uint64_t)json_object_get_int64(number));
	}
	return sum;
}

static size_t object_cost(struct json_object *object)
{
	size_t cost = OBJECT_COST;

	json_object_object_foreach(object, key, member)
	{
		cost += SCALAR_COST + strlen(key) + json_cost(member);
	}
	return cost;
}

size_t json_cost(struct json_object *value)
{
	size_t cost = ARRAY_COST;

	switch (json_object_get_type(value)) {
	case json_type_object:
		return object_cost(value);
	case json_type_array:
		for (size_t i = 0; i < json_object_array_length(value); i++)
			cost += json_cost(json_object_array_get_idx(value, i));
		return cost;
	case json_type_string:
		return SCALAR_COST + (size_t)json_object_get_string_len(value);
	default:
		return SCALAR_COST;
	}
}
