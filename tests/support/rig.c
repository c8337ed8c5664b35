#include "support/rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/err.h"
#include "packet/frame.h"
#include "path/worker.h"
#include "port/port_fake.h"
#include "switch/bridge.h"
#include "switch/learn.h"
#include "switch/revalidator.h"

void rig_init(struct rig *rig, const struct bridge_config *config)
{
	struct vswitch_options options = {
		.instance = "test",
		.n_workers = 1,
		.clock = &rig->clock,
		.no_devices = true,
		.no_threads = true,
	};
	struct err err = ERR_INIT;

	rig->clock = (struct clock){.is_manual = true, .manual_ns = CLOCK_NS_PER_SEC};
	if (vswitch_new(&rig->sw, &options, NULL, &err) ||
	    bridge_add(rig->sw, "br", config, &rig->bridge, &err))
		fail_msg("%s", err.text);
}

void rig_fini(struct rig *rig)
{
	const struct frame_pool *pool = rig->sw->pools[0];

	assert_int_equal(pool->n_free, pool->n_chunks);
	vswitch_free(&rig->sw);
}

struct bridge_port *rig_port(struct rig *rig, const struct bridge_port_config *config)
{
	struct bridge_port *port = NULL;
	struct err err = ERR_INIT;

	if (bridge_port_add(rig->bridge, config, &port, &err))
		fail_msg("%s", err.text);
	return port;
}

void rig_ports(struct rig *rig, unsigned n, struct bridge_port *port[])
{
	for (unsigned i = 1; i <= n; i++) {
		struct bridge_port_config config = RIG_PORT("");

		snprintf(config.port.name, sizeof(config.port.name), "p%u", i);
		config.ofport_request = (uint16_t)i;
		port[i] = rig_port(rig, &config);
	}
}

void rig_put(struct bridge_port *port, const void *frame, size_t len)
{
	assert_true(port_fake_put(port->fake, frame, len));
}

size_t rig_take(struct bridge_port *port, uint8_t *frame)
{
	return port_fake_take(port->fake, frame);
}

void rig_turn(struct rig *rig)
{
	while (worker_turn(rig->sw->workers[0]))
		;
	revalidator_turn(rig->sw->revalidator);
	learn_turn(rig->sw);
}

uint64_t rig_drops(const struct bridge_port *port, enum drop_reason reason)
{
	struct bridge_port_status status;

	bridge_port_status(port, &status);
	return status.drops[reason];
}
