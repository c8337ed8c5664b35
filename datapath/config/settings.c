#include "config/settings.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "packet/mac.h"
#include "config/row.h"
#include "switch/vswitch.h"

#define MTU_MAX         65535
#define DATAPATH_ID_LEN 16
#define MAC_AGE_MAX     3600
#define MAC_TABLE_MAX   1000000
#define MAC_TABLE_MIN   10
#define MAC_AGE_MIN     15
#define MAX_IDLE_MIN    500 /* ms */
#define MAX_IDLE_MAX    3600000

/* A word and the number it stands for. */
struct word {
	const char *text;
	int value;
};

int settings_number(const struct row *row, const char *column, const char *key, uint64_t max,
		    uint64_t *value, struct err *err)
{
	const char *text = row_map_get(row, column, key);
	char *end;
	uint64_t n;

	if (!text)
		return 0;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (!isdigit((unsigned char)text[0]) || *end || errno || n > max)
		return err_add(err, EINVAL, "%s:%s=%s is not a number from 0 to %llu", column, key,
			       text, (unsigned long long)max);
	*value = n;
	return 0;
}

static int read_boolean(const struct row *row, const char *column, const char *key, bool *value,
			struct err *err)
{
	const char *text = row_map_get(row, column, key);

	if (!text)
		return 0;
	if (strcmp(text, "true") && strcmp(text, "false"))
		return err_add(err, EINVAL, "%s:%s=%s is neither true nor false", column, key,
			       text);
	*value = !strcmp(text, "true");
	return 0;
}

/* Finds `text` among the words (the last one has no text). `what` names it in the error. */
static int read_word(const char *text, const char *what, const struct word *words, int *value,
		     struct err *err)
{
	char list[128] = "";
	size_t len = 0;

	for (; words->text; words++) {
		if (!strcmp(words->text, text)) {
			*value = words->value;
			return 0;
		}
		if (len < sizeof(list))
			len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
						len ? ", " : "", words->text);
	}
	return err_add(err, EINVAL, "%s %s is not supported: use %s", what, text, list);
}

int settings_switch(const struct row *sw, struct vswitch_config *out, struct err *err)
{
	uint64_t idle = VSWITCH_MAX_IDLE_MS, limit = VSWITCH_FLOW_LIMIT, interval;
	int rc[3] = {0};

	if (sw) {
		rc[0] = settings_number(sw, "other_config", "max-idle", MAX_IDLE_MAX, &idle, err);
		rc[1] = settings_number(sw, "other_config", "flow-limit", UINT32_MAX, &limit, err);
		rc[2] = settings_number(sw, "other_config", "stats-update-interval",
					SETTINGS_STATISTICS_MAX_MS, &interval, err);
	}
	*out = (struct vswitch_config){
		.max_idle_ms = (uint32_t)(idle < MAX_IDLE_MIN ? MAX_IDLE_MIN : idle),
		.flow_limit = (uint32_t)limit,
	};
	return rc[0] ? rc[0] : rc[1] ? rc[1] : rc[2];
}

int settings_datapath_id(const struct row *bridge, uint64_t *id, struct err *err)
{
	const char *text = row_map_get(bridge, "other_config", "datapath-id");
	const size_t len = text ? strlen(text) : 0;
	uint64_t n = 0;

	if (len == DATAPATH_ID_LEN && strspn(text, "0123456789abcdefABCDEF") == len)
		n = strtoull(text, NULL, 16);
	*id = n;
	return text && !n
		       ? err_add(err, EINVAL,
				 "other_config:datapath-id=%s is not 16 hexadecimal digits, or all are 0",
				 text)
		       : 0;
}

static int check_mac(const char *what, const char *text, struct eth_addr *mac, struct err *err)
{
	struct err wrong = ERR_INIT;

	if (mac_parse(text, mac, &wrong))
		return err_add(err, EINVAL, "%s: %s", what, wrong.text);
	if (eth_addr_is_multicast(*mac) || eth_addr_is_zero(*mac))
		return err_add(err, EINVAL,
			       "%s %s is no device's address: use one whose first byte is even, "
			       "such as 02:00:00:00:00:01",
			       what, text);
	return 0;
}

/* The address of the bridge's own port; zero: the bridge names none, or (-EINVAL with a text) none that can be. */
static int read_hwaddr(const struct row *bridge, struct eth_addr *mac, struct err *err)
{
	const char *text = row_map_get(bridge, "other_config", "hwaddr");
	struct eth_addr wanted = {{0}};
	int rc = text ? check_mac("other_config:hwaddr", text, &wanted, err) : 0;

	*mac = rc ? (struct eth_addr){{0}} : wanted;
	return rc;
}

