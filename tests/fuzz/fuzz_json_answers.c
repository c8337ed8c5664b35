/* What the tools make of a server's answers over JSON-RPC: of the daemon's, or of an ovsdb-server's. The first byte is
 * what they ask; then come the bytes of the server, who hangs up behind them. */
#include <assert.h>
#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/json.h"
#include "base/own.h"
#include "ofctl/client.h"
#include "ofctl/replica.h"
#include "ofctl/transport.h"

#define SIZE_MAX_INPUT 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/tmp/fuzz_json_answers-XXXXXX";
static char address[128];
static struct sockaddr_un path = {.sun_family = AF_UNIX};
static int listener;

static void must(int rc)
{
	if (rc)
		abort();
}

static void clean(void)
{
	unlink(path.sun_path);
	rmdir(folder);
}

static void build(void)
{
	must(!mkdtemp(folder));
	atexit(clean);
	snprintf(path.sun_path, sizeof(path.sun_path), "%s/db.sock", folder);
	snprintf(address, sizeof(address), "unix:%s", path.sun_path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(bind(listener, (const struct sockaddr *)&path, sizeof(path)));
	must(listen(listener, 4));
}

/* Says all that it will ever say, to who has connected. It is open until it has been heard: who asks of one that is
 * closed hears nothing. */
static int answer(const uint8_t *data, size_t size)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	must(fd < 0);
	must(size && send(fd, data, size, MSG_DONTWAIT) != (ssize_t)size);
	must(shutdown(fd, SHUT_WR));
	return fd;
}

/* ---- flows and orders ---- */

static int take_flow(struct slice flow, void *ctx)
{
	assert(!flow.len || flow.at);
	return 0;
}

static int take_news(const struct flow_news *news, void *ctx)
{
	assert(news->event && news->reason && news->flow.at);
	return 0;
}

static void started(void *ctx)
{
}

static int add_order(struct transport *transport, struct err *err)
{
	const struct order_request order = {.bridge = "br0", .match = "ip"};
	char name[ORDER_NAME_SIZE] = "";
	int ret = transport->ops->order_add(transport, &order, name, err);

	assert(memchr(name, '\0', sizeof(name)));
	return ret;
}

static int list_orders(struct transport *transport, struct err *err)
{
	own(json_free) struct json_object *rows = json_object_new_array();

	return transport->ops->order_list(transport, NULL, true, rows, err);
}

static int ask(struct transport *transport, uint8_t what, struct err *err)
{
	const struct flow_query query = {.bridge = "br0"};
	struct flow_totals totals;
	uint32_t n;

	switch (what) {
	case 0:
		return transport->ops->dump(transport, &query, take_flow, NULL, err);
	case 1:
		return transport->ops->count(transport, &query, &totals, err);
	case 2:
		return transport->ops->watch(transport, &query, started, take_news, NULL, err);
	case 3:
		return list_orders(transport, err);
	case 4:
		return add_order(transport, err);
	case 5:
		return transport->ops->order_del(transport, "br0", (char *[]){"a"}, 1, err);
	}
	return transport->ops->change(transport, "br0", FLOW_ADD, slice_of("actions=drop"), &n,
				      err);
}

static int drive_transport(const uint8_t *data, size_t size, uint8_t what, struct err *err)
{
	struct transport *transport = NULL;
	int fd, ret;

	must(transport_json_rpc.open(&transport, address, 10, NULL));
	fd = answer(data, size);
	ret = ask(transport, what, err);
	transport->ops->close(transport);
	fd_close(&fd);
	return ret;
}

/* ---- the database ---- */

static void want_all(struct replica *replica, const struct table_schema *table)
{
	for (unsigned i = 0; i < table->n_columns; i++)
		replica_want(replica, table, table->columns[i]->name);
}

static int look(struct replica *replica, struct err *err)
{
	const struct schema *schema = replica_schema(replica);
	int ret;

	for (unsigned i = 0; i < schema->n_tables; i++)
		want_all(replica, schema->tables[i]);
	ret = replica_open(replica, err);
	while (!ret)
		ret = replica_update(replica, err);
	for (unsigned i = 0; i < schema->n_tables; i++)
		for (struct record *r = record_next(replica, schema->tables[i], NULL); r;
		     r = record_next(replica, schema->tables[i], r))
			assert(record_lookup(replica, schema->tables[i], &r->uuid) == r);
	return ret;
}

static int drive_replica(const uint8_t *data, size_t size, struct err *err)
{
	own(client_free) struct client *client = NULL;
	own(replica_free) struct replica *replica = NULL;
	int fd, ret;

	must(client_open(&client, address, 10, NULL));
	fd = answer(data, size);
	ret = replica_new(&replica, client, err);
	if (!ret)
		ret = look(replica, err);
	fd_close(&fd);
	return ret;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	int ret;

	if (!*address)
		build();
	if (!size || size > SIZE_MAX_INPUT)
		return 0;
	if (data[0] & 8)
		ret = drive_replica(data + 1, size - 1, &err);
	else
		ret = drive_transport(data + 1, size - 1, data[0] & 7, &err);
	assert(!ret || (err.code && err.text[0]));
	return 0;
}
