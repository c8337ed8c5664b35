/* Flows and orders over JSON-RPC: flow-mod, flow-dump, flow-aggregate, flow-watch, order-add, order-del,
 * order-list (schemas/rpc). */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/own.h"
#include "client.h"
#include "need.h"
#include "transport.h"

/* Bytes of flows in one message: the daemon reads so many in about ten milliseconds, and then looks at
 * its other clients. */
#define PART_SIZE ((size_t)512 << 10)

struct transport_json {
	struct transport transport;
	struct client *client;
};

static struct client *client_of(struct transport *transport)
{
	return ((struct transport_json *)transport)->client;
}

static void json_close(struct transport *transport)
{
	struct transport_json *json = (struct transport_json *)transport;

	client_free(&json->client);
	free(json);
}

static int json_open(struct transport **out, const char *address, unsigned timeout_s,
		     struct err *err)
{
	struct transport_json *json = need(calloc(1, sizeof(*json)));
	int ret = client_open(&json->client, address, timeout_s, err);

	json->transport.ops = &transport_json_rpc;
	if (ret)
		json_close(&json->transport);
	else
		*out = &json->transport;
	return ret;
}

static void add_text(struct json_object *object, const char *name, const char *text, size_t len)
{
	json_object_object_add(object, name, need(json_object_new_string_len(text, (int)len)));
}

static void add_true(struct json_object *object, const char *name)
{
	json_object_object_add(object, name, json_object_new_boolean(true));
}

static struct json_object *query_params(const struct flow_query *query)
{
	struct json_object *params = need(json_object_new_object());

	add_text(params, "bridge", query->bridge, strlen(query->bridge));
	if (query->filter && *query->filter)
		add_text(params, "filter", query->filter, strlen(query->filter));
	if (query->is_strict)
		add_true(params, "strict");
	return params;
}

/* `params` is taken over. */
static int call(struct transport *transport, const char *method, struct json_object *params,
		struct json_object **result, struct err *err)
{
	struct json_object *array = need(json_object_new_array());

	json_object_array_add(array, params);
	return client_call(client_of(transport), method, array, result, err);
}

/* ---- changing ---- */

/* How much of `text` goes into the next message: whole lines. */
static size_t part_len(struct slice text)
{
	size_t len = PART_SIZE;

	if (text.len <= PART_SIZE)
		return text.len;
	while (len && text.at[len - 1] != '\n')
		len--;
	return len ? len : slice_find(text, '\n') + 1;
}

static const char *command_name(enum flow_command command)
{
	static const char *const names[] = {
		[FLOW_ADD] = "add",
		[FLOW_MODIFY] = "modify",
		[FLOW_MODIFY_STRICT] = "modify-strict",
		[FLOW_DELETE] = "delete",
		[FLOW_DELETE_STRICT] = "delete-strict",
		[FLOW_BY_WORD] = "by-word",
	};

	return names[command];
}

/* A change that is sent. */
struct sending {
	const char *bridge, *command;
	struct slice text; /* what is left of it */
	unsigned n_parts;  /* sent so far */
};

static int send_part(struct transport *transport, struct sending *sending, uint64_t *id,
		     struct err *err)
{
	struct json_object *array = need(json_object_new_array());
	struct json_object *params = need(json_object_new_object());
	size_t len = part_len(sending->text);

	len = len < sending->text.len ? len : sending->text.len;
	add_text(params, "bridge", sending->bridge, strlen(sending->bridge));
	add_text(params, "flows", sending->text.at, len);
	add_text(params, "command", sending->command, strlen(sending->command));
	sending->text = slice_skip(sending->text, len);
	if (sending->text.len)
		add_true(params, "more");
	json_object_object_add(params, "part", json_object_new_uint64(sending->n_parts++));
	json_object_array_add(array, params);
	return client_send(client_of(transport), "flow-mod", array, id, err);
}

/* The daemon reads a part while the next one is made and sent. */
static int json_change(struct transport *transport, const char *bridge, enum flow_command command,
		       struct slice text, uint32_t *n, struct err *err)
{
	struct sending sending = {bridge, command_name(command), text, 0};
	own(json_free) struct json_object *result = NULL;
	uint64_t id, next = 0;
	int ret = send_part(transport, &sending, &id, err);

	while (!ret) {
		bool is_last = !sending.text.len;

		if (!is_last)
			ret = send_part(transport, &sending, &next, err);
		json_free(&result);
		if (!ret)
			ret = client_reply(client_of(transport), "flow-mod", id, &result, err);
		if (is_last)
			break;
		id = next;
	}
	if (!ret)
		*n = (uint32_t)json_int(result, "flows");
	return ret;
}

/* ---- reading ---- */

static int visit_lines(struct json_object *flows, flow_visit_fn *visit, void *ctx)
{
	struct slice text = {json_object_get_string(flows),
			     (size_t)json_object_get_string_len(flows)};
	int ret = 0;

	while (!ret && text.len) {
		size_t end = slice_find(text, '\n');

		ret = visit(slice_first(text, end), ctx);
		text = slice_skip(text, end < text.len ? end + 1 : end);
	}
	return ret;
}

