/* Commands about what is not configuration: what the switch learned, counted, and can do. Each is
 * a JSON-RPC method of the daemon of the same name (schemas/rpc), whose parameters are the
 * command's arguments. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/json.h"
#include "base/own.h"
#include "client.h"
#include "doctor.h"
#include "need.h"
#include "report.h"
#include "session.h"

#define VLAN_MAX 4095
#define FDB_PART 50000 /* addresses in one answer of fdb-show, more or less */

/* The arguments as the object that the method takes: each under its name in the command's syntax,
 * in lower case. */
static int make_params(const struct cli_invocation *inv, struct json_object **params,
		       struct err *err)
{
	own(json_free) struct json_object *object = need(json_object_new_object());
	const char *word = inv->command->syntax;

	for (unsigned i = 0; i < inv->n_args; i++) {
		char name[32];
		size_t len;

		word += strspn(word, " [");
		len = strcspn(word, " ]");
		for (size_t c = 0; c < len && c < sizeof(name) - 1; c++)
			name[c] = (char)(word[c] | 0x20);
		name[len] = '\0';
		word += strcspn(word, " ");
		if (!strcmp(name, "vlan")) {
			char *end;
			long vlan = strtol(inv->args[i], &end, 10);

			if (end == inv->args[i] || *end || vlan < 0 || vlan > VLAN_MAX)
				return err_set(err, EINVAL, "'%s' is not a VLAN id: use 0 to %d",
					       inv->args[i], VLAN_MAX);
			json_object_object_add(object, name, json_object_new_int64(vlan));
		} else {
			json_object_object_add(object, name, json_object_new_string(inv->args[i]));
		}
	}
	*params = need(json_object_new_array());
	json_object_array_add(*params, take_ptr(object));
	return 0;
}

static int call_method(struct session *session, const struct cli_invocation *inv,
		       struct json_object **result, struct err *err)
{
	struct json_object *params;
	int ret = make_params(inv, &params, err);

	return ret ? ret : client_call(session->client, inv->command->name, params, result, err);
}

static void print_json(struct json_object *result)
{
	puts(json_object_to_json_string_ext(result, JSON_C_TO_STRING_PLAIN |
							    JSON_C_TO_STRING_NOSLASHESCAPE));
}

static void print_rows(const struct session *session, struct json_object *result,
		       const struct report *report)
{
	if (session->is_json)
		print_json(result);
	else if (json_object_is_type(result, json_type_array))
		report_rows(result, report, &session->style);
	else
		report_members(result);
}

/* Calls the method and prints what it returns, or the JSON of it. */
static int call_report(struct session *session, const struct cli_invocation *inv,
		       const struct report *report, struct err *err)
{
	own(json_free) struct json_object *result = NULL;
	int ret = call_method(session, inv, &result, err);

	if (ret)
		return ret;
	print_rows(session, result, report);
	return 0;
}

static int call_simple(struct session *session, const struct cli_invocation *inv, struct err *err)
{
	return call_report(session, inv, NULL, err);
}

static int call_part(struct session *session, const struct cli_invocation *inv, int64_t part,
		     int64_t parts, struct json_object *rows, struct err *err)
{
	own(json_free) struct json_object *result = NULL;
	struct json_object *params, *object;
	int ret = make_params(inv, &params, err);

	if (ret)
		return ret;
	object = json_array_at(params, 0);
	json_object_object_add(object, "part", json_object_new_int64(part));
	json_object_object_add(object, "parts", json_object_new_int64(parts));
	ret = client_call(session->client, "fdb-show", params, &result, err);
	for (size_t i = 0; !ret && i < json_array_size(result); i++)
		json_object_array_add(rows, json_object_get(json_array_at(result, i)));
	return ret;
}

/* A table may be too large for one answer. */
static int call_parts(struct session *session, const struct cli_invocation *inv,
		      struct json_object *rows, struct err *err)
{
	own(json_free) struct json_object *stats = NULL;
	struct json_object *params;
	int ret = make_params(inv, &params, err);
	int64_t parts;

	if (!ret)
		ret = client_call(session->client, "fdb-stats", params, &stats, err);
	if (ret)
		return ret;
	parts = json_object_get_int64(json_object_object_get(stats, "entries")) / FDB_PART + 1;
	for (int64_t part = 0; part < parts && !ret; part++)
		ret = call_part(session, inv, part, parts, rows, err);
	return ret;
}

static int call_fdb_show(struct session *session, const struct cli_invocation *inv, struct err *err)
{
	static const struct report_column columns[] = {
		{"port", "port", GRID_LEFT, NULL},
		{"VLAN", "vlan", GRID_RIGHT, NULL},
		{"MAC", "mac", GRID_LEFT, NULL},
		{"age", "age", GRID_RIGHT, report_fdb_age},
		{},
	};

	own(json_free) struct json_object *rows = need(json_object_new_array());
	int ret = call_parts(session, inv, rows, err);

	if (!ret)
		print_rows(session, rows, &(struct report){.columns = columns});
	return ret;
}

