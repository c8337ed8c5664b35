/* Requests to a database, one JSON message per line: whatever they say, it answers and stays sane. */
#include <json-c/json.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "db/database.h"
#include "db/server.h"

static const char schema[] =
	"{\"name\":\"T\",\"version\":\"1.0.0\",\"tables\":{"
	"\"A\":{\"isRoot\":true,\"indexes\":[[\"name\"]],\"columns\":{"
	"\"name\":{\"type\":\"string\"},\"r\":{\"type\":\"real\"},"
	"\"s\":{\"type\":{\"key\":\"integer\",\"min\":0,\"max\":\"unlimited\"}},"
	"\"m\":{\"type\":{\"key\":\"string\",\"value\":\"string\",\"min\":0,\"max\":3}},"
	"\"b\":{\"type\":{\"key\":{\"type\":\"uuid\",\"refTable\":\"B\"},\"min\":0,\"max\":9}},"
	"\"w\":{\"type\":{\"key\":{\"type\":\"uuid\",\"refTable\":\"B\",\"refType\":\"weak\"},"
	"\"min\":0,\"max\":9}}}},"
	"\"B\":{\"columns\":{\"x\":{\"type\":{\"key\":{\"type\":\"integer\",\"maxInteger\":9}}},"
	"\"next\":{\"type\":{\"key\":{\"type\":\"uuid\",\"refTable\":\"B\"},\"min\":0}}}}}}";

static void print(void *context, struct json_object *message)
{
	if (!json_object_to_json_string(message))
		abort();
}

static void hang_up(void *context)
{
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *line = (const char *)data;
	const char *end = line + size;
	uint64_t now = CLOCK_NS_PER_SEC;
	struct db_server *server;
	struct db_session *session;
	struct database *db;

	if (database_new(&db, schema, NULL) || db_server_new(&server) || db_server_add(server, &db))
		abort();
	db_session_new(&session, server, print, hang_up, NULL);
	while (line < end) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t len = (size_t)((newline ? newline : end) - line);
		struct json_object *request = NULL;

		if (!json_parse(line, len, JSON_DEPTH_MAX, &request, NULL))
			db_session_request(session, request, now);
		json_object_put(request);
		now += CLOCK_NS_PER_MS;
		db_server_run(server, now);
		line += len + 1;
	}
	db_session_free(&session);
	db_server_free(&server);
	return 0;
}
