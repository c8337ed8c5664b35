#pragma once
/* The daemon without its process, devices and files: database, server, switch of fake ports,
 * configure, in one event loop that the test turns. And a client of it. */
#include <stdbool.h>

#include "control/method.h"
#include "db/database.h"

struct configure;
struct connection;
struct event_base;
struct json_object;

struct house {
	struct event_base *base;
	struct db_server *db;
	struct rpc *rpc;
	struct server *server;
	struct vswitch *sw;
	struct configure *configure;
	struct method_context context;
	struct connection *client;
	struct json_object *reply; /* the last one */
	int n_replies;
	int n_connects;   /* of configure to the database */
	bool is_ready;    /* what configure says */
	bool is_refusing; /* connections of configure */
};

/* cmocka's: *state is a struct house *. */
int house_setup(void **state);
int house_teardown(void **state);

/* Takes switch and configure away, and makes them anew: a restart of the daemon. */
void house_restart(struct house *house);

/* One turn of the loop. */
void house_turn(struct house *house);
/* Turns until `is_done(ctx)`; fails the test after a minute. */
void house_wait(struct house *house, bool (*is_done)(void *ctx), void *ctx);

/* Sends a request and returns the reply, borrowed until the next one. `params` is JSON text. */
struct json_object *house_call(struct house *house, const char *method, const char *params);
/* Runs the operations (JSON text without the brackets), with next_cfg counted up, waits for
 * cur_cfg, and returns their results. Fails the test if there is an error. */
struct json_object *house_configure(struct house *house, const char *operations);
/* The only value of `column` of the row of `table` named `name`, as JSON text (borrowed until the
 * next call). */
const char *house_get(struct house *house, const char *table, const char *name, const char *column);
