#pragma once
/* Values of the database as people write and read them, in the notation of ovs-vsctl(8).
 *
 *	veth1   "two words"   [1, 2]   1,2,5-9   {a=b, c=d}   a=b,c=d   @new   [ ]
 *
 * Elements are separated by commas or spaces, brackets may be left out, "quotes" are those of JSON.
 * Texts are UTF-8; the command line has been checked for that (cli_parse()).
 */
#include <stddef.h>

#include "db/datum.h"

struct err;
struct ids;

enum value_style { VALUE_STRING, VALUE_BARE, VALUE_JSON };

/* Parses string, bare or json. Returns 0 or -EINVAL. */
int value_style_parse(const char *text, enum value_style *style, struct err *err);

/* Reads the next word: up to one of  : = , [ ] { } ! < >  or white space, none of which counts in
 * double quotes or after a backslash. Moves *text behind it. Returns the word, the caller's to
 * free, with its quotes and without the backslashes outside of them; or NULL, see `err`. */
char *value_token(const char **text, struct err *err);

/* Reads all of `text` as one atom. `ids` resolves @names (NULL: there are none). 0 or -EINVAL. */
int value_parse_atom(const struct base_type *type, const char *text, struct ids *ids,
		     union atom *atom, struct err *err);
/* Reads all of `text` as a datum that `type` allows. Returns 0 or -EINVAL. */
int value_parse(const struct column_type *type, const char *text, struct ids *ids,
		struct datum **out, struct err *err);

/* The text of a value, the caller's to free. */
char *value_print_atom(enum atom_type type, const union atom *atom, enum value_style style);
char *value_print(const struct column_type *type, const struct datum *datum,
		  enum value_style style);
