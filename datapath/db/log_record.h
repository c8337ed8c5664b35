#pragma once
/* One record of a log file: its header and its checksum. See log_file.h. */
#include <stdbool.h>
#include <stddef.h>

struct json_object;

#define LOG_RECORD_MAGIC "OVSDB JSON "

/* The bytes of a record, which the caller frees. */
char *log_record_print(struct json_object *json, size_t *size);

enum log_record_state {
	LOG_RECORD_GOOD,
	LOG_RECORD_BAD_HEADER, /* it does not even say how long it is */
	LOG_RECORD_SHORT,      /* the file ends within it */
	LOG_RECORD_BAD_CHECKSUM,
};

struct log_record {
	const char *text; /* borrowed */
	size_t text_size;
	size_t size; /* of the whole record; valid unless BAD_HEADER or SHORT */
};

/* Looks at the record at the beginning of `data`. */
enum log_record_state log_record_check(const char *data, size_t size, struct log_record *record);
/* Does a good record begin anywhere after the first byte? */
bool log_record_is_ahead(const char *data, size_t size);
