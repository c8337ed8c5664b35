#include "config/configure.h"

#include <errno.h>
#include <event2/event.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/own.h"
#include "config/reconcile.h"
#include "config/publish.h"
#include "config/replica.h"
#include "config/settings.h"

#define DATABASE          "Open_vSwitch"
#define SETTLE_USEC       10000 /* events of one cause come together */
#define RETRY_SECONDS     1
#define STATISTICS_MS     5000
#define STATISTICS_MIN_MS 100

struct configure {
	/* fixed after create */
	struct configure_options options;
	struct replica *replica;
	struct reconcile reconcile;
	struct publish *publish;
	struct event *run;        /* soon */
	struct event *retry;      /* after a failure */
	struct event *statistics; /* every now and then */
	/* control thread */
	bool is_ready;
	bool is_run_due; /* at once */
	bool is_waiting; /* for a transaction to be answered: run again then */
	bool is_statistics_due;
	bool is_failing;   /* to write results */
	bool is_ending;    /* what is under way will not be answered */
	bool is_inserting; /* the row of Open_vSwitch */
	uint64_t statistics_ms;
};

static const char *const switch_columns[] = {"bridges", "next_cfg",        "other_config",
					     "ssl",     "manager_options", NULL};
static const char *const bridge_columns[] = {"name",
					     "ports",
					     "mirrors",
					     "fail_mode",
					     "flow_tables",
					     "other_config",
					     "controller",
					     "protocols",
					     "stp_enable",
					     "rstp_enable",
					     "mcast_snooping_enable",
					     "netflow",
					     "sflow",
					     "ipfix",
					     "flood_vlans",
					     "auto_attach",
					     NULL};
static const char *const port_columns[] = {
	"name",      "interfaces", "tag",  "trunks",    "vlan_mode",       "other_config",
	"protected", "qos",        "lacp", "bond_mode", "bond_fake_iface", NULL};
static const char *const interface_columns[] = {"name",
						"type",
						"options",
						"mtu_request",
						"mac",
						"ofport_request",
						"ofport",
						"ingress_policing_rate",
						"ingress_policing_burst",
						"ingress_policing_kpkts_rate",
						"ingress_policing_kpkts_burst",
						"bfd",
						"cfm_mpid",
						"lldp",
						NULL};

static const char *const mirror_columns[] = {
	"name",        "select_all",  "select_src_port", "select_dst_port",
	"select_vlan", "output_port", "output_vlan",     "snaplen",
	NULL};

static const char *const controller_columns[] = {"target",
						 "type",
						 "max_backoff",
						 "inactivity_probe",
						 "controller_rate_limit",
						 "controller_burst_limit",
						 "connection_mode",
						 NULL};
static const char *const ssl_columns[] = {"private_key", "certificate", "ca_cert",
					  "bootstrap_ca_cert", NULL};
static const char *const flow_table_columns[] = {"name", "flow_limit", "overflow_policy", "groups",
						 NULL};

static const char *const qos_columns[] = {"type", "queues", "other_config", NULL};
static const char *const queue_columns[] = {"dscp", "other_config", NULL};

static const char *const manager_columns[] = {"target", "max_backoff", "inactivity_probe", NULL};

/* What config/report.c and config/reconcile_mirror.c write. */
static const char *const switch_results[] = {
	"cur_cfg",        "ovs_version", "db_version",     "iface_types",
	"datapath_types", "system_type", "system_version", NULL};
static const char *const bridge_results[] = {"status", "datapath_id", "datapath_version", NULL};
static const char *const interface_results[] = {
	"ofport",      "error",      "ifindex", "mtu",    "mac_in_use", "admin_state", "link_state",
	"link_resets", "link_speed", "duplex",  "status", "statistics", NULL};

static const char *const mirror_results[] = {"statistics", NULL};
static const char *const manager_results[] = {"is_connected", "status", NULL};
static const char *const controller_results[] = {"is_connected", "role", "status", NULL};

