#pragma once
/* Who answers what a client asks: the database's methods (RFC 7047) go to db/, runtime methods
 * (control/method.h) are checked against their description and run here, and so are commands of ovs-appctl
 * (control/appctl.h), all on the same socket.
 *
 * A runtime method's params are one object in an array: [{"bridge": "br0"}]. Its errors are
 * {"error": "a few fixed words for programs", "details": "one line for people"}.
 * Methods that change something are for root and the daemon's own user. Control thread only.
 */
#include <sys/types.h>

struct db_server;
struct err;
struct event_base;
struct json_object;
struct method;
struct method_context;
struct rpc;
struct server_handler;

struct rpc_options {
	struct event_base *base;
	struct db_server *db;         /* borrowed */
	const struct method *methods; /* borrowed */
	unsigned n_methods;
	struct method_context *context; /* handed to the methods; borrowed */
};

/* Reads the descriptions of all methods. Returns 0 or -errno with a text. */
int rpc_new(struct rpc **out, const struct rpc_options *options, struct err *err);
/* All clients must be gone. */
void rpc_free(struct rpc **rpc);

/* Frees what clients hold of the switch: before the switch goes, and no client is answered any more. */
void rpc_let_go(struct rpc *rpc);

/* What to give to server_new(). */
struct server_handler rpc_handler(struct rpc *rpc);

/* Runs one runtime method for the user `uid`. Returns 0 and the result (the caller puts it), or
 * -errno with a text: -ENOSYS no such method, -EINVAL wrong params, -EPERM, or the method's own. */
int rpc_run(struct rpc *rpc, const char *method, struct json_object *params, uid_t uid,
	    struct json_object **result, struct err *err);
