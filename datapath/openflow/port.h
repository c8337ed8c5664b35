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

enum of_port_config {
	OF_PORT_DOWN = 1 << 0,
	OF_PORT_NO_STP = 1 << 1, /* of OpenFlow 1.0 only */
	OF_PORT_NO_RECV = 1 << 2,
	OF_PORT_NO_RECV_STP = 1 << 3, /* of OpenFlow 1.0 only */
	OF_PORT_NO_FLOOD = 1 << 4,    /* of OpenFlow 1.0 only */
	OF_PORT_NO_FWD = 1 << 5,
	OF_PORT_NO_PACKET_IN = 1 << 6,
};

/* Those that a version knows. */
static inline uint32_t of_port_config_known(uint8_t version)
{
	return OF_PORT_DOWN | OF_PORT_NO_RECV | OF_PORT_NO_FWD | OF_PORT_NO_PACKET_IN |
	       (version == OF10 ? OF_PORT_NO_STP | OF_PORT_NO_RECV_STP | OF_PORT_NO_FLOOD : 0);
}

/* Both ways between OpenFlow 1.0's numbers, which the switch has, too, and later ones. */
static inline uint32_t of_port_number(uint16_t ofport)
{
	return ofport < 0xff00 ? ofport : 0xffff0000u | ofport;
}

/* False: there cannot be such a port. */
bool of_port_ofport(uint32_t number, uint16_t *out);

/* A description, as in FEATURES_REPLY, PORT_DESC and PORT_STATUS. */
void of_port_write(struct wire_writer *w, uint8_t version, const struct of_port *port);

enum of_port_reason { OF_PORT_ADDED, OF_PORT_DELETED, OF_PORT_MODIFIED };
void of_port_status_write(struct wire_writer *w, uint8_t version, const struct of_port *port,
			  enum of_port_reason reason);

struct of_port_stats {
	uint32_t number;
	uint64_t duration; /* ns */
	uint64_t rx_packets, rx_bytes, rx_dropped, rx_errors;
	uint64_t tx_packets, tx_bytes, tx_dropped, tx_errors;
};

/* An entry of the reply to PORT statistics. */
void of_port_stats_write(struct wire_writer *w, uint8_t version, const struct of_port_stats *stats);
/* Of which port they are asked; OFPORT_NONE: of all. False: there cannot be such a port. */
bool of_port_request_read(const struct of_message *message, uint16_t *out);

struct of_port_mod {
	uint16_t port;
	uint8_t mac[6];
	uint32_t config, mask; /* enum of_port_config; bits to change */
};

enum of_error of_port_mod_read(const struct of_message *message, struct of_port_mod *out);
