#pragma once
/* Sending without waiting.
 *
 * The kernel does not tell when the queue of another's netlink socket has room again (a sender's socket
 * always polls writable: probed on 6.18). So who has a full queue is tried again, after 1 ms first and
 * 50 ms last, and given up when it has read nothing for 30 s. Until then at most one datagram waits for
 * it with what was answered meanwhile, and a dump stands still where it is. Control thread only.
 */
#include <stddef.h>
#include <stdint.h>

struct attr_writer;
struct netlink;
struct netlink_peer;

/* More than this cannot be waited for at the same time. */
#define NETLINK_PEERS_MAX 256

/* Sends to a port, or keeps it for later. What is too much is lost, and counted. */
void peer_send(struct netlink *netlink, uint32_t port, const void *data, size_t size);
/* The same for those who may not speak: kept for nobody. */
void peer_send_now(struct netlink *netlink, uint32_t port, const void *data, size_t size);

/* What fills one datagram after the other. */
struct netlink_source {
	/* Writes messages; 1: there is more, 0: that was the end. */
	int (*fill)(struct netlink_source *source, struct attr_writer *w);
	void (*free)(struct netlink_source *source);
};

/* Sends what `source` says until it ends; takes it over. -EBUSY: that port has one already, or there are
 * too many peers; -ENOMEM. */
int peer_stream(struct netlink *netlink, uint32_t port, struct netlink_source *source);

void peers_free(struct netlink *netlink);
