/* BUNDLE: changes in many messages, which take effect together or not at all.
 *
 * The first wrong change is answered with its error at once; from then on the bundle only waits to tell
 * its commit the same. All bundles together hold a bounded number of changes, and one that nobody adds to
 * for a while is discarded.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "nl/netlink_server.h"
#include "flow/flow_netlink.h"
#include "switch/flows.h"
#include "switch/vswitch.h"

#define BUNDLES_MAX  64
#define CHANGES_MAX  (1 << 18) /* in all bundles */
#define ACTIONS_MAX  (1 << 20) /* elements of their actions */
#define IDLE_SECONDS 10

struct bundle {
	struct cds_list_head node;
	struct netlink *netlink;
	uint32_t port, id;
	char bridge[64];
	struct flow_mod *mod;
	size_t n, n_room, n_actions;
	struct event *idle;
	/* what is wrong with change `blame` */
	struct err err;
	uint32_t blame;
};

static size_t actions_waiting(const struct netlink *netlink)
{
	struct bundle *bundle;
	size_t n = 0;

	cds_list_for_each_entry (bundle, &netlink->bundles, node)
		n += bundle->n_actions;
	return n;
}

static struct bundle *bundle_of(struct netlink *netlink, uint32_t port, uint32_t id)
{
	struct bundle *bundle;

	cds_list_for_each_entry (bundle, &netlink->bundles, node)
		if (bundle->port == port && bundle->id == id)
			return bundle;
	return NULL;
}

/* Its changes, not what is wrong with them. */
static void empty(struct bundle *bundle)
{
	for (size_t i = 0; i < bundle->n; i++)
		flow_mod_fini(&bundle->mod[i]);
	free(bundle->mod);
	bundle->netlink->stats.n_bundled -= (unsigned)bundle->n;
	bundle->mod = NULL;
	bundle->n = bundle->n_room = bundle->n_actions = 0;
}

static void bundle_free(struct bundle *bundle)
{
	empty(bundle);
	cds_list_del(&bundle->node);
	bundle->netlink->stats.n_bundles--;
	if (bundle->idle)
		event_free(bundle->idle);
	free(bundle);
}

void netlink_bundles_fini(struct netlink *netlink)
{
	struct bundle *bundle, *next;

	cds_list_for_each_entry_safe (bundle, next, &netlink->bundles, node)
		bundle_free(bundle);
}

void netlink_bundles_forget(struct netlink *netlink, uint32_t port)
{
	struct bundle *bundle, *next;

	cds_list_for_each_entry_safe (bundle, next, &netlink->bundles, node)
		if (bundle->port == port)
			bundle_free(bundle);
}

static void idle_cb(evutil_socket_t fd, short what, void *ctx)
{
	bundle_free(ctx);
}

static void touch(struct bundle *bundle)
{
	const struct timeval idle = {.tv_sec = IDLE_SECONDS};

	event_add(bundle->idle, &idle);
}

/* ---- changes ---- */

static int grow(struct bundle *bundle)
{
	size_t n_room = bundle->n_room ? bundle->n_room * 2 : 64;
	struct flow_mod *mod;

	if (bundle->n < bundle->n_room)
		return 0;
	mod = realloc(bundle->mod, n_room * sizeof(*mod));
	if (!mod)
		return -ENOMEM;
	bundle->mod = mod;
	bundle->n_room = n_room;
	return 0;
}

/* Why it cannot be held; 0: it can. */
static int check_room(struct netlink_request *request, const struct flow_mod *mod)
{
	struct netlink *netlink = request->netlink;

	if (netlink->stats.n_bundled >= CHANGES_MAX ||
	    (mod->actions.n > 16 && actions_waiting(netlink) + mod->actions.n > ACTIONS_MAX))
		return request_refuse(request, ENOSPC,
				      "all bundles together hold %d changes and %d actions",
				      CHANGES_MAX, ACTIONS_MAX);
	return 0;
}

static int check_bridge(struct netlink_request *request, struct bundle *bundle, const char *name)
{
	if (!request_bridge(request, name))
		return -ENOENT;
	if (bundle->n && strcmp(bundle->bridge, name))
		return request_refuse(request, EINVAL, "bridge %s: the bundle is for bridge %s",
				      name, bundle->bridge);
	snprintf(bundle->bridge, sizeof(bundle->bridge), "%s", name);
	return 0;
}

/* From here on it waits for its commit only. */
static void spoil(struct bundle *bundle, const struct netlink_request *request, int rc)
{
	bundle->err = request->err;
	bundle->err.code = -rc;
	bundle->blame = (uint32_t)bundle->n;
	empty(bundle);
}

int netlink_bundle_add(struct netlink_request *request, uint32_t id, const char *bridge,
		       struct flow_mod *mod)
{
	struct bundle *bundle = bundle_of(request->netlink, request->port, id);
	int rc;

