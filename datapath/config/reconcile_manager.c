/* Rows of Manager: where else clients reach the database, and what became of it. */
#include <stdlib.h>

#include "base/log.h"
#include "config/publish.h"
#include "config/reconcile.h"
#include "stream/remote.h"
#include "config/replica.h"

/* What Open vSwitch takes if nothing is said. */
#define MAX_BACKOFF_MS     8000
#define MAX_BACKOFF_MIN_MS 1000

static const struct row *manager_row(const struct reconcile *reconcile, const struct row *sw,
				     size_t i)
{
	return replica_row(reconcile->replica, TABLE_MANAGER,
			   row_uuid_at(sw, "manager_options", i));
}

static uint32_t read_backoff(const struct row *row)
{
	int64_t ms = row_integer(row, "max_backoff", MAX_BACKOFF_MS);

	if (ms < MAX_BACKOFF_MIN_MS)
		ms = MAX_BACKOFF_MIN_MS;
	return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

void managers_make(struct reconcile *reconcile, const struct row *sw)
{
	size_t n_rows = sw ? row_size(sw, "manager_options") : 0;
	struct remote_wanted *wanted = calloc(n_rows + 1, sizeof(*wanted));
	unsigned n = 0;

	if (!reconcile->remotes) {
		free(wanted);
		return;
	}
	if (!wanted) {
		log_error("configure", "out of memory for managers");
		return;
	}
	for (size_t i = 0; i < n_rows; i++) {
		const struct row *row = manager_row(reconcile, sw, i);

		if (!row || !row_string(row, "target"))
			continue;
		wanted[n++] = (struct remote_wanted){
			.uuid = row_uuid(row),
			.target = row_string(row, "target"),
			.max_backoff_ms = read_backoff(row),
			.inactivity_ms = row_integer(row, "inactivity_probe", -1),
		};
	}
	remotes_set(reconcile->remotes, wanted, n);
	free(wanted);
}

/* ---- what became of them ---- */

static void add_since(struct json_object *map, const char *key, int64_t seconds)
{
	if (seconds >= 0)
		value_map_add_number(map, key, (uint64_t)seconds);
}

static struct json_object *status_map(const struct remote_status *status)
{
	struct json_object *map = value_map();

	if (status->is_passive) {
		if (status->bound_port)
			value_map_add_number(map, "bound_port", status->bound_port);
		if (status->n_connections > 1)
			value_map_add_number(map, "n_connections", status->n_connections);
	} else {
		value_map_add(map, "state", status->state);
	}
	add_since(map, "sec_since_connect", status->connected_s);
	add_since(map, "sec_since_disconnect", status->disconnected_s);
	if (status->is_wrong)
		value_map_add(map, "error", status->last_error);
	if (status->last_error[0])
		value_map_add(map, "last_error", status->last_error);
	return map;
}

void report_managers(struct publish *publish, const struct reconcile *reconcile,
		     const struct row *sw)
{
	for (size_t i = 0; reconcile->remotes && i < row_size(sw, "manager_options"); i++) {
		const struct row *row = manager_row(reconcile, sw, i);
		struct remote_status status;

		if (!row || !remotes_status(reconcile->remotes, row_uuid(row), &status))
			continue;
		publish_set(publish, "Manager", row_uuid(row), "is_connected",
			    value_boolean(status.is_connected));
		publish_set(publish, "Manager", row_uuid(row), "status", status_map(&status));
	}
}
