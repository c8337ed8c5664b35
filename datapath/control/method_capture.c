/* capture: hands a client the packets that a bridge receives, by notifications "captured", until it hangs up or
 * the order that this is is undone. Then "capture-end" says how many there were, and how many it was not handed.
 *
 * A client that does not read is not handed everything: beyond WAITING_MAX bytes packets are lost to it.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/own.h"
#include "control/caller.h"
#include "control/method.h"
#include "flow/match_text.h"
#include "flow/port_text.h"
#include "switch/capture.h"
#include "switch/flows.h"
#include "switch/order.h"
#include "switch/vswitch.h"

#define WAITING_MAX ((size_t)4 << 20)

struct watch {
	struct caller_hold hold;
	/* fixed after create */
	struct capture_taker taker;
	struct caller *caller;
	struct vswitch *sw;
	struct bridge *bridge; /* until it is over it is there */
	char name[ORDER_NAME_SIZE];
	/* control thread */
	uint64_t n_seen;
	bool is_over;
};

static void watch_free(struct caller_hold *hold)
{
	struct watch *watch = (struct watch *)hold;

	if (!watch->is_over)
		bridge_capture_drop(watch->bridge, &watch->taker);
	free(watch);
}

static struct watch *watch_of(struct capture_taker *taker)
{
	return (struct watch *)((char *)taker - offsetof(struct watch, taker));
}

static void gone(struct capture_taker *taker, uint64_t n_packets)
{
	struct watch *watch = watch_of(taker);
	struct json_object *news = json_object_new_object();

	result_string(news, "name", watch->name);
	result_integer(news, "packets", n_packets);
	result_integer(news, "lost", n_packets > watch->n_seen ? n_packets - watch->n_seen : 0);
	caller_notify(watch->caller, "capture-end", news);
	watch->is_over = true;
	caller_drop(watch->caller, &watch->hold);
}

/* What the wall clock showed then. */
static uint64_t wall_time(uint64_t clock_ns)
{
	struct timespec wall, steady;

	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_MONOTONIC, &steady);
	return (uint64_t)(wall.tv_sec - steady.tv_sec) * CLOCK_NS_PER_SEC +
	       (uint64_t)(wall.tv_nsec - steady.tv_nsec) + clock_ns;
}

static void add_bytes(struct json_object *news, const uint8_t *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	char hex[2 * CAPTURE_DATA_MAX];

	for (size_t i = 0; i < n; i++) {
		hex[2 * i] = digits[bytes[i] >> 4];
		hex[2 * i + 1] = digits[bytes[i] & 15];
	}
	json_object_object_add(news, "packet", json_object_new_string_len(hex, (int)(2 * n)));
}

static void seen(struct capture_taker *taker, struct bridge *bridge, const struct captured *packet)
{
	struct watch *watch = watch_of(taker);
	const struct bridge_port *port = vswitch_port(watch->sw, packet->port);
	struct json_object *news;

	if (caller_n_waiting(watch->caller) > WAITING_MAX)
		return;
	watch->n_seen++;
	news = json_object_new_object();
	result_integer(news, "time", wall_time(packet->time));
	result_string(news, "port", port ? bridge_port_name(port) : "");
	result_integer(news, "len", packet->total_len);
	add_bytes(news, packet->data, packet->len);
	caller_notify(watch->caller, "captured", news);
}

static int watch_begin(struct method_context *context, struct bridge *bridge,
		       struct order_config *config, const char **name, struct err *err)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	int rc;

	if (!watch)
		return err_set(err, ENOMEM, "out of memory");
	watch->hold.free = watch_free;
	watch->taker = (struct capture_taker){seen, gone};
	watch->caller = context->caller;
	watch->sw = context->sw;
	watch->bridge = bridge;
	config->taker = &watch->taker;
	rc = bridge_order_add(bridge, config, name, err);
	if (rc) {
		free(watch);
		return rc;
	}
	snprintf(watch->name, sizeof(watch->name), "%s", *name);
	caller_keep(context->caller, &watch->hold);
	return 0;
}

int method_capture(struct method_context *context, struct json_object *params,
		   struct json_object **result, struct err *err)
{
	struct bridge *bridge = param_bridge(context, params, err);
	const char *match = param_string(params, "match"), *name;
	struct order_config config = {
		.name = param_string(params, "name"),
		.kind = ORDER_CAPTURE,
		.snaplen = (uint16_t)param_integer(params, "snaplen", 0),
	};
	struct flow_names names;
	int rc = 0;

	if (!bridge)
		return -ENOENT;
	if (!context->caller)
		return err_set(err, EINVAL, "only a client that stays can capture");
	names = bridge_flow_names(bridge);
	if (match)
		rc = match_parse(slice_of(match), &names, &config.match, err);
	if (!rc)
		rc = watch_begin(context, bridge, &config, &name, err);
	if (rc)
		return rc;
	*result = json_object_new_object();
	result_string(*result, "name", name);
	return 0;
}
