#include "port/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <event2/event.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include "base/own.h"

#define MESSAGE_MAX  (64 << 10)
#define WATCH_BUFFER (1 << 20) /* a thousand devices may come at once */

struct link_client {
	/* fixed after create */
	struct nl_sock *requests;
	struct nl_sock *watcher; /* NULL: none */
	struct event *event;
	link_watch_fn *watch;
	void *ctx;
};

static void msg_put(struct nl_msg **msg)
{
	nlmsg_free(*msg);
}

/* ---- reading ---- */

static struct nla_policy policy[IFLA_MAX + 1] = {
	[IFLA_IFNAME] = {.type = NLA_STRING, .maxlen = IFNAMSIZ},
	[IFLA_IFALIAS] = {.type = NLA_STRING},
	[IFLA_MTU] = {.type = NLA_U32},
	[IFLA_MAX_MTU] = {.type = NLA_U32},
	[IFLA_LINK] = {.type = NLA_U32},
	[IFLA_MASTER] = {.type = NLA_U32},
	[IFLA_NUM_RX_QUEUES] = {.type = NLA_U32},
	[IFLA_NUM_TX_QUEUES] = {.type = NLA_U32},
	[IFLA_CARRIER] = {.type = NLA_U8},
	[IFLA_LINKINFO] = {.type = NLA_NESTED},
	[IFLA_XDP] = {.type = NLA_NESTED},
};

static struct nla_policy stats_policy[IFLA_STATS_MAX + 1] = {
	[IFLA_STATS_LINK_64] = {.minlen = sizeof(struct rtnl_link_stats64)},
};

static uint32_t u32_or(struct nlattr *attr, uint32_t otherwise)
{
	return attr ? nla_get_u32(attr) : otherwise;
}

static void kind_read(struct nlattr *attr, struct link_info *info)
{
	struct nlattr *nested[IFLA_INFO_MAX + 1];

	if (!attr || nla_parse_nested(nested, IFLA_INFO_MAX, attr, NULL) || !nested[IFLA_INFO_KIND])
		return;
	nla_strlcpy(info->kind, nested[IFLA_INFO_KIND], sizeof(info->kind));
}

static void xdp_read(struct nlattr *attr, struct link_info *info)
{
	struct nlattr *nested[IFLA_XDP_MAX + 1];

	if (attr && !nla_parse_nested(nested, IFLA_XDP_MAX, attr, NULL))
		info->xdp_prog_id = u32_or(nested[IFLA_XDP_PROG_ID], 0);
}

/* True if the message tells of a device. */
static bool info_read(struct nlmsghdr *header, struct link_info *info)
{
	struct ifinfomsg *ifi = nlmsg_data(header);
	struct nlattr *attrs[IFLA_MAX + 1];

	if (header->nlmsg_type != RTM_NEWLINK && header->nlmsg_type != RTM_DELLINK)
		return false;
	if (nlmsg_parse(header, sizeof(*ifi), attrs, IFLA_MAX, policy) < 0)
		return false;
	/* Bridges speak of their ports' membership in the same words. */
	if (ifi->ifi_family != AF_UNSPEC || !attrs[IFLA_IFNAME])
		return false;
	*info = (struct link_info){
		.ifindex = (uint32_t)ifi->ifi_index,
		.mtu = u32_or(attrs[IFLA_MTU], 0),
		.mtu_max = u32_or(attrs[IFLA_MAX_MTU], 0),
		.is_ethernet = ifi->ifi_type == ARPHRD_ETHER && !(ifi->ifi_flags & IFF_LOOPBACK),
		.is_admin_up = ifi->ifi_flags & IFF_UP,
		.has_carrier = ifi->ifi_flags & IFF_LOWER_UP,
		.is_promisc = ifi->ifi_flags & IFF_PROMISC,
		.peer = u32_or(attrs[IFLA_LINK], 0),
		.master = u32_or(attrs[IFLA_MASTER], 0),
		.n_rxq = u32_or(attrs[IFLA_NUM_RX_QUEUES], 1),
		.n_txq = u32_or(attrs[IFLA_NUM_TX_QUEUES], 1),
	};
	nla_strlcpy(info->name, attrs[IFLA_IFNAME], sizeof(info->name));
	if (attrs[IFLA_IFALIAS])
		nla_strlcpy(info->alias, attrs[IFLA_IFALIAS], sizeof(info->alias));
	if (attrs[IFLA_ADDRESS] && nla_len(attrs[IFLA_ADDRESS]) == sizeof(info->mac))
		memcpy(&info->mac, nla_data(attrs[IFLA_ADDRESS]), sizeof(info->mac));
	kind_read(attrs[IFLA_LINKINFO], info);
	xdp_read(attrs[IFLA_XDP], info);
	return true;
}

