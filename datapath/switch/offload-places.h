#pragma once
/* The places of the kernel's flow cache: who has which, and for how long one rests.
 *
 * A place is unused, live, standing by (see offload-standby.c), or resting: out of the index, but perhaps still read by a program, and
 * still counted. Each input port has its live ones in a ring, the oldest first, so that a port that
 * has more than its share gives way to others (as in flow/cache.h).
 *
 * Under the lock of switch/offload.c.
 */
#include <stdbool.h>
#include <stdint.h>

#include "../bpf/abi.h"

struct op_list;

enum place_state { PLACE_UNUSED, PLACE_LIVE, PLACE_STANDBY, PLACE_RESTING };

struct place {
	uint64_t made_at;
	uint64_t since;       /* live: last used; resting: since then; clock ns */
	struct op_list *list; /* a reference; NULL: of an earlier daemon's, not yet confirmed */
	uint32_t slot;        /* live or standing by: in the index */
	uint32_t next;        /* in its port's ring, or among those that rest or are unused */
	uint32_t prev;        /* in its port's ring */
	uint16_t in_port;
	uint8_t state; /* enum place_state */
};

#define PLACE_NONE 0

struct place_queue {
	uint32_t first;
	uint32_t last;
};

struct places {
	uint32_t n_max; /* live ones that there is room for */
	uint32_t n_places;
	struct place *place; /* number 0 is none */
	uint32_t n_made;     /* 1 to n_made have been used, or are homes (bpf/index.h) */
	uint32_t n_live;
	uint32_t max_live; /* that are wanted now: n_max at most */
	uint32_t n_standby;
	uint32_t n_ports; /* that have live ones */
	struct place_queue resting;
	struct place_queue unused; /* without homes */
	uint32_t n_of_port[PORT_ID_MAX];
	struct place_queue ring[PORT_ID_MAX];
	uint16_t next_victim;
};

/* 0 or -ENOMEM. */
int places_init(struct places *places, uint32_t n_max, uint32_t n_places);
void places_fini(struct places *places);

/* For one whose home is this, or who wants none (PLACE_NONE). */
bool places_have_room(const struct places *places, uint32_t home);
/* An unused place, home if that is one; PLACE_NONE: there is none. */
uint32_t places_take(struct places *places, uint32_t home);
/* One that was taken is an entry now: fill in slot and list. */
void places_join(struct places *places, uint32_t i, uint16_t in_port, uint64_t now);
/* The same, but it is in nobody's ring, and gives way to none. */
void places_stand_by(struct places *places, uint32_t i, uint16_t in_port, uint64_t now);
/* No more than these may stand by: places that rest have to find room beside them. */
bool places_are_enough(const struct places *places);
/* One that is used, or was taken, rests from now on. */
void places_leave(struct places *places, uint32_t i, uint64_t now);
/* The same, for an entry that an earlier daemon made at this place. False: the place is taken, or there are
 * too many. */
bool places_adopt(struct places *places, uint32_t i, uint16_t in_port, bool is_standby,
		  uint64_t now);
/* An earlier daemon used this place. */
void places_know(struct places *places, uint32_t i);
/* All have been adopted: the other places that are known rest. */
void places_adopted(struct places *places, uint64_t now);
/* The one that has rested for long enough; PLACE_NONE. It is unused from here on. */
uint32_t places_ripe(struct places *places, uint64_t now);

/* The live one that should give way to a new one of this port (PORT_ID_NONE: of nobody); PLACE_NONE: there
 * is room for one more, or none may live at all. */
uint32_t places_victim(struct places *places, uint16_t in_port);
