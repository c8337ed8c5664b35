#include "port/qdisc.h"

#include <errno.h>
#include <stdlib.h>
#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include "base/own.h"

#define MESSAGE_MAX (64 << 10)
#define MAJOR       (1u << 16)

/* How long a packet may wait in a tbf. */
#define TBF_LATENCY_MS 50

struct qdiscs {
	/* fixed after create */
	struct nl_sock *sock;
};

static void msg_put(struct nl_msg **msg)
{
	nlmsg_free(*msg);
}

/* ---- asking ---- */

struct answer {
	void (*visit)(void *ctx, const struct tcmsg *tc, struct nlattr **attrs);
	void *ctx;
	bool is_over;
	int rc; /* 0 or the kernel's -errno */
};

static int answer_read(struct nl_msg *msg, void *arg)
{
	struct answer *answer = arg;
	struct nlattr *attrs[TCA_MAX + 1];
	const struct tcmsg *tc = nlmsg_data(nlmsg_hdr(msg));

	if (answer->visit && nlmsg_parse(nlmsg_hdr(msg), sizeof(*tc), attrs, TCA_MAX, NULL) >= 0)
		answer->visit(answer->ctx, tc, attrs);
	return NL_OK;
}

static int over_read(struct nl_msg *msg, void *arg)
{
	((struct answer *)arg)->is_over = true;
	return NL_STOP;
}

/* libnl's own error codes stand for several of the kernel's each. */
static int error_read(struct sockaddr_nl *from, struct nlmsgerr *message, void *arg)
{
	struct answer *answer = arg;

	answer->rc = message->error;
	answer->is_over = true;
	return NL_STOP;
}

static int ask(struct qdiscs *qdiscs, struct nl_msg *msg, struct answer *answer)
{
	struct nl_sock *sock = qdiscs->sock;

	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, answer_read, answer);
	nl_socket_modify_cb(sock, NL_CB_ACK, NL_CB_CUSTOM, over_read, answer);
	nl_socket_modify_cb(sock, NL_CB_FINISH, NL_CB_CUSTOM, over_read, answer);
	nl_socket_modify_err_cb(sock, NL_CB_CUSTOM, error_read, answer);
	if (nl_send_auto(sock, msg) < 0)
		return -EIO;
	while (!answer->is_over)
		if (nl_recvmsgs_default(sock) < 0 && !answer->is_over)
			return -EIO;
	return answer->rc;
}

static int change(struct qdiscs *qdiscs, struct nl_msg *msg)
{
	return ask(qdiscs, msg, &(struct answer){0});
}

static struct nl_msg *tc_msg(int type, int flags, const struct tcmsg *tc)
{
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags);

	if (msg)
		nlmsg_append(msg, (void *)tc, sizeof(*tc), NLMSG_ALIGNTO);
	return msg;
}

/* ---- the root ---- */

static void root_read(void *ctx, const struct tcmsg *tc, struct nlattr **attrs)
{
	struct qdisc_root *root = ctx;

	if (!attrs[TCA_KIND])
		return;
	root->handle = tc->tcm_handle;
	nla_strlcpy(root->kind, attrs[TCA_KIND], sizeof(root->kind));
}

/* Of one that is no qdisc at all the kernel says nothing. */
int qdisc_root_get(struct qdiscs *qdiscs, uint32_t ifindex, struct qdisc_root *out)
{
	const struct tcmsg tc = {.tcm_ifindex = (int)ifindex, .tcm_parent = TC_H_ROOT};
	own(msg_put) struct nl_msg *msg =
		tc_msg(RTM_GETQDISC, NLM_F_REQUEST | NLM_F_ACK | NLM_F_ECHO, &tc);
	struct qdisc_root root = {.handle = 0};
	int rc;

	if (!msg)
		return -ENOMEM;
	rc = ask(qdiscs, msg, &(struct answer){.visit = root_read, .ctx = &root});
	if (rc && rc != -ENOENT)
		return rc;
	*out = root;
	return 0;
}

