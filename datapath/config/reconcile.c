#include "config/reconcile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "config/replica.h"
#include "config/settings.h"

/* ---- what the rows want ---- */

/* Remembers the error of a record and logs it, once. */
static void error_set(char *error, size_t size, const char *kind, const char *name,
		      const char *text)
{
	if (!strncmp(error, text, size - 1))
		return;
	snprintf(error, size, "%s", text);
	if (text[0])
		log_warn("configure", "%s %s: %s", kind, name, text);
}

static void interface_error(struct interface_record *record, const char *text)
{
	if (strcmp(record->error, text))
		record->told.is_told = false;
	error_set(record->error, sizeof(record->error), "interface", record->name, text);
}

static void bridge_error(struct bridge_record *record, const char *text)
{
	error_set(record->error, sizeof(record->error), "bridge", record->name, text);
}

static struct bridge_record *bridge_record_get(struct reconcile *reconcile, const char *name)
{
	struct bridge_record *record;

	HASH_FIND_STR(reconcile->bridges, name, record);
	if (record)
		return record;
	record = calloc(1, sizeof(*record));
	if (!record || !(record->name = strdup(name))) {
		free(record);
		return NULL;
	}
	HASH_ADD_KEYPTR(hh, reconcile->bridges, record->name, strlen(record->name), record);
	return record;
}

static struct interface_record *interface_record_get(struct reconcile *reconcile, const char *name)
{
	struct interface_record *record;

	HASH_FIND_STR(reconcile->interfaces, name, record);
	if (record)
		return record;
	record = calloc(1, sizeof(*record));
	if (!record || !(record->name = strdup(name))) {
		free(record);
		return NULL;
	}
	HASH_ADD_KEYPTR(hh, reconcile->interfaces, record->name, strlen(record->name), record);
	return record;
}

/* True if the interface is there already. */
static bool is_on(const struct interface_record *record, const struct bridge_record *bridge,
		  const struct row *port)
{
	return record->port && record->bridge == bridge &&
	       !strcmp(record->made_of.port_uuid, row_uuid(port));
}

static int compare_claims(const struct bridge_record *a, const struct row *a_port,
			  const struct bridge_record *b, const struct row *b_port)
{
	const char *a_name = row_string(a_port, "name"), *b_name = row_string(b_port, "name");
	int order = strverscmp(a->name, b->name);

	return order ? order : strverscmp(a_name ? a_name : "", b_name ? b_name : "");
}

/* Nothing in the schema forbids a port on two bridges, or an interface in two ports. It stays where
 * it is, or goes to the first by name. True if this is `bridge` and `port`. */
static bool conflict_decide(struct interface_record *record, const struct bridge_record *bridge,
			    const struct row *port)
{
	const struct bridge_record *other = record->wanted_bridge;
	const struct row *other_port = record->port_row;
	bool is_winner = !is_on(record, other, other_port) &&
			 (is_on(record, bridge, port) ||
			  compare_claims(bridge, port, other, other_port) < 0);
	const struct bridge_record *winner = is_winner ? bridge : other;
	const struct bridge_record *loser = is_winner ? other : bridge;

	if (winner != loser)
		snprintf(record->conflict, sizeof(record->conflict),
			 "on two bridges, %s and %s: it stays on %s: remove it from one",
			 winner->name, loser->name, winner->name);
	else
		snprintf(record->conflict, sizeof(record->conflict),
			 "in two ports, %s and %s: remove it from one",
			 row_string(is_winner ? port : other_port, "name"),
			 row_string(is_winner ? other_port : port, "name"));
	return is_winner;
}

static void want_port(struct reconcile *reconcile, struct bridge_record *bridge,
		      const struct row *port)
{
	for (size_t i = 0; port && i < row_size(port, "interfaces"); i++) {
		const struct row *row = replica_row(reconcile->replica, TABLE_INTERFACE,
						    row_uuid_at(port, "interfaces", i));
		struct interface_record *record =
			row && row_string(row, "name")
				? interface_record_get(reconcile, row_string(row, "name"))
				: NULL;

		if (!record || (record->row && !conflict_decide(record, bridge, port)))
			continue;
		if (record->wanted_bridge != bridge)
			record->made_of.is_final = false;
		record->row = row;
		record->port_row = port;
		record->wanted_bridge = bridge;
	}
}

static void want_bridge(struct reconcile *reconcile, const struct row *row)
{
	struct bridge_record *record = bridge_record_get(reconcile, row_string(row, "name"));

	if (!record)
		return;
	record->row = row;
	for (size_t i = 0; i < row_size(row, "ports"); i++)
		want_port(
			reconcile, record,
			replica_row(reconcile->replica, TABLE_PORT, row_uuid_at(row, "ports", i)));
}

/* Port 2 before port 10: rows of the database have no order, numbers of ports shall have one. */
static int compare_names(const struct interface_record *a, const struct interface_record *b)
{
	return strverscmp(a->name, b->name);
}

