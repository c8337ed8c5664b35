#include "port/xdp_features.h"

#include <errno.h>
#include <stdlib.h>
#include <event2/event.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "base/own.h"

/* From <linux/netdev.h>; the values never change. */
enum { NETDEV_DEV_GET = 1 };
enum { NETDEV_DEV_IFINDEX = 1, NETDEV_DEV_XDP_FEATURES = 3 };

struct xdp_watch {
	/* fixed after create */
	struct nl_sock *sock;
	struct event *event;
	void (*changed)(void *ctx, uint32_t ifindex);
	void *ctx;
};

static void sock_free(struct nl_sock **sock)
{
	nl_socket_free(*sock);
}

static void msg_free(struct nl_msg **msg)
{
	nlmsg_free(*msg);
}

/* ---- asking ---- */

static int features_read(struct nl_msg *msg, void *arg)
{
	struct xdp_features *features = arg;
	struct nlattr *attrs[NETDEV_DEV_XDP_FEATURES + 1];

	if (genlmsg_parse(nlmsg_hdr(msg), 0, attrs, NETDEV_DEV_XDP_FEATURES, NULL))
		return NL_OK;
	features->is_known = attrs[NETDEV_DEV_XDP_FEATURES];
	if (attrs[NETDEV_DEV_XDP_FEATURES])
		features->xdp = nla_get_u64(attrs[NETDEV_DEV_XDP_FEATURES]);
	return NL_OK;
}

void xdp_features_get(uint32_t ifindex, struct xdp_features *out)
{
	own(sock_free) struct nl_sock *sock = nl_socket_alloc();
	own(msg_free) struct nl_msg *msg = nlmsg_alloc();
	int family;

	*out = (struct xdp_features){0};
	if (!sock || !msg || genl_connect(sock))
		return;
	family = genl_ctrl_resolve(sock, "netdev");
	if (family < 0 ||
	    !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, 0, NETDEV_DEV_GET, 1) ||
	    nla_put_u32(msg, NETDEV_DEV_IFINDEX, ifindex))
		return;
	nl_socket_disable_auto_ack(sock);
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, features_read, out);
	if (nl_send_auto(sock, msg) >= 0)
		nl_recvmsgs_default(sock);
}

/* ---- watching ---- */

static int news_read(struct nl_msg *msg, void *arg)
{
	const struct xdp_watch *watch = arg;
	struct nlattr *attrs[NETDEV_DEV_XDP_FEATURES + 1];

	if (!genlmsg_parse(nlmsg_hdr(msg), 0, attrs, NETDEV_DEV_XDP_FEATURES, NULL) &&
	    attrs[NETDEV_DEV_IFINDEX])
		watch->changed(watch->ctx, nla_get_u32(attrs[NETDEV_DEV_IFINDEX]));
	return NL_OK;
}

static void news_ready(evutil_socket_t fd, short what, void *arg)
{
	const struct xdp_watch *watch = arg;

	nl_recvmsgs_default(watch->sock);
}

static int watch_start(struct xdp_watch *watch, struct event_base *base)
{
	int group;

	watch->sock = nl_socket_alloc();
	if (!watch->sock)
		return -ENOMEM;
	nl_socket_disable_seq_check(watch->sock);
	if (genl_connect(watch->sock))
		return -EIO;
	group = genl_ctrl_resolve_grp(watch->sock, "netdev", "mgmt");
	if (group < 0 || nl_socket_add_membership(watch->sock, group))
		return 0;
	nl_socket_modify_cb(watch->sock, NL_CB_VALID, NL_CB_CUSTOM, news_read, watch);
	if (nl_socket_set_nonblocking(watch->sock))
		return -EIO;
	watch->event = event_new(base, nl_socket_get_fd(watch->sock), EV_READ | EV_PERSIST,
				 news_ready, watch);
	return watch->event && !event_add(watch->event, NULL) ? 0 : -ENOMEM;
}

int xdp_watch_new(struct xdp_watch **out, struct event_base *base,
		  void (*changed)(void *ctx, uint32_t ifindex), void *ctx)
{
	own(xdp_watch_free) struct xdp_watch *watch = calloc(1, sizeof(*watch));
	int rc;

	if (!watch)
		return -ENOMEM;
	watch->changed = changed;
	watch->ctx = ctx;
	rc = watch_start(watch, base);
	if (rc)
		return rc;
	*out = take_ptr(watch);
	return 0;
}

void xdp_watch_free(struct xdp_watch **watch)
{
	if (!*watch)
		return;
	if ((*watch)->event)
		event_free((*watch)->event);
	nl_socket_free((*watch)->sock);
	mem_free(watch);
}