int settings_bridge(const struct row *bridge, struct bridge_config *out, struct err *err)
{
	const char *fail_mode = row_string(bridge, "fail_mode");
	uint64_t size = BRIDGE_MAC_TABLE_SIZE, age = BRIDGE_MAC_AGING_S, id;
	struct bridge_config config = {.fail_mode = FAIL_STANDALONE};
	struct eth_addr hwaddr;
	int rc[6];

	if (fail_mode && !strcmp(fail_mode, "secure"))
		config.fail_mode = FAIL_SECURE;
	rc[0] = settings_number(bridge, "other_config", "mac-table-size", MAC_TABLE_MAX, &size,
				err);
	rc[1] = settings_number(bridge, "other_config", "mac-aging-time", MAC_AGE_MAX, &age, err);
	rc[2] = read_boolean(bridge, "other_config", "forward-bpdu", &config.forward_bpdu, err);
	rc[3] = settings_datapath_id(bridge, &id, err);
	rc[4] = read_hwaddr(bridge, &hwaddr, err);
	rc[5] = settings_bridge_missing(bridge, err);
	config.mac_table_size = (uint32_t)(size < MAC_TABLE_MIN ? MAC_TABLE_MIN : size);
	config.mac_aging_s = (uint32_t)(age < MAC_AGE_MIN ? MAC_AGE_MIN : age);
	*out = config;
	for (size_t i = 0; i < sizeof(rc) / sizeof(rc[0]); i++)
		if (rc[i])
			return rc[i];
	return 0;
}

static bool is_local(const struct row *bridge, const struct row *interface)
{
	return !strcmp(row_string(interface, "name"), row_string(bridge, "name"));
}

int settings_type(const struct row *bridge, const struct row *interface, bool with_fake,
		  struct port_config *out, struct err *err)
{
	const char *type = row_string(interface, "type");

	/* The port that is the host's own end of the bridge is internal, whatever is said. */
	if (is_local(bridge, interface))
		type = "internal";
	if (!type || !type[0] || !strcmp(type, "system") || !strcmp(type, "afxdp")) {
		out->type = PORT_SYSTEM;
	} else if (!strcmp(type, "internal")) {
		out->type = PORT_INTERNAL;
	} else if (with_fake && !strcmp(type, "fake")) {
		out->type = PORT_FAKE;
	} else {
		return err_add(err, EINVAL,
			       "type %s is not supported: use system, internal or afxdp", type);
	}
	return 0;
}

/* The hook is part of the type for afxdp, an option otherwise. */
static int read_hook(const struct row *interface, struct port_config *out, struct err *err)
{
	static const struct word hooks[] = {
		{"auto", HOOK_AUTO}, {"xdp", HOOK_XDP}, {"skb", HOOK_SKB}, {NULL, 0}};
	const char *text = row_map_get(interface, "options", "hook");
	const char *type = row_string(interface, "type");
	const bool is_afxdp = type && !strcmp(type, "afxdp") && out->type == PORT_SYSTEM;
	int hook = HOOK_AUTO;
	int rc = text ? read_word(text, "options:hook", hooks, &hook, err) : 0;

	if (!rc && is_afxdp && hook == HOOK_SKB)
		rc = err_add(err, EINVAL, "type afxdp has hook xdp: use type system for hook skb");
	if (!rc)
		out->hook = is_afxdp ? HOOK_XDP : (enum port_hook)hook;
	return rc;
}

/* As in Open vSwitch, only internal ports take an address; others keep their own. That of the bridge's own port is
 * the bridge's setting, if there is one. */
static int read_mac(const struct row *bridge, const struct row *interface, struct port_config *out,
		    struct err *err)
{
	const char *text = row_string(interface, "mac");
	struct eth_addr mac = {{0}};
	int rc = 0;

	if (is_local(bridge, interface))
		read_hwaddr(bridge, &mac, NULL);
	if (text && eth_addr_is_zero(mac) && out->type == PORT_INTERNAL)
		rc = check_mac("mac", text, &mac, err);
	if (!rc)
		out->mac = mac;
	return rc;
}

static int read_mtu(const struct row *interface, struct port_config *out, struct err *err)
{
	int64_t mtu = row_integer(interface, "mtu_request", 0);

	if (mtu > MTU_MAX)
		return err_add(err, EINVAL, "mtu_request %lld is more than %u bytes",
			       (long long)mtu, MTU_MAX);
	out->mtu_request = (uint32_t)mtu;
	return 0;
}

static int read_queues(const struct row *interface, struct port_config *out, struct err *err)
{
	uint64_t n_rxq = 0;
	int rc = settings_number(interface, "options", "n_rxq", PORT_MAX_QUEUES, &n_rxq, err);

	if (!rc)
		out->n_rxq = (unsigned)n_rxq;
	return rc;
}

