#pragma once
/* A switch of fake ports whose wheels the test turns: no threads, no devices, a clock that stands
 * still. Everything fails the test that should not happen. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "switch/vswitch.h"

struct rig {
	struct clock clock;
	struct vswitch *sw;
	struct bridge *bridge; /* "br" */
};

#define RIG_BRIDGE \
	((struct bridge_config){.mac_table_size = BRIDGE_MAC_TABLE_SIZE, \
				.mac_aging_s = BRIDGE_MAC_AGING_S})
/* A trunk port of all VLANs. */
#define RIG_PORT(name_) \
	((struct bridge_port_config){.port = {.name = name_, .type = PORT_FAKE}, .tag = VLAN_NONE})

void rig_init(struct rig *rig, const struct bridge_config *config);
/* Fails if a packet buffer has not come back. */
void rig_fini(struct rig *rig);

struct bridge_port *rig_port(struct rig *rig, const struct bridge_port_config *config);
/* Trunk ports p1, p2, ... with these OpenFlow numbers, which are also their places in `port`. */
void rig_ports(struct rig *rig, unsigned n, struct bridge_port *port[]);
/* A frame comes in by `port`. */
void rig_put(struct bridge_port *port, const void *frame, size_t len);
/* Takes a frame that went out of `port`; its length, 0: none. */
size_t rig_take(struct bridge_port *port, uint8_t *frame);
/* Turns the worker until it has nothing to do, then has everything learned and aged. */
void rig_turn(struct rig *rig);
uint64_t rig_drops(const struct bridge_port *port, enum drop_reason reason);
