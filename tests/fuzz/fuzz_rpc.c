/* Bytes of a client: the stream, the requests in it, the database and the runtime methods. The
 * switch behind it has no devices. Whatever came, the next client must be served. */
#include <assert.h>
#include <event2/event.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "control/coverage.h"
#include "control/method.h"
#include "control/rpc.h"
#include "stream/server.h"
#include "db/database.h"
#include "db/server.h"
#include "switch/vswitch.h"

#define SIZE_MAX_INPUT 65536
#define TURNS          64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct event_base *base;
static struct server *server;
static struct method_context context;

static void must(int rc)
{
	if (rc)
		abort();
}

/* No method that acts on the machine: stop and doctor. */
static unsigned harmless(struct method *out)
{
	unsigned n = 0;

	for (unsigned i = 0; i < n_methods; i++)
		if (methods[i].run != method_stop && methods[i].run != method_doctor)
			out[n++] = methods[i];
	return n;
}

static void build(void)
{
	static const struct clock clock = {.is_manual = false};
	static struct method table[64];
	struct vswitch_options options = {
		.instance = "fuzz",
		.n_workers = 1,
		.clock = &clock,
		.no_devices = true,
		.no_threads = true,
	};
	struct rpc_options rpc_options = {.methods = table, .context = &context};
	struct bridge_config config = {.mac_table_size = 64, .mac_aging_s = 300};
	struct database *database = NULL;
	struct bridge *bridge;
	struct rpc *rpc;
	struct server_handler handler;

	signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_ERROR);
	base = event_base_new();
	must(database_new(&database, switch_schema, NULL));
	must(db_server_new(&rpc_options.db));
	must(db_server_add(rpc_options.db, &database));
	must(vswitch_new(&context.sw, &options, base, NULL));
	must(bridge_add(context.sw, "br0", &config, &bridge, NULL));
	rpc_options.base = base;
	rpc_options.n_methods = harmless(table);
	must(rpc_new(&rpc, &rpc_options, NULL));
	handler = rpc_handler(rpc);
	must(server_new(&server, base, &handler));
	context.base = base;
	context.server = server;
	must(coverage_new(&context.coverage, base, context.sw, server));
	context.instance = context.run_dir = context.database = "fuzz";
}

static void drain(int fd)
{
	static char buffer[65536];

	while (recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT) > 0) {
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct server_stats stats;
	int fds[2];

	if (!base)
		build();
	if (size > SIZE_MAX_INPUT)
		return 0;
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
	must(server_adopt(server, fds[0], "fuzz"));
	assert(send(fds[1], data, size, MSG_DONTWAIT) == (ssize_t)size);
	for (unsigned i = 0; i < TURNS; i++) {
		event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
		drain(fds[1]);
	}
	close(fds[1]);
	do {
		event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
		server_stats(server, &stats);
	} while (stats.n_clients);
	assert(!stats.n_buffered);
	return 0;
}
