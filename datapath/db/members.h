#pragma once
/* Reads a JSON object whose members are known beforehand, and refuses what it does not know.
 *
 *	struct members members = MEMBERS_INIT(json, "table \"A\"", error);
 *	columns = members_get(&members, "columns", MEMBER_OBJECT);
 *	max_rows = members_get(&members, "maxRows", MEMBER_INTEGER | MEMBER_OPTIONAL);
 *	if (members_end(&members))
 *		return -EINVAL;
 *
 * The first mistake is kept; nothing that was got may be used before members_end() said 0.
 */
#include <stdbool.h>
#include <stdint.h>

struct db_error;
struct json_object;

enum member_kind {
	MEMBER_OBJECT = 1 << 0,
	MEMBER_ARRAY = 1 << 1,
	MEMBER_STRING = 1 << 2,
	MEMBER_ID = 1 << 3, /* a string that is_identifier() */
	MEMBER_INTEGER = 1 << 4,
	MEMBER_REAL = 1 << 5, /* not a whole number */
	MEMBER_BOOLEAN = 1 << 6,
	MEMBER_OPTIONAL = 1 << 7,
	MEMBER_ANY = MEMBER_OBJECT | MEMBER_ARRAY | MEMBER_STRING | MEMBER_INTEGER | MEMBER_REAL |
		     MEMBER_BOOLEAN,
};

#define MEMBERS_MAX 16 /* that one kind of object may have */

struct members {
	struct json_object *object;
	const char *what; /* the object's name in error messages */
	struct db_error *error;
	const char *used[MEMBERS_MAX];
	int n_used;
	bool is_bad;
};

#define MEMBERS_INIT(json, name, err) \
	{ \
		.object = (json), .what = (name), .error = (err) \
	}

/* The member, borrowed; NULL if it is not there or if something was wrong. `kinds`: enum
 * member_kind, added up. */
struct json_object *members_get(struct members *members, const char *name, unsigned kinds);
/* Returns 0 if all was right and no member is left unread, else -EINVAL. */
int members_end(struct members *members);

/* <id> of RFC 7047 section 3.1: a letter or underscore, then letters, digits and underscores. */
bool is_identifier(const char *text);
/* A JSON integer, or a real that is whole and fits (1e3). Returns 0 or -EINVAL. */
int json_integer(struct json_object *json, int64_t *value);