	if (!bundle)
		return request_refuse(request, ENOENT, "there is no bundle %u: begin it first", id);
	touch(bundle);
	if (bundle->err.code)
		return NETLINK_ANSWERED;
	rc = check_bridge(request, bundle, bridge);
	if (!rc)
		rc = check_room(request, mod);
	if (!rc)
		rc = grow(bundle);
	if (rc) {
		spoil(bundle, request, rc);
		return rc;
	}
	bundle->n_actions += mod->actions.n;
	bundle->mod[bundle->n++] = *mod;
	mod->actions = (struct ofactions){0};
	request->netlink->stats.n_bundled++;
	return 0;
}

/* The message is wrong somewhere, so its BUNDLE_ID is looked for by hand. */
static const struct nlattr *find_id(struct attr_bytes attrs)
{
	while (attrs.len >= NLA_HDRLEN) {
		const struct nlattr *attr = (const void *)attrs.at;
		size_t step = NLA_ALIGN(attr->nla_len);

		if (attr->nla_len < NLA_HDRLEN || attr->nla_len > attrs.len)
			return NULL;
		if (attr_type(attr) == SHUNT_NL_BUNDLE_ID && attr_size(attr) == sizeof(uint32_t))
			return attr;
		step = step < attrs.len ? step : attrs.len;
		attrs = (struct attr_bytes){attrs.at + step, attrs.len - step};
	}
	return NULL;
}

bool netlink_bundle_spoil(struct netlink_request *request, int rc)
{
	const struct nlattr *id = find_id(request->attrs);
	struct bundle *bundle =
		id ? bundle_of(request->netlink, request->port, (uint32_t)attr_number(id)) : NULL;

	if (!bundle)
		return false;
	touch(bundle);
	if (bundle->err.code)
		return true;
	spoil(bundle, request, rc);
	return false;
}

/* ---- commands ---- */

static const struct attr_policy policy[] = {
	[SHUNT_NL_TOKEN] = {"SHUNT_NL_TOKEN", SHUNT_NL_TOKEN_SIZE, ATTR_FIXED, false},
	[SHUNT_NL_BUNDLE_ID] = {"SHUNT_NL_BUNDLE_ID", 4, ATTR_FIXED, false},
};

static const struct attr_table table = ATTR_TABLE(policy);

static int read_id(struct netlink_request *request, uint32_t *id)
{
	const struct nlattr *there[sizeof(policy) / sizeof(policy[0])];
	int rc = attr_parse(request->attrs, &table, there, &request->fault);

	if (rc)
		return rc;
	if (!there[SHUNT_NL_BUNDLE_ID])
		return request_refuse(request, EINVAL, "SHUNT_NL_BUNDLE_ID is missing");
	*id = (uint32_t)attr_number(there[SHUNT_NL_BUNDLE_ID]);
	return 0;
}

static int find(struct netlink_request *request, struct bundle **out)
{
	uint32_t id = 0;
	int rc = read_id(request, &id);

	if (rc)
		return rc;
	*out = bundle_of(request->netlink, request->port, id);
	return *out ? 0
		    : request_refuse(
			      request, ENOENT,
			      "there is no bundle %u: it was not begun, or nothing was added "
			      "to it for %d s",
			      id, IDLE_SECONDS);
}

int netlink_bundle_begin(struct netlink_request *request)
{
	struct netlink *netlink = request->netlink;
	own(mem_free) struct bundle *bundle = NULL;
	uint32_t id = 0;
	int rc = read_id(request, &id);

	if (rc)
		return rc;
	if (bundle_of(netlink, request->port, id))
		return request_refuse(request, EEXIST, "bundle %u was begun already", id);
	if (netlink->stats.n_bundles == BUNDLES_MAX)
		return request_refuse(request, EBUSY, "%d bundles are open already", BUNDLES_MAX);
	bundle = calloc(1, sizeof(*bundle));
	if (!bundle)
		return -ENOMEM;
	bundle->netlink = netlink;
	bundle->port = request->port;
	bundle->id = id;
	bundle->idle = evtimer_new(netlink->base, idle_cb, bundle);
	if (!bundle->idle)
		return -ENOMEM;
	touch(bundle);
	cds_list_add_tail(&bundle->node, &netlink->bundles);
	netlink->stats.n_bundles++;
	take_ptr(bundle);
	return 0;
}

static int apply(struct netlink_request *request, struct bundle *bundle)
{
	struct bridge *bridge;
	size_t which = SIZE_MAX;
	int rc;

	if (!bundle->n)
		return 0;
	bridge = request_bridge(request, bundle->bridge);
	if (!bridge)
		return -ENOENT;
	rc = bridge_flow_mods(bridge, bundle->mod, bundle->n, &which, &request->err);
	if (rc && which < bundle->n) {
		request->has_blame = true;
		request->blame = (uint32_t)which;
	}
	return rc;
}

int netlink_bundle_commit(struct netlink_request *request)
{
	struct bundle *bundle;
	int rc = find(request, &bundle);

	if (rc)
		return rc;
	if (bundle->err.code) {
		request->err = bundle->err;
		request->has_blame = true;
		request->blame = bundle->blame;
		rc = -bundle->err.code;
	} else {
		rc = apply(request, bundle);
	}
	bundle_free(bundle);
	return rc;
}

int netlink_bundle_discard(struct netlink_request *request)
{
	struct bundle *bundle;
	int rc = find(request, &bundle);

	if (!rc)
		bundle_free(bundle);
	return rc;
}
