#include "flow/mask.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <urcu/list.h>

#include "base/hash.h"
#include "base/own.h"

struct entry {
	struct flow_mask mask;
	unsigned n_refs;
	bool has_bits;             /* false: its id was passed over */
	struct cds_list_head idle; /* while there are no references */
	UT_hash_handle hh;
};

/* Ids are given out in order while there are fresh ones. A mask without references keeps its id and
 * its bits until both are needed for another mask; then the one that waited longest goes. */
struct mask_table {
	/* control thread only, but for the masks that workers hold */
	struct entry *entry; /* FLOW_MASK_IDS of them, by id */
	struct entry *by_bits;
	struct cds_list_head idle; /* oldest first */
	unsigned n_made;           /* ids ever given out */
	unsigned n_used;           /* with references */
};

/* What makes masks equal: everything behind the id, unused places being zero. */
#define BITS_OFFSET offsetof(struct flow_mask, n_words)
#define BITS_SIZE   (sizeof(struct flow_mask) - BITS_OFFSET)

int mask_table_new(struct mask_table **out)
{
	own(mask_table_free) struct mask_table *table = calloc(1, sizeof(*table));

	if (!table)
		return -ENOMEM;
	CDS_INIT_LIST_HEAD(&table->idle);
	table->entry = calloc(FLOW_MASK_IDS, sizeof(*table->entry));
	if (!table->entry)
		return -ENOMEM;
	*out = take_ptr(table);
	return 0;
}

void mask_table_free(struct mask_table **table)
{
	if (!*table)
		return;
	HASH_CLEAR(hh, (*table)->by_bits);
	free((*table)->entry);
	mem_free(table);
}

static int compress(const struct flow_key *bits, struct flow_mask *mask)
{
	memset(mask, 0, sizeof(*mask));
	for (unsigned i = 0; i < FLOW_KEY_WORDS; i++) {
		if (!bits->word[i])
			continue;
		if (i >= FLOW_KEY_PACKET_WORDS)
			return -EINVAL;
		mask->word[mask->n_words] = (uint8_t)i;
		mask->bits[mask->n_words++] = bits->word[i];
	}
	return 0;
}

/* An entry whose id can be given to another mask; NULL if all are in use. */
static struct entry *entry_take(struct mask_table *table)
{
	struct entry *entry;

	if (table->n_made < FLOW_MASK_IDS) {
		entry = &table->entry[table->n_made];
		entry->mask.id = (uint16_t)table->n_made++;
		return entry;
	}
	if (cds_list_empty(&table->idle))
		return NULL;
	entry = cds_list_first_entry(&table->idle, struct entry, idle);
	cds_list_del(&entry->idle);
	if (entry->has_bits)
		HASH_DEL(table->by_bits, entry);
	return entry;
}

static void entry_fill(struct mask_table *table, struct entry *entry, struct flow_mask mask)
{
	mask.id = entry->mask.id;
	entry->mask = mask;
	entry->has_bits = true;
	HASH_ADD_KEYPTR(hh, table->by_bits, &entry->mask.n_words, BITS_SIZE, entry);
}

int mask_adopt(struct mask_table *table, uint16_t id, const struct flow_key *bits,
	       const struct flow_mask **out)
{
	struct flow_mask mask;
	struct entry *entry;

	if (id >= FLOW_MASK_IDS || compress(bits, &mask))
		return -EINVAL;
	HASH_FIND(hh, table->by_bits, &mask.n_words, BITS_SIZE, entry);
	if (entry || (id < table->n_made && table->entry[id].has_bits))
		return -EEXIST;
	for (; table->n_made <= id; table->n_made++) {
		entry = &table->entry[table->n_made];
		entry->mask.id = (uint16_t)table->n_made;
		cds_list_add_tail(&entry->idle, &table->idle);
	}
	entry = &table->entry[id];
	cds_list_del(&entry->idle);
	entry_fill(table, entry, mask);
	entry->n_refs = 1;
	table->n_used++;
	*out = &entry->mask;
	return 0;
}

int mask_get(struct mask_table *table, const struct flow_key *bits, const struct flow_mask **out)
{
	struct flow_mask mask;
	struct entry *entry;

	if (compress(bits, &mask))
		return -EINVAL;
	HASH_FIND(hh, table->by_bits, &mask.n_words, BITS_SIZE, entry);
	if (!entry) {
		entry = entry_take(table);
		if (!entry)
			return -ENOSPC;
		entry_fill(table, entry, mask);
	} else if (!entry->n_refs) {
		cds_list_del(&entry->idle);
	}
	if (!entry->n_refs++)
		table->n_used++;
	*out = &entry->mask;
	return 0;
}

const struct flow_mask *mask_hold(struct mask_table *table, const struct flow_mask *mask)
{
	assert(table->entry[mask->id].n_refs);
	table->entry[mask->id].n_refs++;
	return mask;
}

bool mask_covers(const struct flow_mask *mask, const struct flow_key *bits)
{
	struct flow_key left = *bits;

	for (unsigned i = 0; i < mask->n_words; i++)
		left.word[mask->word[i]] &= ~mask->bits[i];
	for (unsigned i = 0; i < FLOW_KEY_WORDS; i++)
		if (left.word[i])
			return false;
	return true;
}

bool mask_is(const struct flow_mask *mask, const struct flow_key *bits)
{
	struct flow_key left = *bits;

	for (unsigned i = 0; i < mask->n_words; i++)
		left.word[mask->word[i]] ^= mask->bits[i];
	for (unsigned i = 0; i < FLOW_KEY_WORDS; i++)
		if (left.word[i])
			return false;
	return true;
}

void mask_put(struct mask_table *table, const struct flow_mask **mask)
{
	struct entry *entry;

	if (!*mask)
		return;
	entry = &table->entry[(*mask)->id];
	assert(&entry->mask == *mask && entry->n_refs);
	if (!--entry->n_refs) {
		table->n_used--;
		cds_list_add_tail(&entry->idle, &table->idle);
	}
	*mask = NULL;
}

const struct flow_mask *mask_lookup(const struct mask_table *table, uint16_t id)
{
	assert(id < FLOW_MASK_IDS);
	return &table->entry[id].mask;
}

unsigned mask_table_n_used(const struct mask_table *table)
{
	return table->n_used;
}
