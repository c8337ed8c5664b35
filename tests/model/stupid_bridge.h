#pragma once
/* A learning bridge with VLANs, as stupid as can be: lists, linear search, no cache. It thinks as
 * IEEE 802.1Q does: a port has a VLAN for untagged packets, a set of VLANs that it is a member of,
 * and a set that leaves it untagged. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/port_fake.h"
#include "switch/vswitch.h"

#define STUPID_BRIDGES 2
#define STUPID_PORTS   6 /* names per bridge */
#define STUPID_ROWS    1000

struct stupid_row {
	uint8_t mac[6];
	uint16_t vlan;
	struct stupid_port *port;
	bool is_static;
	uint64_t seen_s;
};

struct stupid_port {
	struct stupid_bridge *bridge;
	struct bridge_port *real; /* NULL: not there */
	struct bridge_port_config config;
	bool is_down;
	uint64_t rx, tx, drops[N_DROP_REASONS];
};

struct stupid_bridge {
	struct bridge *real;
	struct bridge_config config;
	struct stupid_port ports[STUPID_PORTS];
	struct stupid_row rows[STUPID_ROWS];
	unsigned n_rows;
};

struct stupid_packet {
	uint8_t data[PORT_FAKE_FRAME_MAX];
	size_t len;
};

/* The VLAN of a packet that arrives; -1: it is not admitted. */
int stupid_classify(const struct stupid_port *port, const struct stupid_packet *packet);
/* What a packet of `vlan` looks like when it leaves `port`. */
void stupid_retag(const struct stupid_port *port, uint16_t vlan, const struct stupid_packet *in,
		  struct stupid_packet *out);
/* Which ports of the bridge get it; the reason if none does. `vlan`: stupid_classify(). */
enum drop_reason stupid_decide(struct stupid_port *from, const struct stupid_packet *packet,
			       int vlan, bool gets[STUPID_PORTS]);

struct stupid_row *stupid_row_find(struct stupid_bridge *bridge, const uint8_t *mac, uint16_t vlan);
struct stupid_row *stupid_row_add(struct stupid_bridge *bridge, const uint8_t *mac, uint16_t vlan);
void stupid_row_del(struct stupid_bridge *bridge, struct stupid_row *row);
void stupid_learn(struct stupid_port *port, const uint8_t *mac, uint16_t vlan, uint64_t now_s);
/* Of one port, or of all (NULL). */
void stupid_forget(struct stupid_bridge *bridge, const struct stupid_port *port, bool with_static);
/* Returns how many went. */
unsigned stupid_age(struct stupid_bridge *bridge, uint64_t now_s);