static const struct replica_table tables[N_TABLES] = {
	[TABLE_SWITCH] = {DATABASE, switch_columns, switch_results},
	[TABLE_BRIDGE] = {"Bridge", bridge_columns, bridge_results},
	[TABLE_PORT] = {"Port", port_columns, NULL},
	[TABLE_INTERFACE] = {"Interface", interface_columns, interface_results},
	[TABLE_MIRROR] = {"Mirror", mirror_columns, mirror_results},
	[TABLE_CONTROLLER] = {"Controller", controller_columns, controller_results},
	[TABLE_SSL] = {"SSL", ssl_columns, NULL},
	[TABLE_FLOW_TABLE] = {"Flow_Table", flow_table_columns, NULL},
	[TABLE_QOS] = {"QoS", qos_columns, NULL},
	[TABLE_QUEUE] = {"Queue", queue_columns, NULL},
	[TABLE_MANAGER] = {"Manager", manager_columns, manager_results},
};

/* ---- telling what became of it ---- */

static void run_later(struct configure *configure, long seconds, long useconds)
{
	const struct timeval wait = {.tv_sec = seconds, .tv_usec = useconds};

	if (!seconds)
		event_add(configure->run, &wait);
	else if (!event_pending(configure->retry, EV_TIMEOUT, NULL))
		event_add(configure->retry, &wait);
}

static void run_at_once(struct configure *configure)
{
	configure->is_run_due = true;
	event_active(configure->run, 0, 0);
}

/* Also when the results cannot be written: the switch works, and clients can ask why. */
static void ready_tell(struct configure *configure)
{
	if (configure->is_ready)
		return;
	configure->is_ready = true;
	if (configure->options.ready)
		configure->options.ready(configure->options.ctx);
}

static void write_failed(struct configure *configure, const char *error)
{
	if (!configure->is_failing)
		log_warn("configure", "cannot write results to the database: %s", error);
	configure->is_failing = true;
	run_later(configure, RETRY_SECONDS, 0);
}

static void publish_done(void *ctx, const char *error)
{
	struct configure *configure = ctx;

	if (configure->is_ending)
		return;
	if (error) {
		write_failed(configure, error);
	} else {
		if (configure->is_failing)
			log_info("configure", "results can be written to the database again");
		configure->is_failing = false;
		if (configure->is_waiting)
			run_at_once(configure);
	}
	configure->is_waiting = false;
	ready_tell(configure);
}

static void inserted(void *ctx, const char *error)
{
	struct configure *configure = ctx;

	configure->is_inserting = false;
	if (!error)
		return;
	write_failed(configure, error);
	ready_tell(configure);
}

/* A new database is empty: the one row of Open_vSwitch is ours to make, unless it is there. */
static void switch_row_insert(struct configure *configure)
{
	static const char text[] =
		"[{\"op\":\"wait\",\"table\":\"Open_vSwitch\",\"where\":[],\"columns\":[\"_uuid\"],"
		"\"until\":\"==\",\"rows\":[],\"timeout\":0},"
		"{\"op\":\"insert\",\"table\":\"Open_vSwitch\",\"row\":{}}]";
	own(json_free) struct json_object *operations = json_tokener_parse(text);

	if (configure->is_inserting)
		return;
	if (!replica_has(configure->replica, DATABASE, NULL)) { /* nor can it have one */
		ready_tell(configure);
		return;
	}
	configure->is_inserting = true;
	if (replica_transact(configure->replica, operations, inserted, configure))
		configure->is_inserting = false;
}

static void report(struct configure *configure, const struct row *sw)
{
	publish_begin(configure->publish);
	for (struct interface_record *i = configure->reconcile.interfaces; i; i = i->hh.next)
		report_interface(configure->publish, i, configure->is_statistics_due);
	for (struct bridge_record *b = configure->reconcile.bridges; b; b = b->hh.next)
		report_bridge(configure->publish, b);
	report_mirrors(configure->publish, &configure->reconcile, configure->is_statistics_due);
	report_controllers(configure->publish, &configure->reconcile);
	report_managers(configure->publish, &configure->reconcile, sw);
	report_switch(configure->publish, sw, replica_version(configure->replica));
	configure->is_statistics_due = false;
	if (!publish_send(configure->publish))
		publish_done(configure, NULL);
}

/* Now, or when the last transaction is answered. */
static void tell(struct configure *configure, const struct row *sw)
{
	if (publish_is_busy(configure->publish))
		configure->is_waiting = true;
	else
		report(configure, sw);
}

/* ---- when ---- */

