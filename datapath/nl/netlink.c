#include "nl/netlink.h"

#include <errno.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/own.h"
#include "nl/netlink_peer.h"
#include "nl/netlink_server.h"
#include "switch/vswitch.h"

/* More than a socket with a default send buffer can send at once. */
#define DATAGRAM_MAX   262144
#define RECEIVE_BUFFER (4 << 20)
#define SEND_BUFFER    (1 << 20)
/* Datagrams in one turn of the loop. */
#define TURN_DATAGRAMS 16

/* ---- which message is whose ---- */

static const struct message {
	uint16_t type; /* SHUNT_NL_ */
	uint8_t cmd;
	bool is_open; /* also to those who may not speak */
	netlink_handler *handle;
} messages[] = {
	{SHUNT_NL_FLOW, SHUNT_NL_NEW, false, netlink_flow_new},
	{SHUNT_NL_FLOW, SHUNT_NL_SET, false, netlink_flow_set},
	{SHUNT_NL_FLOW, SHUNT_NL_DEL, false, netlink_flow_del},
	{SHUNT_NL_FLOW, SHUNT_NL_GET, false, netlink_flow_get},
	{SHUNT_NL_FLOW, SHUNT_NL_COUNT, false, netlink_flow_count},
	{SHUNT_NL_BUNDLE, SHUNT_NL_BUNDLE_BEGIN, false, netlink_bundle_begin},
	{SHUNT_NL_BUNDLE, SHUNT_NL_BUNDLE_COMMIT, false, netlink_bundle_commit},
	{SHUNT_NL_BUNDLE, SHUNT_NL_BUNDLE_DISCARD, false, netlink_bundle_discard},
	{SHUNT_NL_MIRROR, SHUNT_NL_NEW, false, netlink_order_new},
	{SHUNT_NL_MIRROR, SHUNT_NL_DEL, false, netlink_order_del},
	{SHUNT_NL_MIRROR, SHUNT_NL_GET, false, netlink_order_get},
	{SHUNT_NL_DROP, SHUNT_NL_NEW, false, netlink_order_new},
	{SHUNT_NL_DROP, SHUNT_NL_DEL, false, netlink_order_del},
	{SHUNT_NL_DROP, SHUNT_NL_GET, false, netlink_order_get},
	{SHUNT_NL_NAMES, SHUNT_NL_GET, false, netlink_names},
	{SHUNT_NL_SPEAKER, SHUNT_NL_SPEAKER_ASK, true, netlink_speaker_ask},
};

#define N_MESSAGES (sizeof(messages) / sizeof(messages[0]))

static const struct message *message_lookup(uint16_t type, uint8_t cmd)
{
	for (size_t i = 0; i < N_MESSAGES; i++)
		if (messages[i].type == type && messages[i].cmd == cmd)
			return &messages[i];
	return NULL;
}

/* ---- requests ---- */

int request_refuse(struct netlink_request *request, int code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	err_vset(&request->err, code, fmt, args);
	va_end(args);
	return -code;
}

struct bridge *request_bridge(struct netlink_request *request, const char *name)
{
	struct bridge *bridge = bridge_lookup(request->netlink->sw, name);

	if (!bridge)
		request_refuse(request, ENOENT, "no bridge named %s", name);
	return bridge;
}

static int refuse_speaker(struct netlink_request *request)
{
	request->netlink->stats.n_refused++;
	return request_refuse(request, EPERM,
			      "only root, or who has CAP_NET_ADMIN and shows the token, may speak: "
			      "see docs/netlink.md");
}

