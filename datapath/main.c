/* switchd: builds the house bottom-up, runs it, and takes it down in reverse. */
#include <errno.h>
#include <event2/event.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/own.h"
#include "config.h"
#include "config/configure.h"
#include "control/coverage.h"
#include "control/detach.h"
#include "config/external.h"
#include "control/method.h"
#include "nl/netlink.h"
#include "agent/openflow.h"
#include "control/options.h"
#include "control/ovs_compat.h"
#include "stream/remote.h"
#include "control/rpc.h"
#include "control/run_dir.h"
#include "stream/server.h"
#include "control/state_file.h"
#include "stream/tls.h"
#include "db/database.h"
#include "db/server.h"
#include "port/pins.h"
#include "port/port.h"
#include "switch/vswitch.h"

#define EXIT_USAGE  2
#define SOCKET_MODE 0660

/* All that there is, in the order it is made. Control thread only. */
struct daemon {
	struct options options;
	bool has_log_file;
	struct clock clock;
	struct run_dir *run_dir;
	const char *socket_dirs[3]; /* where the database may name sockets */
	struct event_base *base;
	struct event *signals[3];
	struct db_server *db;
	struct rpc *rpc;
	struct server *server;
	struct remotes *remotes;
	struct external *external;     /* the database; NULL: it is ours */
	struct ovs_compat *ovs_compat; /* NULL: nobody asked for it */
	struct coverage *coverage;
	struct vswitch *sw;
	struct state_file *state;
	struct configure *configure;
	struct netlink *netlink;
	struct tls *tls;
	struct openflow *openflow;
	struct method_context context;
};

/* ---- the process ---- */

static int log_start(struct daemon *daemon, struct err *err)
{
	const char *file = daemon->options.log_file;
	int rc;

	if (!file && daemon->options.is_detached)
		file = run_dir_file(daemon->run_dir, "switchd.log");
	rc = file ? log_open(file) : 0;
	daemon->has_log_file = file && !rc;
	return rc ? err_set(err, -rc, "cannot log to %s: %s", file, strerror(-rc)) : 0;
}

/* As many files as it takes; memory for maps and sockets, which kernels since 5.11 no longer count
 * against this limit, so that a failure is none. */
static void limits_raise(void)
{
	const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
	struct rlimit files;

	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (setrlimit(RLIMIT_MEMLOCK, &all))
		log_debug("switchd", "cannot raise the limit of locked memory: %s",
			  strerror(errno));
}

static int process_start(struct daemon *daemon, struct err *err)
{
	int rc = run_dir_new(&daemon->run_dir, daemon->options.run_dir, daemon->options.pidfile,
			     err);

	if (rc)
		return rc;
	options_name_instance(&daemon->options, run_dir_path(daemon->run_dir));
	daemon->socket_dirs[0] = run_dir_path(daemon->run_dir);
	if (daemon->options.ovs_compat)
		daemon->socket_dirs[1] = ovs_compat_dir();
	limits_raise();
	return log_start(daemon, err);
}

/* ---- the event loop ---- */

static void stop_cb(evutil_socket_t signal, short what, void *ctx)
{
	struct daemon *daemon = ctx;

	log_info("switchd", "ends: %s", strsignal(signal));
	daemon->context.ending = signal == SIGTERM ? ENDING_LEAVE : ENDING_STOP;
	event_base_loopexit(daemon->base, NULL);
}

static void reopen_cb(evutil_socket_t signal, short what, void *ctx)
{
	if (log_reopen())
		log_error("switchd", "cannot open the log anew");
}

static int loop_start(struct daemon *daemon, struct err *err)
{
	static const int numbers[3] = {SIGTERM, SIGINT, SIGHUP};

	signal(SIGPIPE, SIG_IGN);
	daemon->base = event_base_new();
	if (!daemon->base)
		return err_set(err, ENOMEM, "cannot make an event loop");
	for (unsigned i = 0; i < 3; i++) {
		daemon->signals[i] =
			evsignal_new(daemon->base, numbers[i],
				     numbers[i] == SIGHUP ? reopen_cb : stop_cb, daemon);
		if (!daemon->signals[i] || event_add(daemon->signals[i], NULL))
			return err_set(err, ENOMEM, "cannot wait for signals");
	}
	return 0;
}