static int call_port_show(struct session *session, const struct cli_invocation *inv,
			  struct err *err)
{
	static const struct report_column columns[] = {
		{"bridge", "bridge", GRID_LEFT, NULL},
		{"port", "name", GRID_LEFT, NULL},
		{"ofport", "ofport", GRID_RIGHT, NULL},
		{"mode", "mode", GRID_LEFT, NULL},
		{"link", "link", GRID_LEFT, NULL},
		{"speed", "speed", GRID_RIGHT, report_speed},
		{"mtu", "mtu", GRID_RIGHT, NULL},
		{"rx packets", "switched.rx_packets", GRID_RIGHT, NULL},
		{"rx bytes", "switched.rx_bytes", GRID_RIGHT, NULL},
		{"tx packets", "switched.tx_packets", GRID_RIGHT, NULL},
		{"tx bytes", "switched.tx_bytes", GRID_RIGHT, NULL},
		{"drops", "drops", GRID_RIGHT, report_sum},
		{"error", "error", GRID_LEFT, NULL},
		{"note", "note", GRID_LEFT, NULL},
		{},
	};

	return call_report(session, inv, &(struct report){.columns = columns}, err);
}

static int call_drops(struct session *session, const struct cli_invocation *inv, struct err *err)
{
	static const struct report_column columns[] = {
		{"bridge", "bridge", GRID_LEFT, NULL},    {"port", "port", GRID_LEFT, NULL},
		{"packets", "packets", GRID_RIGHT, NULL}, {"reason", "reason", GRID_LEFT, NULL},
		{"meaning", "help", GRID_LEFT, NULL},     {},
	};

	return call_report(session, inv, &(struct report){.columns = columns}, err);
}

/* No daemon runs: what its program says of the machine, and why no daemon was asked. */
static int doctor_without_daemon(const struct session *session, const struct cli_invocation *inv,
				 const struct report *report, struct err *err)
{
	own(json_free) struct json_object *rows = NULL, *row = need(json_object_new_object());
	int ret;

	json_object_object_add(row, "subject", json_object_new_string("switchd"));
	json_object_object_add(row, "item", json_object_new_string("daemon"));
	json_object_object_add(row, "verdict", json_object_new_string("info"));
	json_object_object_add(row, "text", json_object_new_string(err->text));
	ret = doctor_ask_program(inv->n_args ? inv->args[0] : NULL, &rows, err);
	if (ret)
		return ret;
	json_object_array_add(rows, take_ptr(row));
	print_rows(session, rows, report);
	return 0;
}

static int call_doctor(struct session *session, const struct cli_invocation *inv, struct err *err)
{
	static const struct report_column columns[] = {
		{"of", "subject", GRID_LEFT, NULL},
		{"what", "item", GRID_LEFT, NULL},
		{"verdict", "verdict", GRID_LEFT, NULL},
		{"explanation", "text", GRID_LEFT, NULL},
		{},
	};
	static const struct report report = {.columns = columns, .keeps_order = true};
	int ret = client_open(&session->client, session->address, session->timeout_s, err);

	if (!ret)
		return call_report(session, inv, &report, err);
	if ((ret != -ENOENT && ret != -ECONNREFUSED) || strncmp(session->address, "unix:", 5) != 0)
		return ret;
	return doctor_without_daemon(session, inv, &report, err);
}

/* The member, which is a number, with its unit. */
static void set_unit(struct json_object *object, const char *member, double units, const char *unit)
{
	double number = json_object_get_double(json_object_object_get(object, member));
	char text[32];

	snprintf(text, sizeof(text), "%.0f %s", number / units, unit);
	json_object_object_add(object, member, json_object_new_string(text));
}

static int call_status(struct session *session, const struct cli_invocation *inv, struct err *err)
{
	own(json_free) struct json_object *status = NULL;
	int ret = call_method(session, inv, &status, err);

	if (ret)
		return ret;
	if (session->is_json) {
		print_json(status);
		return 0;
	}
	set_unit(status, "uptime", 1, "s");
	set_unit(status, "startup", 1000, "ms");
	report_members(status);
	return 0;
}

/* The daemon's process, to be waited for; -1 if it is not of this machine or not known. */
static int open_daemon(struct session *session)
{
	own(json_free) struct json_object *status = NULL;
	struct json_object *params = need(json_object_new_array());
	int pid;

	json_object_array_add(params, need(json_object_new_object()));
	if (client_call(session->client, "status", params, &status, NULL) ||
	    strncmp(session->address, "unix:", 5))
		return -1;
	pid = json_object_get_int(json_object_object_get(status, "pid"));
	return pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
}

