#pragma once
/* How often things have happened, and how often lately: counters that exist anyhow, looked at every five seconds
 * from the first question on. Until somebody asks, it costs nothing. Control thread only.
 */
#include <stdint.h>

struct coverage;
struct event_base;
struct server;
struct vswitch;

/* 0 or -ENOMEM. `sw` and `server` are borrowed. */
int coverage_new(struct coverage **out, struct event_base *base, struct vswitch *sw,
		 struct server *server);
void coverage_free(struct coverage **coverage);

struct coverage_row {
	const char *name; /* static */
	uint64_t total;
	uint64_t last_5s, last_minute, last_hour; /* of it, not before the first look */
};
/* Counts what there is now; returns how many rows there are. */
unsigned coverage_look(struct coverage *coverage);
/* A row of the last look. */
void coverage_row(const struct coverage *coverage, unsigned i, struct coverage_row *out);
