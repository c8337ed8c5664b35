#pragma once
/* Queueing disciplines at the root of devices, and their classes, over rtnetlink.
 *
 * Only what QoS needs (port/qos.h): htb with handle 1: and classes below it, tbf. Numbers of classes are
 * the minor ones, 1:N. Rates are in bytes per second, sizes in bytes. Control thread only.
 */
#include <stdbool.h>
#include <stdint.h>

struct qdiscs;

/* 0 or -errno. */
int qdiscs_open(struct qdiscs **out);
void qdiscs_close(struct qdiscs **qdiscs);

struct qdisc_root {
	char kind[16];
	uint32_t handle; /* 0: the kernel's default, or none */
};

/* 0 or -errno. */
int qdisc_root_get(struct qdiscs *qdiscs, uint32_t ifindex, struct qdisc_root *out);
/* The device gets the kernel's default again. 0 or -errno. */
int qdisc_root_del(struct qdiscs *qdiscs, uint32_t ifindex);

/* Packets without a class of their own go to class 1. 0 or -errno: -EEXIST another qdisc is there, -ENOENT
 * this kernel has no htb. */
int htb_add(struct qdiscs *qdiscs, uint32_t ifindex);

struct htb_class {
	uint16_t minor, parent; /* parent 0: the root */
	uint64_t rate, ceil;
	uint32_t burst, ceil_burst; /* at rate, and at ceil */
	uint32_t quantum;
	uint32_t priority; /* of what the others leave: 0 is the first */
};
/* Makes it, or changes the one that is there. 0 or -errno. */
int htb_class_set(struct qdiscs *qdiscs, uint32_t ifindex, const struct htb_class *class);
int htb_class_del(struct qdiscs *qdiscs, uint32_t ifindex, uint16_t minor);

struct class_stats {
	uint16_t minor;
	uint64_t n_packets, n_bytes, n_dropped;
};
/* Classes of the root with handle 1:. 0 or -errno. */
int qdisc_classes(struct qdiscs *qdiscs, uint32_t ifindex,
		  void (*visit)(void *ctx, const struct class_stats *stats), void *ctx);

/* Makes it, or changes the one that is there. Errors of htb_add(). */
int tbf_set(struct qdiscs *qdiscs, uint32_t ifindex, uint64_t rate, uint32_t burst);
