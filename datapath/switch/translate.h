#pragma once
/* Translation: from a packet's key to what happens to all packets like it.
 *
 * A function of (snapshot, version of the rules, key, FDB): struct path_host calls it in workers, for
 * packets that no cache entry knows. A bridge without flow tables is one flow that says NORMAL.
 */
#include <stdbool.h>
#include <stdint.h>

struct bridge_view;
struct flow_key;
struct ofactions;
struct path_learned;
struct path_view;
struct translate_trace;
struct translation;

void translate(const struct path_view *path, const struct flow_key *key, uint64_t now,
	       struct translation *out);
bool translate_refresh(const struct path_view *path, const struct flow_key *key, uint64_t now,
		       struct path_learned *learned);

/* Adds the bits of a packet that these actions look at (in_port, which always counts, is not
 * among them). True: they may say NORMAL, so that normal_mask() counts, too. A function of the
 * actions alone, whatever rule they belong to. Any thread. */
bool translate_reads(const struct ofactions *actions, struct flow_key *bits);
