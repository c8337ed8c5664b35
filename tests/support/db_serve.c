/* db_serve SCHEMA-FILE [DATABASE-FILE]: a database without its sockets, for tests.
 *
 * Reads one JSON-RPC message per line and writes what comes of it, one message per line. The line
 * "run MS" lets so much time pass. Ends with its input.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/own.h"
#include "db/database.h"
#include "db/server.h"

static void print(void *context, struct json_object *message)
{
	puts(json_object_to_json_string_ext(message, JSON_C_TO_STRING_PLAIN));
	fflush(stdout);
}

static void hang_up(void *context)
{
	puts("{\"ended\":true}");
	fflush(stdout);
}

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (!file || getdelim(&text, &size, '\0', file) < 0) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(1);
	}
	fclose(file);
	return text;
}

static void handle(struct db_session *session, const char *line, uint64_t now)
{
	own(json_free) struct json_object *request = NULL;
	struct err err = ERR_INIT;
	int r = json_parse(line, strlen(line), JSON_DEPTH_MAX, &request, &err);

	if (!r)
		r = db_session_request(session, request, now);
	if (r)
		printf("{\"failed\":%d}\n", r);
	fflush(stdout);
}

static void serve(struct db_server *server)
{
	struct db_session *session;
	uint64_t now = CLOCK_NS_PER_SEC;
	uint64_t ms;
	char *line = NULL;
	size_t size = 0;

	db_session_new(&session, server, print, hang_up, NULL);
	while (getline(&line, &size, stdin) > 0) {
		if (sscanf(line, "run %" SCNu64, &ms) == 1) {
			now += ms * CLOCK_NS_PER_MS;
			db_server_run(server, now);
			puts("{\"ran\":true}");
			fflush(stdout);
			continue;
		}
		handle(session, line, now);
	}
	free(line);
	db_session_free(&session);
}

int main(int argc, char **argv)
{
	struct db_server *server;
	struct database *db;
	struct err err = ERR_INIT;
	char *schema;
	int r;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: db_serve SCHEMA-FILE [DATABASE-FILE]\n");
		return 2;
	}
	hash_init();
	log_set_level(LOG_WARN);
	schema = read_file(argv[1]);
	r = argc == 3 ? database_open(&db, argv[2], schema, &err) : database_new(&db, schema, &err);
	free(schema);
	if (r) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	db_server_new(&server);
	db_server_add(server, &db);
	serve(server);
	db_server_free(&server);
	return 0;
}