static int read_zerocopy(const struct row *interface, struct port_config *out, struct err *err)
{
	bool zerocopy = false;
	int rc = read_boolean(interface, "options", "zerocopy", &zerocopy, err);

	if (!rc)
		out->zerocopy = zerocopy;
	return rc;
}

static uint32_t read_police(const struct row *interface, const char *column)
{
	const int64_t n = row_integer(interface, column, 0);

	return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

static void read_device(const struct row *bridge, const struct row *interface,
			struct port_config *out, struct err *err)
{
	read_hook(interface, out, err);
	read_queues(interface, out, err);
	read_zerocopy(interface, out, err);
	read_mtu(interface, out, err);
	read_mac(bridge, interface, out, err);
	out->police_kbps = read_police(interface, "ingress_policing_rate");
	out->police_kbits = read_police(interface, "ingress_policing_burst");
	out->police_kpps = read_police(interface, "ingress_policing_kpkts_rate");
	out->police_kpackets = read_police(interface, "ingress_policing_kpkts_burst");
}

static void read_vlan_mode(const struct row *port, struct bridge_port_config *out, struct err *err)
{
	static const struct word modes[] = {{"trunk", VLAN_TRUNK},
					    {"access", VLAN_ACCESS},
					    {"native-tagged", VLAN_NATIVE_TAGGED},
					    {"native-untagged", VLAN_NATIVE_UNTAGGED},
					    {NULL, 0}};
	const char *text = row_string(port, "vlan_mode");
	int64_t tag = row_integer(port, "tag", VLAN_NONE);
	int mode = tag == VLAN_NONE ? VLAN_TRUNK : VLAN_ACCESS;

	if (text && read_word(text, "vlan_mode", modes, &mode, err))
		return;
	out->vlan_mode = (enum vlan_mode)mode;
	out->tag = mode == VLAN_TRUNK ? VLAN_NONE : (uint16_t)tag;
	if (mode != VLAN_TRUNK && tag == VLAN_NONE)
		out->tag = 0;
}

static void read_priority_tags(const struct row *port, struct bridge_port_config *out,
			       struct err *err)
{
	static const struct word words[] = {
		{"never", PRIORITY_TAGS_NEVER},           {"false", PRIORITY_TAGS_NEVER},
		{"if-nonzero", PRIORITY_TAGS_IF_NONZERO}, {"true", PRIORITY_TAGS_IF_NONZERO},
		{"always", PRIORITY_TAGS_ALWAYS},         {NULL, 0}};
	const char *text = row_map_get(port, "other_config", "priority-tags");
	int tags = PRIORITY_TAGS_NEVER;

	if (!text || !read_word(text, "other_config:priority-tags", words, &tags, err))
		out->priority_tags = (enum priority_tags)tags;
}

static void read_trunks(const struct row *port, struct bridge_port_config *out)
{
	memset(&out->trunks, 0, sizeof(out->trunks));
	if (out->vlan_mode == VLAN_ACCESS)
		return;
	for (size_t i = 0; i < row_size(port, "trunks"); i++) {
		int64_t vlan = row_integer_at(port, "trunks", i);

		if (vlan >= 0 && vlan <= VLAN_MAX)
			out->trunks.bits[vlan / 64] |= 1ull << (vlan % 64);
	}
}

int settings_port(const struct row *bridge, const struct row *port, const struct row *interface,
		  bool with_fake, struct bridge_port_config *config, struct err *err)
{
	const char *name = row_string(interface, "name");
	const enum port_hook hook = config->port.hook; /* goes with the type */
	struct err wrong = ERR_INIT;
	bool is_type;

	if (row_size(port, "interfaces") > 1)
		return err_set(err, EINVAL,
			       "port %s has %zu interfaces: bonds are not supported, use one",
			       row_string(port, "name"), row_size(port, "interfaces"));
	if (strlen(name) >= sizeof(config->port.name))
		return err_set(err, EINVAL,
			       "%s is longer than a device's name: at most %zu characters", name,
			       sizeof(config->port.name) - 1);
	strcpy(config->port.name, name);
	config->ofport_request = (uint16_t)row_integer(interface, "ofport_request", 0);
	config->is_protected = row_boolean(port, "protected");
	is_type = !settings_type(bridge, interface, with_fake, &config->port, &wrong);
	read_device(bridge, interface, &config->port, &wrong);
	if (!is_type)
		config->port.hook = hook;
	read_vlan_mode(port, config, &wrong);
	read_priority_tags(port, config, &wrong);
	read_trunks(port, config);
	return wrong.code ? err_set(err, wrong.code, "%s", wrong.text) : 0;
}