static int json_dump(struct transport *transport, const struct flow_query *query,
		     flow_visit_fn *visit, void *ctx, struct err *err)
{
	own(json_free) struct json_object *page = NULL;
	struct json_object *after = NULL;
	int ret;

	do {
		struct json_object *params = query_params(query);

		if (query->no_stats)
			add_true(params, "no-stats");
		if (query->has_names)
			add_true(params, "names");
		if (after)
			json_object_object_add(params, "after", json_object_get(after));
		json_free(&page);
		ret = call(transport, "flow-dump", params, &page, err);
		if (!ret)
			ret = visit_lines(json_object_object_get(page, "flows"), visit, ctx);
		after = json_object_object_get(page, "after");
	} while (!ret && after);
	return ret;
}

static int json_count(struct transport *transport, const struct flow_query *query,
		      struct flow_totals *out, struct err *err)
{
	own(json_free) struct json_object *result = NULL;
	int ret = call(transport, "flow-aggregate", query_params(query), &result, err);

	if (ret)
		return ret;
	out->n_packets = json_uint(result, "packets");
	out->n_bytes = json_uint(result, "bytes");
	out->n_flows = (uint32_t)json_uint(result, "flows");
	return 0;
}

/* ---- watching ---- */

/* One notification. */
static int visit_news(struct json_object *message, flow_news_fn *visit, void *ctx)
{
	struct json_object *news = json_array_at(json_object_object_get(message, "params"), 0);
	const struct flow_news event = {
		.event = json_text(news, "event"),
		.reason = json_text(news, "reason"),
		.flow = slice_of(json_text(news, "flow")),
		.n_lost = json_uint(news, "lost"),
	};

	return strcmp(json_text(message, "method"), "flow-news") ? 0 : visit(&event, ctx);
}

static int json_watch(struct transport *transport, const struct flow_query *query,
		      void (*started)(void *ctx), flow_news_fn *visit, void *ctx, struct err *err)
{
	own(json_free) struct json_object *result = NULL;
	struct json_object *params = query_params(query);
	int ret;

	if (query->has_names)
		add_true(params, "names");
	ret = call(transport, "flow-watch", params, &result, err);
	if (!ret)
		started(ctx);
	while (!ret) {
		own(json_free) struct json_object *message = NULL;

		ret = client_receive(client_of(transport), &message, err);
		if (!ret)
			ret = visit_news(message, visit, ctx);
	}
	return ret;
}

/* ---- orders ---- */

static struct json_object *order_params(const struct order_request *order)
{
	struct json_object *params = need(json_object_new_object());
	const char *kind = order->is_mirror ? "mirror" : "drop";

	add_text(params, "bridge", order->bridge, strlen(order->bridge));
	add_text(params, "kind", kind, strlen(kind));
	add_text(params, "match", order->match, strlen(order->match));
	if (order->port)
		add_text(params, "port", order->port, strlen(order->port));
	if (order->vlan)
		json_object_object_add(params, "vlan", json_object_new_int(order->vlan));
	if (order->seconds)
		json_object_object_add(params, "seconds", json_object_new_int64(order->seconds));
	if (order->name)
		add_text(params, "name", order->name, strlen(order->name));
	return params;
}

static int json_order_add(struct transport *transport, const struct order_request *order,
			  char name[ORDER_NAME_SIZE], struct err *err)
{
	own(json_free) struct json_object *result = NULL;
	int ret = call(transport, "order-add", order_params(order), &result, err);

	if (!ret)
		snprintf(name, ORDER_NAME_SIZE, "%s", json_text(result, "name"));
	return ret;
}

static int json_order_del(struct transport *transport, const char *bridge, char *const *names,
			  unsigned n, struct err *err)
{
	own(json_free) struct json_object *result = NULL;
	struct json_object *params = need(json_object_new_object());
	struct json_object *array = need(json_object_new_array());

	for (unsigned i = 0; i < n; i++)
		json_object_array_add(array, need(json_object_new_string(names[i])));
	add_text(params, "bridge", bridge, strlen(bridge));
	json_object_object_add(params, "names", array);
	return call(transport, "order-del", params, &result, err);
}

static int json_order_list(struct transport *transport, const char *bridge, bool has_names,
			   struct json_object *rows, struct err *err)
{
	own(json_free) struct json_object *result = NULL;
	struct json_object *params = need(json_object_new_object());
	int ret;

	if (bridge)
		add_text(params, "bridge", bridge, strlen(bridge));
	if (has_names)
		add_true(params, "names");
	ret = call(transport, "order-list", params, &result, err);
	for (size_t i = 0; !ret && i < json_array_size(result); i++)
		json_object_array_add(rows, json_object_get(json_array_at(result, i)));
	return ret;
}

const struct transport_ops transport_json_rpc = {
	.name = "json-rpc",
	.open = json_open,
	.close = json_close,
	.change = json_change,
	.dump = json_dump,
	.count = json_count,
	.watch = json_watch,
	.order_add = json_order_add,
	.order_del = json_order_del,
	.order_list = json_order_list,
};