/* A whole message of a sender that the kernel says is `uid`. */
static int handle(struct netlink_request *request, uint32_t uid)
{
	const struct nlmsghdr *head = request->head;
	const struct genlmsghdr *genl = NLMSG_DATA(head);
	const struct message *message;

	if (head->nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN)
		return request_refuse(request, EINVAL,
				      "truncated: %u bytes, where the headers have %zu",
				      head->nlmsg_len, (size_t)NLMSG_HDRLEN + GENL_HDRLEN);
	request->cmd = genl->cmd;
	request->attrs = (struct attr_bytes){(const uint8_t *)head + NLMSG_HDRLEN + GENL_HDRLEN,
					     head->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN};
	message = message_lookup(head->nlmsg_type, genl->cmd);
	request->may_speak = netlink_may_speak(request->netlink, uid, request->attrs);
	if (!request->may_speak && !(message && message->is_open))
		return refuse_speaker(request);
	if (genl->version != SHUNT_NL_VERSION)
		return request_refuse(request, EOPNOTSUPP, "version %u: this switch speaks %d",
				      genl->version, SHUNT_NL_VERSION);
	if (!message)
		return request_refuse(request, EOPNOTSUPP,
				      "there is no command %u of message type %u", genl->cmd,
				      head->nlmsg_type);
	return message->handle(request);
}

static void take_message(struct netlink *netlink, uint32_t port, uint32_t uid,
			 const struct nlmsghdr *head)
{
	struct netlink_request request = {.netlink = netlink, .port = port, .head = head};
	int rc;

	/* answers, and what says nothing; to answer these could go round in circles */
	if (head->nlmsg_type < NLMSG_MIN_TYPE || !(head->nlmsg_flags & NLM_F_REQUEST))
		return;
	netlink->stats.n_messages++;
	request.fault.err = &request.err;
	rc = handle(&request, uid);
	if (rc < 0 || (!rc && head->nlmsg_flags & NLM_F_ACK))
		answer_ack(&request, rc);
}

/* A message whose length cannot be: an error to who sent it, if it has a header at least. */
static void refuse_length(struct netlink *netlink, uint32_t port, const struct nlmsghdr *head,
			  size_t len)
{
	struct netlink_request request = {.netlink = netlink, .port = port, .head = head};

	if (len < NLMSG_HDRLEN || head->nlmsg_type < NLMSG_MIN_TYPE)
		return;
	request_refuse(&request, EINVAL, "truncated: it says it has %u bytes, and there are %zu",
		       head->nlmsg_len, len);
	answer_ack(&request, -EINVAL);
}

/* ---- the socket ---- */

static void take_datagram(struct netlink *netlink, uint32_t port, uint32_t uid, size_t len)
{
	uint8_t *at = netlink->in;

	while (len >= NLMSG_HDRLEN) {
		const struct nlmsghdr *head = (const void *)at;
		size_t step;

		if (head->nlmsg_len < NLMSG_HDRLEN || head->nlmsg_len > len)
			break;
		take_message(netlink, port, uid, head);
		step = NLMSG_ALIGN(head->nlmsg_len);
		step = step < len ? step : len;
		at += step;
		len -= step;
	}
	if (len)
		refuse_length(netlink, port, (const void *)at, len);
}

/* The user as the kernel stamped it; nobody, if it did not. */
static uint32_t sender_of(struct msghdr *msg)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		struct ucred cred;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS)
			continue;
		memcpy(&cred, CMSG_DATA(c), sizeof(cred));
		return cred.uid;
	}
	return UINT32_MAX;
}

