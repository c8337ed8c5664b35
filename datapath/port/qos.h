#pragma once
/* What a port's packets share its device by: a qdisc of the kernel's at the root of the device.
 *
 * htb: a class 1:fffe for all of them, and below it 1:N+1 for queue N. Packets choose theirs by skb->priority;
 * those that choose none, or one that is not there, are queue 0's, which always is. This is how Open vSwitch
 * does it, and what it left is taken over. tbf: one queue, and no more than so much. Control thread only.
 */
#include <stdint.h>

struct port;
struct qdiscs;

enum qos_type { QOS_NONE, QOS_HTB, QOS_TBF };

/* Rates in bit/s, bursts in bits; 0: whatever is best. */
struct qos_queue {
	uint32_t id;
	uint32_t priority;
	uint64_t min_rate, max_rate;
	uint64_t burst;
	uint64_t made_at; /* port/qos.c writes it */
};

struct qos_config {
	enum qos_type type;
	uint64_t max_rate; /* 0: the link's */
	uint64_t burst;
	unsigned n_queues;
	const struct qos_queue *queues; /* ascending by id */
};

/* A queue, and what it did. */
struct port_queue {
	const struct qos_queue *config;
	uint64_t n_packets, n_bytes, n_dropped;
	uint64_t age; /* ns */
};

/* What was asked for; queue 0 is always there, but for tbf. */
struct port_qos {
	struct qos_config config;
	struct qos_queue queues[];
};

/* For port_life.c: makes the device's qdisc what was asked for; port->qos_error tells. */
void port_qos_apply(struct port *port);
/* Takes ours away, if there is one. */
void port_qos_release(struct port *port);
/* The same for a device by its number; whoever calls knows that it was ours. */
void qos_undo(struct qdiscs *qdiscs, uint32_t ifindex);
