/* A database file of any bytes: it is opened, cut or refused. So that the fuzzer gets past the
 * checksums, a line that begins with '{' is made a record. */
#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "db/database.h"
#include "db/log_record.h"

static void write_line(FILE *file, const char *line, size_t len)
{
	struct json_object *json = NULL;
	size_t size;
	char *record;

	if (len && line[0] == '{' && !json_parse(line, len, 16, &json, NULL)) {
		record = log_record_print(json, 0, &size);
		fwrite(record, 1, size, file);
		free(record);
	} else {
		fwrite(line, 1, len, file);
	}
	json_object_put(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char path[64], lock[80];
	const char *line = (const char *)data;
	const char *end = line + size;
	struct database *db = NULL;
	FILE *file;

	log_set_level(LOG_ERROR);
	snprintf(path, sizeof(path), "/tmp/fuzz-log-%d", (int)getpid());
	snprintf(lock, sizeof(lock), "/tmp/.fuzz-log-%d.~lock~", (int)getpid());
	file = fopen(path, "w");
	if (!file)
		abort();
	while (line < end) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t len = (size_t)((newline ? newline : end) - line);

		write_line(file, line, len);
		line += len + 1;
	}
	fclose(file);
	if (!database_open(&db, path, NULL, NULL)) {
		if (database_compact(db, NULL))
			abort();
		database_free(&db);
		/* What we have read we can write, and read again. */
		if (database_open(&db, path, NULL, NULL))
			abort();
		database_free(&db);
	}
	unlink(path);
	unlink(lock);
	return 0;
}
