/* What became of the rows, as columns to write back. */
#include <ctype.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "config/reconcile.h"
#include "packet/mac.h"
#include "switch/port_statistics.h"
#include "config/publish.h"
#include "config/row.h"
#include "config/settings.h"

static const char *text_or_null(const char *text)
{
	return text && text[0] ? text : NULL;
}

/* ---- Open_vSwitch ---- */

/* Reads KEY=VALUE or KEY="VALUE" from /etc/os-release. */
static struct json_object *os_release(const char *key)
{
	struct json_object *value = NULL;
	char line[256];
	FILE *file = fopen("/etc/os-release", "re");

	while (file && !value && fgets(line, sizeof(line), file)) {
		char *text = strchr(line, '=');

		if (!text)
			continue;
		*text++ = '\0';
		text += strspn(text, "\"");
		text[strcspn(text, "\"\n")] = '\0';
		if (!strcmp(line, key))
			value = value_string(text);
	}
	if (file)
		fclose(file);
	return value ? value : value_set();
}

static struct json_object *set_of(const char *const *texts, size_t n)
{
	struct json_object *set = value_set();

	for (size_t i = 0; i < n; i++)
		value_set_add(set, texts[i]);
	return set;
}

void report_switch(struct publish *publish, const struct row *row, const char *version)
{
	static const char *const iface_types[] = {"afxdp", "internal", "system"};
	static const char *const datapath_types[] = {"netdev", "system"};
	static const char table[] = "Open_vSwitch";
	const char *uuid = row_uuid(row);
	bool is_known = publish_keep(publish, uuid);

	publish_set(publish, table, uuid, "cur_cfg",
		    value_integer(row_integer(row, "next_cfg", 0)));
	if (is_known)
		return;
	publish_set(publish, table, uuid, "ovs_version", value_string(PACKAGE_VERSION));
	publish_set(publish, table, uuid, "db_version", value_string(text_or_null(version)));
	publish_set(publish, table, uuid, "iface_types", set_of(iface_types, 3));
	publish_set(publish, table, uuid, "datapath_types", set_of(datapath_types, 2));
	publish_set(publish, table, uuid, "system_type", os_release("ID"));
	publish_set(publish, table, uuid, "system_version", os_release("VERSION_ID"));
}

/* ---- Bridge ---- */

/* 16 hexadecimal digits: what the user asks for, else the MAC address of the bridge's own port. */
static struct json_object *datapath_id(const struct bridge_record *record)
{
	struct bridge_port *local = bridge_port_lookup(record->bridge, record->name);
	struct bridge_port_status status;
	const uint8_t *b = status.port.mac.byte;
	uint64_t wanted;
	char text[17];

	settings_datapath_id(record->row, &wanted, NULL);
	if (wanted)
		return value_string(row_map_get(record->row, "other_config", "datapath-id"));
	if (!local)
		return value_set();
	bridge_port_status(local, &status);
	if (eth_addr_is_zero(status.port.mac))
		return value_set();
	snprintf(text, sizeof(text), "0000%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3], b[4],
		 b[5]);
	return value_string(text);
}

void report_bridge(struct publish *publish, const struct bridge_record *record)
{
	const char *uuid = row_uuid(record->row);
	struct json_object *status = value_map();

	if (record->error[0])
		value_map_add(status, "error", record->error);
	if (record->mirror_error[0])
		value_map_add(status, "mirror_error", record->mirror_error);
	if (record->table_error[0])
		value_map_add(status, "table_error", record->table_error);
	publish_set(publish, "Bridge", uuid, "status", status);
	publish_set(publish, "Bridge", uuid, "datapath_id",
		    record->bridge ? datapath_id(record) : value_set());
	publish_set(publish, "Bridge", uuid, "datapath_version", value_string(PACKAGE_VERSION));
}

/* ---- Interface ---- */

static const char table[] = "Interface";

static struct json_object *up_or_down(bool is_up, bool is_there)
{
	return value_string(is_there ? (is_up ? "up" : "down") : NULL);
}

static struct json_object *mac_value(struct eth_addr mac, bool is_there)
{
	char text[MAC_TEXT_SIZE];

	mac_print(mac, text);
	return value_string(is_there ? text : NULL);
}

static struct json_object *status_map(const struct port_status *status)
{
	static const char *const hooks[] = {[HOOK_XDP] = "xdp", [HOOK_SKB] = "skb"};
	struct json_object *map = value_map();

