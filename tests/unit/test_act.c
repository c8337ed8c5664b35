/* What ops do to packets on their way, whoever decides on them: here a script. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "packet/frame.h"
#include "path/miss.h"
#include "path/packet_out.h"
#include "path/worker.h"
#include "port/port_fake.h"
#include "support/ether.h"
#include "support/rig.h"
#include "switch/bridge.h"
#include "switch/packet_in.h"

#define A 0x020000000001
#define B 0x020000000002

static struct rig rig;
static uint8_t frame[PORT_FAKE_FRAME_MAX];
static struct bridge_port *p1, *p2, *p3;

/* What the floor above answers: by the key alone, and with the packet at hand. */
static struct flow_op_list script, script_by_packet;
static unsigned n_asked, n_asked_by_packet;
static uint8_t seen_by_packet[PORT_FAKE_FRAME_MAX];

static void answer(const struct path_view *view, const struct flow_key *key, uint64_t now,
		   struct translation *out)
{
	out->ops = out->frame ? script_by_packet : script;
	if (!out->frame) {
		n_asked++;
		return;
	}
	n_asked_by_packet++;
	memcpy(seen_by_packet, out->frame->data, out->frame->len);
}

static int setup(void **state)
{
	rig_init(&rig, &RIG_BRIDGE);
	p1 = rig_port(&rig, &RIG_PORT("p1"));
	p2 = rig_port(&rig, &RIG_PORT("p2"));
	p3 = rig_port(&rig, &RIG_PORT("p3"));
	rig.sw->path_host.translate = answer;
	flow_op_list_clear(&script);
	flow_op_list_clear(&script_by_packet);
	n_asked = n_asked_by_packet = 0;
	return 0;
}

static int teardown(void **state)
{
	rig_fini(&rig);
	return 0;
}

static void add_output(const struct bridge_port *port)
{
	flow_op_add(&script, flow_op_output(port->id));
}

static size_t put(struct bridge_port *port)
{
	size_t len = ether_frame(frame, B, A, ETHER_UNTAGGED);

	rig_put(port, frame, len);
	rig_turn(&rig);
	return len;
}

/* ---- changes ---- */

/* UDP of 8 bytes payload over IPv4 with right checksums. */
static size_t udp(uint8_t *out)
{
	static const uint8_t packet[] = {
		0x45, 0, 0, 36, 0, 0,  0,    0,    64, 17, 0x66, 0xc7, 10, 0, 0, 1,
		10,   0, 0, 2, /* IPv4 */
		0,    1, 0, 2,  0, 16, 0xdb, 0xb4, 1,  2,  3,    4,    5,  6, 7, 8,
	};

	ether_frame(out, B, A, ETHER_UNTAGGED);
	memcpy(out + 12, "\x08\x00", 2);
	memcpy(out + 14, packet, sizeof(packet));
	return 14 + sizeof(packet);
}

