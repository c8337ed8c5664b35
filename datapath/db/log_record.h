#pragma once
/* One record of a log file: its header and its checksum. See log_file.h. */
#include <stdbool.h>
#include <stddef.h>

struct json_object;

#define LOG_RECORD_MAGIC "OVSDB JSON "

/* The bytes of a record, which the caller frees: `room` more than *size are allocated. */
char *log_record_print(struct json_object *json, size_t room, size_t *size);

/* A record that changes nothing and keeps room for others, which are written over it: blocks that are on disk
 * already cost the file system no entry in its journal. Everybody who reads the file takes it for a comment. */
#define LOG_RECORD_ROOM_MIN 192
#define LOG_RECORD_ROOM_MAX 40960

/* Prints one of `size` bytes in all, which says that the first `n_synced` of the file are on disk. Returns how many of
 * its bytes differ from those of a larger one that it is written over, and that ends where this one ends. */
size_t log_record_print_room(char *data, size_t size, size_t n_synced);

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
	bool is_room;
	size_t n_synced; /* of a room: what it says */
};

/* Looks at the record at the beginning of `data`. */
enum log_record_state log_record_check(const char *data, size_t size, struct log_record *record);
/* Does a good record that is no room begin anywhere after the first byte? */
bool log_record_is_ahead(const char *data, size_t size);
/* The good room that the data ends with. False: there is none. */
bool log_record_last_room(const char *data, size_t size, struct log_record *room);