	if (status->driver[0])
		value_map_add(map, "driver_name", status->driver);
	if (status->is_attached && status->hook != HOOK_AUTO)
		value_map_add(map, "hook", hooks[status->hook]);
	if (status->is_attached && status->mode[0])
		value_map_add(map, "mode", status->mode);
	if (status->is_attached && status->note[0])
		value_map_add(map, "note", status->note);
	if (status->is_attached && status->n_rxq)
		value_map_add_number(map, "n_rxq", status->n_rxq);
	return map;
}

static void report_device(struct publish *publish, const char *uuid,
			  const struct port_status *status)
{
	bool is_there = status->ifindex != 0 || status->is_attached;

	publish_set(publish, table, uuid, "ifindex",
		    value_optional(status->ifindex, status->ifindex != 0));
	publish_set(publish, table, uuid, "mtu", value_optional(status->mtu, is_there));
	publish_set(publish, table, uuid, "mac_in_use", mac_value(status->mac, is_there));
	publish_set(publish, table, uuid, "admin_state", up_or_down(status->is_admin_up, is_there));
	publish_set(publish, table, uuid, "link_state", up_or_down(status->is_link_up, is_there));
	publish_set(publish, table, uuid, "link_resets",
		    value_integer((int64_t)status->n_link_resets));
	publish_set(publish, table, uuid, "link_speed",
		    value_optional((int64_t)status->link_speed, status->link_speed != 0));
	publish_set(publish, table, uuid, "duplex",
		    value_string(!status->link_speed      ? NULL
				 : status->is_full_duplex ? "full"
							  : "half"));
	publish_set(publish, table, uuid, "status", status_map(status));
}

static void report_statistics(struct publish *publish, const char *uuid,
			      const struct port_statistics *sums)
{
	struct json_object *map = value_map();

	value_map_add_integer(map, "rx_bytes", sums->rx_bytes);
	value_map_add_integer(map, "rx_dropped", sums->rx_dropped);
	value_map_add_integer(map, "rx_errors", sums->rx_errors);
	value_map_add_integer(map, "rx_packets", sums->rx_packets);
	value_map_add_integer(map, "tx_bytes", sums->tx_bytes);
	value_map_add_integer(map, "tx_dropped", sums->tx_dropped);
	value_map_add_integer(map, "tx_errors", sums->tx_errors);
	value_map_add_integer(map, "tx_packets", sums->tx_packets);
	publish_set(publish, table, uuid, "statistics", map);
}

static void all_errors(const struct interface_record *record, const char *of_port, struct err *out)
{
	const char *const texts[] = {record->error, record->missing_error, record->qos_error,
				     of_port};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i][0])
			err_add(out, EINVAL, "%s", texts[i]);
}

void report_interface(struct publish *publish, struct interface_record *record,
		      bool with_statistics)
{
	const char *uuid = row_uuid(record->row);
	struct bridge_port_status status = {.ofport = 0};
	struct port_statistics sums;
	struct err error = ERR_INIT;
	bool is_known = publish_keep(publish, uuid), is_working;

	if (record->port)
		bridge_port_status(record->port, &status);
	record->was_attached |= status.port.is_attached;
	is_working = record->port && record->was_attached;
	all_errors(record, status.port.error, &error);
	if (!is_known || !record->told.is_told || record->told.ofport != status.ofport ||
	    strcmp(record->told.error, error.text) != 0 ||
	    memcmp(&record->told.status, &status.port, sizeof(status.port)) != 0) {
		/* -1 tells clients of Open vSwitch that there is an error to read. A port that once worked
		 * keeps its number while it waits for its device. */
		publish_set(publish, table, uuid, "ofport",
			    value_integer(is_working ? status.ofport : -1));
		publish_set(publish, table, uuid, "error", value_string(text_or_null(error.text)));
		report_device(publish, uuid, &status.port);
		record->told.is_told = true;
		record->told.ofport = status.ofport;
		record->told.status = status.port;
		snprintf(record->told.error, sizeof(record->told.error), "%s", error.text);
	}
	if (!is_working || (!with_statistics && is_known && record->told.has_statistics))
		return;
	port_statistics_read(record->port, &status, &sums);
	if (is_known && record->told.has_statistics &&
	    !memcmp(&record->told.statistics, &sums, sizeof(sums)))
		return;
	report_statistics(publish, uuid, &sums);
	record->told.has_statistics = true;
	record->told.statistics = sums;
}
