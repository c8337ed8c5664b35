#pragma once
/* Sending on what decisions brought to light: addresses to the FDB's writer, flows to the control
 * thread. A box that is full refuses; the next packet that is decided about says it again.
 *
 * Many packets teach the same flow, so what was sent within LEARN_PERIOD_NS is not sent again, as far as
 * a small memory goes.
 */
#include <stdint.h>

#include "base/clock.h"

struct path_host;
struct translation;

#define LEARN_PERIOD_NS CLOCK_NS_PER_SEC
#define LEARN_SLOTS     1024 /* a power of two */

/* All zero at first. One thread. */
struct learn_memory {
	struct {
		uint64_t hash;
		uint64_t sent_at; /* clock ns; 0: never */
	} slot[LEARN_SLOTS];
};

void learn(const struct path_host *host, struct learn_memory *memory, uint64_t now,
	   const struct translation *translation);
