#include "db/log_record.h"

#include <json-c/json.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/alloc.h"

#define SHA1_SIZE       20
#define SHA1_LEN        (2 * SHA1_SIZE)
#define HEADER_SIZE_MAX 80
#define ROOM_DIGITS     5
#define DIGITS_MAX      18 /* of a length: more cannot be a file's */

/* In between is a number of SYNCED_DIGITS. */
static const char room_head[] =
	"{\"_comment\":\"room for the next records; on disk are bytes up to ";
static const char room_tail[] = "\"}";

#define SYNCED_DIGITS  18
#define ROOM_TEXT_SIZE (sizeof(room_head) - 1 + SYNCED_DIGITS + sizeof(room_tail) - 1)

static void checksum(const char *text, size_t size, char hex[SHA1_LEN + 1])
{
	unsigned char sha1[EVP_MAX_MD_SIZE];

	if (!EVP_Digest(text, size, sha1, NULL, EVP_sha1(), NULL))
		abort();
	for (unsigned i = 0; i < SHA1_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", sha1[i]);
}

char *log_record_print(struct json_object *json, size_t room, size_t *size)
{
	size_t len;
	const char *text = json_object_to_json_string_length(
		json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);
	char *record = alloc(1, HEADER_SIZE_MAX + len + 2 + room);
	char hex[SHA1_LEN + 1];
	size_t header_size = HEADER_SIZE_MAX;

	memcpy(record + header_size, text, len);
	record[header_size + len++] = '\n';
	checksum(record + header_size, len, hex);
	header_size =
		(size_t)snprintf(record, HEADER_SIZE_MAX, LOG_RECORD_MAGIC "%zu %s\n", len, hex);
	memmove(record + header_size, record + HEADER_SIZE_MAX, len);
	*size = header_size + len;
	return record;
}

size_t log_record_print_room(char *data, size_t size, size_t n_synced)
{
	const size_t header_size = strlen(LOG_RECORD_MAGIC) + ROOM_DIGITS + SHA1_LEN + 2;
	const size_t text_size = size - header_size;
	char *text = data + header_size;
	char hex[SHA1_LEN + 1], first;

	memset(text, ' ', text_size);
	snprintf(text, ROOM_TEXT_SIZE + 1, "%s%0*zu%s", room_head, SYNCED_DIGITS, n_synced,
		 room_tail);
	text[ROOM_TEXT_SIZE] = ' ';
	text[text_size - 1] = '\n';
	checksum(text, text_size, hex);
	/* The string ends where the text begins. */
	first = *text;
	snprintf(data, header_size + 1, LOG_RECORD_MAGIC "%0*zu %s\n", ROOM_DIGITS, text_size, hex);
	*text = first;
	return header_size + ROOM_TEXT_SIZE;
}

static void read_room(struct log_record *record)
{
	char digits[SYNCED_DIGITS + 1] = "";

	record->is_room = record->text_size > ROOM_TEXT_SIZE &&
			  !memcmp(record->text, room_head, sizeof(room_head) - 1);
	if (record->is_room)
		memcpy(digits, record->text + sizeof(room_head) - 1, SYNCED_DIGITS);
	record->n_synced = strtoull(digits, NULL, 10);
}

/* The header: magic, length, checksum. Returns its size, or 0 if it is none. */
static size_t parse_header(const char *data, size_t size, size_t *text_size, const char **hex)
{
	const size_t magic_len = strlen(LOG_RECORD_MAGIC);
	size_t i = magic_len;
	size_t value = 0;

	if (size < magic_len || memcmp(data, LOG_RECORD_MAGIC, magic_len))
		return 0;
	for (; i < size && data[i] >= '0' && data[i] <= '9'; i++) {
		if (i - magic_len == DIGITS_MAX)
			return 0;
		value = value * 10 + (size_t)(data[i] - '0');
	}
	if (i == magic_len || size - i < SHA1_LEN + 2 || data[i] != ' ' ||
	    data[i + 1 + SHA1_LEN] != '\n')
		return 0;
	*text_size = value;
	*hex = data + i + 1;
	return i + SHA1_LEN + 2;
}

enum log_record_state log_record_check(const char *data, size_t size, struct log_record *record)
{
	char hex[SHA1_LEN + 1];
	const char *wanted;
	size_t text_size;
	size_t header_size = parse_header(data, size, &text_size, &wanted);

	if (!header_size)
		return LOG_RECORD_BAD_HEADER;
	if (text_size > size - header_size)
		return LOG_RECORD_SHORT;
	*record = (struct log_record){
		.text = data + header_size,
		.text_size = text_size,
		.size = header_size + text_size,
	};
	read_room(record);
	checksum(record->text, text_size, hex);
	return memcmp(hex, wanted, SHA1_LEN) ? LOG_RECORD_BAD_CHECKSUM : LOG_RECORD_GOOD;
}

bool log_record_is_ahead(const char *data, size_t size)
{
	const char *end = data + size;
	struct log_record record;

	while (data < end) {
		data = memmem(data + 1, (size_t)(end - data - 1), LOG_RECORD_MAGIC,
			      strlen(LOG_RECORD_MAGIC));
		if (!data)
			return false;
		if (log_record_check(data, (size_t)(end - data), &record) == LOG_RECORD_GOOD &&
		    !record.is_room)
			return true;
	}
	return false;
}

bool log_record_last_room(const char *data, size_t size, struct log_record *room)
{
	size_t at = size > LOG_RECORD_ROOM_MAX ? size - LOG_RECORD_ROOM_MAX : 0;

	for (;; at++) {
		const char *next =
			memmem(data + at, size - at, LOG_RECORD_MAGIC, strlen(LOG_RECORD_MAGIC));

		if (!next)
			return false;
		at = (size_t)(next - data);
		if (log_record_check(next, size - at, room) == LOG_RECORD_GOOD && room->is_room &&
		    room->size == size - at)
			return true;
	}
}
