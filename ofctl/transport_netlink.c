/* Flows over netlink (docs/netlink.md): text is read and written here. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "base/print.h"
#include "flow/flow_netlink.h"
#include "flow/netlink_abi.h"
#include "need.h"
#include "netlink_client.h"
#include "netlink_names.h"
#include "netlink_orders.h"
#include "transport.h"

/* Requests are sent when so much has come together: well below a socket's send buffer. */
#define BATCH_SIZE 65536
#define BUNDLE     1

struct transport_netlink {
	struct transport transport;
	char *dir;
	unsigned timeout_s;
	struct netlink_client *client;
};

static struct transport_netlink *netlink_of(struct transport *transport)
{
	return (struct transport_netlink *)transport;
}

static void netlink_close(struct transport *transport)
{
	struct transport_netlink *netlink = netlink_of(transport);

	netlink_client_free(&netlink->client);
	free(netlink->dir);
	free(netlink);
}

/* "unix:DIR/db.sock": DIR. */
static int dir_of(const char *address, char **out, struct err *err)
{
	const char *path = strncmp(address, "unix:", 5) ? NULL : address + 5;
	const char *slash = path ? strrchr(path, '/') : NULL;

	if (!slash)
		return err_set(err, EINVAL,
			       "%s: netlink reaches only a switchd on this machine: give its "
			       "--run-dir",
			       address);
	*out = need(strndup(path, (size_t)(slash - path)));
	return 0;
}

static int netlink_open(struct transport **out, const char *address, unsigned timeout_s,
			struct err *err)
{
	struct transport_netlink *netlink = need(calloc(1, sizeof(*netlink)));
	int ret = dir_of(address, &netlink->dir, err);

	netlink->transport.ops = &transport_netlink;
	netlink->timeout_s = timeout_s;
	if (!ret)
		ret = netlink_client_open(&netlink->client, netlink->dir, timeout_s, err);
	if (ret)
		netlink_close(&netlink->transport);
	else
		*out = &netlink->transport;
	return ret;
}

/* ---- changing ---- */

static uint8_t cmd_of(uint8_t command)
{
	static const uint8_t cmds[] = {
		[FLOW_ADD] = SHUNT_NL_NEW,           [FLOW_MODIFY] = SHUNT_NL_SET,
		[FLOW_MODIFY_STRICT] = SHUNT_NL_SET, [FLOW_DELETE] = SHUNT_NL_DEL,
		[FLOW_DELETE_STRICT] = SHUNT_NL_DEL,
	};

	return cmds[command];
}

/* A request with this flow; its number. */
static uint32_t put_flow(struct netlink_client *client, const char *bridge,
			 const struct flow_mod *mod, bool is_bundled)
{
	struct attr_writer *w = netlink_request_begin(client, SHUNT_NL_FLOW, cmd_of(mod->command),
						      is_bundled ? 0 : NLM_F_ACK);

	attr_put_string(w, SHUNT_NL_BRIDGE, bridge);
	if (is_bundled)
		attr_put_u32(w, SHUNT_NL_BUNDLE_ID, BUNDLE);
	flow_netlink_write(w, mod, NULL);
	return netlink_request_end(client);
}

static uint32_t put_bundle(struct netlink_client *client, uint8_t cmd)
{
	struct attr_writer *w = netlink_request_begin(client, SHUNT_NL_BUNDLE, cmd, NLM_F_ACK);

	attr_put_u32(w, SHUNT_NL_BUNDLE_ID, BUNDLE);
	return netlink_request_end(client);
}

/* Sends what waits, and waits for what becomes of request `seq`. */
static int settle(struct netlink_client *client, uint32_t seq, struct netlink_answer *answer,
		  struct err *err)
{
	int ret = netlink_client_send(client, err);

	return ret ? ret : netlink_client_answer(client, seq, answer, err);
}

static uint32_t count_lines(struct slice text)
{
	struct slice line;
	unsigned n_line = 0;
	uint32_t n = 0;

	while (flow_line_next(&text, &line, &n_line))
		n++;
	return n;
}