int qdisc_root_del(struct qdiscs *qdiscs, uint32_t ifindex)
{
	const struct tcmsg tc = {.tcm_ifindex = (int)ifindex, .tcm_parent = TC_H_ROOT};
	own(msg_put) struct nl_msg *msg = tc_msg(RTM_DELQDISC, NLM_F_REQUEST | NLM_F_ACK, &tc);

	return msg ? change(qdiscs, msg) : -ENOMEM;
}

/* The start of a message that makes a qdisc or a class, up to its options. NULL: no memory. */
static struct nl_msg *make_msg(int type, int flags, const struct tcmsg *tc, const char *kind)
{
	struct nl_msg *msg = tc_msg(type, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | flags, tc);

	if (msg && nla_put_string(msg, TCA_KIND, kind))
		nlmsg_free(take_ptr(msg));
	return msg;
}

/* The kernel counts time in units of 64 ns (PSCHED_SHIFT). */
static uint32_t ticks_of(uint64_t size, uint64_t rate)
{
	const double ticks = (double)size * 1e9 / 64 / (double)rate;

	return ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX;
}

/* A link layer that it knows by itself: it asks for no table of rates. */
static struct tc_ratespec rate_spec(uint64_t rate)
{
	return (struct tc_ratespec){
		.rate = rate < UINT32_MAX ? (uint32_t)rate : UINT32_MAX,
		.linklayer = TC_LINKLAYER_ETHERNET,
	};
}

int htb_add(struct qdiscs *qdiscs, uint32_t ifindex)
{
	const struct tcmsg tc = {
		.tcm_ifindex = (int)ifindex, .tcm_parent = TC_H_ROOT, .tcm_handle = MAJOR};
	const struct tc_htb_glob glob = {.version = 3, .rate2quantum = 10, .defcls = 1};
	own(msg_put) struct nl_msg *msg = make_msg(RTM_NEWQDISC, NLM_F_EXCL, &tc, "htb");
	struct nlattr *options;

	if (!msg)
		return -ENOMEM;
	options = nla_nest_start(msg, TCA_OPTIONS);
	if (nla_put(msg, TCA_HTB_INIT, sizeof(glob), &glob))
		return -ENOMEM;
	nla_nest_end(msg, options);
	return change(qdiscs, msg);
}

int tbf_set(struct qdiscs *qdiscs, uint32_t ifindex, uint64_t rate, uint32_t burst)
{
	const struct tcmsg tc = {
		.tcm_ifindex = (int)ifindex, .tcm_parent = TC_H_ROOT, .tcm_handle = MAJOR};
	const uint64_t limit = rate / 1000 * TBF_LATENCY_MS + burst;
	const struct tc_tbf_qopt tbf = {
		.rate = rate_spec(rate),
		.limit = limit < UINT32_MAX ? (uint32_t)limit : UINT32_MAX,
		.buffer = ticks_of(burst, rate),
	};
	own(msg_put) struct nl_msg *msg = make_msg(RTM_NEWQDISC, 0, &tc, "tbf");
	struct nlattr *options;

	if (!msg)
		return -ENOMEM;
	options = nla_nest_start(msg, TCA_OPTIONS);
	if (nla_put(msg, TCA_TBF_PARMS, sizeof(tbf), &tbf) ||
	    nla_put_u64(msg, TCA_TBF_RATE64, rate) || nla_put_u32(msg, TCA_TBF_BURST, burst))
		return -ENOMEM;
	nla_nest_end(msg, options);
	return change(qdiscs, msg);
}

/* ---- classes ---- */

