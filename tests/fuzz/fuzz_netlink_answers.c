/* What ofctl makes of a switch's answers over netlink. The first byte is what it asks; then come the datagrams, each
 * behind its size in two bytes. Behind them stands an error for each request, so that ofctl's patience is not needed. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/json.h"
#include "base/own.h"
#include "ofctl/transport.h"

#define SIZE_MAX_INPUT 16384
#define DATAGRAMS      64
#define REQUESTS       300 /* more than bridges can be named in an input */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/tmp/fuzz_netlink_answers-XXXXXX";
static char file_name[sizeof(folder) + 16], address[sizeof(folder) + 32];
static int sock; /* the switch's */

static void must(int rc)
{
	if (rc)
		abort();
}

static void clean(void)
{
	unlink(file_name);
	rmdir(folder);
}

static uint32_t port_of(int fd)
{
	struct sockaddr_nl addr;
	socklen_t size = sizeof(addr);

	must(getsockname(fd, (struct sockaddr *)&addr, &size));
	assert(size == sizeof(addr) && addr.nl_family == AF_NETLINK && addr.nl_pid);
	return addr.nl_pid;
}

static void build(void)
{
	const struct sockaddr_nl any = {.nl_family = AF_NETLINK};
	FILE *file;

	must(!mkdtemp(folder));
	atexit(clean);
	snprintf(file_name, sizeof(file_name), "%s/netlink", folder);
	snprintf(address, sizeof(address), "unix:%s/db.sock", folder);
	sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_USERSOCK);
	must(bind(sock, (const struct sockaddr *)&any, sizeof(any)));
	file = fopen(file_name, "we");
	must(!file || fprintf(file, "%u\n", port_of(sock)) < 0 || fclose(file));
}

/* ---- the switch ---- */

static bool say(uint32_t port, const void *data, size_t size)
{
	const struct sockaddr_nl to = {.nl_family = AF_NETLINK, .nl_pid = port};

	return sendto(sock, data, size, MSG_DONTWAIT, (const struct sockaddr *)&to, sizeof(to)) >=
	       0;
}

static void say_all(uint32_t port, const uint8_t *data, size_t size)
{
	size_t n = 0;

	for (unsigned i = 0; i < DATAGRAMS && size >= 2; i++) {
		size -= 2;
		n = data[0] | (size_t)data[1] << 8;
		n = n < size ? n : size;
		if (!say(port, data + 2, n))
			return;
		data += 2 + n;
		size -= n;
	}
}

static void say_no_more(uint32_t port)
{
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
	} message[REQUESTS];

	memset(message, 0, sizeof(message));
	for (unsigned i = 0; i < REQUESTS; i++) {
		message[i].head = (struct nlmsghdr){.nlmsg_len = sizeof(message[i]),
						    .nlmsg_type = NLMSG_ERROR,
						    .nlmsg_seq = i + 1};
		message[i].error.error = -ECANCELED;
	}
	assert(say(port, message, sizeof(message)));
}

static void forget_requests(void)
{
	static uint8_t buffer[1 << 18];

	while (recv(sock, buffer, sizeof(buffer), MSG_DONTWAIT) >= 0) {
	}
}

/* ---- ofctl ---- */

static int take_flow(struct slice flow, void *ctx)
{
	assert(memchr(flow.at, '\n', flow.len) == NULL);
	return 0;
}

static int take_news(const struct flow_news *news, void *ctx)
{
	assert(news->event && news->reason);
	return 0;
}

static void started(void *ctx)
{
}

static int change(struct transport *transport, const char *text, struct err *err)
{
	uint32_t n;

	return transport->ops->change(transport, "br0", FLOW_ADD, slice_of(text), &n, err);
}

static int add_order(struct transport *transport, struct err *err)
{
	const struct order_request order = {.bridge = "br0", .match = "in_port=c1"};
	char name[ORDER_NAME_SIZE] = "";
	int ret = transport->ops->order_add(transport, &order, name, err);

	assert(memchr(name, '\0', sizeof(name)));
	return ret;
}

static int list_orders(struct transport *transport, bool has_names, struct err *err)
{
	own(json_free) struct json_object *rows = json_object_new_array();

	return transport->ops->order_list(transport, has_names ? NULL : "br0", has_names, rows,
					  err);
}

static int ask(struct transport *transport, uint8_t what, struct err *err)
{
	const struct flow_query query = {
		.bridge = "br0", .filter = "", .has_names = what & 1, .no_stats = what & 2};
	struct flow_totals totals;

	switch (what >> 2 & 7) {
	case 0:
		return transport->ops->dump(transport, &query, take_flow, NULL, err);
	case 1:
		return transport->ops->count(transport, &query, &totals, err);
	case 2:
		return transport->ops->watch(transport, &query, started, take_news, NULL, err);
	case 3:
		return list_orders(transport, what & 1, err);
	case 4:
		return add_order(transport, err);
	case 5:
		return transport->ops->order_del(transport, "br0", (char *[]){"a"}, 1, err);
	case 6:
		return change(transport, "in_port=c1,actions=output:c2", err);
	}
	return change(transport, "actions=drop\nin_port=c1,actions=output:c2", err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct transport *transport = NULL;
	struct err err = ERR_INIT;
	int fd;

	if (!*address)
		build();
	if (!size || size > SIZE_MAX_INPUT)
		return 0;
	fd = fcntl(sock, F_DUPFD_CLOEXEC, 0); /* the number of the socket that is opened next */
	close(fd);
	must(transport_netlink.open(&transport, address, 10, NULL));
	say_all(port_of(fd), data + 1, size - 1);
	say_no_more(port_of(fd));
	if (ask(transport, data[0], &err))
		assert(err.code && err.text[0]);
	transport->ops->close(transport);
	forget_requests();
	return 0;
}
