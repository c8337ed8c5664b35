/* Real workers and a real revalidator, while the control thread changes everything around two ports
 * that talk all the time: none of their packets may be lost, come twice, or out of order. Says most
 * under ThreadSanitizer (configure --enable-sanitizers=thread). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "port/port_fake.h"
#include "support/ether.h"
#include "support/random.h"
#include "switch/bridge.h"

#define N_WORKERS 2
#define N_CHANGES 2000
#define N_GUESTS  4 /* ports that come and go */
#define N_BURST   16
#define A         0x020000000001
#define B         0x020000000002
#define BABBLE    0x06ull /* first byte of addresses */
#define PATIENCE  (10 * CLOCK_NS_PER_SEC)

static const struct clock clock_real;
static struct vswitch *sw;
static struct bridge *bridge;
static struct bridge_port *talkers[2];
static bool is_over;
static uint64_t random_state, babble_state;

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

/* ---- the talkers' thread ---- */

/* Puts a burst of numbered frames on one queue. */
static void say(struct port_fake *from, unsigned queue, uint64_t dst, uint64_t src, uint32_t first)
{
	uint8_t frame[PORT_FAKE_FRAME_MAX];
	size_t len = ether_frame(frame, dst, src, ETHER_UNTAGGED);

	for (uint32_t i = 0; i < N_BURST; i++) {
		uint32_t number = first + i;

		memcpy(frame + 20, &number, sizeof(number));
		while (!port_fake_put_flags(from, queue, frame, len, 0))
			sched_yield();
	}
}

/* Packets from ever new addresses, to keep the revalidator busy; to its own port, which drops them
 * while B knows where A is. */
static void babble(struct port_fake *from)
{
	uint8_t frame[PORT_FAKE_FRAME_MAX];

	for (unsigned i = 0; i < N_BURST; i++) {
		uint64_t src = BABBLE << 40 | random_below(&babble_state, 1 << 16);

		port_fake_put(from, frame, ether_frame(frame, A, src, ETHER_UNTAGGED));
	}
}

/* NULL: all came, in order. */
static const char *hear(struct port_fake *to, uint32_t first)
{
	const uint64_t until = clock_now(&clock_real) + PATIENCE;
	uint8_t frame[PORT_FAKE_FRAME_MAX];
	uint32_t n = 0, number;

	while (n < N_BURST) {
		if (!port_fake_take(to, frame)) {
			if (clock_now(&clock_real) > until)
				return "lost";
			sched_yield();
			continue;
		}
		if (frame[6] == BABBLE)
			continue;
		memcpy(&number, frame + 20, sizeof(number));
		if (number != first + n)
			return "out of order, or twice";
		n++;
	}
	return NULL;
}

/* The result is what went wrong, or NULL. */
static void *talk(void *n_said)
{
	uint32_t first = 0;

	for (unsigned i = 0; !__atomic_load_n(&is_over, __ATOMIC_ACQUIRE); i++) {
		struct port_fake *from = talkers[i % 2]->fake, *to = talkers[!(i % 2)]->fake;
		const char *problem;

		if (i % 2 == 0)
			babble(from);
		say(from, i / 2 % N_WORKERS, i % 2 ? A : B, i % 2 ? B : A, first);
		problem = hear(to, first);
		if (problem)
			return (void *)problem;
		first += N_BURST;
	}
	*(uint32_t *)n_said = first;
	return NULL;
}

/* ---- the control thread ---- */

static void change_guest(struct bridge_port **guest, unsigned i)
{
	struct bridge_port_status status;
	char name[16];

	snprintf(name, sizeof(name), "g%u", i);
	if (!*guest) {
		*guest = port_add_fake(name);
	} else if (random_below(&random_state, 2)) {
		struct bridge_port_config config = (*guest)->config;

		config.tag = (uint16_t)random_below(&random_state, 100);
		config.vlan_mode = VLAN_ACCESS;
		assert_int_equal(bridge_port_set(*guest, &config, NULL), 0);
		bridge_port_status(*guest, &status);
	} else {
		bridge_port_del(guest);
	}
}

static void change_fdb(struct bridge_port *guest)
{
	struct eth_addr mac = {{2, 0, 0, 0, 1, (uint8_t)random_below(&random_state, 16)}};
	struct fdb_stats stats;

	switch (random_below(&random_state, 4)) {
	case 0:
		bridge_fdb_flush(bridge, NULL);
		break;
	case 1:
		if (guest)
			bridge_fdb_add(bridge, mac, 0, bridge_port_name(guest), NULL);
		break;
	case 2:
		bridge_fdb_del(bridge, mac, 0, NULL);
		break;
	default:
		bridge_fdb_stats(bridge, &stats);
	}
}

static int count_row(const struct fdb_row *row, void *n)
{
	++*(unsigned *)n;
	return 0;
}

static void change_all(struct bridge_port *guests[N_GUESTS])
{
	struct cache_stats stats;
	struct bridge *other;
	unsigned n_rows = 0;
	struct bridge_config config = {.mac_table_size = 100, .mac_aging_s = 1};

	for (unsigned i = 0; i < N_CHANGES; i++) {
		unsigned guest = random_below(&random_state, N_GUESTS);

		change_guest(&guests[guest], guest);
		change_fdb(guests[guest]);
		bridge_fdb_for_each(bridge, count_row, &n_rows);
		vswitch_cache_stats(sw, &stats);
		if (i % 16)
			continue;
		config.forward_bpdu = !config.forward_bpdu;
		assert_int_equal(bridge_set(bridge, &config, NULL), 0);
		assert_int_equal(bridge_add(sw, "other", &config, &other, NULL), 0);
		bridge_del(&other);
	}
}

static void nothing_is_lost_while_everything_changes(void **state)
{
	const struct bridge_config config = {.mac_table_size = 100, .mac_aging_s = 1};
	const struct vswitch_options options = {
		.instance = "test",
		.n_workers = N_WORKERS,
		.clock = &clock_real,
		.no_devices = true,
	};
	struct bridge_port *guests[N_GUESTS] = {NULL};
	void *problem = NULL;
	uint32_t n_said = 0;
	pthread_t thread;

	random_init(&random_state);
	hash_init();
	assert_int_equal(vswitch_new(&sw, &options, NULL, NULL), 0);
	assert_int_equal(bridge_add(sw, "br", &config, &bridge, NULL), 0);
	talkers[0] = port_add_fake("a");
	talkers[1] = port_add_fake("b");
	assert_int_equal(pthread_create(&thread, NULL, talk, &n_said), 0);

	change_all(guests);

	__atomic_store_n(&is_over, true, __ATOMIC_RELEASE);
	pthread_join(thread, &problem);
	vswitch_free(&sw);
	if (problem)
		fail_msg("a packet was %s", (const char *)problem);
	printf("%u packets\n", n_said);
	assert_true(n_said > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_lost_while_everything_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
