/* Real workers forward while the control thread adds, modifies and deletes the flows that they obey. Each
 * packet is counted by exactly one flow, to the last, also by those that are gone. Says most under
 * ThreadSanitizer (configure --enable-sanitizers=thread). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdio.h>

#include "base/hash.h"
#include "port/port_fake.h"
#include "support/ether.h"
#include "support/flows.h"
#include "support/random.h"
#include "switch/bridge.h"
#include "switch/flows.h"

#define N_WORKERS 2
#define N_CHANGES 20000
#define N_SOURCES 8
#define B         0x020000000100

static const struct clock clock_real;
static struct vswitch *sw;
static struct bridge *bridge;
static struct bridge_port *from, *to;
static bool is_over;
static uint64_t seed, n_put, n_bytes_put;
static struct flow_aggregate gone;

static struct bridge_port *port_add_fake(const char *name)
{
	struct bridge_port_config config = {
		.port = {.type = PORT_FAKE, .n_rxq = N_WORKERS},
		.tag = VLAN_NONE,
	};
	struct bridge_port *port = NULL;

	snprintf(config.port.name, sizeof(config.port.name), "%s", name);
	assert_int_equal(bridge_port_add(bridge, &config, &port, NULL), 0);
	return port;
}

/* Sends from all sources on all queues, and takes what comes out. */
static void *talk(void *arg)
{
	uint8_t frame[PORT_FAKE_FRAME_MAX];

	for (unsigned i = 0; !__atomic_load_n(&is_over, __ATOMIC_ACQUIRE); i++) {
		size_t len = ether_frame(frame, B, 0x020000000000 | i % N_SOURCES, ETHER_UNTAGGED);

		if (port_fake_put_flags(from->fake, i / N_SOURCES % N_WORKERS, frame, len, 0)) {
			n_put++;
			n_bytes_put += len;
		}
		while (port_fake_take(to->fake, frame))
			;
		if (i % 64 == 0)
			sched_yield();
	}
	return NULL;
}

static void see(struct flow_watcher *watcher, struct bridge *of, const struct flow_event *event)
{
	if (event->type != FLOW_REMOVED)
		return;
	gone.n_packets += event->row.stats.n_packets;
	gone.n_bytes += event->row.stats.n_bytes;
	gone.n_flows++;
}

/* The flow of a source comes, changes what it does, and goes. */
static void change(bool *is_there)
{
	unsigned source = random_below(&seed, N_SOURCES);
	bool is_added = !is_there[source], is_changed = random_below(&seed, 2);
	char text[160];

	snprintf(text, sizeof(text), "dl_src=02:00:00:00:00:%02x%s", source,
		 is_added     ? ",priority=9,send_flow_rem,actions=output:2"
		 : is_changed ? ",actions=drop"
			      : "");
	flows_do(bridge, is_added ? FLOW_ADD : is_changed ? FLOW_MODIFY : FLOW_DELETE, text);
	if (is_added || !is_changed)
		is_there[source] = is_added;
}

static uint64_t n_received(void)
{
	struct bridge_port_status status;

	bridge_port_status(from, &status);
	return status.rx_packets;
}

static void every_packet_counts_once(void **state)
{
	struct flow_mod all = flow_of(FLOW_DELETE, "");
	struct flow_watcher watcher = {.seen = see};
	bool is_there[N_SOURCES] = {false};
	struct flow_table_stats table;
	struct flow_aggregate left;
	pthread_t talker;

	random_init(&seed);
	flows_do(bridge, FLOW_DELETE, "");
	flows_add(bridge, "priority=0,actions=output:2");
	bridge_flow_watch(bridge, &watcher);
	pthread_create(&talker, NULL, talk, NULL);
	/* Until packets have met them, too, however the threads take turns. */
	for (unsigned i = 0; i < N_CHANGES || !gone.n_packets; i++) {
		change(is_there);
		if (i % 16 == 0)
			vswitch_tick(sw);
	}
	__atomic_store_n(&is_over, true, __ATOMIC_RELEASE);
	pthread_join(talker, NULL);
	while (n_received() < n_put)
		sched_yield();
	flows_do(bridge, FLOW_DELETE, "dl_src=02:00:00:00:00:00/ff:ff:ff:ff:ff:00");
	assert_int_equal(bridge_flows_aggregate(bridge, &all, &left), 0);
	assert_int_equal(left.n_flows, 1);
	assert_true(gone.n_flows > N_CHANGES / 8);
	assert_int_equal(left.n_packets + gone.n_packets, n_put);
	assert_int_equal(left.n_bytes + gone.n_bytes, n_bytes_put);
	bridge_table_stats(bridge, 0, &table);
	assert_int_equal(table.n_matched, n_put);
	bridge_flow_unwatch(bridge, &watcher);
}

static int setup(void **state)
{
	const struct bridge_config config = {.mac_table_size = BRIDGE_MAC_TABLE_SIZE,
					     .mac_aging_s = BRIDGE_MAC_AGING_S};
	const struct vswitch_options options = {
		.instance = "test",
		.n_workers = N_WORKERS,
		.clock = &clock_real,
		.no_devices = true,
	};

	assert_int_equal(vswitch_new(&sw, &options, NULL, NULL), 0);
	assert_int_equal(bridge_add(sw, "br", &config, &bridge, NULL), 0);
	from = port_add_fake("from");
	to = port_add_fake("to");
	return 0;
}

static int teardown(void **state)
{
	vswitch_free(&sw);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_packet_counts_once, setup, teardown),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