static bool stats_read(struct nlmsghdr *header, struct link_stats *out)
{
	struct nlattr *attrs[IFLA_STATS_MAX + 1];
	struct rtnl_link_stats64 s;

	if (header->nlmsg_type != RTM_NEWSTATS ||
	    nlmsg_parse(header, sizeof(struct if_stats_msg), attrs, IFLA_STATS_MAX, stats_policy) <
		    0 ||
	    !attrs[IFLA_STATS_LINK_64])
		return false;
	memcpy(&s, nla_data(attrs[IFLA_STATS_LINK_64]), sizeof(s));
	*out = (struct link_stats){s.rx_packets, s.rx_bytes, s.rx_dropped, s.rx_errors,
				   s.tx_packets, s.tx_bytes, s.tx_dropped, s.tx_errors};
	return true;
}

/* What to do with each message of an answer. */
struct answer {
	struct link_info *info;                                 /* the last one, or */
	struct link_stats *stats;                               /* of one device, or */
	void (*visit)(void *ctx, const struct link_info *info); /* each of them */
	void *ctx;
	int rc; /* 0 or the kernel's -errno */
};

static int answer_read(struct nl_msg *msg, void *arg)
{
	struct answer *answer = arg;
	struct link_info info;

	if (answer->stats && stats_read(nlmsg_hdr(msg), answer->stats))
		return NL_OK;
	if (!info_read(nlmsg_hdr(msg), &info))
		return NL_OK;
	if (answer->visit)
		answer->visit(answer->ctx, &info);
	else if (answer->info)
		*answer->info = info;
	return NL_OK;
}

/* libnl's own error codes stand for several of the kernel's each. */
static int error_read(struct sockaddr_nl *from, struct nlmsgerr *message, void *arg)
{
	((struct answer *)arg)->rc = message->error;
	return NL_STOP;
}

static int ask(struct link_client *client, struct nl_msg *msg, struct answer *answer)
{
	nl_socket_modify_cb(client->requests, NL_CB_VALID, NL_CB_CUSTOM, answer_read, answer);
	nl_socket_modify_err_cb(client->requests, NL_CB_CUSTOM, error_read, answer);
	if (nl_send_auto(client->requests, msg) < 0 || nl_recvmsgs_default(client->requests) < 0)
		return answer->rc ? answer->rc : -EIO;
	return answer->rc;
}

/* ---- asking ---- */

static struct nl_msg *link_msg(int type, int flags, uint32_t ifindex)
{
	struct ifinfomsg ifi = {.ifi_family = AF_UNSPEC, .ifi_index = (int)ifindex};
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags);

	if (msg)
		nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO);
	return msg;
}

/* By index, or, if that is 0, by name. */
static int look_up(struct link_client *client, uint32_t ifindex, const char *name,
		   struct link_info *out)
{
	own(msg_put) struct nl_msg *msg = link_msg(RTM_GETLINK, NLM_F_REQUEST, ifindex);
	struct link_info info = {0};
	int rc;

	if (!msg || (!ifindex && nla_put_string(msg, IFLA_IFNAME, name)))
		return -ENOMEM;
	rc = ask(client, msg, &(struct answer){.info = &info});
	if (!rc && !info.ifindex)
		rc = -ENODEV;
	if (!rc)
		*out = info;
	return rc;
}

int link_lookup(struct link_client *client, const char *name, struct link_info *out)
{
	return look_up(client, 0, name, out);
}

int link_lookup_index(struct link_client *client, uint32_t ifindex, struct link_info *out)
{
	return look_up(client, ifindex, NULL, out);
}

int link_stats(struct link_client *client, uint32_t ifindex, struct link_stats *out)
{
	const struct if_stats_msg of = {
		.family = AF_UNSPEC,
		.ifindex = ifindex,
		.filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64),
	};
	own(msg_put) struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETSTATS, NLM_F_REQUEST);

	if (!msg || nlmsg_append(msg, (void *)&of, sizeof(of), NLMSG_ALIGNTO))
		return -ENOMEM;
	return ask(client, msg, &(struct answer){.stats = out});
}

