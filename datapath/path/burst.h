#pragma once
/* The packets that a worker walks through the steps together, and the scratch of the steps. */
#include <stdint.h>

#include "flow/cache.h"
#include "flow/key.h"
#include "flow/version.h"
#include "packet/frame.h"
#include "port/queue.h"

struct path_view;

_Static_assert(QUEUE_BURST <= CACHE_BURST, "one look-up takes a whole burst");

struct burst {
	unsigned n; /* of each array below */
	struct frame frames[QUEUE_BURST];
	struct flow_key keys[QUEUE_BURST];
	struct packet_layout layouts[QUEUE_BURST];
	struct cache_query queries[QUEUE_BURST];
	const struct path_view *view; /* what this burst is looked up by */
	struct version_deps deps;     /* begun before the view was loaded */
	bool is_dry;                  /* no packet buffers left, and none to be had by flushing */
};
