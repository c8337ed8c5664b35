#pragma once
/* The last transactions of a database: so a client that comes back hears only of what it missed
 * (monitor_cond_since, ovsdb-server(7)).
 *
 * Every transaction has an id. Kept is what its rows were before it; what they became is what they were before
 * the next one, or are now. What is told is the way from the state that the client knows to that of now,
 * whatever was in between. Bounded in transactions and in bytes, the oldest goes first; not on disk: after
 * a restart nobody's id is known, and everybody gets everything.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <urcu/list.h>

#include "db/uuid.h"

struct database;
struct datum;
struct table_schema;
struct transaction;

#define HISTORY_ENTRIES_MAX 1000
#define HISTORY_SIZE_MAX    ((size_t)4 << 20) /* bytes */

struct history {
	struct uuid last_id;          /* of the state of now */
	struct uuid earlier_id;       /* of the one before it */
	uint64_t n_added;             /* transactions, ever */
	struct cds_list_head entries; /* struct history_entry.node, oldest first */
	unsigned n_entries;
	size_t size; /* bytes */
};

/* What a row was. */
struct past_row {
	const struct table_schema *schema;
	struct uuid uuid;
	uint64_t number;        /* of the transaction that changed it */
	struct datum **columns; /* NULL: it was not there */
};

void history_init(struct history *history);
void history_fini(struct history *history);

/* Begins a new state, the one that a transaction with changes made. */
void history_begin(struct history *history);
/* Records that transaction; takes the columns that its changes kept. */
void history_add(struct history *history, struct transaction *transaction);
/* Is `id` that of a state from which the way is known? */
bool history_has(const struct history *history, const struct uuid *id);
/* The rows that were changed since state `id`, as they were then, each once: an array that the caller
 * frees; its rows are borrowed until the next transaction. `id` must be known. */
const struct past_row **history_since(const struct history *history, const struct uuid *id,
				      size_t *n);
