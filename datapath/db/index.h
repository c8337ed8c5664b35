#pragma once
/* Finds the rows of a table by the columns of one of its unique indexes.
 *
 * Inside a transaction several rows may have the same key: uniqueness holds only when it commits.
 * So a key leads to a group of rows, and a group of more than one is what the commit refuses.
 */
#include <stddef.h>
#include <stdint.h>
#include <urcu/list.h>

#include "base/hash.h"

struct datum;
struct index_schema;
struct row;

struct index_group {
	UT_hash_handle hh;
	struct cds_list_head links; /* struct index_link.node, at least one */
	size_t n_rows;
	size_t size;
	uint8_t key[]; /* the atoms of the columns, one form for each value */
};

struct index {
	const struct index_schema *schema;
	struct index_group *groups;
};

/* In each row, one for each index of its table. */
struct index_link {
	struct cds_list_head node;
	struct index_group *group; /* NULL while the row is not in the index */
	struct row *row;
};

/* Files `link` under the key that `columns` (the datums of a row) have. */
void index_add(struct index *index, struct index_link *link, struct datum *const *columns);
/* Does nothing if it is not in the index. */
void index_remove(struct index *index, struct index_link *link);
/* The rows with the key that `columns` have; only the columns of the index are looked at. NULL if
 * there are none. Borrowed until the index changes. */
struct index_group *index_find(const struct index *index, struct datum *const *columns);
