#pragma once
/* A row of the database as the daemon sees it: the columns it monitors, in the notation of
 * RFC 7047 section 5.1, and functions that read them as what the schema says they are.
 *
 * A column that is not there (an older schema at an external server) reads as empty. Control
 * thread only.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

#define UUID_LEN 36

struct row;

const char *row_uuid(const struct row *row);
/* Another number whenever the row's columns are others, never used for another row. */
uint64_t row_version(const struct row *row);

/* Columns of one value, or none: NULL, `fallback`. Strings are borrowed until the row changes. */
const char *row_string(const struct row *row, const char *column);
int64_t row_integer(const struct row *row, const char *column, int64_t fallback);
bool row_boolean(const struct row *row, const char *column);

/* Columns that are sets (an optional column is a set of none or one). NULL past the end. */
size_t row_size(const struct row *row, const char *column);
const char *row_uuid_at(const struct row *row, const char *column, size_t i);
const char *row_string_at(const struct row *row, const char *column, size_t i);
int64_t row_integer_at(const struct row *row, const char *column, size_t i);

/* Columns that are maps from string to string. NULL: no such key. */
const char *row_map_get(const struct row *row, const char *column, const char *key);

/* Columns that are maps: the i-th pair, i below row_map_size(), as the schema says: its key, if that is a string, or both of
 * integer and uuid. */
size_t row_map_size(const struct row *row, const char *column);
const char *row_map_key_at(const struct row *row, const char *column, size_t i);
const char *row_map_uuid_at(const struct row *row, const char *column, size_t i, int64_t *key);

/* Values to write, in the same notation. The caller owns them. */
struct json_object *value_string(const char *text); /* NULL: the empty set */
struct json_object *value_boolean(bool is_so);
struct json_object *value_integer(int64_t n);
struct json_object *value_optional(int64_t n, bool is_there);
struct json_object *value_set(void);
void value_set_add(struct json_object *set, const char *text);
struct json_object *value_map(void);
void value_map_add(struct json_object *map, const char *key, const char *text);
void value_map_add_integer(struct json_object *map, const char *key, uint64_t n);
void value_map_add_number(struct json_object *map, const char *key, uint64_t n); /* as text */
struct json_object *value_uuid(const char *uuid);
