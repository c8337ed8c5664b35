#pragma once
/* Packets that a controller, or whoever drives the switch, has sent out. Control thread. */
#include <stddef.h>
#include <stdint.h>

struct bridge;
struct err;
struct flow_key;
struct ofactions;
struct packet_outs;

/* Does `actions` to the packet of `len` bytes from the Ethernet header on, as if it had come by from->packet.in_port:
 * an OpenFlow port number, OFPORT_LOCAL, OFPORT_CONTROLLER or OFPORT_NONE; with the tunnel, metadata and registers of
 * `from`, whose other headers count for nothing. Output to OFPORT_TABLE is the way
 * that a packet from there has through the tables. What becomes of it is decided before return, by what holds now;
 * a worker sends it soon after, behind those sent before. It counts as received nowhere; drops count on the port.
 *
 * 0, -EINVAL: a length, a port or actions that cannot be, -ENXIO, -ENODEV: there is no such group or meter, -EAGAIN: too many packets wait to be sent, and this one
 * is not (DROP_PACKET_OUT_FULL). `actions` and `data` are borrowed. */
int bridge_packet_out(struct bridge *bridge, const struct flow_key *from,
		      const struct ofactions *actions, const void *data, size_t len,
		      struct err *err);

/* ---- for the switch ---- */

/* 0 or -ENOMEM. */
int packet_outs_new(struct packet_outs **out);
void packet_outs_free(struct packet_outs **packet_outs);