int htb_class_set(struct qdiscs *qdiscs, uint32_t ifindex, const struct htb_class *class)
{
	const struct tcmsg tc = {
		.tcm_ifindex = (int)ifindex,
		.tcm_parent = MAJOR | class->parent,
		.tcm_handle = MAJOR | class->minor,
	};
	const struct tc_htb_opt opt = {
		.rate = rate_spec(class->rate),
		.ceil = rate_spec(class->ceil),
		.buffer = ticks_of(class->burst, class->rate),
		.cbuffer = ticks_of(class->ceil_burst, class->ceil),
		.quantum = class->quantum,
		.prio = class->priority,
	};
	own(msg_put) struct nl_msg *msg = make_msg(RTM_NEWTCLASS, 0, &tc, "htb");
	struct nlattr *options;

	if (!msg)
		return -ENOMEM;
	options = nla_nest_start(msg, TCA_OPTIONS);
	if (nla_put(msg, TCA_HTB_PARMS, sizeof(opt), &opt) ||
	    nla_put_u64(msg, TCA_HTB_RATE64, class->rate) ||
	    nla_put_u64(msg, TCA_HTB_CEIL64, class->ceil))
		return -ENOMEM;
	nla_nest_end(msg, options);
	return change(qdiscs, msg);
}

int htb_class_del(struct qdiscs *qdiscs, uint32_t ifindex, uint16_t minor)
{
	const struct tcmsg tc = {.tcm_ifindex = (int)ifindex, .tcm_handle = MAJOR | minor};
	own(msg_put) struct nl_msg *msg = tc_msg(RTM_DELTCLASS, NLM_F_REQUEST | NLM_F_ACK, &tc);

	return msg ? change(qdiscs, msg) : -ENOMEM;
}

struct walk {
	void (*visit)(void *ctx, const struct class_stats *stats);
	void *ctx;
};

static void stats_read(struct nlattr *attr, struct class_stats *out)
{
	struct nlattr *nested[TCA_STATS_MAX + 1];

	if (!attr || nla_parse_nested(nested, TCA_STATS_MAX, attr, NULL))
		return;
	if (nested[TCA_STATS_BASIC]) {
		struct gnet_stats_basic basic = {0};

		nla_memcpy(&basic, nested[TCA_STATS_BASIC], sizeof(basic));
		out->n_bytes = basic.bytes;
		out->n_packets = basic.packets;
	}
	if (nested[TCA_STATS_PKT64])
		out->n_packets = nla_get_u64(nested[TCA_STATS_PKT64]);
	if (nested[TCA_STATS_QUEUE]) {
		struct gnet_stats_queue queue = {0};

		nla_memcpy(&queue, nested[TCA_STATS_QUEUE], sizeof(queue));
		out->n_dropped = queue.drops;
	}
}

static void class_read(void *ctx, const struct tcmsg *tc, struct nlattr **attrs)
{
	const struct walk *walk = ctx;
	struct class_stats stats = {.minor = (uint16_t)tc->tcm_handle};

	if (TC_H_MAJ(tc->tcm_handle) != MAJOR)
		return;
	stats_read(attrs[TCA_STATS2], &stats);
	walk->visit(walk->ctx, &stats);
}

int qdisc_classes(struct qdiscs *qdiscs, uint32_t ifindex,
		  void (*visit)(void *ctx, const struct class_stats *stats), void *ctx)
{
	const struct tcmsg tc = {.tcm_ifindex = (int)ifindex};
	own(msg_put) struct nl_msg *msg = tc_msg(RTM_GETTCLASS, NLM_F_REQUEST | NLM_F_DUMP, &tc);
	struct walk walk = {visit, ctx};

	if (!msg)
		return -ENOMEM;
	return ask(qdiscs, msg, &(struct answer){.visit = class_read, .ctx = &walk});
}

/* ---- life ---- */

int qdiscs_open(struct qdiscs **out)
{
	own(qdiscs_close) struct qdiscs *qdiscs = calloc(1, sizeof(*qdiscs));

	if (!qdiscs)
		return -ENOMEM;
	qdiscs->sock = nl_socket_alloc();
	if (!qdiscs->sock)
		return -ENOMEM;
	nl_socket_disable_msg_peek(qdiscs->sock);
	nl_socket_set_msg_buf_size(qdiscs->sock, MESSAGE_MAX);
	if (nl_connect(qdiscs->sock, NETLINK_ROUTE))
		return -EIO;
	*out = take_ptr(qdiscs);
	return 0;
}

void qdiscs_close(struct qdiscs **qdiscs)
{
	if (!*qdiscs)
		return;
	nl_socket_free((*qdiscs)->sock);
	mem_free(qdiscs);
}
