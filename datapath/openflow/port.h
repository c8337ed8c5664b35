#pragma once
/* Ports as messages describe them. */
#include "openflow/message.h"

struct of_port {
	uint32_t number; /* as OpenFlow 1.1 and later have it: reserved ones from 0xffffff00 on */
	uint8_t mac[6];
	char name[16];
	uint32_t config; /* enum of_port_config */
	bool is_link_up;
	uint64_t bits_per_s; /* 0: unknown */
	bool is_full_duplex;
};

enum of_port_config { OF_PORT_DOWN = 1 << 0 };

/* Both ways between OpenFlow 1.0's numbers, which the switch has, too, and later ones. */
static inline uint32_t of_port_number(uint16_t ofport)
{
	return ofport < 0xff00 ? ofport : 0xffff0000u | ofport;
}

/* False: there cannot be such a port. */
bool of_port_ofport(uint32_t number, uint16_t *out);

/* A description, as in FEATURES_REPLY, PORT_DESC and PORT_STATUS. */
void of_port_write(struct wire_writer *w, uint8_t version, const struct of_port *port);
