#pragma once
/* How ofctl reaches the flows of a switch: JSON-RPC or netlink, with the same result.
 *
 * Flows cross this border as text, one per line, as flow/flow_text.h has it: what the user wrote on the
 * way in, what flow_print() makes of them on the way out. A transport that carries something else turns
 * it into text on its own side. One caller, blocking; every call ends by the timeout given at open.
 *
 * Errors: 0 or -errno with a text. A flow that the switch refuses: -EREMOTEIO or -EINVAL, and the text
 * begins with "line N: " (from 1) if more than one line was sent.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "flow/flow_text.h"

struct err;
struct json_object;
struct transport;

/* Which flows, and how they are written. */
struct flow_query {
	const char *bridge;
	const char *filter; /* as del-flows takes it; "": all */
	bool is_strict;     /* the flow with just this match and priority */
	bool no_stats;
	bool has_names; /* ports and tables by name where they have one */
};

struct flow_totals {
	uint64_t n_packets, n_bytes;
	uint32_t n_flows;
};

/* One flow, without a line end; borrowed during the visit. Non-zero: no more of them. */
typedef int flow_visit_fn(struct slice flow, void *ctx);

/* What happened to a flow, while it is watched. */
struct flow_news {
	const char *event;  /* "ADDED", "MODIFIED", "DELETED" */
	const char *reason; /* of DELETED: "idle", "hard", "delete", "eviction", ...; else "" */
	struct slice flow;
	uint64_t n_lost; /* that came before, and of which nothing is known but that */
};
typedef int flow_news_fn(const struct flow_news *news, void *ctx);

/* A standing order to be. */
struct order_request {
	const char *bridge;
	bool is_mirror; /* else it drops */
	const char *match;
	const char *port; /* mirror: to this one, by name or number; NULL: into the VLAN */
	uint16_t vlan;
	uint32_t seconds; /* of its life; 0: until it is undone */
	const char *name; /* NULL: the switch makes one */
};

#define ORDER_NAME_SIZE 32

struct transport_ops {
	const char *name; /* what --transport calls it */
	/* `address`: of the JSON-RPC socket, "unix:DIR/db.sock"; whoever listens elsewhere finds that from
	 * its directory. timeout_s 0: no bound. */
	int (*open)(struct transport **out, const char *address, unsigned timeout_s,
		    struct err *err);
	void (*close)(struct transport *transport);
	/* Does what all lines say, or nothing. FLOW_BY_WORD: each line may begin with its command. Sets
	 * *n to the number of flows in `text`. */
	int (*change)(struct transport *transport, const char *bridge, enum flow_command command,
		      struct slice text, uint32_t *n, struct err *err);
	/* Visits flows by table, then by descending priority. Returns what `visit` did if that is not 0. */
	int (*dump)(struct transport *transport, const struct flow_query *query,
		    flow_visit_fn *visit, void *ctx, struct err *err);
	int (*count)(struct transport *transport, const struct flow_query *query,
		     struct flow_totals *out, struct err *err);
	/* Tells of changes from now on, until `visit` returns non-zero. `started` is called when none can
	 * be missed any more. */
	int (*watch)(struct transport *transport, const struct flow_query *query,
		     void (*started)(void *ctx), flow_news_fn *visit, void *ctx, struct err *err);
	/* `name`: what it is called. */
	int (*order_add)(struct transport *transport, const struct order_request *order,
			 char name[ORDER_NAME_SIZE], struct err *err);
	/* All or none. */
	int (*order_del)(struct transport *transport, const char *bridge, char *const *names,
			 unsigned n, struct err *err);
	/* Appends the orders of a bridge (NULL: of all) as schemas/rpc/order-list.json has them. */
	int (*order_list)(struct transport *transport, const char *bridge, bool has_names,
			  struct json_object *rows, struct err *err);
};

/* The beginning of every transport. */
struct transport {
	const struct transport_ops *ops;
};

extern const struct transport_ops transport_json_rpc, transport_netlink;
