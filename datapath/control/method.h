#pragma once
/* Runtime methods: what the outside can ask of a running daemon that is not configuration.
 *
 * A method NAME is a function, a row in the table of method.c, and a file schemas/rpc/NAME.json,
 * which describes parameters and result and is checked before the function runs. So a function
 * finds every required parameter, of the right type and in its range. What is "early" answers also
 * before the switch has its configuration, which an external server may keep waiting.
 */
#include <stdbool.h>
#include <stdint.h>

struct bridge;
struct bridge_port;
struct caller;
struct configure;
struct coverage;
struct err;
struct event_base;
struct flow_mod;
struct json_object;
struct netlink;
struct server;
struct vswitch;

/* What becomes of devices and of what the kernel knows when the daemon ends. */
enum ending {
	ENDING_STOP,    /* all is as it was found */
	ENDING_LEAVE,   /* the kernel goes on, until a daemon comes */
	ENDING_RESTART, /* which is at once */
};

/* What methods act on: the rooms, and what main knows. Borrowed. */
struct method_context {
	struct event_base *base;
	struct vswitch *sw;
	struct netlink *netlink; /* NULL: there is none */
	struct server *server;
	struct db_server *db;
	struct remotes *remotes;
	struct coverage *coverage;
	const char *instance;
	const char *run_dir;
	const char *database;
	const char *
		waits_for; /* servers of the database that decides what the switch is; NULL: it is known */
	uint64_t started_ns; /* CLOCK_MONOTONIC */
	uint64_t ready_ns;   /* 0 until it is */
	enum ending ending;
	/* who calls, during the call; NULL: nobody who stays */
	struct caller *caller;
};

/* Sets *result (the caller puts it; NULL stands for {}) or returns -errno with a text. */
typedef int method_fn(struct method_context *context, struct json_object *params,
		      struct json_object **result, struct err *err);

method_fn method_cache_dump, method_cache_stats, method_capture, method_doctor, method_drops,
	method_fdb_add, method_fdb_del, method_fdb_flush, method_fdb_show, method_fdb_stats,
	method_flow_aggregate, method_flow_dump, method_flow_mod, method_flow_watch,
	method_frags_set, method_frags_show, method_group_dump, method_group_features,
	method_group_mod, method_group_stats, method_log_set, method_meter_dump,
	method_meter_features, method_meter_mod, method_meter_stats, method_order_add,
	method_order_del, method_order_list, method_packet_out, method_packet_watch,
	method_port_mod, method_port_show, method_restart, method_status, method_stop,
	method_table_dump, method_table_mod, method_trace;

struct method {
	const char *name;
	method_fn *run;
	const char *description; /* the text of schemas/rpc/NAME.json */
};

extern const struct method methods[];
extern const unsigned n_methods;

/* Shorthands for params and results. */
const char *param_string(struct json_object *params, const char *name); /* NULL: absent */
int64_t param_integer(struct json_object *params, const char *name, int64_t fallback);
/* The bridge that the parameter "bridge" names; NULL, with the text in `err`, if there is none. */
struct bridge *param_bridge(struct method_context *context, struct json_object *params,
			    struct err *err);
/* The flows that the parameters "filter" and "strict" mean; the caller's to flow_mod_fini(). */
int param_filter(struct bridge *bridge, struct json_object *params, struct flow_mod *filter,
		 struct err *err);
/* What port-mod has said of a port, as words. */
struct json_object *port_config_show(const struct bridge_port *port);
bool param_boolean(struct json_object *params, const char *name); /* absent: false */
/* Which of `n` words a parameter is; n: it is absent, or none of them. */
unsigned param_choice(struct json_object *params, const char *name, const char *const *words,
		      unsigned n);
void result_string(struct json_object *object, const char *name, const char *value);
void result_integer(struct json_object *object, const char *name, uint64_t value);
/* -EAGAIN, with a text that says what the daemon waits for. */
int method_refuse_early(const struct method_context *context, struct err *err);
void result_boolean(struct json_object *object, const char *name, bool value);
