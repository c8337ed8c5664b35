/* A learning bridge with VLANs, as stupid as can be, against the real one: lists, linear search,
 * no cache. Random packets and random changes of everything in between; what goes out of each port
 * must be the same to the byte, and so must each port's counters.
 *
 * Time stands still between jumps of seconds, so that what is seen after a jump is seen exactly
 * then: the real bridge notes it at most once a second. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "model/stupid_bridge.h"
#include "port/port_fake.h"
#include "support/random.h"
#include "support/rig.h"
#include "switch/bridge.h"

#define N_STEPS 60000
#define N_MACS  10
#define MTU     1500
#define MAX_LEN (MTU + 18)

static const uint16_t vlans[] = {0, 1, 10, 20, 4095};
#define N_VLANS (sizeof(vlans) / sizeof(vlans[0]))

static struct rig rig;
static uint64_t random_state;
static struct stupid_bridge bridges[STUPID_BRIDGES];
static struct {
	unsigned n_forwarded, n_dropped[N_DROP_REASONS], n_moved, n_aged;
} seen;

static unsigned below(unsigned n)
{
	return random_below(&random_state, n);
}

static uint64_t now_s(void)
{
	return rig.clock.manual_ns / CLOCK_NS_PER_SEC;
}

static void assert_sent(struct stupid_port *to, const struct stupid_packet *packet, unsigned n)
{
	struct stupid_packet got;

	for (unsigned i = 0; i < n; i++) {
		got.len = rig_take(to->real, got.data);
		if (got.len != packet->len || memcmp(got.data, packet->data, got.len))
			fail_msg("port %s sent %zu bytes instead of %zu", to->config.port.name,
				 got.len, packet->len);
	}
}

static void deliver(struct stupid_port *to, const struct stupid_packet *packet, unsigned n)
{
	if (to->is_down) {
		to->drops[DROP_PORT_DOWN] += n;
	} else if (packet->len > MAX_LEN) {
		to->drops[DROP_TOO_BIG] += n;
	} else {
		to->tx += n;
		seen.n_forwarded += n;
		assert_sent(to, packet, n);
	}
}

static void assert_silent(void)
{
	uint8_t data[PORT_FAKE_FRAME_MAX];

	for (unsigned b = 0; b < STUPID_BRIDGES; b++)
		for (unsigned i = 0; i < STUPID_PORTS; i++) {
			struct stupid_port *port = &bridges[b].ports[i];

			if (port->real && rig_take(port->real, data))
				fail_msg("port %s sent too much", port->config.port.name);
		}
}

static void see_source(struct stupid_port *from, const uint8_t *mac, uint16_t vlan)
{
	const struct stupid_row *row = stupid_row_find(from->bridge, mac, vlan);

	seen.n_moved += row && !row->is_static && row->port != from;
	stupid_learn(from, mac, vlan, now_s());
}

/* The same packet `n` times, in one burst. */
static void forward(struct stupid_port *from, const struct stupid_packet *packet, unsigned n)
{
	bool gets[STUPID_PORTS] = {false};
	int vlan = stupid_classify(from, packet);
	enum drop_reason reason = stupid_decide(from, packet, vlan, gets);

	for (unsigned i = 0; i < n; i++)
		rig_put(from->real, packet->data, packet->len);
	rig_turn(&rig);
	from->rx += n;
	seen.n_dropped[reason] += n;
	if (reason)
		from->drops[reason] += n;
	if (reason != DROP_FAIL_SECURE && reason != DROP_VLAN_NOT_ALLOWED &&
	    reason != DROP_RESERVED_MULTICAST)
		see_source(from, packet->data + 6, (uint16_t)vlan);
	for (unsigned i = 0; i < STUPID_PORTS; i++) {
		struct stupid_packet out;

		if (!gets[i])
			continue;
		stupid_retag(&from->bridge->ports[i], (uint16_t)vlan, packet, &out);
		deliver(&from->bridge->ports[i], &out, n);
	}
	assert_silent();
}

/* ---- random things ---- */

static void random_mac(uint8_t mac[6])
{
	memcpy(mac, (uint8_t[]){2, 0, 0, 0, 0, (uint8_t)below(N_MACS)}, 6);
}

