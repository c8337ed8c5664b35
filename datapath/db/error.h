#pragma once
/* Errors as a database client gets them: {"error": TAG, "details": TEXT} (RFC 7047 section 3.1).
 *
 * The tag is for programs, the text for people: it names the thing, what is wrong and what would
 * be right. Inside the room a function that can fail so takes a `struct db_error *` as its last
 * parameter and returns a negative errno, mostly that of db_error_set().
 */
struct json_object;

/* Tags of RFC 7047, and of ovsdb-server where the RFC has none. */
#define ERROR_SYNTAX           "syntax error"
#define ERROR_UNKNOWN_DATABASE "unknown database"
#define ERROR_UNKNOWN_COLUMN   "unknown column"
#define ERROR_UNKNOWN_MUTATOR  "unknown mutator"
#define ERROR_UNKNOWN_FUNCTION "unknown function"
#define ERROR_DUPLICATE_NAME   "duplicate uuid-name"
#define ERROR_DUPLICATE_UUID   "duplicate uuid"
#define ERROR_CONSTRAINT       "constraint violation"
#define ERROR_REFERENCE        "referential integrity violation"
#define ERROR_DOMAIN           "domain error"
#define ERROR_RANGE            "range error"
#define ERROR_TIMED_OUT        "timed out"
#define ERROR_ABORTED          "aborted"
#define ERROR_NOT_OWNER        "not owner"
#define ERROR_NOT_SUPPORTED    "not supported"
#define ERROR_RESOURCES        "resources exhausted"
#define ERROR_NOT_ALLOWED      "not allowed"
#define ERROR_OTHER            "ovsdb error" /* what ovsdb-server has no better tag for */
#define ERROR_IO               "I/O error"
#define ERROR_CANCELED         "canceled"
#define ERROR_PARAMETERS       "invalid parameters"
#define ERROR_UNKNOWN_MONITOR  "unknown monitor"

struct db_error {
	const char *tag; /* a literal; NULL while nothing has failed */
	char details[512];
};

/* Records the error. Returns -EINVAL. `error` may be NULL. An older error is replaced. */
int db_error_set(struct db_error *error, const char *tag, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Puts "prefix: " before the details. */
void db_error_prefix(struct db_error *error, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* The JSON object of the error; the caller puts it. */
struct json_object *db_error_json(const struct db_error *error);
