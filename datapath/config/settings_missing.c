/* What rows ask for that makes a difference in Open vSwitch and none here, and options that nobody knows: whoever
 * asks for it must hear that. What is in external_ids and other_config may be for somebody else. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "config/row.h"
#include "config/settings.h"
#include "port/port.h"

#define NO_SPANNING_TREE "there is no spanning tree: keep the network free of loops"
#define NO_BONDS         "there are no bonds: a port has one interface"
#define NO_MONITORING    "link_state alone tells that a link is down"

struct missing {
	const char *column;
	const char *key; /* of a map: set if it is true; NULL: the column is no map */
	const char *text;
};

/* A column that is not empty, and not what there is anyway. */
static bool is_set(const struct row *row, const struct missing *missing)
{
	const char *text = missing->key ? row_map_get(row, missing->column, missing->key)
					: row_string(row, missing->column);

	if (missing->key)
		return text && !strcasecmp(text, "true");
	if (text)
		return text[0] && strcmp(text, "off") != 0 && strcmp(text, "out-of-band") != 0;
	return row_boolean(row, missing->column) || row_uuid_at(row, missing->column, 0) ||
	       row_integer(row, missing->column, INT64_MIN) != INT64_MIN;
}

static int tell(const struct row *row, const struct missing *missing, struct err *err)
{
	const char *value = row_string(row, missing->column);

	if (missing->key)
		return err_add(err, EINVAL, "%s:%s=true: %s", missing->column, missing->key,
			       missing->text);
	return err_add(err, EINVAL, "%s%s%s: %s", missing->column, value ? "=" : "",
		       value ? value : "", missing->text);
}

/* The last of `missing` has no column. */
static int tell_all(const struct row *row, const struct missing *missing, struct err *err)
{
	int rc = 0;

	for (; missing->column; missing++)
		if (is_set(row, missing))
			rc = tell(row, missing, err);
	return rc;
}

int settings_bridge_missing(const struct row *bridge, struct err *err)
{
	static const struct missing missing[] = {
		{"stp_enable", NULL, NO_SPANNING_TREE},
		{"rstp_enable", NULL, NO_SPANNING_TREE},
		{"mcast_snooping_enable", NULL,
		 "there is no multicast snooping: multicast is flooded"},
		{"netflow", NULL, "there is no NetFlow"},
		{"sflow", NULL, "there is no sFlow"},
		{"ipfix", NULL, "there is no IPFIX"},
		{"flood_vlans", NULL, "addresses are learned in all VLANs, these too"},
		{"auto_attach", NULL,
		 "there is no Auto Attach: give ports their VLANs by tag and trunks"},
		{NULL, NULL, NULL},
	};

	return tell_all(bridge, missing, err);
}

void settings_controller_missing(const struct row *controller, struct err *err)
{
	static const struct missing missing[] = {
		{"connection_mode", NULL,
		 "there is no in-band control: let flows carry what it says (actions=normal)"},
		{NULL, NULL, NULL},
	};
	struct err what = ERR_INIT;

	if (tell_all(controller, missing, &what))
		err_add(err, what.code, "controller %s: %s", row_string(controller, "target"),
			what.text);
}

static void options_missing(const struct row *interface, struct err *err)
{
	for (size_t i = 0; i < row_map_size(interface, "options"); i++) {
		const char *key = row_map_key_at(interface, "options", i);

		if (key && !strcmp(key, "xdp-mode"))
			err_add(err, EINVAL,
				"options:xdp-mode is found out by the switch: use zerocopy for zero-copy");
		else if (key && strcmp(key, "hook") && strcmp(key, "n_rxq") &&
			 strcmp(key, "zerocopy"))
			err_add(err, EINVAL, "options:%s is not known: use hook, n_rxq or zerocopy",
				key);
	}
}

void settings_port_missing(const struct row *bridge, const struct row *port,
			   const struct row *interface, bool with_fake, struct err *err)
{
	static const struct missing of_port[] = {
		{"lacp", NULL, "there is no LACP: turn it off at the other end, too"},
		{"bond_mode", NULL, NO_BONDS},
		{"bond_fake_iface", NULL, NO_BONDS},
		{NULL, NULL, NULL},
	};
	static const struct missing of_interface[] = {
		{"bfd", "enable", "there is no BFD: " NO_MONITORING},
		{"cfm_mpid", NULL, "there is no CFM: " NO_MONITORING},
		{"lldp", "enable", "there is no LLDP: neighbours are not told, nor heard of"},
		{NULL, NULL, NULL},
	};

	struct port_config any;

	/* A bond is refused as a whole. */
	if (row_size(port, "interfaces") == 1)
		tell_all(port, of_port, err);
	tell_all(interface, of_interface, err);
	/* Of a type that there is not, the type is what is wrong. */
	if (!settings_type(bridge, interface, with_fake, &any, NULL))
		options_missing(interface, err);
}
