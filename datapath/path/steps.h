#pragma once
/* The steps of the path in the order of a packet's way. Each takes what the one before has left in
 * the burst; a packet that it drops leaves the burst. This worker's thread. */

#include <stdint.h>

struct burst;
struct edit;
struct flow_actions;
struct flow_key;
struct flow_op;
struct frame;
struct worker;

/* Makes all rx queues due once more. */
void rx_begin(struct worker *worker);
/* Fills the burst from the queues that are due. */
void step_rx(struct worker *worker, struct burst *burst);
/* Parses, and finds the cache entries. */
void step_lookup(struct worker *worker, struct burst *burst);
/* Does what the entries say; leaves those packets that have none. */
void step_execute(struct worker *worker, struct burst *burst);
/* Has the rest translated, remembers it, and executes that. */
void step_miss(struct worker *worker, struct burst *burst);

/* Does `actions` to packet `i` of the burst, and gives its frame away. */
void execute(struct worker *worker, struct burst *burst, unsigned i,
	     const struct flow_actions *actions);
/* Does `n_ops` ops (words included, at least 1) to the frame of `edit`, and gives the frame away. */
void act(struct worker *worker, struct burst *burst, struct edit *edit, const struct flow_op *op,
	 uint32_t n_ops);
/* Offers the flow of such a packet to the kernel's cache. */
void offer(struct worker *worker, const struct flow_key *key);
/* The same for a packet that is lost, of which `frame`, which is given away, has the key (UPCALL_KEY). */
void offer_lost(struct worker *worker, const struct frame *frame);
/* Removes stale and idle entries of the cache, a little each turn: every one is looked at about
 * once per second. */
void sweep(struct worker *worker);