/* The line of flow `index`, from 1. */
static unsigned line_of(struct slice text, uint32_t index)
{
	struct slice line;
	unsigned n_line = 0;

	while (flow_line_next(&text, &line, &n_line) && index)
		index--;
	return n_line;
}

/* What to read the flows with, and for whom. */
struct change {
	struct netlink_client *client;
	const char *bridge;
	enum flow_command command;
	struct flow_names names;
};

static int change_one(const struct change *change, struct slice line, struct err *err)
{
	own(flow_mod_fini) struct flow_mod mod = {0};
	struct netlink_answer answer = {0};
	int ret = flow_mod_parse(line, change->command, &change->names, &mod, err);

	return ret ? ret
		   : settle(change->client, put_flow(change->client, change->bridge, &mod, false),
			    &answer, err);
}

/* Adds all to the bundle; -EINVAL: one of them is no flow. */
static int send_lines(const struct change *change, struct slice text, struct err *err)
{
	struct slice line;
	unsigned n_line = 0;
	int ret = 0;

	while (!ret && flow_line_next(&text, &line, &n_line)) {
		own(flow_mod_fini) struct flow_mod mod = {0};

		ret = flow_mod_parse(line, change->command, &change->names, &mod, err);
		if (ret) {
			err_prefix(err, "line %u", n_line);
			break;
		}
		put_flow(change->client, change->bridge, &mod, true);
		if (netlink_client_n_waiting(change->client) > BATCH_SIZE ||
		    !netlink_client_fits(change->client))
			ret = netlink_client_send(change->client, err);
		if (ret == -EMSGSIZE)
			err_prefix(err, "line %u", n_line);
	}
	return ret;
}

static int change_all(const struct change *change, struct slice text, struct err *err)
{
	struct netlink_client *client = change->client;
	struct netlink_answer answer = {0};
	int ret = settle(client, put_bundle(client, SHUNT_NL_BUNDLE_BEGIN), &answer, err);

	if (ret)
		return ret;
	ret = send_lines(change, text, err);
	if (ret) {
		settle(client, put_bundle(client, SHUNT_NL_BUNDLE_DISCARD), &answer, NULL);
		return ret;
	}
	ret = settle(client, put_bundle(client, SHUNT_NL_BUNDLE_COMMIT), &answer, err);
	if (ret && answer.has_blame)
		err_prefix(err, "line %u", line_of(text, answer.blame));
	return ret;
}

static int netlink_change(struct transport *transport, const char *bridge,
			  enum flow_command command, struct slice text, uint32_t *n,
			  struct err *err)
{
	struct netlink_client *client = netlink_of(transport)->client;
	own(netlink_names_free) struct netlink_names *names = netlink_names_new(client, bridge);
	const struct change change = {client, bridge, command, netlink_names_of(names)};
	struct slice line;
	unsigned n_line = 0;
	int ret;

	*n = count_lines(text);
	if (*n > 1)
		return change_all(&change, text, err);
	/* (also no line at all has a bridge that must be there) */
	ret = *n ? 0 : netlink_names_fetch(names, err);
	if (!ret && flow_line_next(&text, &line, &n_line))
		ret = change_one(&change, line, err);
	return ret;
}

/* ---- reading ---- */

static int read_filter(const struct flow_query *query, const struct flow_names *names,
		       struct flow_mod *filter, struct err *err)
{
	const char *text = query->filter ? query->filter : "";

	return flow_mod_parse(slice_trim(slice_of(text)),
			      query->is_strict ? FLOW_DELETE_STRICT : FLOW_DELETE, names, filter,
			      err);
}