/* ---- the database and its clients ---- */

/* `schema` NULL: whatever the file holds. */
static int database_serve(struct daemon *daemon, const char *file, const char *schema,
			  struct err *err)
{
	struct database *database = NULL;
	int rc = database_open(&database, file, schema, err);

	if (rc)
		return rc;
	rc = db_server_add(daemon->db, &database);
	if (rc)
		err_set(err, -rc, "%s: cannot serve database %s: %s", file, database_name(database),
			strerror(-rc));
	database_free(&database);
	return rc;
}

static int databases_open(struct daemon *daemon, struct err *err)
{
	const struct options *options = &daemon->options;
	int rc = 0;

	if (!external_is_meant(options->database)) {
		rc = run_dir_make_parent(options->database, err);
		if (!rc)
			rc = database_serve(daemon, options->database, switch_schema, err);
	} else {
		db_server_refer(daemon->db, options->database, true);
	}
	for (unsigned i = 0; !rc && i < options->n_extra_databases; i++)
		rc = database_serve(daemon, options->extra_databases[i], NULL, err);
	return rc;
}

/* Without a database of our own there is one about databases all the same: so clients are told what is missing. */
static int database_start(struct daemon *daemon, struct err *err)
{
	int rc = db_server_new(&daemon->db);

	if (rc)
		return err_set(err, -rc, "cannot serve the database: %s", strerror(-rc));
	return databases_open(daemon, err);
}

static int server_start(struct daemon *daemon, struct err *err)
{
	const struct rpc_options options = {
		.base = daemon->base,
		.db = daemon->db,
		.methods = methods,
		.n_methods = n_methods,
		.context = &daemon->context,
	};
	struct server_handler handler;
	int rc = rpc_new(&daemon->rpc, &options, err);

	if (rc)
		return rc;
	handler = rpc_handler(daemon->rpc);
	rc = tls_new(&daemon->tls);
	if (!rc && daemon->options.tls.private_key)
		rc = tls_set(daemon->tls, &daemon->options.tls);
	if (!rc)
		rc = server_new(&daemon->server, daemon->base, &handler);
	return rc ? err_set(err, -rc, "cannot make a server: %s", strerror(-rc)) : 0;
}

/* ---- the switch ---- */

static void port_changed(void *ctx, struct bridge_port *port)
{
	struct daemon *daemon = ctx;

	configure_port_changed(daemon->configure);
}

static int switch_start(struct daemon *daemon, struct err *err)
{
	const struct vswitch_options options = {
		.instance = daemon->options.instance,
		.run_dir = run_dir_path(daemon->run_dir),
		.n_workers = daemon->options.n_workers,
		.clock = &daemon->clock,
		.ledger = run_dir_file(daemon->run_dir, "counts"),
		.n_kernel_flows = daemon->options.n_kernel_flows,
		.no_fast_path = daemon->options.no_fast_path,
		.changed = port_changed,
		.ctx = daemon,
	};

	int rc = vswitch_new(&daemon->sw, &options, daemon->base, err);

	if (rc)
		return rc;
	rc = state_file_new(&daemon->state, run_dir_file(daemon->run_dir, "state"), daemon->base,
			    daemon->sw);
	return rc ? err_set(err, -rc, "state: %s", strerror(-rc)) : 0;
}

/* ---- the configuration ---- */

/* The daemon is a client of its own database, by the same protocol as everybody. */
static int database_connect(void *ctx, struct err *err)
{
	struct daemon *daemon = ctx;
	int fds[2], rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds))
		return err_set(err, errno, "socketpair: %s", strerror(errno));
	rc = server_adopt(daemon->server, fds[0], "switchd itself");
	if (!rc)
		return fds[1];
	close(fds[1]);
	return err_set(err, -rc, "cannot serve myself: %s", strerror(-rc));
}

