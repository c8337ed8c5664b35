/* Packets that a controller sends: the actions decide, the worker sends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "flow/flow_text.h"
#include "flow/ofaction_text.h"
#include "flow/port_text.h"
#include "path/packet_out.h"
#include "port/port_fake.h"
#include "support/ether.h"
#include "support/flows.h"
#include "support/rig.h"
#include "switch/bridge.h"
#include "switch/packet_in.h"
#include "switch/packet_out.h"

#define A 0x020000000001
#define B 0x020000000002

static struct rig rig;
static uint8_t packet[PACKET_OUT_DATA_MAX + 1], frame[PORT_FAKE_FRAME_MAX];
static struct bridge_port *p1, *p2, *p3;
static size_t len;

static struct bridge_port *add_port(const char *name, uint16_t ofport)
{
	struct bridge_port_config config = RIG_PORT("");

	strcpy(config.port.name, name);
	config.ofport_request = ofport;
	return rig_port(&rig, &config);
}

static int setup(void **state)
{
	rig_init(&rig, &RIG_BRIDGE);
	p1 = add_port("p1", 1);
	p2 = add_port("p2", 2);
	p3 = add_port("p3", 3);
	len = ether_frame(packet, B, A, ETHER_UNTAGGED);
	return 0;
}

static int teardown(void **state)
{
	rig_fini(&rig);
	return 0;
}

static int send_out(uint16_t in_port, const char *text)
{
	own(ofactions_fini) struct ofactions actions = {0};
	const struct flow_names names = {0};
	const struct flow_key from = {.packet.in_port = in_port};
	struct err err = ERR_INIT;
	int rc;

	if (ofactions_parse(slice_of(text), &names, &actions, &err))
		fail_msg("%s: %s", text, err.text);
	rc = bridge_packet_out(rig.bridge, &from, &actions, packet, len, &err);
	assert_int_equal(!rc, !err.text[0]);
	rig_turn(&rig);
	return rc;
}

static void it_goes_where_the_actions_say(void **state)
{
	struct bridge_port_status status;

	assert_int_equal(send_out(OFPORT_CONTROLLER, "output:2,mod_vlan_vid:7,output:3"), 0);
	assert_int_equal(rig_take(p2, frame), len);
	assert_memory_equal(frame, packet, len);
	assert_int_equal(rig_take(p3, frame), len + 4);
	assert_int_equal(frame[15], 7);
	assert_int_equal(rig_take(p1, frame), 0);
	bridge_port_status(p2, &status);
	assert_int_equal(status.tx_packets, 1);
	assert_int_equal(status.rx_packets, 0);
}

static void it_comes_by_the_port_that_is_said(void **state)
{
	assert_int_equal(send_out(1, "in_port,output:1,all"), 0);
	assert_int_equal(rig_take(p1, frame), len); /* in_port says so, output does not mean it */
	assert_int_equal(rig_take(p1, frame), 0);
	assert_int_equal(rig_take(p2, frame), len);
	assert_int_equal(rig_take(p3, frame), len);
}

/* As Open vSwitch has it: a controller's place is a trunk of which nothing is learned. */
static void normal_takes_what_a_controller_sends(void **state)
{
	struct bridge_port_config access = RIG_PORT("p2");

	access.vlan_mode = VLAN_ACCESS;
	access.tag = 5;
	assert_int_equal(bridge_port_set(p2, &access, NULL), 0);
	assert_int_equal(send_out(OFPORT_CONTROLLER, "normal"), 0);
	assert_int_equal(rig_take(p1, frame), len);
	assert_int_equal(rig_take(p2, frame), 0);
	assert_int_equal(rig_take(p3, frame), len);
	assert_int_equal(send_out(OFPORT_NONE, "mod_vlan_vid:5,normal"), 0);
	assert_int_equal(rig_take(p1, frame), len + 4);
	assert_int_equal(rig_take(p2, frame), len);
	assert_int_equal(rig_take(p3, frame), len + 4);
	assert_int_equal(bridge_fdb_flush(rig.bridge, NULL), 0);
	len = ether_frame(packet, 0x0180c2000000, A, ETHER_UNTAGGED);
	assert_int_equal(send_out(OFPORT_CONTROLLER, "table"), 0);
	assert_int_equal(rig_take(p1, frame), len);
	assert_int_equal(rig_take(p3, frame), len);
}

/* A bridge without tables is NORMAL, and learns. */
static void table_is_the_way_of_a_received_packet(void **state)
{
	assert_int_equal(send_out(1, "table"), 0);
	assert_int_equal(rig_take(p1, frame), 0);
	assert_int_equal(rig_take(p2, frame), len);
	assert_int_equal(rig_take(p3, frame), len);

	ether_frame(frame, A, B, ETHER_UNTAGGED);
	rig_put(p2, frame, len);
	rig_turn(&rig);
	assert_int_equal(rig_take(p1, frame), len);
	assert_int_equal(rig_take(p3, frame), 0);
}

