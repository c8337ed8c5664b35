/* packet-watch: hands a client the packets that flows send to controllers, by notifications "packet-in".
 *
 * A client that does not read is not handed everything: beyond WAITING_MAX bytes packets are only counted, and
 * the next one says how many those were.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "base/print.h"
#include "control/caller.h"
#include "control/method.h"
#include "flow/port_text.h"
#include "switch/flows.h"
#include "switch/packet_in.h"
#include "switch/vswitch.h"

#define WAITING_MAX ((size_t)1 << 20)

struct watch {
	struct caller_hold hold;
	/* fixed after create */
	struct packet_in_watcher watcher;
	struct caller *caller;
	struct vswitch *sw;
	struct bridge *bridge; /* may be gone: compared, not looked into */
	char bridge_name[32];
	/* control thread */
	uint64_t n_lost;
};

static void watch_free(struct caller_hold *hold)
{
	struct watch *watch = (struct watch *)hold;
	struct bridge *bridge = bridge_lookup(watch->sw, watch->bridge_name);

	if (bridge && bridge == watch->bridge)
		bridge_packet_in_unwatch(bridge, &watch->watcher);
	free(watch);
}

/* OpenFlow's OFPR_. */
static const char *reason_name(uint8_t reason)
{
	static const char *const names[] = {"no_match", "action",     "invalid_ttl", "action_set",
					    "group",    "packet_out", "no_match"};

	return reason < sizeof(names) / sizeof(*names) ? names[reason] : "other";
}

static void add_bytes(struct json_object *object, const char *name, const uint8_t *bytes, size_t n)
{
	own(print_fini) struct print hex = {0};

	for (size_t i = 0; i < n; i++)
		print_fmt(&hex, "%02x", bytes[i]);
	result_string(object, name, print_text(&hex));
}

/* 64 bits are more than a number of JSON holds. */
static void add_hex(struct json_object *object, const char *name, uint64_t value)
{
	char hex[20];

	snprintf(hex, sizeof(hex), "0x%" PRIx64, value);
	result_string(object, name, hex);
}

static void add_port(struct json_object *object, struct bridge *bridge, uint16_t port)
{
	const struct flow_names names = bridge_flow_names(bridge);
	own(print_fini) struct print text = {0};

	port_print(&text, port, &names);
	result_string(object, "in_port", print_text(&text));
}

/* Working fields that are not zero. */
static void add_metadata(struct json_object *object, const struct packet_in_context *context)
{
	if (context->metadata)
		add_hex(object, "metadata", context->metadata);
	for (unsigned i = 0; i < 16; i++) {
		char name[8];

		snprintf(name, sizeof(name), "reg%u", i);
		if (context->reg[i])
			result_integer(object, name, context->reg[i]);
	}
}

static enum drop_reason seen(struct packet_in_watcher *watcher, struct bridge *bridge,
			     const struct packet_in *packet)
{
	struct watch *watch = (struct watch *)((char *)watcher - offsetof(struct watch, watcher));
	const struct packet_in_context *context = &packet->context;
	struct json_object *news;

	if (caller_n_waiting(watch->caller) > WAITING_MAX) {
		watch->n_lost++;
		return DROP_PACKET_IN_FULL;
	}
	news = json_object_new_object();
	result_string(news, "bridge", watch->bridge_name);
	add_port(news, bridge, context->in_port);
	result_string(news, "reason", reason_name(context->reason));
	result_integer(news, "table", context->table);
	add_hex(news, "cookie", context->cookie);
	result_integer(news, "controller", context->controller);
	add_metadata(news, context);
	result_integer(news, "total_len", packet->total_len);
	add_bytes(news, "packet", packet_in_data(packet), packet->len);
	if (context->n_userdata)
		add_bytes(news, "userdata", packet_in_userdata(packet), context->n_userdata);
	if (watch->n_lost)
		result_integer(news, "lost", watch->n_lost);
	watch->n_lost = 0;
	caller_notify(watch->caller, "packet-in", news);
	return DROP_NONE;
}

int method_packet_watch(struct method_context *context, struct json_object *params,
			struct json_object **result, struct err *err)
{
	struct bridge *bridge = param_bridge(context, params, err);
	struct watch *watch;
	int rc;

	if (!bridge)
		return -ENOENT;
	rc = caller_may_watch(context->caller, watch_free, "packets", err);
	if (rc)
		return rc;
	watch = calloc(1, sizeof(*watch));
	if (!watch)
		return err_set(err, ENOMEM, "out of memory");
	watch->hold.free = watch_free;
	watch->watcher.seen = seen;
	watch->caller = context->caller;
	watch->sw = context->sw;
	watch->bridge = bridge;
	snprintf(watch->bridge_name, sizeof(watch->bridge_name), "%s", bridge_name(bridge));
	bridge_packet_in_watch(bridge, &watch->watcher);
	caller_keep(context->caller, &watch->hold);
	return 0;
}
