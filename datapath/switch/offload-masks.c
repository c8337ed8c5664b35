/* By which bits the kernel looks packets up. */
#include <string.h>

#include "base/hash.h"
#include "flow/mask.h"
#include "port/flow_maps.h"
#include "switch/offload.h"
#include "switch/snapshot.h"

static bool is_for_kernel(const struct flow_mask *mask)
{
	return !mask->n_words || mask->word[mask->n_words - 1] < PACKET_KEY_WORDS;
}

static uint64_t n_words_hashed(const struct flow_mask *mask)
{
	const unsigned n = mask->n_words ? mask->word[mask->n_words - 1] + 1u : 0;

	return n <= 3 ? 3 : n <= PACKET_KEY_IPV4_WORDS ? PACKET_KEY_IPV4_WORDS : PACKET_KEY_WORDS;
}

static uint64_t secret(uint16_t mask, uint16_t number)
{
	const uint16_t of[] = {mask, number};

	return hash_bytes(of, sizeof(of)) ?: 1;
}

/* An id goes to another mask long after the last entry under it has left. Its secrets stay. */
static void mask_write(struct flow_maps *maps, const struct flow_mask *mask)
{
	struct kernel_mask *row = &maps->masks[mask->id], wanted = *row;

	if (!wanted.seed) {
		wanted.seed = secret(mask->id, PACKET_KEY_WORDS);
		for (uint16_t i = 0; i < PACKET_KEY_WORDS; i++)
			wanted.word[i].factor = secret(mask->id, i);
	}
	wanted.n_words = n_words_hashed(mask);
	for (unsigned i = 0; i < PACKET_KEY_WORDS; i++)
		wanted.word[i].bits = 0;
	for (unsigned i = 0; i < mask->n_words; i++)
		wanted.word[mask->word[i]].bits = mask->bits[i];
	if (memcmp(row, &wanted, sizeof(wanted)) != 0)
		*row = wanted;
}

void offload_masks_write(struct flow_maps *maps, const struct bridge_view *view)
{
	for (unsigned c = 0; c < N_PACKET_CLASSES; c++)
		if (is_for_kernel(view->masks.by_class[c]))
			mask_write(maps, view->masks.by_class[c]);
	if (view->masks.standby)
		mask_write(maps, view->masks.standby);
}

/* A row is never empty in between: its port's packets would all come up. */
void offload_ports_write(struct flow_maps *maps, const struct bridge_view *old,
			 const struct bridge_view *view)
{
	static const struct port_masks none;
	uint64_t is_there[PORT_ID_MAX / 64] = {0};
	struct port_masks row = {0};

	for (unsigned c = 0; view && c < N_PACKET_CLASSES; c++)
		if (is_for_kernel(view->masks.by_class[c]))
			row.by_class[c] = view->masks.by_class[c]->id + 1;
	if (view && view->masks.standby)
		row.by_class[CLASS_STANDBY] = view->masks.standby->id + 1;
	for (unsigned i = 0; view && i < view->n_ports; i++) {
		const uint16_t id = view->ports[i].id;

		maps->port_masks[id] = row;
		is_there[id / 64] |= 1ull << id % 64;
	}
	for (unsigned i = 0; old && i < old->n_ports; i++)
		if (!(is_there[old->ports[i].id / 64] & 1ull << old->ports[i].id % 64))
			maps->port_masks[old->ports[i].id] = none;
}