int link_for_each(struct link_client *client, void (*visit)(void *ctx, const struct link_info *),
		  void *ctx)
{
	own(msg_put) struct nl_msg *msg = link_msg(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 0);

	if (!msg)
		return -ENOMEM;
	return ask(client, msg, &(struct answer){.visit = visit, .ctx = ctx});
}

/* ---- changing ---- */

static int change(struct link_client *client, struct nl_msg *msg)
{
	return msg ? ask(client, msg, &(struct answer){0}) : -ENOMEM;
}

int link_del(struct link_client *client, uint32_t ifindex)
{
	own(msg_put) struct nl_msg *msg = link_msg(RTM_DELLINK, NLM_F_REQUEST | NLM_F_ACK, ifindex);

	return change(client, msg);
}

static int set_flag(struct link_client *client, uint32_t ifindex, unsigned flag, bool is_set)
{
	own(msg_put) struct nl_msg *msg = link_msg(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, ifindex);
	struct ifinfomsg *ifi;

	if (!msg)
		return -ENOMEM;
	ifi = nlmsg_data(nlmsg_hdr(msg));
	ifi->ifi_flags = is_set ? flag : 0;
	ifi->ifi_change = flag;
	return change(client, msg);
}

int link_set_up(struct link_client *client, uint32_t ifindex, bool is_up)
{
	return set_flag(client, ifindex, IFF_UP, is_up);
}

int link_set_promisc(struct link_client *client, uint32_t ifindex, bool is_promisc)
{
	return set_flag(client, ifindex, IFF_PROMISC, is_promisc);
}

int link_set_mtu(struct link_client *client, uint32_t ifindex, uint32_t mtu)
{
	own(msg_put) struct nl_msg *msg = link_msg(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, ifindex);

	if (!msg || nla_put_u32(msg, IFLA_MTU, mtu))
		return -ENOMEM;
	return change(client, msg);
}

int link_set_mac(struct link_client *client, uint32_t ifindex, struct eth_addr mac)
{
	own(msg_put) struct nl_msg *msg = link_msg(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, ifindex);

	if (!msg || nla_put(msg, IFLA_ADDRESS, sizeof(mac), &mac))
		return -ENOMEM;
	return change(client, msg);
}

/* The attributes that one end of a pair has. */
static int veth_end_put(struct nl_msg *msg, const struct link_veth *veth, const char *name)
{
	int rc = nla_put_string(msg, IFLA_IFNAME, name);

	if (veth->mtu)
		rc |= nla_put_u32(msg, IFLA_MTU, veth->mtu);
	if (veth->n_queues) {
		rc |= nla_put_u32(msg, IFLA_NUM_RX_QUEUES, veth->n_queues);
		rc |= nla_put_u32(msg, IFLA_NUM_TX_QUEUES, veth->n_queues);
	}
	if (name == veth->name && !eth_addr_is_zero(veth->mac))
		rc |= nla_put(msg, IFLA_ADDRESS, sizeof(veth->mac), &veth->mac);
	return rc;
}

static int veth_put(struct nl_msg *msg, const struct link_veth *veth)
{
	struct ifinfomsg peer = {.ifi_index = (int)veth->peer_ifindex};
	struct nlattr *info, *data, *end;
	int rc = veth_end_put(msg, veth, veth->name);

	info = nla_nest_start(msg, IFLA_LINKINFO);
	rc |= nla_put_string(msg, IFLA_INFO_KIND, "veth");
	data = nla_nest_start(msg, IFLA_INFO_DATA);
	end = nla_nest_start(msg, VETH_INFO_PEER);
	rc |= nlmsg_append(msg, &peer, sizeof(peer), NLMSG_ALIGNTO);
	rc |= veth_end_put(msg, veth, veth->peer);
	nla_nest_end(msg, end);
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
	return rc;
}

static int ipv6_off_put(struct nl_msg *msg)
{
	struct nlattr *spec = nla_nest_start(msg, IFLA_AF_SPEC);
	struct nlattr *inet6 = nla_nest_start(msg, AF_INET6);
	int rc = nla_put_u8(msg, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);

	nla_nest_end(msg, inet6);
	nla_nest_end(msg, spec);
	return rc;
}

