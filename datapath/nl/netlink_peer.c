#include "nl/netlink_peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/own.h"
#include "nl/netlink_server.h"

#define DELAY_MIN_MS 1
#define DELAY_MAX_MS 50
#define PATIENCE_MS  30000
/* A dump's datagram, and answers behind it. */
#define WAITING_MAX    ((size_t)2 * DATAGRAM_SIZE)
#define TURN_DATAGRAMS 8 /* of a dump, before others are looked at */

struct netlink_peer {
	struct cds_list_head node;
	struct netlink *netlink;
	uint32_t port;
	struct event *again;
	unsigned delay_ms, waited_ms;
	struct netlink_source *source; /* or NULL */
	uint8_t *waiting;              /* a datagram, or what will be one */
	size_t n_waiting;
};

/* 0, -EAGAIN: its queue is full, -ECONNREFUSED: it is gone, or another -errno. */
static int send_now(struct netlink *netlink, uint32_t port, const void *data, size_t size)
{
	const struct sockaddr_nl to = {.nl_family = AF_NETLINK, .nl_pid = port};

	if (sendto(netlink->fd, data, size, MSG_DONTWAIT, (const struct sockaddr *)&to,
		   sizeof(to)) >= 0)
		return 0;
	return errno == ENOBUFS ? -EAGAIN : -errno;
}

static struct netlink_peer *peer_of(struct netlink *netlink, uint32_t port)
{
	struct netlink_peer *peer;

	cds_list_for_each_entry (peer, &netlink->peers, node)
		if (peer->port == port)
			return peer;
	return NULL;
}

static void peer_free(struct netlink_peer *peer)
{
	cds_list_del(&peer->node);
	peer->netlink->stats.n_peers--;
	if (peer->source)
		peer->source->free(peer->source);
	event_free(peer->again);
	free(peer->waiting);
	free(peer);
}

/* Nobody is there any more, or nobody who reads. */
static void give_up(struct netlink_peer *peer)
{
	struct netlink *netlink = peer->netlink;
	uint32_t port = peer->port;

	netlink->stats.n_lost++;
	peer_free(peer);
	netlink_bundles_forget(netlink, port);
}

static void call_again(struct netlink_peer *peer, unsigned ms)
{
	const struct timeval delay = {.tv_usec = (suseconds_t)ms * 1000};

	event_add(peer->again, &delay);
}

static void keep(struct netlink_peer *peer, const void *data, size_t size)
{
	uint8_t *waiting;

	if (peer->n_waiting && peer->n_waiting + size > WAITING_MAX) {
		peer->netlink->stats.n_lost++;
		return;
	}
	waiting = realloc(peer->waiting, peer->n_waiting + size);
	if (!waiting) {
		peer->netlink->stats.n_lost++;
		return;
	}
	memcpy(waiting + peer->n_waiting, data, size);
	peer->waiting = waiting;
	peer->n_waiting += size;
}

/* Sends what waits. 0: nothing does now, -EAGAIN, or another -errno: the peer is of no use. */
static int flush(struct netlink_peer *peer)
{
	int rc;

	if (!peer->n_waiting)
		return 0;
	rc = send_now(peer->netlink, peer->port, peer->waiting, peer->n_waiting);
	if (rc)
		return rc;
	free(peer->waiting);
	peer->waiting = NULL;
	peer->n_waiting = 0;
	peer->delay_ms = DELAY_MIN_MS;
	peer->waited_ms = 0;
	return 0;
}

/* The next datagrams of a dump. As flush(). */
static int stream(struct netlink_peer *peer)
{
	int rc = 0;

	for (unsigned i = 0; !rc && peer->source && i < TURN_DATAGRAMS; i++) {
		struct attr_writer w = message_writer(peer->netlink);

		if (!peer->source->fill(peer->source, &w)) {
			peer->source->free(peer->source);
			peer->source = NULL;
		}
		rc = send_now(peer->netlink, peer->port, w.at, w.len);
		if (rc == -EAGAIN)
			keep(peer, w.at, w.len);
	}
	return rc;
}

static void again_cb(evutil_socket_t fd, short what, void *ctx)
{
	struct netlink_peer *peer = ctx;
	int rc = flush(peer);

	if (!rc)
		rc = stream(peer);
	if (rc == -EAGAIN && peer->waited_ms < PATIENCE_MS) {
		peer->waited_ms += peer->delay_ms;
		call_again(peer, peer->delay_ms);
		peer->delay_ms =
			peer->delay_ms * 2 < DELAY_MAX_MS ? peer->delay_ms * 2 : DELAY_MAX_MS;
	} else if (rc) {
		give_up(peer);
	} else if (peer->source) {
		call_again(peer, 0);
	} else {
		peer_free(peer);
	}
}

/* NULL: there are too many, or no memory. */
static struct netlink_peer *peer_new(struct netlink *netlink, uint32_t port)
{
	struct netlink_peer *peer;

	if (netlink->stats.n_peers >= NETLINK_PEERS_MAX)
		return NULL;
	peer = calloc(1, sizeof(*peer));
	if (!peer)
		return NULL;
	peer->netlink = netlink;
	peer->port = port;
	peer->delay_ms = DELAY_MIN_MS;
	peer->again = evtimer_new(netlink->base, again_cb, peer);
	if (!peer->again) {
		free(peer);
		return NULL;
	}
	cds_list_add_tail(&peer->node, &netlink->peers);
	netlink->stats.n_peers++;
	return peer;
}

void peer_send_now(struct netlink *netlink, uint32_t port, const void *data, size_t size)
{
	if (send_now(netlink, port, data, size))
		netlink->stats.n_lost++;
}

void peer_send(struct netlink *netlink, uint32_t port, const void *data, size_t size)
{
	struct netlink_peer *peer = peer_of(netlink, port);
	int rc = 0;

	/* in front of what waits it must not come; a dump's messages tell themselves by their numbers */
	if (!peer || !peer->n_waiting)
		rc = send_now(netlink, port, data, size);
	else
		rc = -EAGAIN;
	if (rc == -ECONNREFUSED)
		netlink_bundles_forget(netlink, port);
	if (rc == -EAGAIN && !peer) {
		peer = peer_new(netlink, port);
		if (peer)
			call_again(peer, DELAY_MIN_MS);
	}
	if (rc == -EAGAIN && peer)
		keep(peer, data, size);
	else if (rc)
		netlink->stats.n_lost++;
}

int peer_stream(struct netlink *netlink, uint32_t port, struct netlink_source *source)
{
	struct netlink_peer *peer = peer_of(netlink, port);

	if (peer && peer->source)
		return -EBUSY;
	if (!peer) {
		peer = peer_new(netlink, port);
		if (!peer)
			return netlink->stats.n_peers >= NETLINK_PEERS_MAX ? -EBUSY : -ENOMEM;
	}
	peer->source = source;
	call_again(peer, 0);
	return 0;
}

void peers_free(struct netlink *netlink)
{
	struct netlink_peer *peer, *next;

	cds_list_for_each_entry_safe (peer, next, &netlink->peers, node)
		peer_free(peer);
}
