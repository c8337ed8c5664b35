/* Rows of Mirror: what they ask for, what is wrong with them, and what they counted. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "config/publish.h"
#include "config/reconcile.h"
#include "config/replica.h"
#include "switch/mirror.h"

/* A mirror of a bridge while it is put together. */
struct wanted {
	const struct row *row;
	bool is_there; /* the switch has it already */
	char name[MIRROR_NAME_SIZE];
	struct mirror_config config;
	const char **ports; /* what config points into */
	size_t n_ports;
};

/* The interface of a port, by whose name the switch knows it. NULL: none, or more than one. */
static const char *interface_of(const struct reconcile *reconcile, const char *port_uuid)
{
	const struct row *port = replica_row(reconcile->replica, TABLE_PORT, port_uuid);
	const struct row *interface;

	if (!port || row_size(port, "interfaces") != 1)
		return NULL;
	interface = replica_row(reconcile->replica, TABLE_INTERFACE,
				row_uuid_at(port, "interfaces", 0));
	return interface ? row_string(interface, "name") : NULL;
}

static const char *name_of_port(const struct reconcile *reconcile, const char *uuid)
{
	const struct row *port = replica_row(reconcile->replica, TABLE_PORT, uuid);
	const char *name = port ? row_string(port, "name") : NULL;

	return name ? name : uuid;
}

static void complain(struct err *err, const struct err *what)
{
	err_add(err, what->code, "%s", what->text);
}

static void complain_of_port(struct err *err, const struct wanted *wanted, const char *column,
			     const char *port)
{
	struct err what = ERR_INIT;

	err_set(&what, ENODEV, "mirror %s: %s %s is not on its bridge: choose a port that is",
		wanted->name, column, port);
	complain(err, &what);
}

/* Appends to wanted->ports. A port of another bridge is left out. */
static struct mirror_ports read_ports(const struct reconcile *reconcile,
				      const struct bridge_record *record, struct wanted *wanted,
				      const char *column, struct err *err)
{
	struct mirror_ports ports = {.name = wanted->ports + wanted->n_ports};

	for (size_t i = 0; i < row_size(wanted->row, column); i++) {
		const char *uuid = row_uuid_at(wanted->row, column, i);
		const char *name = interface_of(reconcile, uuid);

		if (!name || !bridge_port_lookup(record->bridge, name))
			complain_of_port(err, wanted, column, name_of_port(reconcile, uuid));
		else
			wanted->ports[wanted->n_ports++] = name;
	}
	ports.n = (unsigned)(wanted->ports + wanted->n_ports - ports.name);
	return ports;
}

static void read_vlans(const struct row *row, struct vlan_bitmap *vlans)
{
	for (size_t i = 0; i < row_size(row, "select_vlan"); i++) {
		int64_t vlan = row_integer_at(row, "select_vlan", i);

		if (vlan >= 0 && vlan <= VLAN_MAX)
			vlans->bits[vlan / 64] |= 1ull << (vlan % 64);
	}
}

/* False: it cannot be. */
static bool read_mirror(const struct reconcile *reconcile, const struct bridge_record *record,
			struct wanted *wanted, struct err *err)
{
	const struct row *row = wanted->row;
	struct mirror_config *config = &wanted->config;
	const size_t n_outputs = row_size(row, "output_port");
	const size_t n =
		row_size(row, "select_src_port") + row_size(row, "select_dst_port") + n_outputs + 1;
	struct err what = ERR_INIT;

	wanted->ports = calloc(n, sizeof(wanted->ports[0]));
	if (!wanted->ports)
		return false;
	config->id = row_uuid(row);
	config->name = wanted->name;
	config->selects_all = row_boolean(row, "select_all");
	config->sources = read_ports(reconcile, record, wanted, "select_src_port", err);
	config->destinations = read_ports(reconcile, record, wanted, "select_dst_port", err);
	read_vlans(row, &config->vlans);
	config->output_vlan = (uint16_t)row_integer(row, "output_vlan", 0);
	config->snaplen = (uint16_t)row_integer(row, "snaplen", 0);
	if (n_outputs) {
		const struct mirror_ports output =
			read_ports(reconcile, record, wanted, "output_port", err);

		if (!output.n)
			return false;
		config->output_port = output.name[0];
	}
	if (!mirror_config_check(record->bridge, config, &what))
		return true;
	complain(err, &what);
	return false;
}