/* 0 or -errno; -EAGAIN: there is none. */
static int receive(struct netlink *netlink)
{
	union {
		char space[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr aligned;
	} control;
	struct sockaddr_nl from = {0};
	struct iovec iov = {netlink->in, DATAGRAM_MAX};
	struct msghdr msg = {.msg_name = &from,
			     .msg_namelen = sizeof(from),
			     .msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = &control,
			     .msg_controllen = sizeof(control)};
	ssize_t len = recvmsg(netlink->fd, &msg, MSG_DONTWAIT);

	if (len < 0)
		return -errno;
	/* what comes from the kernel, or from this socket, is no request */
	if (from.nl_pid && from.nl_pid != netlink->port)
		take_datagram(netlink, from.nl_pid, sender_of(&msg), (size_t)len);
	return 0;
}

static void readable_cb(evutil_socket_t fd, short what, void *ctx)
{
	struct netlink *netlink = ctx;
	int rc = 0;

	for (unsigned i = 0; !rc && i < TURN_DATAGRAMS; i++)
		rc = receive(netlink);
	if (rc && rc != -EAGAIN && rc != -EINTR && rc != -ENOBUFS)
		log_warn("netlink", "cannot receive: %s", strerror(-rc));
}

static int socket_make(struct netlink *netlink, struct err *err)
{
	int rc;

	netlink->sock = nl_socket_alloc();
	if (!netlink->sock)
		return err_set(err, ENOMEM, "netlink: out of memory");
	rc = nl_connect(netlink->sock, NETLINK_USERSOCK);
	if (!rc)
		rc = nl_socket_set_buffer_size(netlink->sock, RECEIVE_BUFFER, SEND_BUFFER);
	if (!rc)
		rc = nl_socket_set_passcred(netlink->sock, 1);
	if (!rc)
		rc = nl_socket_set_nonblocking(netlink->sock);
	if (rc)
		return err_set(err, EIO, "netlink: no socket: %s", nl_geterror(rc));
	netlink->fd = nl_socket_get_fd(netlink->sock);
	netlink->port = nl_socket_get_local_port(netlink->sock);
	return 0;
}

/* In one step: nobody reads half of it. */
static int file_write(const char *path, uint32_t port, struct err *err)
{
	char temporary[4096];
	FILE *file;
	bool is_written;

	snprintf(temporary, sizeof(temporary), "%s.new", path);
	file = fopen(temporary, "we");
	if (!file)
		return err_set(err, errno, "%s: %s", temporary, strerror(errno));
	is_written = fprintf(file, "%u\n", port) > 0;
	if (fclose(file) || !is_written || rename(temporary, path)) {
		int code = errno;

		unlink(temporary);
		return err_set(err, code, "%s: %s", path, strerror(code));
	}
	return 0;
}

/* ---- life ---- */

static int start(struct netlink *netlink, const struct netlink_options *options, struct err *err)
{
	int rc = socket_make(netlink, err);

	if (rc)
		return rc;
	netlink->readable =
		event_new(netlink->base, netlink->fd, EV_READ | EV_PERSIST, readable_cb, netlink);
	netlink->in = malloc(DATAGRAM_MAX);
	netlink->out = malloc(FLOW_SIZE);
	if (!netlink->readable || !netlink->in || !netlink->out || netlink_speaker_init(netlink) ||
	    netlink_events_init(netlink) || event_add(netlink->readable, NULL))
		return err_set(err, ENOMEM, "netlink: out of memory");
	rc = file_write(options->file, netlink->port, err);
	if (rc)
		return rc;
	netlink->file = strdup(options->file);
	if (!netlink->file)
		return err_set(err, ENOMEM, "netlink: out of memory");
	netlink_bridges_changed(netlink);
	return 0;
}

int netlink_new(struct netlink **out, const struct netlink_options *options, struct err *err)
{
	own(netlink_free) struct netlink *netlink = calloc(1, sizeof(*netlink));
	int rc;

	if (!netlink)
		return err_set(err, ENOMEM, "netlink: out of memory");
	netlink->base = options->base;
	netlink->sw = options->sw;
	CDS_INIT_LIST_HEAD(&netlink->peers);
	CDS_INIT_LIST_HEAD(&netlink->bundles);
	CDS_INIT_LIST_HEAD(&netlink->watches);
	rc = start(netlink, options, err);
	if (rc)
		return rc;
	*out = take_ptr(netlink);
	return 0;
}

void netlink_free(struct netlink **p)
{
	struct netlink *netlink = *p;

	if (!netlink)
		return;
	if (netlink->file)
		unlink(netlink->file);
	peers_free(netlink);
	netlink_bundles_fini(netlink);
	netlink_events_fini(netlink);
	netlink_speaker_fini(netlink);
	if (netlink->readable)
		event_free(netlink->readable);
	nl_socket_free(netlink->sock);
	free(netlink->file);
	free(netlink->in);
	free(netlink->out);
	mem_free(p);
}

void netlink_stats(const struct netlink *netlink, struct netlink_stats *out)
{
	*out = netlink->stats;
}