/* Asks for what the query says. */
static int ask(struct transport_netlink *netlink, const struct flow_query *query,
	       const struct flow_names *names, bool is_count, uint32_t *seq, struct err *err)
{
	own(flow_mod_fini) struct flow_mod filter = {0};
	struct attr_writer *w;
	int ret = read_filter(query, names, &filter, err);

	if (ret)
		return ret;
	w = netlink_request_begin(netlink->client, SHUNT_NL_FLOW,
				  is_count ? SHUNT_NL_COUNT : SHUNT_NL_GET,
				  is_count ? 0 : NLM_F_DUMP);
	attr_put_string(w, SHUNT_NL_BRIDGE, query->bridge);
	flow_netlink_write(w, &filter, NULL);
	*seq = netlink_request_end(netlink->client);
	return netlink_client_send(netlink->client, err);
}

static int read_row(const struct netlink_answer *answer, struct flow_netlink_row *row,
		    struct err *err)
{
	struct attr_fault fault = {err, NULL};
	int ret = flow_netlink_row_read(answer->attrs, row, &fault);

	if (ret)
		err_prefix(err, "switchd sent a flow that cannot be read");
	return ret;
}

/* The flow as dump-flows has it. */
static int print_row(struct print *out, const struct flow_netlink_row *row, bool has_stats,
		     const struct flow_names *names, struct err *err)
{
	print_clear(out);
	flow_print(out, &row->flow, has_stats && row->has_stats ? &row->stats : NULL, names);
	if (row->is_incomplete)
		return err_set(err, EMSGSIZE,
			       "%.80s...: its actions do not fit into a netlink message: use "
			       "--transport json-rpc",
			       print_text(out));
	return 0;
}

/* The rest of a dump that nobody wants is best left to nobody. */
static int reopen(struct transport_netlink *netlink)
{
	netlink_client_free(&netlink->client);
	return netlink_client_open(&netlink->client, netlink->dir, netlink->timeout_s, NULL);
}

static int netlink_dump(struct transport *transport, const struct flow_query *query,
			flow_visit_fn *visit, void *ctx, struct err *err)
{
	struct transport_netlink *netlink = netlink_of(transport);
	own(netlink_names_free) struct netlink_names *known =
		netlink_names_new(netlink->client, query->bridge);
	const struct flow_names names = netlink_names_of(known);
	own(print_fini) struct print text = {0};
	struct netlink_answer answer = {0};
	uint32_t seq = 0;
	int ret = query->has_names ? netlink_names_fetch(known, err) : 0;

	if (!ret)
		ret = ask(netlink, query, &names, false, &seq, err);
	if (ret)
		return ret;
	for (;;) {
		struct flow_netlink_row row;

		ret = netlink_client_answer(netlink->client, seq, &answer, err);
		if (ret || answer.is_end)
			return ret;
		ret = read_row(&answer, &row, err);
		if (!ret) {
			ret = print_row(&text, &row, !query->no_stats,
					query->has_names ? &names : NULL, err);
			flow_mod_fini(&row.flow);
		}
		if (!ret)
			ret = visit((struct slice){text.text, text.len}, ctx);
		if (ret)
			return reopen(netlink) ? -EIO : ret;
	}
}

static int netlink_count(struct transport *transport, const struct flow_query *query,
			 struct flow_totals *out, struct err *err)
{
	struct transport_netlink *netlink = netlink_of(transport);
	own(netlink_names_free) struct netlink_names *known =
		netlink_names_new(netlink->client, query->bridge);
	const struct flow_names names = netlink_names_of(known);
	struct netlink_answer answer = {0};
	struct flow_netlink_row row;
	uint32_t seq = 0;
	int ret = ask(netlink, query, &names, true, &seq, err);

	if (!ret)
		ret = netlink_client_answer(netlink->client, seq, &answer, err);
	if (!ret)
		ret = read_row(&answer, &row, err);
	if (ret)
		return ret;
	*out = (struct flow_totals){row.stats.n_packets, row.stats.n_bytes, row.n_flows};
	flow_mod_fini(&row.flow);
	return 0;
}

/* ---- watching ---- */

/* What is watched, and how it is told. */
struct watch {
	const struct flow_query *query;
	struct flow_mod filter;
	struct flow_names names;
	flow_news_fn *visit;
	void *ctx;
	struct print text;
};