/* Who drives the switch over netlink can do so from here on. Without it the rest works, too. */
static void netlink_start(struct daemon *daemon)
{
	const struct netlink_options options = {
		.base = daemon->base,
		.sw = daemon->sw,
		.file = run_dir_file(daemon->run_dir, "netlink"),
	};
	struct err err = ERR_INIT;

	if (netlink_new(&daemon->netlink, &options, &err))
		log_warn("switchd", "nobody can use netlink: %s", err.text);
	daemon->context.netlink = daemon->netlink;
}

static void bridges_changed(void *ctx)
{
	struct daemon *daemon = ctx;

	netlink_bridges_changed(daemon->netlink);
	openflow_bridges_changed(daemon->openflow);
	ovs_compat_bridges(daemon->ovs_compat, daemon->sw);
}

/* Of a controller, or of a manager. */
static void status_changed(void *ctx)
{
	struct daemon *daemon = ctx;

	configure_port_changed(daemon->configure);
}

static int remotes_start(struct daemon *daemon, struct err *err)
{
	const struct remotes_options options = {
		.base = daemon->base,
		.server = daemon->server,
		.tls = daemon->tls,
		.dirs = daemon->socket_dirs,
		.changed = status_changed,
		.ctx = daemon,
	};
	int rc = remotes_new(&daemon->remotes, &options);

	return rc ? err_set(err, -rc, "cannot serve remotes: %s", strerror(-rc)) : 0;
}

static int openflow_start(struct daemon *daemon, struct err *err)
{
	const struct openflow_options options = {
		.base = daemon->base,
		.sw = daemon->sw,
		.tls = daemon->tls,
		.run_dir = run_dir_path(daemon->run_dir),
		.mode = SOCKET_MODE,
		.dirs = daemon->socket_dirs,
		.changed = status_changed,
		.ctx = daemon,
	};
	int rc = openflow_new(&daemon->openflow, &options);

	return rc ? err_set(err, -rc, "cannot speak OpenFlow: %s", strerror(-rc)) : 0;
}

/* What an external server says is there, for the first time. */
static void wait_end(struct daemon *daemon)
{
	if (daemon->external)
		db_server_refer(daemon->db, daemon->options.database, false);
	daemon->context.waits_for = NULL;
}

static void switch_ready(void *ctx)
{
	struct daemon *daemon = ctx;

	wait_end(daemon);
	state_file_read(daemon->state);
	vswitch_settle(daemon->sw);
	daemon->context.ready_ns = clock_now(&daemon->clock);
	log_info("switchd", "ready after %.1f ms",
		 (double)(daemon->context.ready_ns - daemon->context.started_ns) / CLOCK_NS_PER_MS);
	netlink_start(daemon);
	openflow_admit(daemon->openflow);
	server_admit(daemon->server);
	remotes_admit(daemon->remotes);
	detach_ready();
}

static int configure_start(struct daemon *daemon, struct err *err)
{
	const struct configure_options options = {
		.base = daemon->base,
		.sw = daemon->sw,
		.openflow = daemon->openflow,
		.tls = daemon->options.tls.private_key ? NULL : daemon->tls,
		.remotes = daemon->external ? NULL : daemon->remotes,
		.external = daemon->external,
		.connect = database_connect,
		.ready = switch_ready,
		.applied = bridges_changed,
		.ctx = daemon,
	};
	int rc = configure_new(&daemon->configure, &options);

	return rc ? err_set(err, -rc, "cannot configure: %s", strerror(-rc)) : 0;
}

/* Clients may come; they are let in when the switch is ready. */
static int socket_make(struct daemon *daemon, struct err *err)
{
	int rc = daemon->options.ovs_compat
			 ? ovs_compat_new(&daemon->ovs_compat, run_dir_path(daemon->run_dir), err)
			 : 0;

	if (!rc)
		rc = server_listen(daemon->server, run_dir_file(daemon->run_dir, "db.sock"),
				   SOCKET_MODE, err);

	for (unsigned i = 0; !rc && i < daemon->options.n_remotes; i++)
		rc = remotes_add(daemon->remotes, daemon->options.remotes[i], err);
	return rc;
}

/* ---- the house ---- */