static uint32_t sum_of(uint32_t sum, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void assert_checksums(const uint8_t *packet)
{
	assert_int_equal(sum_of(0, packet + 14, 20), 0xffff);
	assert_int_equal(sum_of(17 + 16, packet + 26, 24), 0xffff);
}

static void script_rewrite(void)
{
	static const uint8_t mac[6] = {2, 0, 0, 0, 0, 9}, addr[4] = {192, 0, 2, 7};
	static const uint8_t port[2] = {0x1f, 0x90}, ttl = 63;

	flow_op_set_all(&script, SET_ETH_DST, mac);
	flow_op_set_all(&script, SET_IPV4_DST, addr);
	flow_op_set_all(&script, SET_L4_DST, port);
	flow_op_set_all(&script, SET_IP_TTL, &ttl);
	add_output(p2);
}

static void fields_are_set_and_checksums_follow(void **state)
{
	size_t len = udp(frame);

	assert_checksums(frame);
	script_rewrite();
	rig_put(p1, frame, len);
	rig_turn(&rig);

	assert_int_equal(rig_take(p2, frame), len);
	assert_checksums(frame);
	assert_int_equal(frame[5], 9);
	assert_int_equal(frame[22], 63);
	assert_memory_equal(frame + 30, "\xc0\x00\x02\x07", 4);
	assert_memory_equal(frame + 36, "\x1f\x90", 2);
}

static void a_partial_checksum_is_completed_before(void **state)
{
	size_t len = udp(frame);

	memcpy(frame + 40, "\x14\x24", 2); /* the pseudo-header's sum */
	script_rewrite();
	assert_true(port_fake_put_flags(p1->fake, 0, frame, len, FRAME_CSUM_PARTIAL));
	rig_turn(&rig);

	assert_int_equal(rig_take(p2, frame), len);
	assert_checksums(frame);
}

static void headers_that_move_are_found_again(void **state)
{
	static const uint8_t addr[4] = {192, 0, 2, 7}, ttl = 9;
	size_t len = udp(frame);

	flow_op_add(&script, flow_op_push_vlan(ETH_TYPE_VLAN, 5));
	flow_op_set_all(&script, SET_IPV4_SRC, addr);
	flow_op_push_mpls(&script, ETH_TYPE_MPLS, to_be32(0x00065140));
	flow_op_set_all(&script, SET_IP_TTL, &ttl); /* behind the label: not there */
	flow_op_push_pbb(&script, ETH_TYPE_PBB, to_be32(0x00abcdef));
	add_output(p2);
	flow_op_pop_pbb(&script);
	flow_op_pop_mpls(&script, ETH_TYPE_IPV4);
	flow_op_add(&script, flow_op_pop_vlan());
	add_output(p3);
	rig_put(p1, frame, len);
	rig_turn(&rig);

	assert_int_equal(rig_take(p2, frame), len + 4 + 4 + 18);
	assert_memory_equal(frame + 12, "\x88\xe7\x00\xab\xcd\xef", 6);
	assert_memory_equal(frame + 18 + 12, "\x81\x00\x00\x05\x88\x47\x00\x06\x51\x40", 10);
	assert_int_equal(rig_take(p3, frame), len);
	assert_checksums(frame);
	assert_int_equal(frame[22], 64);
	assert_memory_equal(frame + 26, addr, 4);
}

static void what_cannot_be_taken_off_drops_the_packet(void **state)
{
	flow_op_pop_mpls(&script, ETH_TYPE_IPV4);
	add_output(p2);
	put(p1);

	assert_int_equal(rig_drops(p1, DROP_MALFORMED), 1);
	assert_int_equal(rig_take(p2, frame), 0);
}

/* ---- outputs ---- */

static void truncation_is_for_one_output(void **state)
{
	size_t len;

	flow_op_truncate(&script, 20);
	add_output(p2);
	add_output(p3);
	flow_op_truncate(&script, 30);
	add_output(p3);
	len = put(p1);

	assert_int_equal(rig_take(p2, frame), 20);
	assert_int_equal(rig_take(p3, frame), len);
	assert_int_equal(rig_take(p3, frame), 30);
}

static void truncation_lengthens_nothing(void **state)
{
	size_t len;

	flow_op_truncate(&script, 1000);
	add_output(p2);
	len = put(p1);

	assert_int_equal(rig_take(p2, frame), len);
}

static void a_clone_changes_only_its_copy(void **state)
{
	uint32_t outer, inner;
	size_t len;

	outer = flow_op_clone_begin(&script);
	flow_op_add(&script, flow_op_push_vlan(ETH_TYPE_VLAN, 5));
	inner = flow_op_clone_begin(&script);
	flow_op_add(&script, flow_op_set_vlan(6, VLAN_VID_MASK));
	add_output(p2);
	flow_op_clone_end(&script, inner);
	add_output(p2);
	flow_op_clone_end(&script, outer);
	add_output(p3);
	len = put(p1);

	assert_int_equal(rig_take(p2, frame), len + 4);
	assert_int_equal(frame[15], 6);
	assert_int_equal(rig_take(p2, frame), len + 4);
	assert_int_equal(frame[15], 5);
	assert_int_equal(rig_take(p3, frame), len);
}

static void without_buffers_a_clone_is_dropped(void **state)
{
	struct frame_pool *pool = rig.sw->pools[0];
	uint32_t n_free = pool->n_free, at = flow_op_clone_begin(&script);

	add_output(p2);
	flow_op_clone_end(&script, at);
	add_output(p3);
	pool->n_free = 1;
	put(p1);
	pool->n_free = n_free;

	assert_int_equal(rig_drops(p1, DROP_NO_BUFFER), 1);
	assert_int_equal(rig_take(p2, frame), 0);
	assert_int_not_equal(rig_take(p3, frame), 0);
}

/* ---- packets that are translated each by itself ---- */

static void packets_are_asked_about_one_by_one(void **state)
{
	size_t len;

	flow_op_add(&script, (struct flow_op){.type = OP_TRANSLATE});
	flow_op_add(&script_by_packet, flow_op_push_vlan(ETH_TYPE_VLAN, 5));
	flow_op_add(&script_by_packet, flow_op_output(p2->id));
	for (unsigned i = 0; i < 3; i++)
		len = put(p1);

	assert_int_equal(n_asked, 1);
	assert_int_equal(n_asked_by_packet, 3);
	assert_memory_equal(seen_by_packet, frame, len);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(rig_take(p2, frame), len + 4);
}

static void asking_twice_is_enough(void **state)
{
	flow_op_add(&script, (struct flow_op){.type = OP_TRANSLATE});
	script_by_packet = script;
	put(p1);

	assert_int_equal(n_asked_by_packet, 1);
	assert_int_equal(rig_drops(p1, DROP_NO_OUTPUT), 1);
}

static void asking_is_limited_as_misses_are(void **state)
{
	unsigned n_taken = 0;

	flow_op_add(&script, (struct flow_op){.type = OP_TRANSLATE});
	flow_op_add(&script_by_packet, flow_op_output(p2->id));
	for (unsigned i = 0; i < MISS_BURST + 10; i++) {
		put(p1);
		n_taken += rig_take(p2, frame) > 0;
	}

	assert_int_equal(n_taken, MISS_BURST - 1); /* the miss itself took one */
	assert_int_equal(rig_drops(p1, DROP_MISS_LIMIT), 11);
}

/* ---- to controllers ---- */

struct listener {
	struct packet_in_watcher watcher;
	unsigned n;
	struct packet_in last;
};

static enum drop_reason heard(struct packet_in_watcher *watcher, struct bridge *bridge,
			      const struct packet_in *packet)
{
	struct listener *listener = (struct listener *)watcher;

	assert_ptr_equal(bridge, rig.bridge);
	listener->n++;
	listener->last = *packet;
	return DROP_NONE;
}

static struct listener new_listener(void)
{
	return (struct listener){.watcher.seen = heard};
}

static void deliver(void)
{
	while (packet_ins_deliver(rig.sw->packet_ins))
		;
}

static void add_controller(void)
{
	const struct packet_in_context context = {
		.bridge = rig.bridge->number,
		.cookie = 0x1234,
		.in_port = 77,
		.table = 3,
	};

	flow_op_controller(&script, &context, "user", 4);
}

static void a_controller_gets_the_packet_as_it_is_then(void **state)
{
	static struct listener listener;
	size_t len;

	listener = new_listener();
	bridge_packet_in_watch(rig.bridge, &listener.watcher);
	flow_op_add(&script, flow_op_push_vlan(ETH_TYPE_VLAN, 5));
	add_controller();
	flow_op_add(&script, flow_op_pop_vlan());
	add_output(p2);
	len = put(p1);
	deliver();

	assert_int_equal(listener.n, 1);
	assert_int_equal(listener.last.context.cookie, 0x1234);
	assert_int_equal(listener.last.context.in_port, 77);
	assert_int_equal(listener.last.port, p1->id);
	assert_int_equal(listener.last.total_len, len + 4);
	assert_int_equal(listener.last.len, len + 4);
	assert_memory_equal(packet_in_data(&listener.last) + 12, "\x81\x00\x00\x05", 4);
	assert_memory_equal(packet_in_userdata(&listener.last), "user", 4);
	assert_int_equal(listener.last.context.n_userdata, 4);
	assert_int_equal(rig_take(p2, frame), len);
	bridge_packet_in_unwatch(rig.bridge, &listener.watcher);
}

static void where_nobody_listens_it_is_counted(void **state)
{
	static struct listener listener;

	listener = new_listener();
	add_controller();
	put(p1);
	deliver();
	bridge_packet_in_watch(rig.bridge, &listener.watcher);
	put(p1);
	deliver();
	bridge_packet_in_unwatch(rig.bridge, &listener.watcher);
	put(p1);
	deliver();

	assert_int_equal(listener.n, 1);
	assert_int_equal(rig_drops(p1, DROP_NO_CONTROLLER), 2);
}

static void one_port_leaves_the_others_their_controller(void **state)
{
	static struct listener listener;

	listener = new_listener();
	bridge_packet_in_watch(rig.bridge, &listener.watcher);
	add_controller();
	for (unsigned i = 0; i < PACKET_IN_BURST + 10; i++)
		put(p1);
	put(p2);
	deliver();
	assert_int_equal(listener.n, PACKET_IN_BURST + 1);
	assert_int_equal(listener.last.port, p2->id);
	assert_int_equal(rig_drops(p1, DROP_PACKET_IN_LIMIT), 10);
	assert_int_equal(rig_drops(p2, DROP_PACKET_IN_LIMIT), 0);

	clock_advance(&rig.clock, CLOCK_NS_PER_SEC / PACKET_IN_RATE);
	put(p1);
	put(p1);
	deliver();
	assert_int_equal(listener.n, PACKET_IN_BURST + 2);
	bridge_packet_in_unwatch(rig.bridge, &listener.watcher);
}

static void a_controller_may_have_more(void **state)
{
	static struct listener listener;

	listener = new_listener();
	bridge_packet_in_watch(rig.bridge, &listener.watcher);
	add_controller();
	vswitch_packet_in_rate(rig.sw, 10 * PACKET_IN_RATE);
	for (unsigned i = 0; i < 2 * PACKET_IN_BURST; i++)
		put(p1);
	clock_advance(&rig.clock, CLOCK_NS_PER_SEC / PACKET_IN_RATE);
	for (unsigned i = 0; i < 20; i++)
		put(p1);
	deliver();
	assert_int_equal(listener.n, 2 * PACKET_IN_BURST + 10);
	assert_int_equal(rig_drops(p1, DROP_PACKET_IN_LIMIT), 10);
	vswitch_packet_in_rate(rig.sw, 0);
	bridge_packet_in_unwatch(rig.bridge, &listener.watcher);
}

static void what_does_not_fit_in_the_box_is_counted(void **state)
{
	static struct listener listener;
	struct bridge_port *ports[] = {p1, p2, p3, rig_port(&rig, &RIG_PORT("p4")),
				       rig_port(&rig, &RIG_PORT("p5"))};
	uint64_t n_full = 0;

	listener = new_listener();
	bridge_packet_in_watch(rig.bridge, &listener.watcher);
	add_controller();
	for (unsigned i = 0; i < 5; i++)
		for (unsigned n = 0; n < PACKET_IN_BURST; n++)
			put(ports[i]);
	deliver();
	for (unsigned i = 0; i < 5; i++)
		n_full += rig_drops(ports[i], DROP_PACKET_IN_FULL);

	assert_int_equal(listener.n, PACKET_IN_SLOTS);
	assert_int_equal(n_full, 5 * PACKET_IN_BURST - PACKET_IN_SLOTS);
	bridge_packet_in_unwatch(rig.bridge, &listener.watcher);
}

/* ---- from above ---- */

static void a_packet_from_above_is_acted_on(void **state)
{
	static struct packet_out message;
	struct bridge_port_status status;

	message.port = p1->id;
	add_output(p2);
	add_output(p3);
	message.n_ops = script.n_ops;
	memcpy(message.op, script.op, script.n_ops * sizeof(script.op[0]));
	message.len = (uint32_t)ether_frame(packet_out_data(&message), B, A, ETHER_UNTAGGED);
	assert_true(packet_out_send(rig.sw->workers[0], &message));
	rig_turn(&rig);

	assert_int_equal(rig_take(p2, frame), message.len);
	assert_int_equal(rig_take(p3, frame), message.len);
	assert_memory_equal(frame, packet_out_data(&message), message.len);
	bridge_port_status(p1, &status);
	assert_int_equal(status.rx_packets, 0);
	assert_int_equal(n_asked, 0);
}

static void packets_from_above_wait_in_a_bounded_box(void **state)
{
	static struct packet_out message;
	unsigned n_sent = 0, n_taken = 0;

	message.n_ops = 1;
	message.op[0] = flow_op_output(p2->id);
	message.len = (uint32_t)ether_frame(packet_out_data(&message), B, A, ETHER_UNTAGGED);
	while (packet_out_send(rig.sw->workers[0], &message))
		n_sent++;
	rig_turn(&rig);
	while (rig_take(p2, frame))
		n_taken++;

	assert_int_equal(n_sent, PACKET_OUT_SLOTS);
	assert_int_equal(n_taken, PACKET_OUT_SLOTS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(fields_are_set_and_checksums_follow),
		TEST(a_partial_checksum_is_completed_before),
		TEST(headers_that_move_are_found_again),
		TEST(what_cannot_be_taken_off_drops_the_packet),
		TEST(truncation_is_for_one_output),
		TEST(truncation_lengthens_nothing),
		TEST(a_clone_changes_only_its_copy),
		TEST(without_buffers_a_clone_is_dropped),
		TEST(packets_are_asked_about_one_by_one),
		TEST(asking_twice_is_enough),
		TEST(asking_is_limited_as_misses_are),
		TEST(a_controller_gets_the_packet_as_it_is_then),
		TEST(where_nobody_listens_it_is_counted),
		TEST(one_port_leaves_the_others_their_controller),
		TEST(a_controller_may_have_more),
		TEST(what_does_not_fit_in_the_box_is_counted),
		TEST(a_packet_from_above_is_acted_on),
		TEST(packets_from_above_wait_in_a_bounded_box),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
