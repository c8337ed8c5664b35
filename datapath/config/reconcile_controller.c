/* Rows of Controller, and what else of a bridge is OpenFlow's: what they ask for, and what became of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "agent/openflow.h"
#include "config/publish.h"
#include "config/reconcile.h"
#include "config/replica.h"
#include "config/settings.h"
#include "stream/tls.h"
#include "openflow/message.h"

/* What Open vSwitch takes if nothing is said. */
#define MAX_BACKOFF_MS     8000
#define MAX_BACKOFF_MIN_MS 1000
#define INACTIVITY_MS      5000
#define INACTIVITY_MIN_MS  1000

static uint32_t read_ms(const struct row *row, const char *column, int64_t fallback, int64_t least)
{
	int64_t ms = row_integer(row, column, fallback);

	if (ms < least)
		ms = least;
	return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

/* 0: it is never asked for a sign of life. */
static uint32_t read_probe(const struct row *row)
{
	return row_integer(row, "inactivity_probe", INACTIVITY_MS) <= 0
		       ? 0
		       : read_ms(row, "inactivity_probe", INACTIVITY_MS, INACTIVITY_MIN_MS);
}

static const struct row *controller_row(const struct reconcile *reconcile,
					const struct bridge_record *record, size_t i)
{
	return replica_row(reconcile->replica, TABLE_CONTROLLER,
			   row_uuid_at(record->row, "controller", i));
}

/* As in Open vSwitch, unless it is said: who is listened for is a service. */
static bool is_service(const struct row *row)
{
	const char *type = row_string(row, "type");

	return type ? !strcmp(type, "service") : row_string(row, "target")[0] == 'p';
}

static uint32_t read_rate(const struct row *row)
{
	int64_t rate = row_integer(row, "controller_rate_limit", 0);

	return rate < INT32_MAX ? (uint32_t)rate : INT32_MAX;
}

/* As in Open vSwitch: a quarter of what comes in a second. */
static uint32_t read_burst(const struct row *row)
{
	int64_t burst = row_integer(row, "controller_burst_limit", read_rate(row) / 4);

	return burst < INT32_MAX ? (uint32_t)burst : INT32_MAX;
}

static unsigned read_controllers(const struct reconcile *reconcile,
				 const struct bridge_record *record,
				 struct openflow_controller *out)
{
	unsigned n = 0;

	for (size_t i = 0; i < row_size(record->row, "controller"); i++) {
		const struct row *row = controller_row(reconcile, record, i);

		if (!row || !row_string(row, "target"))
			continue;
		out[n++] = (struct openflow_controller){
			.uuid = row_uuid(row),
			.target = row_string(row, "target"),
			.is_service = is_service(row),
			.max_backoff_ms =
				read_ms(row, "max_backoff", MAX_BACKOFF_MS, MAX_BACKOFF_MIN_MS),
			.rate = read_rate(row),
			.burst = read_burst(row),
			.inactivity_ms = read_probe(row),
		};
	}
	return n;
}

/* "OpenFlow10" is version 1 ... */
static uint32_t read_versions(const struct row *row)
{
	static const char prefix[] = "OpenFlow1";
	uint32_t versions = 0;

	for (size_t i = 0; i < row_size(row, "protocols"); i++) {
		const char *text = row_string_at(row, "protocols", i);
		char digit = text && !strncmp(text, prefix, strlen(prefix)) ? text[strlen(prefix)]
									    : '\0';

		if (digit >= '0' && digit <= '9')
			versions |= 2u << (digit - '0');
	}
	return versions;
}

void controllers_make(struct reconcile *reconcile, const struct bridge_record *record)
{
	struct openflow_controller *controllers =
		calloc(row_size(record->row, "controller") + 1, sizeof(*controllers));
	struct openflow_settings settings = {.controllers = controllers};

	if (!controllers) {
		log_error("configure", "bridge %s: out of memory for its controllers",
			  record->name);
		return;
	}
	settings.n_controllers = read_controllers(reconcile, record, controllers);
	settings.versions = read_versions(record->row);
	settings.is_standalone = record->config.fail_mode == FAIL_STANDALONE;
	settings_datapath_id(record->row, &settings.datapath_id, NULL);
	openflow_bridge_set(reconcile->openflow, record->name, &settings);
	free(controllers);
}

void controllers_missing(const struct reconcile *reconcile, const struct bridge_record *record,
			 struct err *err)
{
	for (size_t i = 0; i < row_size(record->row, "controller"); i++) {
		const struct row *row = controller_row(reconcile, record, i);

		if (row && row_string(row, "target"))
			settings_controller_missing(row, err);
	}
}

void tls_make(struct reconcile *reconcile, const struct row *sw)
{
	const char *uuid = sw && row_size(sw, "ssl") ? row_uuid_at(sw, "ssl", 0) : NULL;
	const struct row *row = replica_row(reconcile->replica, TABLE_SSL, uuid);
	struct tls_settings settings;

	if (!reconcile->tls)
		return;
	if (row)
		settings = (struct tls_settings){
			.private_key = row_string(row, "private_key"),
			.certificate = row_string(row, "certificate"),
			.ca_cert = row_string(row, "ca_cert"),
			.bootstrap_ca_cert = row_boolean(row, "bootstrap_ca_cert"),
		};
	if (tls_set(reconcile->tls, row ? &settings : NULL))
		log_error("configure", "out of memory for the settings of TLS");
}

/* ---- what became of them ---- */

static void report_controller(struct publish *publish, const struct row *row,
			      const struct openflow_controller_status *status)
{
	const char *uuid = row_uuid(row);
	struct json_object *map = value_map();

	value_map_add(map, "state", status->state);
	value_map_add_number(map,
			     status->is_connected ? "sec_since_connect" : "sec_since_disconnect",
			     status->since_s);
	if (status->is_wrong)
		value_map_add(map, "error", status->last_error);
	if (status->last_error[0])
		value_map_add(map, "last_error", status->last_error);
	if (status->n_limited)
		value_map_add_number(map, "packet-in-limited", status->n_limited);
	publish_set(publish, "Controller", uuid, "is_connected",
		    value_boolean(status->is_connected));
	publish_set(publish, "Controller", uuid, "role",
		    value_string(status->is_connected ? status->role : NULL));
	publish_set(publish, "Controller", uuid, "status", map);
}

void report_controllers(struct publish *publish, const struct reconcile *reconcile)
{
	for (struct bridge_record *b = reconcile->bridges; b; b = b->hh.next)
		for (size_t i = 0; reconcile->openflow && i < row_size(b->row, "controller"); i++) {
			const struct row *row = controller_row(reconcile, b, i);
			struct openflow_controller_status status;

			if (row && openflow_controller_status(reconcile->openflow, b->name,
							      row_uuid(row), &status))
				report_controller(publish, row, &status);
		}
}
