#pragma once
/* Flows that learn() makes of packets: from the workers' mailbox into the tables.
 *
 * A worker says what a flow would look like whenever it decides about packets that teach it; whether it is
 * there already is found out here. If it is, it is as fresh as if it had just been added (its hard
 * timeout begins anew), and nothing else changes, so that what was decided holds on. Until a new flow is in,
 * some packets may still be decided about without it: Open vSwitch, which holds the packet, has no
 * such gap.
 *
 * That a connection ends, where fin_timeout() asks for it, comes by the same way.
 *
 * Where learn() says delete_learned, what it has taught goes with the last flow that says so.
 *
 * Control thread, registered with RCU and offline.
 */
#include "switch/flows.h"

struct bridge;
struct event_base;
struct vswitch;

/* 0 or -ENOMEM, errno of eventfd(2). */
int learn_start(struct vswitch *sw);
/* Turns by itself from now on. NULL: the caller does it, by learn_turn(). 0 or -ENOMEM. */
int learn_listen(struct vswitch *sw, struct event_base *base);
void learn_stop(struct vswitch *sw);
/* Puts all into the tables that has come. */
void learn_turn(struct vswitch *sw);

/* Of each bridge: notes flows that go, and have taught others. */
void learn_watch(struct bridge *bridge);
/* When its tables are gone. */
void learn_unwatch(struct bridge *bridge);
/* Takes those others away: after each change of flows. */
void learn_forget(struct bridge *bridge);
