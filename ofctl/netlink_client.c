#include "netlink_client.h"

#include <errno.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/own.h"
#include "flow/netlink_abi.h"
#include "need.h"

#define BUFFER_SIZE   262144
#define RECEIVE_SIZE  (4 << 20)
#define TOKEN_WAIT_MS 1000
#define ERRNO_MAX     4095

struct netlink_client {
	/* fixed after open */
	struct nl_sock *sock;
	int fd;
	uint32_t switch_port;
	unsigned timeout_s;
	bool has_token;
	uint8_t token[SHUNT_NL_TOKEN_SIZE];
	/* requests to be sent; `begun` is where the last one is */
	struct attr_writer out;
	size_t begun;
	uint32_t seq;
	/* a datagram, and what of it was not looked at */
	uint8_t *in;
	size_t at, len;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- requests ---- */

struct attr_writer *netlink_request_begin(struct netlink_client *client, uint16_t type, uint8_t cmd,
					  uint16_t flags)
{
	struct attr_writer *w = &client->out;
	struct nlmsghdr *head = (void *)(w->at + w->len);
	struct genlmsghdr *genl = (void *)(w->at + w->len + NLMSG_HDRLEN);

	client->begun = w->len;
	if (w->size - w->len < NLMSG_HDRLEN + GENL_HDRLEN) {
		w->is_full = true;
		return w;
	}
	*head = (struct nlmsghdr){.nlmsg_type = type,
				  .nlmsg_flags = (uint16_t)(flags | NLM_F_REQUEST),
				  .nlmsg_seq = ++client->seq};
	*genl = (struct genlmsghdr){.cmd = cmd, .version = SHUNT_NL_VERSION};
	w->len += NLMSG_HDRLEN + GENL_HDRLEN;
	if (client->has_token)
		attr_put(w, SHUNT_NL_TOKEN, client->token, sizeof(client->token));
	return w;
}

uint32_t netlink_request_end(struct netlink_client *client)
{
	struct nlmsghdr *head = (void *)(client->out.at + client->begun);

	if (!client->out.is_full)
		head->nlmsg_len = (uint32_t)(client->out.len - client->begun);
	return client->seq;
}

size_t netlink_client_n_waiting(const struct netlink_client *client)
{
	return client->out.len;
}

bool netlink_client_fits(const struct netlink_client *client)
{
	return !client->out.is_full;
}

int netlink_client_send(struct netlink_client *client, struct err *err)
{
	const struct sockaddr_nl to = {.nl_family = AF_NETLINK, .nl_pid = client->switch_port};
	struct attr_writer *w = &client->out;
	bool is_full = w->is_full;
	ssize_t sent;

	if (is_full) {
		w->len = 0;
		w->is_full = false;
		return err_set(
			err, EMSGSIZE,
			"it does not fit into a netlink message, where actions may take 65535 "
			"bytes: use --transport json-rpc, or several flows");
	}
	sent = sendto(client->fd, w->at, w->len, 0, (const struct sockaddr *)&to, sizeof(to));
	w->len = 0;
	if (sent >= 0)
		return 0;
	if (errno == ECONNREFUSED)
		return err_set(err, ECONNREFUSED,
			       "switchd does not listen on netlink port %u: is it running, in this "
			       "network namespace?",
			       client->switch_port);
	if (errno == EAGAIN)
		return err_set(err, ETIMEDOUT, "switchd took nothing for %u s", client->timeout_s);
	return err_set(err, errno, "netlink: %s", strerror(errno));
}

/* ---- answers ---- */

static bool is_of_the_switch(const struct netlink_client *client, struct msghdr *msg)
{
	const struct sockaddr_nl *from = msg->msg_name;

	if (from->nl_pid != client->switch_port)
		return false;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		struct ucred cred;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS)
			continue;
		memcpy(&cred, CMSG_DATA(c), sizeof(cred));
		return cred.uid == 0 || cred.uid == getuid();
	}
	return false;
}

static int wait_until(struct netlink_client *client, int64_t deadline, struct err *err)
{
	struct pollfd fd = {.fd = client->fd, .events = POLLIN};
	int64_t left = deadline ? deadline - now_ms() : -1;
	int n = deadline && left <= 0 ? 0 : poll(&fd, 1, (int)left);

	if (n < 0 && errno != EINTR)
		return err_set(err, errno, "netlink: %s", strerror(errno));
	return n ? 0 : err_set(err, ETIMEDOUT, "no answer from switchd in time");
}

