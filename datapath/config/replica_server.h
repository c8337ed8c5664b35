#pragma once
/* Whether an external server is the one to talk to: it has the database, is connected to its cluster and leads it
 * (database _Server, ovsdb-server(7)), and no other switch is driven by it (lock "ovs_vswitchd"). Control thread only.
 */
#include <stdbool.h>

struct connection;
struct json_object;

struct replica_server {
	const char *database;
	/* It is the one: called once for each replica_server_ask(). */
	void (*good)(void *ctx);
	void *ctx;
	/* inside */
	char row[37]; /* of the database in _Server; "": not known */
	enum { SERVER_ASKED, SERVER_LOCKING, SERVER_GOOD } state;
	bool is_told; /* that somebody else has the lock */
};

/* Sends the questions, on a new connection. A server that is not the one, or ceases to be, is hung up on. */
void replica_server_ask(struct replica_server *server, struct connection *conn);
/* What it was asked and has not answered; NULL: nothing, or it waits for another switch to end. */
const char *replica_server_unanswered(const struct replica_server *server);
/* True: the message was about that. */
bool replica_server_message(struct replica_server *server, struct connection *conn,
			    struct json_object *message);
