#pragma once
/* Captured packets, on their way from the workers to whoever captures. Control thread. */
#include <stdbool.h>
#include <stdint.h>

#include "path/capture.h"

struct bridge;
struct captures;
struct event_base;
struct mailbox;
struct vswitch;

/* Embedded by whoever captures; an order of kind ORDER_CAPTURE has it. */
struct capture_taker {
	/* A packet. Borrowed during the call, which must not change orders. */
	void (*seen)(struct capture_taker *taker, struct bridge *bridge,
		     const struct captured *packet);
	/* The order is gone, and all its packets were seen or lost: it met so many. The taker may be freed. */
	void (*gone)(struct capture_taker *taker, uint64_t n_packets);
};

/* `base` NULL: nobody calls but captures_deliver(). 0, -ENOMEM, errno of eventfd(2). */
int captures_new(struct captures **out, struct vswitch *sw, struct event_base *base);
void captures_free(struct captures **captures);
/* Where workers send struct captured. Borrowed. */
struct mailbox *captures_mailbox(const struct captures *captures);
/* Hands on some of those that wait. True if there may be more. */
bool captures_deliver(struct captures *captures);