static void random_tag(struct stupid_packet *packet)
{
	unsigned tci = vlans[below(N_VLANS)];

	if (below(2))
		tci |= below(16) << 12;
	memcpy(packet->data + packet->len, below(8) ? "\x81\x00" : "\x88\xa8", 2);
	packet->data[packet->len + 2] = (uint8_t)(tci >> 8);
	packet->data[packet->len + 3] = (uint8_t)tci;
	packet->len += 4;
}

static void random_packet(struct stupid_packet *packet)
{
	size_t len = below(50) ? 60 + below(40) : MTU - 4 + below(30);

	random_mac(packet->data);
	random_mac(packet->data + 6);
	if (!below(6))
		memset(packet->data, 0xff, 6);
	else if (!below(20))
		memcpy(packet->data, (uint8_t[]){1, 0x80, 0xc2, 0, 0, (uint8_t)below(20)}, 6);
	if (!below(50))
		packet->data[6] |= 1;
	packet->len = 12;
	for (unsigned n_tags = below(8) ? below(2) : 2; n_tags; n_tags--)
		random_tag(packet);
	packet->data[packet->len++] = 0x88;
	packet->data[packet->len++] = 0xb5;
	while (packet->len < len)
		packet->data[packet->len++] = (uint8_t)random_u64(&random_state);
}

static void random_config(struct bridge_port_config *config)
{
	config->vlan_mode = below(4);
	config->tag = below(5) ? vlans[below(N_VLANS)] : VLAN_NONE;
	memset(&config->trunks, 0, sizeof(config->trunks));
	for (unsigned n = below(3); n; n--) {
		uint16_t vlan = vlans[below(N_VLANS)];

		config->trunks.bits[vlan / 64] |= 1ull << (vlan % 64);
	}
	config->priority_tags = below(3) ? PRIORITY_TAGS_NEVER : below(3);
	config->is_protected = !below(4);
}

/* NULL: that one is not there. */
static struct stupid_port *random_port(void)
{
	struct stupid_port *port = &bridges[below(STUPID_BRIDGES)].ports[below(STUPID_PORTS)];

	return port->real ? port : NULL;
}

/* ---- changes ---- */

static void add_port(struct stupid_bridge *bridge, unsigned i)
{
	struct stupid_port *port = &bridge->ports[i];

	if (port->real)
		return;
	memset(port, 0, sizeof(*port));
	port->bridge = bridge;
	snprintf(port->config.port.name, sizeof(port->config.port.name), "p%u-%u",
		 (unsigned)(bridge - bridges), i);
	port->config.port.type = PORT_FAKE;
	port->config.port.mtu_request = MTU;
	random_config(&port->config);
	assert_int_equal(bridge_port_add(bridge->real, &port->config, &port->real, NULL), 0);
}

static void check_counters(const struct stupid_port *port)
{
	struct bridge_port_status status;

	bridge_port_status(port->real, &status);
	assert_int_equal(status.rx_packets, port->rx);
	assert_int_equal(status.tx_packets, port->tx);
	for (unsigned i = 0; i < N_DROP_REASONS; i++)
		if (status.drops[i] != port->drops[i])
			fail_msg("port %s: %lu drops for %s instead of %lu", port->config.port.name,
				 status.drops[i], drop_name(i), port->drops[i]);
}

static void del_port(struct stupid_port *port)
{
	check_counters(port);
	bridge_port_del(&port->real);
	stupid_forget(port->bridge, port, true);
}

static void set_port(struct stupid_port *port)
{
	struct bridge_port_config before = port->config;

	random_config(&port->config);
	assert_int_equal(bridge_port_set(port->real, &port->config, NULL), 0);
	if (before.vlan_mode != port->config.vlan_mode || before.tag != port->config.tag ||
	    memcmp(&before.trunks, &port->config.trunks, sizeof(before.trunks)))
		stupid_forget(port->bridge, port, false);
}

static void set_bridge(struct stupid_bridge *bridge)
{
	bridge->config.fail_mode = below(8) ? FAIL_STANDALONE : FAIL_SECURE;
	bridge->config.forward_bpdu = below(2);
	bridge->config.mac_aging_s = below(4) ? 10 + below(100) : 0;
	assert_int_equal(bridge_set(bridge->real, &bridge->config, NULL), 0);
}

static void set_down(struct stupid_port *port)
{
	port->is_down = !port->is_down;
	port_fake_set_attached(port->real->fake, !port->is_down);
}