/* The next datagram of the switch. */
static int datagram(struct netlink_client *client, int64_t deadline, struct err *err)
{
	union {
		char space[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr aligned;
	} control;
	struct sockaddr_nl from = {0};
	struct iovec iov = {client->in, BUFFER_SIZE};
	struct msghdr msg = {.msg_name = &from, .msg_iov = &iov, .msg_iovlen = 1};

	for (;;) {
		int ret = wait_until(client, deadline, err);
		ssize_t len;

		if (ret)
			return ret;
		msg.msg_namelen = sizeof(from);
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		len = recvmsg(client->fd, &msg, MSG_DONTWAIT);
		if (len < 0 && errno == ENOBUFS)
			return -ENOBUFS;
		if (len < 0 && errno != EAGAIN && errno != EINTR)
			return err_set(err, errno, "netlink: %s", strerror(errno));
		if (len < 0 || !is_of_the_switch(client, &msg))
			continue;
		client->at = 0;
		client->len = (size_t)len;
		return 0;
	}
}

static const struct attr_policy error_policy[] = {
	[NLMSGERR_ATTR_MSG] = {"NLMSGERR_ATTR_MSG", 1024, ATTR_STRING, false},
	[NLMSGERR_ATTR_OFFS] = {"NLMSGERR_ATTR_OFFS", 4, ATTR_FIXED, false},
	[NLMSGERR_ATTR_COOKIE] = {"NLMSGERR_ATTR_COOKIE", 4, ATTR_FIXED, false},
};

/* The errno of a message that has one; EPROTO: what it has is none. */
static int errno_of(int error)
{
	return error < 0 && error >= -ERRNO_MAX ? -error : EPROTO;
}

static int take_error(const struct nlmsghdr *head, struct netlink_answer *answer, struct err *err)
{
	static const struct attr_table table = ATTR_TABLE(error_policy);
	const size_t headers = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(struct nlmsgerr));
	const struct nlattr *there[sizeof(error_policy) / sizeof(error_policy[0])] = {0};
	struct attr_fault fault = {NULL, NULL};
	const struct nlmsgerr *error = NLMSG_DATA(head);

	if (head->nlmsg_len < headers)
		return err_set(err, EPROTO, "switchd sent an error that is cut off");
	answer->is_end = true;
	if (!error->error)
		return 0;
	if (attr_parse(
		    (struct attr_bytes){(const uint8_t *)head + headers, head->nlmsg_len - headers},
		    &table, there, &fault))
		return err_set(err, EPROTO, "switchd sent an error that cannot be read");
	answer->has_blame = there[NLMSGERR_ATTR_COOKIE];
	if (answer->has_blame)
		answer->blame = (uint32_t)attr_number(there[NLMSGERR_ATTR_COOKIE]);
	if (there[NLMSGERR_ATTR_MSG])
		err_set(err, errno_of(error->error), "%s",
			(const char *)attr_data(there[NLMSGERR_ATTR_MSG]));
	else
		err_set(err, errno_of(error->error), "switchd: %s",
			strerror(errno_of(error->error)));
	return -EREMOTEIO;
}

static int take_done(const struct nlmsghdr *head, struct netlink_answer *answer, struct err *err)
{
	int rc = 0;

	answer->is_end = true;
	if (head->nlmsg_len >= NLMSG_HDRLEN + sizeof(rc))
		memcpy(&rc, NLMSG_DATA(head), sizeof(rc));
	return rc ? err_set(err, errno_of(rc), "the dump ended early: %s", strerror(errno_of(rc)))
		  : 0;
}

/* The next message of the datagram. */
static int take_message(struct netlink_client *client, struct netlink_answer *answer,
			struct err *err)
{
	const struct nlmsghdr *head = (const void *)(client->in + client->at);
	size_t left = client->len - client->at, step;
	const struct genlmsghdr *genl = NLMSG_DATA(head);

	if (left < NLMSG_HDRLEN || head->nlmsg_len < NLMSG_HDRLEN || head->nlmsg_len > left) {
		client->at = client->len;
		return err_set(err, EPROTO, "switchd sent a message that is cut off");
	}
	step = NLMSG_ALIGN(head->nlmsg_len);
	client->at += step < left ? step : left;
	*answer = (struct netlink_answer){.type = head->nlmsg_type, .seq = head->nlmsg_seq};
	if (head->nlmsg_type == NLMSG_ERROR)
		return take_error(head, answer, err);
	if (head->nlmsg_type == NLMSG_DONE)
		return take_done(head, answer, err);
	if (head->nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN)
		return err_set(err, EPROTO, "switchd sent a message that is cut off");
	answer->cmd = genl->cmd;
	answer->attrs = (struct attr_bytes){(const uint8_t *)head + NLMSG_HDRLEN + GENL_HDRLEN,
					    head->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN};
	return 0;
}

static int receive_until(struct netlink_client *client, int64_t deadline,
			 struct netlink_answer *answer, struct err *err)
{
	int ret = 0;

	if (client->at == client->len)
		ret = datagram(client, deadline, err);
	return ret ? ret : take_message(client, answer, err);
}

static int64_t deadline_of(const struct netlink_client *client)
{
	return client->timeout_s ? now_ms() + client->timeout_s * 1000ll : 0;
}

