/* Flows, one a line, then an empty line, then a packet's bytes: whatever the flows say, translation ends,
 * within its limits, in a whole list of ops; and the same packet goes through the worker, back to where its
 * buffers came from. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "flow/flow_text.h"
#include "flow/key.h"
#include "flow/port_text.h"
#include "packet/frame.h"
#include "packet/parse.h"
#include "path/worker.h"
#include "port/port_fake.h"
#include "switch/bridge.h"
#include "switch/learn.h"
#include "switch/revalidator.h"
#include "switch/snapshot.h"
#include "switch/translate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define N_PORTS   3
#define FLOWS_MAX 64

static struct clock the_clock = {.is_manual = true, .manual_ns = CLOCK_NS_PER_SEC};
static struct vswitch *sw;
static struct bridge *bridge;
static struct bridge_port *ports[N_PORTS];
static struct translation out;

static void check(int rc)
{
	assert(!rc);
	(void)rc;
}

static void begin(void)
{
	const struct vswitch_options options = {.instance = "fuzz",
						.n_workers = 1,
						.clock = &the_clock,
						.no_devices = true,
						.no_threads = true};
	const struct bridge_config config = {.mac_table_size = 64, .mac_aging_s = 300};

	check(vswitch_new(&sw, &options, NULL, NULL));
	check(bridge_add(sw, "br", &config, &bridge, NULL));
	for (unsigned i = 0; i < N_PORTS; i++) {
		struct bridge_port_config port = {.port = {.type = PORT_FAKE}, .tag = VLAN_NONE};

		snprintf(port.port.name, sizeof(port.port.name), "p%u", i);
		check(bridge_port_add(bridge, &port, &ports[i], NULL));
	}
}

static void flows_clear(void)
{
	const struct flow_mod all = {.command = FLOW_DELETE,
				     .table = FLOW_TABLE_ANY,
				     .out_port = OFPORT_NONE,
				     .out_group = FLOW_GROUP_ANY};

	check(bridge_flow_mods(bridge, &all, 1, NULL, NULL));
}

static void flows_add(struct slice text)
{
	struct slice line;
	unsigned n = 0;

	for (unsigned i = 0; i < FLOWS_MAX && flow_line_next(&text, &line, &n); i++) {
		struct flow_mod flow = {0};

		if (flow_mod_parse(line, FLOW_BY_WORD, NULL, &flow, NULL))
			continue;
		bridge_flow_mods(bridge, &flow, 1, NULL, NULL);
		flow_mod_fini(&flow);
	}
}

/* Ops with their words fill the list to its end, and clones are whole. */
static void check_ops(const struct flow_op *op, const struct flow_op *end, unsigned depth)
{
	assert(depth <= FLOW_CLONE_DEPTH_MAX);
	for (; op < end; op = flow_op_next(op)) {
		assert(op->type < N_OP_TYPES && flow_op_next(op) <= end);
		if (op->type == OP_CLONE)
			check_ops(op + 1, flow_op_next(op), depth + 1);
		if (op->type == OP_OUTPUT)
			assert(op->port && op->port < PORT_ID_MAX);
	}
	assert(op == end);
}

static void decide(const struct frame *frame, bool has_frame)
{
	struct packet_layout layout;
	struct flow_key key = {0};

	packet_parse(frame, &key.packet, &key.extra, &layout);
	translation_begin(&out);
	version_deps_begin(&out.deps, sw->versions);
	out.frame = has_frame ? frame : NULL;
	translate(&sw->snapshot->path, &key, the_clock.manual_ns, &out);
	assert(out.ops.n_ops && !out.ops.is_full && !out.ops.n_open);
	assert(!has_frame || out.ops.op[0].type != OP_TRANSLATE);
	check_ops(out.ops.op, out.ops.op + out.ops.n_ops, 0);
}

static void packet_put(const uint8_t *data, size_t size)
{
	static uint8_t got[PORT_FAKE_FRAME_MAX];
	struct frame frame;

	if (size < sizeof(struct eth_header) || size > 1500)
		return;
	check(frame_alloc(sw->pools[0], &frame));
	memcpy(frame.data, data, size);
	frame.len = (uint32_t)size;
	frame.in_port = ports[0]->id;
	decide(&frame, false);
	decide(&frame, true);
	frame_free(&frame);
	port_fake_put(ports[0]->fake, data, size);
	while (worker_turn(sw->workers[0]))
		;
	revalidator_turn(sw->revalidator);
	learn_turn(sw);
	for (unsigned i = 0; i < N_PORTS; i++)
		while (port_fake_take(ports[i]->fake, got))
			;
	assert(sw->pools[0]->n_free == sw->pools[0]->n_chunks);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *packet = memmem(data, size, "\n\n", 2);

	if (!packet)
		return 0;
	if (!sw)
		begin();
	flows_clear();
	flows_add((struct slice){(const char *)data, (size_t)(packet - data)});
	packet += 2;
	packet_put(packet, (size_t)(data + size - packet));
	/* the next input has tokens of its own for misses */
	the_clock.manual_ns += CLOCK_NS_PER_SEC;
	vswitch_tick(sw);
	return 0;
}
