#include "support/db_client.h"

#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/own.h"

const char client_schema[] =
	"{'name': 'T', 'version': '1.0.0', 'tables': {"
	"'A': {'isRoot': true, 'indexes': [['name']], 'columns': {"
	"'name': {'type': 'string'},"
	"'s': {'type': {'key': 'integer', 'min': 0, 'max': 'unlimited'}},"
	"'m': {'type': {'key': 'string', 'value': 'string', 'min': 0, 'max': 'unlimited'}},"
	"'b': {'type': {'key': {'type': 'uuid', 'refTable': 'B'}, 'min': 0, 'max': 'unlimited'}},"
	"'w': {'type': {'key': {'type': 'uuid', 'refTable': 'B', 'refType': 'weak'},"
	"               'min': 0, 'max': 'unlimited'}},"
	"'o': {'type': {'key': 'integer', 'min': 0, 'max': 1}},"
	"'t': {'type': 'integer', 'ephemeral': true},"
	"'fixed': {'type': 'string', 'mutable': false}}},"
	"'B': {'columns': {"
	"'x': {'type': {'key': {'type': 'integer', 'minInteger': 0, 'maxInteger': 10}}},"
	"'e': {'type': {'key': {'type': 'string', 'enum': ['set', ['red', 'blue']]},"
	"               'min': 0, 'max': 1}},"
	"'r': {'type': 'real'},"
	"'next': {'type': {'key': {'type': 'uuid', 'refTable': 'B'}, 'min': 0, 'max': 1}}}}}}";

static char *with_quotes(const char *text)
{
	char *copy = strdup(text);

	assert_non_null(copy);
	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	return copy;
}

static void hear(void *context, struct json_object *message)
{
	struct db_client *client = context;

	if (json_object_object_get(message, "method")) {
		json_object_array_add(client->heard, json_object_get(message));
		return;
	}
	json_object_put(client->answer);
	client->answer = json_object_get(message);
	client->n_heard_before_answer = json_object_array_length(client->heard);
}

static void hang_up(void *context)
{
	((struct db_client *)context)->n_ended++;
}

void client_open(struct db_client *client, const char *schema, const char *file)
{
	own(mem_free) char *text = with_quotes(schema);
	struct database *db = NULL;
	struct err err = ERR_INIT;
	int r = file ? database_open(&db, file, text, &err) : database_new(&db, text, &err);

	if (r)
		fail_msg("%s", err.text);
	*client = (struct db_client){.now = CLOCK_NS_PER_SEC};
	client->heard = json_object_new_array();
	assert_int_equal(db_server_new(&client->server), 0);
	assert_int_equal(db_server_add(client->server, &db), 0);
	assert_int_equal(db_session_new(&client->session, client->server, hear, hang_up, client),
			 0);
}

void client_close(struct db_client *client)
{
	db_session_free(&client->session);
	db_server_free(&client->server);
	json_object_put(client->heard);
	json_object_put(client->answer);
	free(client->text);
}

static void request(struct db_client *client, const char *method, const char *params)
{
	own(json_free) struct json_object *message = json_object_new_object();
	own(mem_free) char *text = with_quotes(params);
	struct json_object *json = NULL;
	struct err err = ERR_INIT;

	if (json_parse(text, strlen(text), JSON_DEPTH_MAX, &json, &err))
		fail_msg("%s: %s", text, err.text);
	json_object_object_add(message, "method", json_object_new_string(method));
	json_object_object_add(message, "params", json);
	json_object_object_add(message, "id", json_object_new_int(++client->last_id));
	json_object_put(client->answer);
	client->answer = NULL;
	assert_int_equal(db_session_request(client->session, message, client->now), 0);
}

static const char *keep(struct db_client *client, const char *prefix, const char *text)
{
	free(client->text);
	if (asprintf(&client->text, "%s%s", prefix, text) < 0)
		fail();
	return client->text;
}

static const char *plain(struct json_object *json)
{
	return json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN);
}

static const char *error_tag(struct json_object *json)
{
	struct json_object *tag;

	if (json_object_is_type(json, json_type_string))
		return json_object_get_string(json);
	if (!json_object_is_type(json, json_type_object) ||
	    !json_object_object_get_ex(json, "error", &tag))
		return NULL;
	return json_object_get_string(tag);
}

static const char *show_answer(struct db_client *client)
{
	const char *tag;

	if (!client->answer)
		return keep(client, "", "");
	tag = error_tag(json_object_object_get(client->answer, "error"));
	if (tag)
		return keep(client, "error: ", tag);
	return keep(client, "", plain(json_object_object_get(client->answer, "result")));
}

const char *client_call(struct db_client *client, const char *method, const char *fmt, ...)
{
	own(mem_free) char *params = NULL;
	va_list args;

	va_start(args, fmt);
	assert_true(vasprintf(&params, fmt, args) >= 0);
	va_end(args);
	request(client, method, params);
	return show_answer(client);
}

static const char *first_failure(struct db_client *client)
{
	struct json_object *results = json_object_object_get(client->answer, "result");

	for (size_t i = 0; results && i < json_object_array_length(results); i++) {
		const char *tag = error_tag(json_object_array_get_idx(results, i));

		if (tag)
			return tag;
	}
	return NULL;
}

const char *client_transact(struct db_client *client, const char *fmt, ...)
{
	own(mem_free) char *operations = NULL;
	own(mem_free) char *params = NULL;
	const char *tag;
	va_list args;

	va_start(args, fmt);
	assert_true(vasprintf(&operations, fmt, args) >= 0);
	va_end(args);
	assert_true(asprintf(&params, "['T', %s]", operations) >= 0);
	request(client, "transact", params);
	tag = client->answer ? first_failure(client) : NULL;
	return tag ? keep(client, "error: ", tag) : show_answer(client);
}

const char *client_heard(struct db_client *client)
{
	const char *text = keep(client, "", plain(client->heard));

	json_object_put(client->heard);
	client->heard = json_object_new_array();
	return text;
}

const char *client_answer(struct db_client *client)
{
	return show_answer(client);
}