static void statistics_arm(struct configure *configure, const struct row *sw)
{
	uint64_t ms = STATISTICS_MS;
	struct timeval period;

	settings_number(sw, "other_config", "stats-update-interval", SETTINGS_STATISTICS_MAX_MS,
			&ms, NULL);
	if (ms < STATISTICS_MIN_MS)
		ms = STATISTICS_MIN_MS;
	if (ms == configure->statistics_ms)
		return;
	configure->statistics_ms = ms;
	period = (struct timeval){.tv_sec = (time_t)(ms / 1000),
				  .tv_usec = (suseconds_t)(ms % 1000 * 1000)};
	event_add(configure->statistics, &period);
}

static void run_cb(evutil_socket_t fd, short what, void *ctx)
{
	struct configure *configure = ctx;
	const struct row *sw;

	configure->is_run_due = false;
	if (!replica_is_ready(configure->replica))
		return;
	sw = replica_next(configure->replica, TABLE_SWITCH, NULL);
	if (reconcile_run(&configure->reconcile, sw))
		run_later(configure, RETRY_SECONDS, 0);
	if (configure->options.applied)
		configure->options.applied(configure->options.ctx);
	if (!sw) {
		switch_row_insert(configure);
		return;
	}
	statistics_arm(configure, sw);
	tell(configure, sw);
}

static void statistics_cb(evutil_socket_t fd, short what, void *ctx)
{
	struct configure *configure = ctx;
	const struct row *sw;

	configure->is_statistics_due = true;
	sw = replica_is_ready(configure->replica)
		     ? replica_next(configure->replica, TABLE_SWITCH, NULL)
		     : NULL;
	/* Where rows have changed, nothing is told before they are done. */
	if (sw && !configure->is_run_due)
		tell(configure, sw);
}

static void rows_changed(void *ctx)
{
	struct configure *configure = ctx;

	run_at_once(configure);
}

static void result_changed(void *ctx, const char *uuid, const char *column)
{
	struct configure *configure = ctx;

	if (publish_is_overwritten(configure->publish, uuid, column))
		run_at_once(configure);
}

void configure_port_changed(struct configure *configure)
{
	if (configure && !event_pending(configure->run, EV_TIMEOUT, NULL))
		run_later(configure, 0, SETTLE_USEC);
}

/* ---- life ---- */

static void reread(void *ctx)
{
	struct configure *configure = ctx;

	publish_forget(configure->publish);
}

static int database_connect(void *ctx, struct err *err)
{
	struct configure *configure = ctx;

	return configure->options.external
		       ? 0
		       : configure->options.connect(configure->options.ctx, err);
}

int configure_new(struct configure **out, const struct configure_options *options)
{
	own(configure_free) struct configure *configure = calloc(1, sizeof(*configure));
	struct replica_options replica = {
		.base = options->base,
		.database = DATABASE,
		.tables = tables,
		.n_tables = N_TABLES,
		.external = options->external,
		.connect = database_connect,
		.reread = reread,
		.changed = rows_changed,
		.result_changed = result_changed,
		.ctx = configure,
	};
	int rc;

	if (!configure)
		return -ENOMEM;
	configure->options = *options;
	configure->is_statistics_due = true;
	configure->run = event_new(options->base, -1, 0, run_cb, configure);
	configure->retry = event_new(options->base, -1, 0, run_cb, configure);
	configure->statistics = event_new(options->base, -1, EV_PERSIST, statistics_cb, configure);
	if (!configure->run || !configure->retry || !configure->statistics)
		return -ENOMEM;
	rc = replica_new(&configure->replica, &replica);
	if (!rc)
		rc = publish_new(&configure->publish, configure->replica, publish_done, configure);
	if (rc)
		return rc;
	configure->reconcile = (struct reconcile){
		.sw = options->sw,
		.replica = configure->replica,
		.openflow = options->openflow,
		.tls = options->tls,
		.remotes = options->remotes,
		.with_fake = options->with_fake,
	};
	*out = take_ptr(configure);
	return 0;
}

void configure_free(struct configure **configure)
{
	struct configure *c = *configure;

	if (!c)
		return;
	c->is_ending = true;
	replica_free(&c->replica); /* ends what publish waits for */
	publish_free(&c->publish);
	reconcile_fini(&c->reconcile);
	if (c->run)
		event_free(c->run);
	if (c->retry)
		event_free(c->retry);
	if (c->statistics)
		event_free(c->statistics);
	mem_free(configure);
}