static void context_fill(struct daemon *daemon)
{
	daemon->context.base = daemon->base;
	daemon->context.sw = daemon->sw;
	daemon->context.server = daemon->server;
	daemon->context.db = daemon->db;
	daemon->context.remotes = daemon->remotes;
	daemon->context.coverage = daemon->coverage;
	daemon->context.instance = daemon->options.instance;
	daemon->context.run_dir = run_dir_path(daemon->run_dir);
	daemon->context.database = daemon->options.database;
}

/* An external server may keep the switch waiting: who asks the daemon meanwhile is told so. */
static void wait_begin(struct daemon *daemon)
{
	daemon->context.waits_for = daemon->options.database;
	server_admit(daemon->server);
}

static void wait_tell(evutil_socket_t fd, short what, void *ctx)
{
	const struct daemon *daemon = ctx;

	if (!daemon->context.waits_for)
		return;
	log_info("switchd", "waits for the database server at %s", daemon->context.waits_for);
	if (daemon->options.is_detached)
		fprintf(stderr, "switchd: waits for the database server at %s\n",
			daemon->context.waits_for);
	detach_ready(); /* whoever started it need not wait as well */
}

static int house_build(struct daemon *daemon, struct err *err)
{
	int rc = process_start(daemon, err);

	if (!rc)
		rc = loop_start(daemon, err);
	if (!rc)
		rc = database_start(daemon, err);
	if (!rc)
		rc = server_start(daemon, err);
	if (!rc)
		rc = switch_start(daemon, err);
	if (!rc)
		rc = openflow_start(daemon, err);
	if (!rc && external_is_meant(daemon->options.database))
		rc = external_new(&daemon->external, daemon->options.database, daemon->base,
				  daemon->tls, err);
	if (!rc)
		rc = remotes_start(daemon, err);
	if (!rc)
		rc = configure_start(daemon, err);
	if (!rc)
		rc = socket_make(daemon, err);
	if (!rc)
		rc = coverage_new(&daemon->coverage, daemon->base, daemon->sw, daemon->server);
	if (rc)
		return rc;
	context_fill(daemon);
	if (daemon->external)
		wait_begin(daemon);
	return 0;
}

/* What an earlier daemon has left stays for the next one, unless nothing is to be left. */
static void state_end(struct daemon *daemon)
{
	int rc = 0;

	if (daemon->context.ending == ENDING_STOP)
		state_file_remove(daemon->state);
	else if (daemon->context.ready_ns)
		rc = state_file_write(daemon->state);
	if (daemon->context.ending == ENDING_STOP && !daemon->context.ready_ns)
		vswitch_settle(daemon->sw);
	if (rc)
		log_error("switchd", "%s/state: cannot write it: %s: flows are not kept",
			  run_dir_path(daemon->run_dir), strerror(-rc));
}

static void say_what_is_left(const struct daemon *daemon)
{
	if (daemon->context.ending == ENDING_RESTART)
		log_info("switchd", "the kernel goes on forwarding what it knows meanwhile");
	else
		log_info(
			"switchd",
			"the kernel goes on forwarding what it knows: start switchd again, or remove "
			"what is left by `switchd --cleanup %s`",
			daemon->options.instance);
}

/* The server goes after the switch: a client that sees its connection end knows that every device
 * is as it was found, or left to forward what the kernel knows. */
static void house_take_down(struct daemon *daemon)
{
	state_file_free(&daemon->state);
	if (daemon->sw && daemon->context.ending != ENDING_STOP && vswitch_can_leave(daemon->sw)) {
		vswitch_leave(daemon->sw);
		say_what_is_left(daemon);
	}
	ovs_compat_free(&daemon->ovs_compat);
	configure_free(&daemon->configure);
	netlink_free(&daemon->netlink);
	openflow_free(&daemon->openflow);
	if (daemon->rpc)
		rpc_let_go(daemon->rpc);
	coverage_free(&daemon->coverage);
	vswitch_free(&daemon->sw);
	external_free(&daemon->external);
	remotes_free(&daemon->remotes);
	server_free(&daemon->server);
	tls_free(&daemon->tls);
	rpc_free(&daemon->rpc);
	db_server_free(&daemon->db);
	for (unsigned i = 0; i < 3; i++) {
		if (daemon->signals[i])
			event_free(daemon->signals[i]);
	}
	if (daemon->base)
		event_base_free(daemon->base);
	run_dir_free(&daemon->run_dir);
}

