#pragma once
/* What the kernel side knows of ports, and of the queues and sockets of their devices. */
#include <linux/types.h>

/* Ports carry a switch-wide number, 1 to PORT_ID_MAX - 1, whatever bridge they are on; 0 is none.
 * (An OpenFlow port number is a different thing: it counts per bridge.) */
#define PORT_ID_NONE 0
#define PORT_ID_MAX  8192

/* What a packet chooses its class by (skb->priority): 1:N is queue N - 1 (port/qos.h); 0: it chooses none. */
#define QUEUES_MAX            61440 /* and their numbers are below it, as in Open vSwitch */
#define QUEUE_PRIORITY(queue) ((queue) ? 0x10000u | (queue) : 0)

/* One row per device that a program is attached to, by ifindex (maps `ports` and `near_ports`). */
#define PORT_MAX_QUEUES 64

enum port_flag {
	PORT_FLAG_CSUM_PARTIAL = 1 << 0, /* frames may carry only the pseudo-header's sum */
	PORT_FLAG_POLICED = 1 << 1,      /* it has a row in the map `policers` */
};

struct port_entry {
	__u16 port;     /* switch-wide number */
	__u16 n_queues; /* rx queues with a socket: the first ones */
	__u32 xsk_base; /* xdp ports: slot of queue 0 in the map `xsks` */
	__u32 flags;    /* enum port_flag */
	__u32 ifindex;
};

_Static_assert(sizeof(struct port_entry) == 16, "port entry");

#define NEAR_PORTS (2 * PORT_ID_MAX) /* a power of two */

/* Where a port's packets go out (map `outputs`, by port number; ifindex 0: nowhere). */
enum output_flag {
	OUTPUT_FLAG_UP = 1 << 0, /* the device is up and has carrier */
	OUTPUT_FLAG_XDP =
		1 << 1, /* it takes frames that XDP redirects: it is in the map `xdp_outputs` */
	OUTPUT_FLAG_XDP_PIECES = 1 << 2, /* also those in several buffers */
};

struct output_entry {
	__u32 ifindex;
	__u32 mtu;   /* of the device */
	__u32 flags; /* enum output_flag */
};

_Static_assert(sizeof(struct output_entry) == 12, "output entry");

/* Slots of the map `xsks`. */
#define XSK_SLOTS 16384
