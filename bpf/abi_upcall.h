#pragma once
/* How packets come up to the daemon through the upcall device, and go down again. */
#include "abi_port.h"
#include "wire.h"

/* Why a packet comes up to the daemon. */
enum upcall_reason {
	UPCALL_MISS, /* no cache entry */
	UPCALL_FLOW, /* its cache entry says so */
	UPCALL_KEY,  /* it is too long to come up: here is but its key, for the cache */
};

/* What is sent up of such a packet: so many bytes, with a struct packet_key among them. In front of it are
 * headers in which the kernel may still complete a checksum. */
#define UPCALL_KEY_SIZE 256
#define UPCALL_KEY_AT   160

/* In front of the Ethernet header of a packet on its way up through the upcall device.
 * The way down needs no header: an S-tag (0x88a8) whose 16 TCI bits are the output port's number. */
#define UPCALL_MAGIC 0x5348
#define UPCALL_TAGS  2 /* tags that the header can carry */

struct upcall_tag {
	be16 tpid;
	be16 tci;
};

struct upcall_header {
	__u16 magic;
	__u16 port;  /* the port it came in by */
	__u8 reason; /* enum upcall_reason */
	__u8 n_tags; /* VLAN tags that belong between the MAC addresses and the rest, outer first */
	__u16 pad;
	__u32 cookie; /* depends on the reason */
	struct upcall_tag tags[UPCALL_TAGS];
};

_Static_assert(sizeof(struct upcall_header) == 20, "upcall header");

#define DOWNCALL_TPID 0x88a8

/* In the number of the way down: behind that tag is another, whose 16 bits are flow_op.queue. */
#define DOWNCALL_QUEUE 0x8000

_Static_assert(PORT_ID_MAX <= DOWNCALL_QUEUE, "downcall port");