static int run(struct daemon *daemon)
{
	static const struct timeval soon = {.tv_sec = 1};
	struct err err = ERR_INIT;
	int rc = house_build(daemon, &err);

	if (rc) {
		fprintf(stderr, "switchd: %s\n", err.text);
		if (daemon->has_log_file)
			log_error("switchd", "%s", err.text);
	} else {
		log_info("switchd", "version " PACKAGE_VERSION ", instance %s, run directory %s",
			 daemon->options.instance, daemon->context.run_dir);
		event_base_once(daemon->base, -1, EV_TIMEOUT, wait_tell, daemon, &soon);
		event_base_dispatch(daemon->base);
		state_end(daemon);
	}
	house_take_down(daemon);
	if (!rc)
		log_info("switchd", "ended");
	return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}

static bool instance_print(void *ctx, const char *instance)
{
	unsigned *n = ctx;

	printf("%s %s%s", (*n)++ ? "," : "; those that there are:", instance,
	       pins_is_claimed(instance) ? " (running)" : "");
	return false;
}

static void nothing_print(const char *instance)
{
	unsigned n = 0;

	printf("switchd: there is nothing of an instance named %s", instance);
	pins_visit(instance_print, &n);
	puts(n ? "" : ", nor of any other");
}

static int cleanup(const char *instance)
{
	struct port_remains remains;
	struct err err = ERR_INIT;
	int rc;

	log_set_level(LOG_WARN);
	rc = port_cleanup(instance, &remains, &err);
	if (!rc && remains.run_dir[0])
		rc = run_dir_clean(remains.run_dir, &err);
	if (!rc && !remains.are_any)
		nothing_print(instance);
	if (rc)
		fprintf(stderr, "switchd: %s\n", err.text);
	return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* For `switchctl doctor`, if no daemon runs. */
static int doctor(const char *device)
{
	own(json_free) struct json_object *params = json_object_new_object(), *rows = NULL;
	struct err err = ERR_INIT;

	log_set_level(LOG_WARN);
	limits_raise();
	if (device)
		json_object_object_add(params, "device", json_object_new_string(device));
	if (method_doctor(NULL, params, &rows, &err)) {
		fprintf(stderr, "switchd: %s\n", err.text);
		return EXIT_FAILURE;
	}
	puts(json_object_to_json_string_ext(rows, JSON_C_TO_STRING_PLAIN));
	return EXIT_SUCCESS;
}

/* Libraries have a log of their own, which would go to the terminal. */
static void libevent_said(int severity, const char *text)
{
	log_debug("libevent", "%s", text);
}

int main(int argc, char *argv[])
{
	struct daemon daemon = {.clock = {.is_manual = false}};
	struct err err = ERR_INIT;
	int rc;

	daemon.context.started_ns = clock_now(&daemon.clock);
	if (options_parse(argc, argv, &daemon.options, &err)) {
		fprintf(stderr, "switchd: %s\n", err.text);
		return EXIT_USAGE;
	}
	if (daemon.options.is_help || daemon.options.is_version) {
		fputs(daemon.options.is_help ? options_help : "switchd " PACKAGE_VERSION "\n",
		      stdout);
		return EXIT_SUCCESS;
	}
	hash_init();
	event_set_log_callback(libevent_said);
	if (daemon.options.cleanup)
		return cleanup(daemon.options.cleanup);
	if (daemon.options.is_doctor)
		return doctor(daemon.options.doctor_device);
	log_set_level(daemon.options.log_level);
	rc = !restart_was() && daemon.options.is_detached ? detach_fork() : 0;
	if (rc) {
		fprintf(stderr, "switchd: cannot detach: %s\n", strerror(-rc));
		return EXIT_FAILURE;
	}
	rc = run(&daemon);
	return !rc && daemon.context.ending == ENDING_RESTART ? restart(argv) : rc;
}
