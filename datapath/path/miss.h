#pragma once
/* Misses cost far more than hits, so each input port has a bucket of tokens for them: whatever one
 * port sends, the others keep their share of the worker. Where there have been no others for a while,
 * there is nobody to keep it for: a port that is alone at its worker may cause all it can. */
#include <stdbool.h>
#include <stdint.h>

#define MISS_RATE  100000       /* misses per second and port */
#define MISS_BURST 8192         /* at once */
#define MISS_ALONE 100000000ull /* ns for which no other port has sent */

struct burst;
struct flow_actions;
struct flow_key;
struct frame;
struct worker;

/* Has a packet translated. `frame` is the packet itself where its key has proved not to be enough. What was
 * learned is sent on. Returns the answer, with a reference, or NULL: out of memory. `deps` of
 * worker->translation says what it rests on. */
struct flow_actions *miss_translate(struct worker *worker, const struct burst *burst,
				    const struct flow_key *key, const struct frame *frame);
/* May a packet of that port be translated now? */
bool miss_take(struct worker *worker, uint16_t port);
