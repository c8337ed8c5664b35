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

#define MTU_MAX       65535
#define MAC_AGE_MAX   3600
#define MAC_TABLE_MAX 1000000
#define MAC_TABLE_MIN 10
#define MAC_AGE_MIN   15
#define MAX_IDLE_MIN  500 /* ms */
#define MAX_IDLE_MAX  3600000

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
		return err_set(err, EINVAL, "%s:%s=%s is not a number from 0 to %llu", column, key,
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
		return err_set(err, EINVAL, "%s:%s=%s is neither true nor false", column, key,
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
	return err_set(err, EINVAL, "%s %s is not supported: use %s", what, text, list);
}

int settings_switch(const struct row *sw, struct vswitch_config *out, struct err *err)
{
	uint64_t idle = VSWITCH_MAX_IDLE_MS, limit = VSWITCH_FLOW_LIMIT;
	int rc[2] = {0};

	if (sw) {
		rc[0] = settings_number(sw, "other_config", "max-idle", MAX_IDLE_MAX, &idle, err);
		rc[1] = settings_number(sw, "other_config", "flow-limit", UINT32_MAX, &limit, err);
	}
	*out = (struct vswitch_config){
		.max_idle_ms = (uint32_t)(idle < MAX_IDLE_MIN ? MAX_IDLE_MIN : idle),
		.flow_limit = (uint32_t)limit,
	};
	return rc[0] ? rc[0] : rc[1];
}

int settings_bridge(const struct row *bridge, struct bridge_config *out, struct err *err)
{
	const char *fail_mode = row_string(bridge, "fail_mode");
	uint64_t size = BRIDGE_MAC_TABLE_SIZE, age = BRIDGE_MAC_AGING_S;
	struct bridge_config config = {.fail_mode = FAIL_STANDALONE};
	int rc[3];

	if (fail_mode && !strcmp(fail_mode, "secure"))
		config.fail_mode = FAIL_SECURE;
	rc[0] = settings_number(bridge, "other_config", "mac-table-size", MAC_TABLE_MAX, &size,
				err);
	rc[1] = settings_number(bridge, "other_config", "mac-aging-time", MAC_AGE_MAX, &age, err);
	rc[2] = read_boolean(bridge, "other_config", "forward-bpdu", &config.forward_bpdu, err);
	config.mac_table_size = (uint32_t)(size < MAC_TABLE_MIN ? MAC_TABLE_MIN : size);
	config.mac_aging_s = (uint32_t)(age < MAC_AGE_MIN ? MAC_AGE_MIN : age);
	*out = config;
	return rc[0] ? rc[0] : rc[1] ? rc[1] : rc[2];
}

/* The hook is part of the type for afxdp, an option otherwise. */
static int read_type(const struct row *bridge, const struct row *interface, bool with_fake,
		     struct port_config *out, struct err *err)
{
	const char *name = row_string(interface, "name"), *type = row_string(interface, "type");

	/* The port that is the host's own end of the bridge is internal, whatever is said. */
	if (!strcmp(name, row_string(bridge, "name")))
		type = "internal";
	if (!type || !type[0] || !strcmp(type, "system")) {
		out->type = PORT_SYSTEM;
	} else if (!strcmp(type, "internal")) {
		out->type = PORT_INTERNAL;
	} else if (!strcmp(type, "afxdp")) {
		out->type = PORT_SYSTEM;
		out->hook = HOOK_XDP;
	} else if (with_fake && !strcmp(type, "fake")) {
		out->type = PORT_FAKE;
	} else {
		return err_set(err, EINVAL,
			       "type %s is not supported: use system, internal or afxdp", type);
	}
	return 0;
}

static int read_hook(const struct row *interface, struct port_config *out, struct err *err)
{
	static const struct word hooks[] = {
		{"auto", HOOK_AUTO}, {"xdp", HOOK_XDP}, {"skb", HOOK_SKB}, {NULL, 0}};
	const char *text = row_map_get(interface, "options", "hook");
	int rc, hook;

	if (!text)
		return 0;
	rc = read_word(text, "options:hook", hooks, &hook, err);
	if (rc)
		return rc;
	if (out->hook == HOOK_XDP && hook == HOOK_SKB)
		return err_set(err, EINVAL,
			       "type afxdp has hook xdp: use type system for hook skb");
	out->hook = out->hook == HOOK_XDP ? HOOK_XDP : (enum port_hook)hook;
	return 0;
}

static uint32_t read_police(const struct row *interface, const char *column)
{
	const int64_t n = row_integer(interface, column, 0);

	return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

static int read_device(const struct row *interface, struct port_config *out, struct err *err)
{
	int64_t mtu = row_integer(interface, "mtu_request", 0);
	const char *mac = row_string(interface, "mac");
	uint64_t n_rxq = 0;
	int rc = read_hook(interface, out, err);

	if (!rc)
		rc = settings_number(interface, "options", "n_rxq", PORT_MAX_QUEUES, &n_rxq, err);
	if (!rc)
		rc = read_boolean(interface, "options", "zerocopy", &out->zerocopy, err);
	if (!rc && mtu > MTU_MAX)
		rc = err_set(err, EINVAL, "mtu_request %lld is more than %u bytes", (long long)mtu,
			     MTU_MAX);
	/* As in Open vSwitch, only internal ports take an address; others keep their own. */
	if (!rc && mac && out->type == PORT_INTERNAL)
		rc = mac_parse(mac, &out->mac, err);
	out->police_kbps = read_police(interface, "ingress_policing_rate");
	out->police_kbits = read_police(interface, "ingress_policing_burst");
	out->police_kpps = read_police(interface, "ingress_policing_kpkts_rate");
	out->police_kpackets = read_police(interface, "ingress_policing_kpkts_burst");
	out->n_rxq = (unsigned)n_rxq;
	out->mtu_request = (uint32_t)mtu;
	return rc;
}

static int read_vlan_mode(const struct row *port, struct bridge_port_config *out, struct err *err)
{
	static const struct word modes[] = {{"trunk", VLAN_TRUNK},
					    {"access", VLAN_ACCESS},
					    {"native-tagged", VLAN_NATIVE_TAGGED},
					    {"native-untagged", VLAN_NATIVE_UNTAGGED},
					    {NULL, 0}};
	const char *text = row_string(port, "vlan_mode");
	int64_t tag = row_integer(port, "tag", VLAN_NONE);
	int mode = tag == VLAN_NONE ? VLAN_TRUNK : VLAN_ACCESS;
	int rc = text ? read_word(text, "vlan_mode", modes, &mode, err) : 0;

	if (rc)
		return rc;
	out->vlan_mode = (enum vlan_mode)mode;
	out->tag = mode == VLAN_TRUNK ? VLAN_NONE : (uint16_t)tag;
	if (mode != VLAN_TRUNK && tag == VLAN_NONE)
		out->tag = 0;
	return 0;
}

static int read_vlans(const struct row *port, struct bridge_port_config *out, struct err *err)
{
	static const struct word words[] = {
		{"never", PRIORITY_TAGS_NEVER},           {"false", PRIORITY_TAGS_NEVER},
		{"if-nonzero", PRIORITY_TAGS_IF_NONZERO}, {"true", PRIORITY_TAGS_IF_NONZERO},
		{"always", PRIORITY_TAGS_ALWAYS},         {NULL, 0}};
	const char *text = row_map_get(port, "other_config", "priority-tags");
	int tags = PRIORITY_TAGS_NEVER;
	int rc = read_vlan_mode(port, out, err);

	if (!rc && text)
		rc = read_word(text, "other_config:priority-tags", words, &tags, err);
	out->priority_tags = (enum priority_tags)tags;
	out->is_protected = row_boolean(port, "protected");
	if (out->vlan_mode == VLAN_ACCESS)
		return rc;
	for (size_t i = 0; i < row_size(port, "trunks"); i++) {
		int64_t vlan = row_integer_at(port, "trunks", i);

		if (vlan >= 0 && vlan <= VLAN_MAX)
			out->trunks.bits[vlan / 64] |= 1ull << (vlan % 64);
	}
	return rc;
}

int settings_port(const struct row *bridge, const struct row *port, const struct row *interface,
		  bool with_fake, struct bridge_port_config *out, struct err *err)
{
	const char *name = row_string(interface, "name");
	struct bridge_port_config config = {.tag = VLAN_NONE};
	int rc;

	if (row_size(port, "interfaces") > 1)
		return err_set(err, EINVAL,
			       "port %s has %zu interfaces: bonds are not supported, use one",
			       row_string(port, "name"), row_size(port, "interfaces"));
	if (strlen(name) >= sizeof(config.port.name))
		return err_set(err, EINVAL,
			       "%s is longer than a device's name: at most %zu characters", name,
			       sizeof(config.port.name) - 1);
	strcpy(config.port.name, name);
	config.ofport_request = (uint16_t)row_integer(interface, "ofport_request", 0);
	rc = read_type(bridge, interface, with_fake, &config.port, err);
	if (!rc)
		rc = read_device(interface, &config.port, err);
	if (!rc)
		rc = read_vlans(port, &config, err);
	if (!rc)
		*out = config;
	return rc;
}
