#pragma once
/* OpenFlow port numbers of one bridge: a name keeps its number while the bridge lives, also over
 * deletion and return, unless another port asked for just that number meanwhile.
 *
 * Control thread only.
 */
#include <stdbool.h>
#include <stdint.h>

#define OFPORT_MAX   65279 /* OFPP_MAX - 1 of OpenFlow 1.0: the highest that a port can have */
#define OFPORT_LOCAL 65534

struct ofports;

/* 0 or -ENOMEM. */
int ofports_new(struct ofports **out);
void ofports_free(struct ofports **ofports);

/* The number of the port `name`: `request` if that is not 0 and no live port has it, else the one
 * it had before, else the lowest that no name has. Returns it, -ENOSPC or -ENOMEM. */
int ofports_take(struct ofports *ofports, const char *name, uint16_t request);
/* The port is gone; its number is remembered. */
void ofports_give(struct ofports *ofports, const char *name);
