/* FLOW: add, modify, delete, get, dump, count. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "nl/netlink_peer.h"
#include "nl/netlink_server.h"
#include "flow/flow_netlink.h"
#include "switch/flow_cursor.h"
#include "switch/flows.h"
#include "switch/vswitch.h"

/* ---- changes ---- */

static int apply(struct netlink_request *request, const char *name, const struct flow_mod *mod)
{
	struct bridge *bridge = request_bridge(request, name);

	return bridge ? bridge_flow_mods(bridge, mod, 1, NULL, &request->err) : -ENOENT;
}

static int change(struct netlink_request *request, enum flow_command command)
{
	own(flow_mod_fini) struct flow_mod mod = {0};
	struct flow_netlink_target target;
	int rc = flow_netlink_read(request->attrs, command, &mod, &target, &request->fault);

	if (rc)
		return netlink_bundle_spoil(request, rc) ? NETLINK_ANSWERED : rc;
	if (!target.has_bundle)
		return apply(request, target.bridge, &mod);
	return netlink_bundle_add(request, target.bundle, target.bridge, &mod);
}

int netlink_flow_new(struct netlink_request *request)
{
	return change(request, FLOW_ADD);
}

int netlink_flow_set(struct netlink_request *request)
{
	return change(request,
		      flow_netlink_is_strict(request->attrs) ? FLOW_MODIFY_STRICT : FLOW_MODIFY);
}

int netlink_flow_del(struct netlink_request *request)
{
	return change(request,
		      flow_netlink_is_strict(request->attrs) ? FLOW_DELETE_STRICT : FLOW_DELETE);
}

/* ---- reading ---- */

/* The filter, and the bridge it is for. */
static int read_filter(struct netlink_request *request, enum flow_command command,
		       struct flow_mod *filter, struct bridge **bridge)
{
	struct flow_netlink_target target;
	int rc = flow_netlink_read(request->attrs, command, filter, &target, &request->fault);

	if (rc)
		return rc;
	if (target.has_bundle) {
		flow_mod_fini(filter);
		return request_refuse(request, EINVAL, "SHUNT_NL_BUNDLE_ID is for changes");
	}
	*bridge = request_bridge(request, target.bridge);
	if (!*bridge)
		flow_mod_fini(filter);
	return *bridge ? 0 : -ENOENT;
}

/* What goes between message_begin() and message_end(). */
static void write_row(struct attr_writer *w, const struct flow_row *row)
{
	struct flow_mod bare = *row->flow;
	size_t before = w->len;

	flow_netlink_write(w, row->flow, &row->stats);
	if (!w->is_full)
		return;
	w->is_full = false;
	w->len = before;
	bare.actions = (struct ofactions){0};
	attr_put_flag(w, SHUNT_FLOW_INCOMPLETE);
	flow_netlink_write(w, &bare, &row->stats);
}

/* What a dump keeps between its datagrams. */
struct dump {
	struct netlink_source source;
	struct netlink *netlink;
	struct flow_cursor *cursor;
	uint32_t port, seq;
	char bridge[64];
	struct attr_writer *w; /* while it is visited */
};

static int dump_row(const struct flow_row *row, void *ctx)
{
	struct dump *dump = ctx;
	struct attr_writer *w = dump->w;
	size_t begin = w->len;
	struct nlmsghdr *head;

	if (begin > DATAGRAM_SIZE) /* one flow, longer than that */
		return 1;
	message_begin(w, SHUNT_NL_FLOW, SHUNT_NL_NEW, NLM_F_MULTI);
	attr_put_string(w, SHUNT_NL_BRIDGE, dump->bridge);
	write_row(w, row);
	message_end(w, begin, dump->netlink, NULL);
	if (begin && w->len > DATAGRAM_SIZE) { /* again, in the next datagram */
		w->len = begin;
		return 1;
	}
	head = (void *)(w->at + begin);
	head->nlmsg_pid = dump->port;
	head->nlmsg_seq = dump->seq;
	return 0;
}