/* The kernel takes these only for a device that is there. */
static int veth_end_set(struct link_client *client, const char *name, const char *alias,
			bool is_quiet)
{
	own(msg_put) struct nl_msg *msg = link_msg(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, 0);
	int rc;

	if (!msg || nla_put_string(msg, IFLA_IFNAME, name) ||
	    nla_put_string(msg, IFLA_IFALIAS, alias))
		return -ENOMEM;
	if (is_quiet && ipv6_off_put(msg))
		return -ENOMEM;
	rc = change(client, msg);
	/* A kernel that speaks no IPv6 is quiet as it is. */
	if (rc == -EAFNOSUPPORT && is_quiet)
		return veth_end_set(client, name, alias, false);
	return rc;
}

int link_veth_new(struct link_client *client, const struct link_veth *veth)
{
	own(msg_put) struct nl_msg *msg = link_msg(
		RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, veth->ifindex);
	struct link_info info;
	int rc;

	if (!msg || veth_put(msg, veth))
		return -ENOMEM;
	rc = change(client, msg);
	if (rc)
		return rc;
	rc = veth_end_set(client, veth->name, veth->alias, !veth->is_for_host);
	if (!rc)
		rc = veth_end_set(client, veth->peer, veth->alias, true);
	if (rc && !link_lookup(client, veth->name, &info))
		link_del(client, info.ifindex);
	return rc;
}

/* ---- watching ---- */

static int watch_read(struct nl_msg *msg, void *arg)
{
	struct link_client *client = arg;
	struct link_info info;

	if (info_read(nlmsg_hdr(msg), &info))
		client->watch(client->ctx,
			      nlmsg_hdr(msg)->nlmsg_type == RTM_DELLINK ? LINK_GONE : LINK_CHANGED,
			      &info);
	return NL_OK;
}

/* Reads one datagram; the event loop comes back for the next. libnl reports ENOBUFS (messages were
 * lost) as NLE_NOMEM. */
static void watch_ready(evutil_socket_t fd, short what, void *arg)
{
	struct link_client *client = arg;
	int rc = nl_recvmsgs_default(client->watcher);

	if (rc < 0 && rc != -NLE_AGAIN)
		client->watch(client->ctx, LINK_RESYNC, NULL);
}

int link_client_watch(struct link_client *client, struct event_base *base, link_watch_fn *watch,
		      void *ctx)
{
	struct nl_sock *sock = nl_socket_alloc();

	if (!sock)
		return -ENOMEM;
	client->watcher = sock;
	client->watch = watch;
	client->ctx = ctx;
	nl_socket_disable_seq_check(sock);
	nl_socket_disable_msg_peek(sock);
	nl_socket_set_msg_buf_size(sock, MESSAGE_MAX);
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, watch_read, client);
	if (nl_connect(sock, NETLINK_ROUTE) || nl_socket_set_nonblocking(sock) ||
	    nl_socket_add_memberships(sock, RTNLGRP_LINK, 0))
		return -EIO;
	nl_socket_set_buffer_size(sock, WATCH_BUFFER, 0);
	client->event =
		event_new(base, nl_socket_get_fd(sock), EV_READ | EV_PERSIST, watch_ready, client);
	return client->event && !event_add(client->event, NULL) ? 0 : -ENOMEM;
}

int link_client_new(struct link_client **out)
{
	own(link_client_free) struct link_client *client = calloc(1, sizeof(*client));

	if (!client)
		return -ENOMEM;
	client->requests = nl_socket_alloc();
	if (!client->requests)
		return -ENOMEM;
	/* An ACK behind an answer would be read as the next one's. */
	nl_socket_disable_auto_ack(client->requests);
	nl_socket_disable_msg_peek(client->requests);
	nl_socket_set_msg_buf_size(client->requests, MESSAGE_MAX);
	if (nl_connect(client->requests, NETLINK_ROUTE))
		return -EIO;
	*out = take_ptr(client);
	return 0;
}

void link_client_free(struct link_client **p)
{
	struct link_client *client = *p;

	if (!client)
		return;
	if (client->event)
		event_free(client->event);
	nl_socket_free(client->watcher);
	nl_socket_free(client->requests);
	mem_free(p);
}
