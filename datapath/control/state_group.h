#pragma once
/* The groups in a state file (control/state_file.h), read: those of a bridge become one change, as they may send to each
 * other. Control thread. */
#include <stddef.h>

#include "base/slice.h"

struct bridge;
struct bridge_mod;
struct group_past;

struct state_groups {
	struct bridge_mod *mods; /* each owns its group_mod */
	struct group_past *pasts;
	size_t n, size;
};

/* What follows the word "group". False: it is none. */
bool state_group_read(struct state_groups *groups, struct slice line);
/* Gives them to the bridge, and forgets them. How many did not fit. */
unsigned state_groups_apply(struct state_groups *groups, struct bridge *bridge);