/* What the daemon at the session's address says of itself. -ENOENT or -ECONNREFUSED: there is none (yet). */
static int ask_next(struct session *session, int left_ms, struct json_object **status,
		    struct err *err)
{
	own(client_free) struct client *next = NULL;
	struct json_object *params;
	int ret = client_open(&next, session->address,
			      left_ms < 0 ? 0 : (unsigned)(left_ms + 999) / 1000, err);

	if (ret)
		return ret;
	params = need(json_object_new_array());
	json_object_array_add(params, need(json_object_new_object()));
	return client_call(next, "status", params, status, err);
}

static bool has_ended(int daemon)
{
	struct pollfd pfd = {.fd = daemon, .events = POLLIN};

	return daemon >= 0 && poll(&pfd, 1, 0) > 0;
}

/* Until another daemon is ready at the same place, in the time that is left; it may wait for its database for ever.
 * It is the same process. If that has ended, a service manager may start one more, soon. */
static int wait_for_next(struct session *session, int daemon, struct err *err)
{
	unsigned patience = 100; /* 5 s */
	unsigned hope = 1500;    /* 3 s */

	for (;;) {
		own(json_free) struct json_object *status = NULL;
		struct json_object *waits_for;
		int left = client_time_left(session->client);
		int ret = ask_next(session, left, &status, err);

		if (!ret && !json_object_object_get_ex(status, "waits-for", &waits_for))
			return 0;
		if (!ret && (!patience-- || !left))
			return err_set(err, EAGAIN,
				       "the new daemon waits for the database server at %s",
				       json_object_get_string(waits_for));
		if (ret && ((ret != -ENOENT && ret != -ECONNREFUSED) || !left))
			return ret;
		if (ret && has_ended(daemon) && !hope--)
			return err_set(err, ESRCH,
				       "the new daemon ended at once: its log says why");
		usleep(ret ? 2000 : 50000);
	}
}

static int call_restart(struct session *session, const struct cli_invocation *inv, struct err *err)
{
	own(json_free) struct json_object *result = NULL;
	own(fd_close) int daemon = open_daemon(session);
	int ret = call_method(session, inv, &result, err);

	if (ret && ret != -ECONNRESET)
		return ret;
	if (!ret)
		ret = client_wait_closed(session->client, err);
	else
		ret = 0;
	return ret ? ret : wait_for_next(session, daemon, err);
}

static int call_stop(struct session *session, const struct cli_invocation *inv, struct err *err)
{
	own(json_free) struct json_object *result = NULL;
	own(fd_close) int daemon = open_daemon(session);
	struct pollfd pfd = {.fd = daemon, .events = POLLIN};
	int ret;

	ret = call_method(session, inv, &result, err);
	/* It may be gone before it has answered. */
	if (ret && ret != -ECONNRESET)
		return ret;
	if (!ret)
		ret = client_wait_closed(session->client, err);
	else
		ret = 0;
	if (!ret && daemon >= 0 && poll(&pfd, 1, client_time_left(session->client)) == 0)
		ret = err_set(err, ETIMEDOUT, "%s: the daemon closes but has not ended yet",
			      session->address);
	return ret;
}

static const struct cli_action simple = {.call = call_simple};
static const struct cli_action fdb_show = {.call = call_fdb_show};
static const struct cli_action port_show = {.call = call_port_show};
static const struct cli_action drops = {.call = call_drops};
static const struct cli_action doctor = {.call = call_doctor, .is_offline = true};
static const struct cli_action daemon_status = {.call = call_status};
static const struct cli_action restart = {.call = call_restart};
static const struct cli_action stop = {.call = call_stop};

const struct cli_command runtime_commands[] = {
	{"fdb-show", "BRIDGE", "list the MAC addresses that a bridge knows", 0, &fdb_show},
	{"fdb-flush", "BRIDGE [PORT]", "forget what was learned (on PORT)", 0, &simple},
	{"fdb-add", "BRIDGE PORT MAC [VLAN]", "add a static MAC address", 0, &simple},
	{"fdb-del", "BRIDGE MAC [VLAN]", "remove a MAC address", 0, &simple},
	{"fdb-stats", "BRIDGE", "count what was learned and forgotten", 0, &simple},
	{"port-show", "[BRIDGE]", "show ports: mode, link, counters, errors", 0, &port_show},
	{"drops", "[BRIDGE]", "show dropped packets by reason", 0, &drops},
	{"cache-stats", "", "count what the flow cache found and held", 0, &simple},
	{"doctor", "[DEVICE]", "explain what kernel and devices can do", 0, &doctor},
	{"status", "", "show the daemon: version, process, uptime", 0, &daemon_status},
	{"log-set", "LEVEL", "log error, warn, info or debug and worse", 0, &simple},
	{"restart", "", "start the daemon anew; known flows go on", 0, &restart},
	{"stop", "", "end the daemon and wait until it is gone", 0, &stop},
	{},
};