static int dump_fill(struct netlink_source *source, struct attr_writer *w)
{
	struct dump *dump = (struct dump *)source;
	int rc;

	dump->w = w;
	rc = flow_cursor_next(dump->cursor, dump_row, dump);
	if (rc > 0 || w->len > DATAGRAM_SIZE)
		return 1;
	message_done(w, dump->port, dump->seq, rc,
		     flow_cursor_is_torn(dump->cursor) ? NLM_F_DUMP_INTR : 0);
	return 0;
}

static void dump_free(struct netlink_source *source)
{
	struct dump *dump = (struct dump *)source;

	flow_cursor_free(&dump->cursor);
	free(dump);
}

static int dump_begin(struct netlink_request *request)
{
	enum flow_command command =
		flow_netlink_is_strict(request->attrs) ? FLOW_DELETE_STRICT : FLOW_DELETE;
	struct dump *dump = calloc(1, sizeof(*dump));
	struct flow_mod filter;
	struct bridge *bridge;
	int rc = dump ? read_filter(request, command, &filter, &bridge) : -ENOMEM;

	if (!rc) {
		dump->source = (struct netlink_source){dump_fill, dump_free};
		dump->netlink = request->netlink;
		dump->port = request->port;
		dump->seq = request->head->nlmsg_seq;
		strcpy(dump->bridge, bridge_name(bridge));
		rc = flow_cursor_new(&dump->cursor, bridge, &filter);
		if (!rc)
			rc = peer_stream(request->netlink, request->port, &dump->source);
		if (rc)
			flow_cursor_free(&dump->cursor);
		flow_mod_fini(&filter);
		if (rc == -EBUSY)
			request_refuse(request, EBUSY, "a dump is under way already");
	}
	if (rc)
		free(dump);
	return rc ? rc : NETLINK_ANSWERED;
}

struct found {
	struct netlink_request *request;
	unsigned n;
};

static int answer_row(const struct flow_row *row, void *ctx)
{
	struct found *found = ctx;
	struct netlink *netlink = found->request->netlink;
	struct attr_writer w = message_writer(netlink);
	size_t begin = message_begin(&w, SHUNT_NL_FLOW, SHUNT_NL_NEW, 0);

	write_row(&w, row);
	message_end(&w, begin, netlink, found->request);
	peer_send(netlink, found->request->port, w.at, w.len);
	found->n++;
	return 1;
}

/* The flow with just this table, match and priority. */
static int get_one(struct netlink_request *request)
{
	own(flow_mod_fini) struct flow_mod filter = {0};
	struct found found = {request, 0};
	struct bridge *bridge;
	int rc = read_filter(request, FLOW_DELETE_STRICT, &filter, &bridge);

	if (rc)
		return rc;
	rc = bridge_flows_for_each(bridge, &filter, answer_row, &found);
	if (rc >= 0 && !found.n)
		return request_refuse(request, ENOENT, "bridge %s has no such flow",
				      bridge_name(bridge));
	return rc < 0 ? rc : NETLINK_ANSWERED;
}

int netlink_flow_get(struct netlink_request *request)
{
	return request->head->nlmsg_flags & NLM_F_DUMP ? dump_begin(request) : get_one(request);
}

int netlink_flow_count(struct netlink_request *request)
{
	enum flow_command command =
		flow_netlink_is_strict(request->attrs) ? FLOW_DELETE_STRICT : FLOW_DELETE;
	own(flow_mod_fini) struct flow_mod filter = {0};
	struct flow_aggregate sum;
	struct bridge *bridge;
	struct attr_writer w;
	size_t begin;
	int rc = read_filter(request, command, &filter, &bridge);

	if (!rc)
		rc = bridge_flows_aggregate(bridge, &filter, &sum);
	if (rc)
		return rc;
	w = message_writer(request->netlink);
	begin = message_begin(&w, SHUNT_NL_FLOW, SHUNT_NL_COUNT, 0);
	attr_put_u32(&w, SHUNT_FLOW_N_FLOWS, sum.n_flows);
	attr_put_u64(&w, SHUNT_FLOW_N_PACKETS, sum.n_packets);
	attr_put_u64(&w, SHUNT_FLOW_N_BYTES, sum.n_bytes);
	message_end(&w, begin, request->netlink, request);
	peer_send(request->netlink, request->port, w.at, w.len);
	return NETLINK_ANSWERED;
}