/* Points each record to its row. Records without one are not wanted any more. */
static void want_all(struct reconcile *reconcile, const struct row *sw)
{
	for (struct bridge_record *b = reconcile->bridges; b; b = b->hh.next)
		b->row = NULL;
	for (struct interface_record *i = reconcile->interfaces; i; i = i->hh.next) {
		i->row = NULL;
		i->conflict[0] = '\0';
	}
	for (size_t i = 0; sw && i < row_size(sw, "bridges"); i++) {
		const struct row *row = replica_row(reconcile->replica, TABLE_BRIDGE,
						    row_uuid_at(sw, "bridges", i));

		if (row && row_string(row, "name"))
			want_bridge(reconcile, row);
	}
	HASH_SRT(hh, reconcile->interfaces, compare_names);
}

/* ---- making the switch so ---- */

static void interface_record_drop(struct reconcile *reconcile, struct interface_record *record)
{
	HASH_DEL(reconcile->interfaces, record);
	free(record->name);
	free(record);
}

static void bridge_record_drop(struct reconcile *reconcile, struct bridge_record *record)
{
	HASH_DEL(reconcile->bridges, record);
	free(record->name);
	free(record);
}

static void interfaces_remove(struct reconcile *reconcile)
{
	struct interface_record *record, *next;

	HASH_ITER (hh, reconcile->interfaces, record, next) {
		if (record->port && (!record->row || record->bridge != record->wanted_bridge)) {
			log_info("configure", "bridge %s: remove port %s", record->bridge->name,
				 record->name);
			bridge_port_del(&record->port);
			record->was_attached = false;
		}
		if (!record->row)
			interface_record_drop(reconcile, record);
	}
}

static void bridges_remove(struct reconcile *reconcile)
{
	struct bridge_record *record, *next;

	HASH_ITER (hh, reconcile->bridges, record, next) {
		if (record->row)
			continue;
		if (record->bridge) {
			log_info("configure", "remove bridge %s", record->name);
			bridge_del(&record->bridge);
		}
		bridge_record_drop(reconcile, record);
	}
}

/* Returns 0, or -errno if a later attempt may do better. */
static int bridge_make(struct reconcile *reconcile, struct bridge_record *record)
{
	struct bridge_config config;
	struct err wrong = ERR_INIT, failed = ERR_INIT;
	int rc = 0;

	settings_bridge(record->row, &config, &wrong);
	controllers_missing(reconcile, record, &wrong);
	if (!record->bridge) {
		rc = bridge_add(reconcile->sw, record->name, &config, &record->bridge, &failed);
		if (!rc)
			log_info("configure", "add bridge %s", record->name);
	} else if (memcmp(&config, &record->config, sizeof(config))) {
		rc = bridge_set(record->bridge, &config, &failed);
	}
	if (!rc)
		record->config = config;
	if (rc)
		err_add(&wrong, -rc, "%s", failed.text);
	bridge_error(record, wrong.text);
	return rc == -EINVAL ? 0 : rc;
}

static int interface_add(struct interface_record *record, struct bridge_port_config *config,
			 struct err *err)
{
	int64_t before = row_integer(record->row, "ofport", -1);
	int rc = -EEXIST;

	/* The number it had before the daemon was restarted, if nobody else has it now. */
	if (!config->ofport_request && before > 0 && before <= 65279) {
		struct bridge_port_config again = *config;

		again.ofport_request = (uint16_t)before;
		rc = bridge_port_add(record->wanted_bridge->bridge, &again, &record->port, NULL);
	}
	if (rc)
		rc = bridge_port_add(record->wanted_bridge->bridge, config, &record->port, err);
	if (rc)
		return rc;
	record->bridge = record->wanted_bridge;
	record->qos_version = 0;
	log_info("configure", "bridge %s: add port %s", record->bridge->name, record->name);
	return 0;
}

/* A device of another kind is another port. */
static int interface_change(struct interface_record *record, struct bridge_port_config *config,
			    struct err *err)
{
	if (config->port.type == record->config.port.type)
		return bridge_port_set(record->port, config, err);
	bridge_port_del(&record->port);
	record->was_attached = false;
	return interface_add(record, config, err);
}

static int interface_follow(struct interface_record *record, struct bridge_port_config *config,
			    struct err *err)
{
	int rc = 0;

	if (!record->wanted_bridge->bridge)
		return err_set(err, EAGAIN, "its bridge %s: %s", record->wanted_bridge->name,
			       record->wanted_bridge->error);
	if (!record->port)
		rc = interface_add(record, config, err);
	else if (memcmp(config, &record->config, sizeof(*config)))
		rc = interface_change(record, config, err);
	if (!rc)
		record->config = *config;
	return rc;
}

/* What its bridge says concerns the bridge's own port alone. */
static uint64_t bridge_version(const struct interface_record *record)
{
	return strcmp(record->name, record->wanted_bridge->name)
		       ? 0
		       : row_version(record->wanted_bridge->row);
}

static void missing_tell(const struct reconcile *reconcile, struct interface_record *record)
{
	struct err missing = ERR_INIT;

	settings_port_missing(record->wanted_bridge->row, record->port_row, record->row,
			      reconcile->with_fake, &missing);
	error_set(record->missing_error, sizeof(record->missing_error), "interface", record->name,
		  missing.text);
}