/* Those that are there stay: too many means that a new one does not come. */
static int compare(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;
	int order = strverscmp(x->name, y->name);

	if (x->is_there != y->is_there)
		return x->is_there ? -1 : 1;
	return order ? order : strcmp(row_uuid(x->row), row_uuid(y->row));
}

static size_t find_rows(const struct reconcile *reconcile, const struct bridge_record *record,
			struct wanted *wanted)
{
	const size_t n = row_size(record->row, "mirrors");
	size_t n_found = 0;

	for (size_t i = 0; i < n; i++) {
		const struct row *row = replica_row(reconcile->replica, TABLE_MIRROR,
						    row_uuid_at(record->row, "mirrors", i));
		struct wanted *next = &wanted[n_found];

		if (!row)
			continue;
		next->row = row;
		next->is_there = bridge_has_mirror(record->bridge, row_uuid(row));
		snprintf(next->name, sizeof(next->name), "%s",
			 row_string(row, "name") ? row_string(row, "name") : "");
		n_found++;
	}
	qsort(wanted, n_found, sizeof(*wanted), compare);
	return n_found;
}

static void too_many(const struct bridge_record *record, const struct wanted *wanted,
		     struct err *err)
{
	struct err what = ERR_INIT;

	err_set(&what, ENOSPC, "mirror %s is one too many: bridge %s has %d, delete one",
		wanted->name, record->name, MIRRORS_MAX);
	complain(err, &what);
}

static void make(const struct reconcile *reconcile, const struct bridge_record *record,
		 struct wanted *wanted, size_t n, struct err *err)
{
	struct mirror_config config[MIRRORS_MAX];
	struct err failed = ERR_INIT;
	unsigned n_configs = 0;

	for (size_t i = 0; i < n; i++) {
		if (!read_mirror(reconcile, record, &wanted[i], err))
			continue;
		if (n_configs == MIRRORS_MAX)
			too_many(record, &wanted[i], err);
		else
			config[n_configs++] = wanted[i].config;
	}
	if (bridge_mirrors_set(record->bridge, config, n_configs, &failed))
		complain(err, &failed);
}

void mirrors_make(struct reconcile *reconcile, struct bridge_record *record, struct err *err)
{
	struct wanted *wanted = calloc(row_size(record->row, "mirrors") + 1, sizeof(*wanted));
	size_t n;

	if (!wanted) {
		err_set(err, ENOMEM, "mirrors: out of memory");
		return;
	}
	n = find_rows(reconcile, record, wanted);
	make(reconcile, record, wanted, n, err);
	for (size_t i = 0; i < n; i++)
		free(wanted[i].ports);
	free(wanted);
}

/* ---- what they counted ---- */

static void report_mirror(struct publish *publish, struct bridge *bridge, const char *uuid)
{
	struct mirror_stats stats = {.n_packets = 0};
	struct json_object *map = value_map();

	/* One that the switch does not have: 0. */
	bridge_mirror_stats(bridge, uuid, &stats);
	value_map_add_integer(map, "tx_bytes", stats.n_bytes);
	value_map_add_integer(map, "tx_packets", stats.n_packets);
	publish_set(publish, "Mirror", uuid, "statistics", map);
}

void report_mirrors(struct publish *publish, const struct reconcile *reconcile,
		    bool with_statistics)
{
	bool is_harvested = false;

	for (struct bridge_record *b = reconcile->bridges; b; b = b->hh.next) {
		if (b->bridge && with_statistics && !is_harvested && row_size(b->row, "mirrors")) {
			bridge_mirrors_harvest(b->bridge);
			is_harvested = true;
		}
		for (size_t i = 0; b->bridge && i < row_size(b->row, "mirrors"); i++) {
			const char *uuid = row_uuid_at(b->row, "mirrors", i);

			if (replica_row(reconcile->replica, TABLE_MIRROR, uuid) &&
			    (!publish_keep(publish, uuid) || with_statistics))
				report_mirror(publish, b->bridge, uuid);
		}
	}
}