static void flows_that_it_goes_by_count_it(void **state)
{
	flows_do(rig.bridge, FLOW_DELETE, "");
	flows_add(rig.bridge, "table=0,in_port=3,actions=resubmit(,1)");
	flows_add(rig.bridge, "table=1,actions=pop_vlan,output:2");
	assert_int_equal(send_out(3, "mod_vlan_vid:5,table"), 0);
	assert_int_equal(rig_take(p2, frame), len);
	assert_int_equal(send_out(1, "table"), 0); /* no flow */
	assert_int_equal(rig_take(p2, frame), 0);
	assert_int_equal(rig_drops(p1, DROP_TABLE_MISS), 1);
	assert_int_equal(flows_stats(rig.bridge, "table=0").n_packets, 1);
	assert_int_equal(flows_stats(rig.bridge, "table=0").n_bytes, 60);
	assert_int_equal(flows_stats(rig.bridge, "table=1").n_packets, 1);
	assert_int_equal(flows_stats(rig.bridge, "table=1").n_bytes, 60);
}

static void nothing_to_do_is_a_drop(void **state)
{
	assert_int_equal(send_out(1, "drop"), 0);
	assert_int_equal(rig_drops(p1, DROP_BY_RULE), 1);
}

/* What is in the packet, and not in its key, counts too: there is no second packet like it. */
static void what_is_behind_a_label_can_be_changed(void **state)
{
	static const uint8_t ip[20] = {0x45, 0, 0,  20, 0, 0, 0,  0, 9, 17,
				       0,    0, 10, 0,  0, 1, 10, 0, 0, 2};

	memcpy(packet + 12, "\x88\x47\x00\x06\x51\x40", 6);
	memcpy(packet + 18, ip, sizeof(ip));
	assert_int_equal(send_out(1, "pop_mpls:0x0800,dec_ttl,output:2"), 0);
	assert_int_equal(rig_take(p2, frame), len - 4);
	assert_memory_equal(frame + 12, "\x08\x00\x45", 3);
	assert_int_equal(frame[22], 8);
}

static void what_cannot_be_is_refused(void **state)
{
	assert_int_equal(send_out(0, "output:2"), -EINVAL);
	assert_int_equal(send_out(OFPORT_TABLE, "output:2"), -EINVAL);
	len = 13;
	assert_int_equal(send_out(1, "output:2"), -EINVAL);
	len = PACKET_OUT_DATA_MAX + 1;
	assert_int_equal(send_out(1, "output:2"), -EINVAL);
	assert_int_equal(rig_take(p2, frame), 0);
}

static void too_many_are_refused(void **state)
{
	own(ofactions_fini) struct ofactions actions = {0};
	const struct flow_names names = {0};
	const struct flow_key from = {.packet.in_port = 1};
	struct err err = ERR_INIT;
	unsigned n = 0, n_taken = 0;

	assert_int_equal(ofactions_parse(slice_of("output:2"), &names, &actions, &err), 0);
	while (!bridge_packet_out(rig.bridge, &from, &actions, packet, len, &err))
		n++;
	assert_int_equal(err.code, EAGAIN);
	rig_turn(&rig);
	while (rig_take(p2, frame))
		n_taken++;
	assert_int_equal(n, PACKET_OUT_SLOTS);
	assert_int_equal(n_taken, n);
	assert_int_equal(rig_drops(p1, DROP_PACKET_OUT_FULL), 1);
}

/* ---- and back to the controller ---- */

static struct packet_in last;
static unsigned n_heard;

static enum drop_reason heard(struct packet_in_watcher *watcher, struct bridge *bridge,
			      const struct packet_in *what)
{
	last = *what;
	n_heard++;
	return DROP_NONE;
}

static void a_controller_can_be_an_output(void **state)
{
	struct packet_in_watcher watcher = {.seen = heard};

	n_heard = 0;
	bridge_packet_in_watch(rig.bridge, &watcher);
	assert_int_equal(send_out(2, "load:5->NXM_NX_REG3[],controller(max_len=20)"), 0);
	packet_ins_deliver(rig.sw->packet_ins);
	bridge_packet_in_unwatch(rig.bridge, &watcher);
	assert_int_equal(n_heard, 1);
	assert_int_equal(last.context.in_port, 2);
	assert_int_equal(last.context.reg[3], 5);
	assert_int_equal(last.port, p2->id);
	assert_int_equal(last.len, len); /* there are no buffers for the rest */
	assert_int_equal(last.total_len, len);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(it_goes_where_the_actions_say),
		TEST(it_comes_by_the_port_that_is_said),
		TEST(normal_takes_what_a_controller_sends),
		TEST(table_is_the_way_of_a_received_packet),
		TEST(flows_that_it_goes_by_count_it),
		TEST(nothing_to_do_is_a_drop),
		TEST(what_is_behind_a_label_can_be_changed),
		TEST(what_cannot_be_is_refused),
		TEST(too_many_are_refused),
		TEST(a_controller_can_be_an_output),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
