#pragma once
/* JSON from outsiders: bounded, strict, on top of json-c.
 *
 * json-c alone lets through what must not pass here: duplicate keys (the last one wins in
 * silence), NaN, control characters, numbers that do not fit (clamped). So the structure is
 * read here, with the position of the first mistake, and json-c decodes the strings and holds the
 * values.
 *
 * A text costs at most JSON_MEMORY_MAX bytes when it is read, whatever it says: json-c spends
 * hundreds of bytes on "{}".
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct json_object;

#define JSON_DEPTH_MAX  64
#define JSON_MEMORY_MAX ((size_t)512 << 20)

/* Reads one JSON value (RFC 8259) that must be all of `text`, `len` bytes, no NUL needed.
 * Refused, with the line and column in `err`: duplicate keys, nesting deeper than `max_depth`
 * (a scalar is 0 deep, [] is 1), anything after the value, bad UTF-8, NUL characters in strings,
 * numbers beyond double. What is an integer of 64 bits is read as one, also "1.0" and "1e2"; one beyond is a real.
 * Returns 0 and a value that the caller puts (NULL is the value null), -EINVAL, -E2BIG (too deep
 * or too costly) or -ENOMEM. Any thread. */
int json_parse(const char *text, size_t len, unsigned max_depth, struct json_object **out,
	       struct err *err);

/* About how many bytes a value keeps allocated, counted as in JSON_MEMORY_MAX. */
size_t json_cost(struct json_object *value);

/* Of an array from somebody else, which may be none: then it has no elements. NULL: there is no such element, or it is
 * null. (json-c ends the program.) */
size_t json_array_size(struct json_object *array);
struct json_object *json_array_at(struct json_object *array, size_t i);

/* A member of an object. "" and 0: there is none. */
const char *json_text(struct json_object *object, const char *name);
int64_t json_int(struct json_object *object, const char *name);
uint64_t json_uint(struct json_object *object, const char *name);

/* Of the numbers in an object. */
int64_t json_sum(struct json_object *object);

/* For own(): drops the reference if there is one. */
void json_free(struct json_object **value);

/* Finds where messages end in a stream of JSON objects that nothing separates (RFC 7047
 * section 4). Looks at every byte once, remembers no text, and so can refuse a message before
 * anybody has stored or parsed it. */
struct json_splitter {
	/* fixed after init */
	size_t max_size;    /* bytes of one message */
	unsigned max_depth; /* as in json_parse() */
	/* owner only */
	size_t size; /* bytes of the message so far, leading white space not counted */
	unsigned depth;
	bool is_in_string;
	bool is_escaped;
};

void json_splitter_init(struct json_splitter *splitter, size_t max_size, unsigned max_depth);

/* Looks at the next `len` bytes of the stream. Sets *n_used to how many it took: up to and with
 * the last byte of a message (then it returns 1 and is ready for the next one), else all of them
 * (returns 0). -EINVAL: what begins here is no object. -E2BIG: too long or too deep. After an
 * error the stream cannot be followed any further. */
int json_split(struct json_splitter *splitter, const char *data, size_t len, size_t *n_used,
	       struct err *err);
