#pragma once
/* A client that called a runtime method and may call again: what it has open meanwhile (a change that it
 * sends in parts, what it watches), and how it is told of news.
 *
 * What it holds is freed when it hangs up. Control thread only.
 */
#include <stddef.h>

struct caller;
struct caller_hold;
struct connection;
struct err;
struct json_object;

typedef void caller_free_fn(struct caller_hold *hold);

/* The beginning of what a caller holds. */
struct caller_hold {
	caller_free_fn *free; /* frees all of it; also tells what kind it is */
	struct caller_hold *next;
};

/* 0 or -ENOMEM. `conn` is borrowed, and there as long as the caller. */
int caller_new(struct caller **out, struct connection *conn);
void caller_free(struct caller **caller);

/* Takes over `hold`. */
void caller_keep(struct caller *caller, struct caller_hold *hold);
/* What it holds of this kind, the newest; NULL: nothing. Borrowed. */
struct caller_hold *caller_held(const struct caller *caller, caller_free_fn *kind);
/* Whether it may watch `what` (of this kind) once more: 0, or -errno with a text. NULL: it does not stay. */
int caller_may_watch(const struct caller *caller, caller_free_fn *kind, const char *what,
		     struct err *err);
/* Gives it up and frees it. */
void caller_drop(struct caller *caller, struct caller_hold *hold);

/* Gives up and frees all that it holds. */
void caller_let_go(struct caller *caller);

/* Sends a notification: {"method", "params": [params], "id": null}. `params` is taken over. */
void caller_notify(struct caller *caller, const char *method, struct json_object *params);
/* Bytes that wait for it to be read. */
size_t caller_n_waiting(const struct caller *caller);
