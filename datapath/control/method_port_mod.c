/* port-mod, frags-show, frags-set: what a controller may say of ports, and of fragments. */
#include <errno.h>
#include <json-c/json.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "control/method.h"
#include "flow/port_text.h"
#include "switch/flows.h"
#include "switch/port_mod.h"
#include "switch/vswitch.h"

/* ---- ports ---- */

/* Words of ovs-ofctl(8), mod-port, and of its show. */
static const struct setting {
	const char *is_set, *is_clear, *shown;
	uint8_t flag;
} settings[] = {
	{"down", "up", "PORT_DOWN", PORT_MOD_DOWN},
	{"no-stp", "stp", "NO_STP", PORT_MOD_NO_STP},
	{"no-receive", "receive", "NO_RECV", PORT_MOD_NO_RECV},
	{"no-receive-stp", "receive-stp", "NO_RECV_STP", PORT_MOD_NO_RECV_STP},
	{"no-flood", "flood", "NO_FLOOD", PORT_MOD_NO_FLOOD},
	{"no-forward", "forward", "NO_FWD", PORT_MOD_NO_FWD},
	{"no-packet-in", "packet-in", "NO_PACKET_IN", PORT_MOD_NO_PACKET_IN},
};

#define N_SETTINGS (sizeof(settings) / sizeof(settings[0]))

/* As ovs-ofctl does, "noflood" is understood as well. */
static bool is_word(const char *word, const char *setting)
{
	const size_t prefix = strlen("no");

	return !strcasecmp(word, setting) ||
	       (!strncmp(setting, "no-", prefix + 1) && !strncasecmp(word, "no", prefix) &&
		!strcasecmp(word + prefix, setting + prefix + 1));
}

static int read_setting(const char *word, uint8_t *flags, uint8_t *mask, struct err *err)
{
	for (size_t i = 0; i < N_SETTINGS; i++) {
		*mask = settings[i].flag;
		*flags = is_word(word, settings[i].is_set) ? *mask : 0;
		if (*flags || is_word(word, settings[i].is_clear))
			return 0;
	}
	return err_set(err, EINVAL,
		       "\"%s\" is nothing that a port can be: use up, down, receive, no-receive, "
		       "receive-stp, no-receive-stp, forward, no-forward, flood, no-flood, "
		       "packet-in, no-packet-in, stp or no-stp",
		       word);
}

/* Of the bridge, by OpenFlow number. */
struct wanted {
	uint16_t ofport;
	struct bridge_port *port;
};

static int find(struct bridge_port *port, void *ctx)
{
	struct wanted *wanted = ctx;
	struct bridge_port_status status;

	bridge_port_status(port, &status);
	if (status.ofport != wanted->ofport)
		return 0;
	wanted->port = port;
	return 1;
}

static struct bridge_port *param_port(struct bridge *bridge, struct json_object *params,
				      struct err *err)
{
	const char *text = param_string(params, "port");
	const struct flow_names names = bridge_flow_names(bridge);
	struct wanted wanted = {.port = NULL};

	if (port_parse(slice_of(text), &names, &wanted.ofport, err))
		return NULL;
	bridge_for_each_port(bridge, find, &wanted);
	if (!wanted.port)
		err_set(err, ENOENT, "bridge %s has no port %s", bridge_name(bridge), text);
	return wanted.port;
}

int method_port_mod(struct method_context *context, struct json_object *params,
		    struct json_object **result, struct err *err)
{
	struct bridge *bridge = param_bridge(context, params, err);
	struct bridge_port *port = bridge ? param_port(bridge, params, err) : NULL;
	uint8_t flags, mask;
	int rc;

	if (!port)
		return -ENOENT;
	rc = read_setting(param_string(params, "setting"), &flags, &mask, err);
	return rc ? rc : bridge_port_mod(port, flags, mask, err);
}

struct json_object *port_config_show(const struct bridge_port *port)
{
	struct json_object *array = json_object_new_array();
	const uint8_t flags = bridge_port_flags(port);

	for (size_t i = 0; i < N_SETTINGS; i++)
		if (flags & settings[i].flag)
			json_object_array_add(array, json_object_new_string(settings[i].shown));
	return array;
}

/* ---- fragments ---- */

static const char *const frags_names[] = {
	[FLOW_FRAGS_NORMAL] = "normal",
	[FLOW_FRAGS_DROP] = "drop",
	[FLOW_FRAGS_NX_MATCH] = "nx-match",
};

int method_frags_show(struct method_context *context, struct json_object *params,
		      struct json_object **result, struct err *err)
{
	struct bridge *bridge = param_bridge(context, params, err);

	if (!bridge)
		return -ENOENT;
	*result = json_object_new_object();
	result_string(*result, "frags", frags_names[bridge_frags(bridge)]);
	return 0;
}

int method_frags_set(struct method_context *context, struct json_object *params,
		     struct json_object **result, struct err *err)
{
	struct bridge *bridge = param_bridge(context, params, err);
	const char *word = param_string(params, "frags");

	if (!bridge)
		return -ENOENT;
	for (size_t i = 0; i < sizeof(frags_names) / sizeof(frags_names[0]); i++) {
		if (strcmp(word, frags_names[i]))
			continue;
		if (!bridge_frags_set(bridge, (enum flow_frags)i))
			return 0;
		return err_set(err, ENOMEM, "out of memory");
	}
	return err_set(err, EINVAL,
		       "\"%s\" is no way to treat fragments: use normal, drop or nx-match (they "
		       "are not reassembled)",
		       word);
}