static void change_fdb(struct stupid_port *port)
{
	struct stupid_bridge *bridge = port->bridge;
	uint16_t vlan = vlans[below(N_VLANS)];
	struct eth_addr mac;
	struct stupid_row *row;

	random_mac(mac.byte);
	row = stupid_row_find(bridge, mac.byte, vlan);
	switch (below(6)) {
	case 0:
		assert_int_equal(
			bridge_fdb_add(bridge->real, mac, vlan, port->config.port.name, NULL), 0);
		row = row ? row : stupid_row_add(bridge, mac.byte, vlan);
		row->port = port;
		row->is_static = true;
		break;
	case 1:
		bridge_fdb_flush(bridge->real, port->config.port.name);
		stupid_forget(bridge, port, false);
		break;
	case 2:
		bridge_fdb_flush(bridge->real, NULL);
		stupid_forget(bridge, NULL, false);
		break;
	default:
		assert_int_equal(bridge_fdb_del(bridge->real, mac, vlan, NULL), row ? 0 : -ENOENT);
		if (row)
			stupid_row_del(bridge, row);
	}
}

static void jump(void)
{
	clock_advance(&rig.clock, (2 + below(below(10) ? 5 : 200)) * CLOCK_NS_PER_SEC);
	rig_turn(&rig);
	for (unsigned b = 0; b < STUPID_BRIDGES; b++)
		seen.n_aged += stupid_age(&bridges[b], now_s());
}

static int compare_row(const struct fdb_row *got, void *ctx)
{
	struct stupid_bridge *bridge = ctx;
	struct stupid_row *row = stupid_row_find(bridge, got->mac.byte, got->vlan);

	assert_non_null(row);
	assert_string_equal(got->port_name, row->port->config.port.name);
	assert_int_equal(got->is_static, row->is_static);
	assert_int_equal(got->age_s, row->is_static ? 0 : now_s() - row->seen_s);
	return 0;
}

static void check_fdb(struct stupid_bridge *bridge)
{
	struct fdb_stats stats;

	bridge_fdb_stats(bridge->real, &stats);
	assert_int_equal(stats.n_entries, bridge->n_rows);
	bridge_fdb_for_each(bridge->real, compare_row, bridge);
}

static void change(void)
{
	struct stupid_bridge *bridge = &bridges[below(STUPID_BRIDGES)];
	struct stupid_port *port = random_port();
	unsigned choice = below(100);

	if (choice < 15)
		add_port(bridge, below(STUPID_PORTS));
	else if (choice < 30)
		jump();
	else if (choice < 32)
		set_bridge(bridge);
	else if (choice < 60)
		check_fdb(bridge);
	else if (port && choice < 65)
		del_port(port);
	else if (port && choice < 75)
		set_port(port);
	else if (port && choice < 80)
		set_down(port);
	else if (port)
		change_fdb(port);
}

static void behaves_like_a_stupid_bridge(void **state)
{
	random_init(&random_state);
	hash_seed = random_u64(&random_state);
	rig_init(&rig, &RIG_BRIDGE);
	for (unsigned b = 0; b < STUPID_BRIDGES; b++) {
		bridges[b].config = RIG_BRIDGE;
		bridges[b].real = rig.bridge;
		if (b)
			assert_int_equal(bridge_add(rig.sw, "other", &bridges[b].config,
						    &bridges[b].real, NULL),
					 0);
		for (unsigned i = 0; i < STUPID_PORTS; i++)
			add_port(&bridges[b], i);
	}
	for (unsigned i = 0; i < N_STEPS; i++) {
		struct stupid_port *from = random_port();
		struct stupid_packet packet;

		if (!below(10))
			change();
		if (!from || !from->real)
			continue;
		random_packet(&packet);
		forward(from, &packet, below(5) ? 1 : 1 + below(5));
	}
	for (unsigned b = 0; b < STUPID_BRIDGES; b++)
		for (unsigned i = 0; i < STUPID_PORTS; i++)
			if (bridges[b].ports[i].real)
				check_counters(&bridges[b].ports[i]);
	printf("forwarded %u, moved %u, aged %u\n", seen.n_forwarded, seen.n_moved, seen.n_aged);
	assert_true(seen.n_forwarded > 5000 && seen.n_moved > 1000 && seen.n_aged > 200);
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(behaves_like_a_stupid_bridge)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