static bool is_meant(const struct watch *watch, const struct flow_netlink_row *row)
{
	return row->bridge && !strcmp(row->bridge, watch->query->bridge) &&
	       flow_mod_covers(&watch->filter, &row->flow);
}

static int tell(struct watch *watch, uint8_t cmd, const struct flow_netlink_row *row,
		struct err *err)
{
	static const char *const reasons[] = {"idle",  "hard",  "delete",
					      "group", "meter", "eviction"};
	struct flow_news news = {
		.event = cmd == SHUNT_NL_NEW   ? "ADDED"
			 : cmd == SHUNT_NL_SET ? "MODIFIED"
					       : "DELETED",
		.reason = row->has_reason && row->reason < sizeof(reasons) / sizeof(reasons[0])
				  ? reasons[row->reason]
				  : "",
	};
	int ret = print_row(&watch->text, row, true, watch->query->has_names ? &watch->names : NULL,
			    err);

	if (ret)
		return ret;
	news.flow = (struct slice){watch->text.text, watch->text.len};
	return watch->visit(&news, watch->ctx);
}

static int take_event(struct watch *watch, const struct netlink_answer *answer, struct err *err)
{
	struct flow_netlink_row row;
	int ret;

	if (answer->type != SHUNT_NL_FLOW || answer->seq)
		return 0;
	ret = read_row(answer, &row, err);
	if (ret)
		return ret;
	if (is_meant(watch, &row))
		ret = tell(watch, answer->cmd, &row, err);
	flow_mod_fini(&row.flow);
	return ret;
}

static int netlink_watch(struct transport *transport, const struct flow_query *query,
			 void (*started)(void *ctx), flow_news_fn *visit, void *ctx,
			 struct err *err)
{
	struct netlink_client *client = netlink_of(transport)->client;
	own(netlink_names_free) struct netlink_names *known =
		netlink_names_new(client, query->bridge);
	struct watch watch = {
		.query = query, .names = netlink_names_of(known), .visit = visit, .ctx = ctx};
	int ret = netlink_names_fetch(known, err); /* while only answers come */

	if (!ret)
		ret = read_filter(query, &watch.names, &watch.filter, err);
	if (!ret)
		ret = netlink_client_join(client, SHUNT_NL_GROUP_EVENT, err);
	if (!ret)
		started(ctx);
	while (!ret) {
		struct netlink_answer answer = {0};
		struct err its = ERR_INIT;

		ret = netlink_client_receive(client, &answer, &its);
		if (ret == -ENOBUFS && !its.code) {
			/* the kernel does not say how many */
			const struct flow_news lost = {.event = "", .reason = "", .n_lost = 1};

			ret = visit(&lost, ctx);
		} else if (ret) {
			if (err)
				*err = its;
		} else {
			ret = take_event(&watch, &answer, err);
		}
	}
	flow_mod_fini(&watch.filter);
	print_fini(&watch.text);
	return ret;
}

/* ---- orders ---- */

static int order_add(struct transport *transport, const struct order_request *order,
		     char name[ORDER_NAME_SIZE], struct err *err)
{
	return netlink_order_add(netlink_of(transport)->client, order, name, err);
}

static int order_del(struct transport *transport, const char *bridge, char *const *names,
		     unsigned n, struct err *err)
{
	return netlink_order_del(netlink_of(transport)->client, bridge, names, n, err);
}

static int order_list(struct transport *transport, const char *bridge, bool has_names,
		      struct json_object *rows, struct err *err)
{
	return netlink_order_list(netlink_of(transport)->client, bridge, has_names, rows, err);
}

const struct transport_ops transport_netlink = {
	.name = "netlink",
	.open = netlink_open,
	.close = netlink_close,
	.change = netlink_change,
	.dump = netlink_dump,
	.count = netlink_count,
	.watch = netlink_watch,
	.order_add = order_add,
	.order_del = order_del,
	.order_list = order_list,
};
