#pragma once
/* Translation: from a packet's key to what happens to all packets like it.
 *
 * A function of (snapshot, key, FDB): struct path_host calls it in workers, for packets that no
 * cache entry knows. A bridge without flow tables is one flow that says NORMAL.
 */
#include <stdbool.h>
#include <stdint.h>

struct flow_key;
struct path_learned;
struct path_view;
struct translation;

void translate(const struct path_view *path, const struct flow_key *key, uint64_t now,
	       struct translation *out);
bool translate_refresh(const struct path_view *path, const struct flow_key *key, uint64_t now,
		       struct path_learned *learned);
