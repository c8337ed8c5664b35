#pragma once
/* The tools' connection to the daemon: JSON-RPC 1.0 on a stream socket, one caller, blocking.
 *
 * The socket carries the database protocol (RFC 7047) and the daemon's runtime methods alike.
 * Requests of the server (echo) are answered in passing; notifications that come while a reply is
 * awaited are kept for client_receive(). Every call ends by the deadline given at open.
 */
#include <signal.h>
#include <stdint.h>

struct client;
struct err;
struct json_object;

#define CLIENT_DEFAULT_RUN_DIR "/run/shunt"

/* Where the daemon listens: "unix:DIR/db.sock", of `run_dir`, else $SHUNT_RUNDIR, else the default
 * place. The text is the caller's to free. */
char *client_default_address(const char *run_dir);

/* Connects to `address`: unix:PATH or tcp:IP[:PORT], an IPv6 address in brackets, port 6640 if none
 * is given. `timeout_s` bounds the connection's whole life; 0: no bound. Returns 0, -EINVAL (not an
 * address), -ETIMEDOUT, or the errno of connect(2). */
int client_open(struct client **out, const char *address, unsigned timeout_s, struct err *err);
void client_free(struct client **client);

/* Calls `method` with `params` (a JSON array, taken over in any case) and waits for the reply.
 * Sets *result, the caller's to put. -EREMOTEIO: the server replied with an error, `err` has its
 * text. -ETIMEDOUT, -ECONNRESET or the errno of the socket: nothing more comes of this client. */
int client_call(struct client *client, const char *method, struct json_object *params,
		struct json_object **result, struct err *err);

/* The halves of client_call(), for several calls under way at once; their replies are waited for in the
 * order of the calls. `id` is that of the call. */
int client_send(struct client *client, const char *method, struct json_object *params, uint64_t *id,
		struct err *err);
int client_reply(struct client *client, const char *method, uint64_t id,
		 struct json_object **result, struct err *err);

/* Waits for the next notification. Sets *message to the whole {"method", "params"}, the caller's
 * to put. Errors as client_call(). */
int client_receive(struct client *client, struct json_object **message, struct err *err);

/* From now on signals of this mask (which the caller blocks) are let in where client_receive() waits; one that
 * comes ends it with -EINTR. NULL: no more. Copied. */
void client_let_in(struct client *client, const sigset_t *mask);

/* Waits until the server has closed the connection. 0 or -ETIMEDOUT. */
int client_wait_closed(struct client *client, struct err *err);

/* Milliseconds until the deadline, as poll(2) takes them: -1 if there is none. */
int client_time_left(const struct client *client);
