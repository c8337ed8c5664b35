#pragma once
/* A port in memory: a test puts frames in and takes out what the switch sent. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/port.h"

struct port_fake;

#define PORT_FAKE_FRAME_MAX 2048 /* longest frame that a fake port carries */
#define PORT_FAKE_DEPTH     256  /* frames that wait in each direction, per worker */

/* Makes port `id` and hands its queues to every worker of the host: one rx queue each, or
 * config->n_rxq in all if that is not 0. Control thread. Returns 0, -ENOMEM or an errno of the
 * host; then the host has none of its queues. `host` must outlive the port. */
int port_fake_new(struct port_fake **out, uint16_t id, const struct port_config *config,
		  const struct port_host *host);
void port_fake_free(struct port_fake **port);

void port_fake_status(const struct port_fake *port, struct port_status *out);
/* Gives the transmit queues to the workers, or takes them away as if the device had gone. Control
 * thread. */
void port_fake_set_attached(struct port_fake *port, bool is_attached);

/* As an administrator says; nothing follows from it. Control thread. */
void port_fake_set_up(struct port_fake *port, bool is_up);

/* A frame arrives on rx queue `queue`, with `flags` of enum frame_flag. One thread at a time.
 * False if it is longer than PORT_FAKE_FRAME_MAX or the queue is full. */
bool port_fake_put_flags(struct port_fake *port, unsigned queue, const void *data, size_t len,
			 uint8_t flags);
static inline bool port_fake_put(struct port_fake *port, const void *data, size_t len)
{
	return port_fake_put_flags(port, 0, data, len, 0);
}

/* Takes out the oldest frame that a worker sent, lowest worker first. One thread at a time.
 * Returns its length, 0 if there is none. `data` has room for PORT_FAKE_FRAME_MAX bytes. */
size_t port_fake_take(struct port_fake *port, void *data);