int netlink_client_receive(struct netlink_client *client, struct netlink_answer *answer,
			   struct err *err)
{
	return receive_until(client, deadline_of(client), answer, err);
}

int netlink_client_answer(struct netlink_client *client, uint32_t seq,
			  struct netlink_answer *answer, struct err *err)
{
	int64_t deadline = deadline_of(client);

	for (;;) {
		struct err its = ERR_INIT;
		int ret = receive_until(client, deadline, answer, &its);

		if (ret == -ENOBUFS && !its.code)
			continue;
		/* what is of no message is everybody's */
		if (ret && (!answer->is_end || answer->seq == seq)) {
			if (err)
				*err = its;
			return ret;
		}
		if (!ret && answer->seq == seq)
			return 0;
		answer->is_end = false;
	}
}

/* ---- life ---- */

int netlink_client_join(struct netlink_client *client, int group, struct err *err)
{
	int rc = nl_socket_add_membership(client->sock, group);

	if (!rc)
		return 0;
	return err_set(err, rc == -NLE_PERM ? EPERM : EIO, "netlink: cannot listen to events: %s",
		       rc == -NLE_PERM ? "that needs CAP_NET_ADMIN" : nl_geterror(rc));
}

/* Who is not root shows that it has CAP_NET_ADMIN: it can join a group, in which a token is told. Who
 * cannot will hear so from the switch. */
static void ask_for_token(struct netlink_client *client)
{
	static const struct attr_policy policy[] = {
		[SHUNT_NL_TOKEN] = {"SHUNT_NL_TOKEN", SHUNT_NL_TOKEN_SIZE, ATTR_FIXED, false},
	};
	static const struct attr_table table = ATTR_TABLE(policy);
	int64_t deadline = now_ms() + TOKEN_WAIT_MS;
	struct netlink_answer answer;

	if (!getuid() || netlink_client_join(client, SHUNT_NL_GROUP_SPEAKER, NULL))
		return;
	netlink_request_begin(client, SHUNT_NL_SPEAKER, SHUNT_NL_SPEAKER_ASK, 0);
	netlink_request_end(client);
	if (netlink_client_send(client, NULL))
		return;
	while (!client->has_token && !receive_until(client, deadline, &answer, NULL)) {
		const struct nlattr *there[sizeof(policy) / sizeof(policy[0])];
		struct attr_fault fault = {NULL, NULL};

		if (answer.type != SHUNT_NL_SPEAKER ||
		    attr_parse(answer.attrs, &table, there, &fault) || !there[SHUNT_NL_TOKEN])
			continue;
		memcpy(client->token, attr_data(there[SHUNT_NL_TOKEN]), sizeof(client->token));
		client->has_token = true;
	}
}

static int read_port(const char *dir, uint32_t *port, struct err *err)
{
	char path[4096];
	FILE *file;
	int n;

	snprintf(path, sizeof(path), "%s/netlink", dir);
	file = fopen(path, "re");
	if (!file)
		return err_set(err, errno, "%s: %s (is switchd running?)", path, strerror(errno));
	n = fscanf(file, "%u", port);
	fclose(file);
	return n == 1 && *port ? 0 : err_set(err, EINVAL, "%s: no port number in it", path);
}

static int connect_to(struct netlink_client *client, struct err *err)
{
	const struct timeval timeout = {.tv_sec = client->timeout_s};
	int rc = nl_connect(client->sock, NETLINK_USERSOCK);

	if (!rc)
		rc = nl_socket_set_buffer_size(client->sock, RECEIVE_SIZE, BUFFER_SIZE * 2);
	if (!rc)
		rc = nl_socket_set_passcred(client->sock, 1);
	if (rc)
		return err_set(err, EIO, "netlink: %s", nl_geterror(rc));
	client->fd = nl_socket_get_fd(client->sock);
	setsockopt(client->fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	return 0;
}

int netlink_client_open(struct netlink_client **out, const char *dir, unsigned timeout_s,
			struct err *err)
{
	own(netlink_client_free) struct netlink_client *client = need(calloc(1, sizeof(*client)));
	int ret = read_port(dir, &client->switch_port, err);

	if (ret)
		return ret;
	client->timeout_s = timeout_s;
	client->sock = need(nl_socket_alloc());
	client->in = need(malloc(BUFFER_SIZE));
	client->out = (struct attr_writer){.at = need(malloc(BUFFER_SIZE)), .size = BUFFER_SIZE};
	ret = connect_to(client, err);
	if (ret)
		return ret;
	ask_for_token(client);
	*out = take_ptr(client);
	return 0;
}

void netlink_client_free(struct netlink_client **p)
{
	struct netlink_client *client = *p;

	if (!client)
		return;
	nl_socket_free(client->sock);
	free(client->in);
	free(client->out.at);
	mem_free(p);
}
