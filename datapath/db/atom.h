#pragma once
/* Atoms: the values of which all others are made (RFC 7047 section 5.1, <atom>).
 *
 * An atom does not know its type: whoever holds it does. Strings are counted, so that a set which
 * differs from another in one element shares all others with it.
 */
#include <stdbool.h>
#include <stdint.h>

#include "db/uuid.h"

struct db_error;
struct json_object;
struct symbols;

enum atom_type {
	ATOM_VOID, /* of a value: the column is no map */
	ATOM_INTEGER,
	ATOM_REAL,
	ATOM_BOOLEAN,
	ATOM_STRING,
	ATOM_UUID,
};

struct text {
	unsigned n_refs;
	unsigned size; /* bytes, without the NUL */
	char bytes[];  /* UTF-8, then a NUL */
};

union atom {
	int64_t integer;
	double real;
	bool boolean;
	struct text *string;
	struct uuid uuid;
};

struct text *text_new(const char *bytes, size_t size);
/* One more owner. Returns `text`. */
struct text *text_get(struct text *text);
void text_put(struct text *text);

/* Returns 0 or -EINVAL if no atom type has that name. */
int atom_type_parse(const char *name, enum atom_type *type);

/* 0, "", false, or the UUID of zeros. */
void atom_init_default(enum atom_type type, union atom *atom);
/* A copy with an ownership of its own. */
union atom atom_copy(enum atom_type type, const union atom *atom);
void atom_fini(enum atom_type type, union atom *atom);

/* A total order: negative, zero or positive. */
int atom_compare(enum atom_type type, const union atom *a, const union atom *b);

/* Reads an atom of `type` from its JSON form. A ["named-uuid", NAME] is looked up in `symbols`, and
 * entered there if it is new (NULL: not allowed). Returns 0 or -EINVAL. */
int atom_parse(enum atom_type type, struct json_object *json, struct symbols *symbols,
	       union atom *out, struct db_error *error);
/* The caller puts it. */
struct json_object *atom_json(enum atom_type type, const union atom *atom);
/* Writes the atom for people to read, cut to fit. */
void atom_print(enum atom_type type, const union atom *atom, char *text, size_t size);