/* Returns 0, or -errno if a later attempt may do better. */
static int interface_make(struct reconcile *reconcile, struct interface_record *record)
{
	static const struct bridge_port_config new_port = {.tag = VLAN_NONE};
	struct bridge_port_config config = new_port;
	struct err wrong = ERR_INIT, failed = ERR_INIT;
	int rc;

	if (record->port)
		config = record->config;
	rc = settings_port(record->wanted_bridge->row, record->port_row, record->row,
			   reconcile->with_fake, &config, &wrong);
	/* A new port, or one of another type, is made as it shall be or not at all; of one that is there what is
	 * wrong stays as it was. */
	if (!rc || (record->port && config.port.type == record->config.port.type))
		rc = interface_follow(record, &config, &failed);
	if (failed.text[0])
		err_add(&wrong, failed.code, "%s", failed.text);
	interface_error(record, wrong.text[0] ? wrong.text : record->conflict);
	missing_tell(reconcile, record);
	record->made_of.is_final = !rc || rc == -EINVAL;
	record->made_of.port_version = row_version(record->port_row);
	record->made_of.interface_version = row_version(record->row);
	record->made_of.bridge_version = bridge_version(record);
	strcpy(record->made_of.port_uuid, row_uuid(record->port_row));
	strcpy(record->made_of.conflict, record->conflict);
	return rc == -EINVAL ? 0 : rc;
}

/* Most of them, most of the time: this is what a run over all rows costs. */
static bool is_made(const struct interface_record *record)
{
	return record->made_of.is_final &&
	       record->made_of.port_version == row_version(record->port_row) &&
	       record->made_of.interface_version == row_version(record->row) &&
	       record->made_of.bridge_version == bridge_version(record) &&
	       !strcmp(record->made_of.conflict, record->conflict);
}

/* Ports that ask for a number come first, then those that had one, then the others. */
static unsigned turn_of(const struct interface_record *record)
{
	if (row_integer(record->row, "ofport_request", 0))
		return 0;
	return row_integer(record->row, "ofport", -1) > 0 ? 1 : 2;
}

static int interfaces_make(struct reconcile *reconcile)
{
	int rc = 0;

	for (unsigned turn = 0; turn < 3; turn++) {
		for (struct interface_record *i = reconcile->interfaces; i; i = i->hh.next) {
			if (!is_made(i) && turn_of(i) == turn && interface_make(reconcile, i))
				rc = -EAGAIN;
		}
	}
	return rc;
}

static void interfaces_furnish(struct reconcile *reconcile)
{
	for (struct interface_record *i = reconcile->interfaces; i; i = i->hh.next) {
		struct err qos = ERR_INIT;

		if (i->port && qos_make(reconcile, i, &qos))
			error_set(i->qos_error, sizeof(i->qos_error), "port", i->name, qos.text);
	}
}

static void bridges_furnish(struct reconcile *reconcile)
{
	for (struct bridge_record *b = reconcile->bridges; b; b = b->hh.next) {
		struct err mirror = ERR_INIT, table = ERR_INIT;

		if (b->bridge) {
			mirrors_make(reconcile, b, &mirror);
			tables_make(reconcile, b, &table);
		}
		error_set(b->mirror_error, sizeof(b->mirror_error), "bridge", b->name, mirror.text);
		error_set(b->table_error, sizeof(b->table_error), "bridge", b->name, table.text);
	}
}

static void switch_make(struct reconcile *reconcile, const struct row *sw)
{
	struct err err = ERR_INIT;
	struct vswitch_config config;

	settings_switch(sw, &config, &err);
	error_set(reconcile->error, sizeof(reconcile->error), "table", "Open_vSwitch", err.text);
	if (!memcmp(&config, &reconcile->config, sizeof(config)))
		return;
	vswitch_set(reconcile->sw, &config);
	reconcile->config = config;
}

int reconcile_run(struct reconcile *reconcile, const struct row *sw)
{
	int rc = 0;

	switch_make(reconcile, sw);
	tls_make(reconcile, sw);
	want_all(reconcile, sw);
	interfaces_remove(reconcile);
	bridges_remove(reconcile);
	for (struct bridge_record *b = reconcile->bridges; b; b = b->hh.next) {
		if (bridge_make(reconcile, b))
			rc = -EAGAIN;
	}
	if (interfaces_make(reconcile))
		rc = -EAGAIN;
	interfaces_furnish(reconcile);
	bridges_furnish(reconcile);
	for (struct bridge_record *b = reconcile->bridges; reconcile->openflow && b; b = b->hh.next)
		if (b->bridge)
			controllers_make(reconcile, b);
	managers_make(reconcile, sw);
	return rc;
}

void reconcile_fini(struct reconcile *reconcile)
{
	struct bridge_record *bridge, *next_bridge;
	struct interface_record *interface, *next_interface;

	HASH_ITER (hh, reconcile->interfaces, interface, next_interface)
		interface_record_drop(reconcile, interface);
	HASH_ITER (hh, reconcile->bridges, bridge, next_bridge)
		bridge_record_drop(reconcile, bridge);
}
