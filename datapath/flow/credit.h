#pragma once
/* Whose packets these are: the tallies that a cached decision counts for.
 *
 * A tally belongs to whoever shows its numbers (a rule, a table's misses, a mirror). A translation
 * collects borrowed pointers to all tallies on its way; the worker makes a credit of them, which holds
 * them, and counts there. Credits are harvested: what they counted since the last time is added to
 * their tallies, by one thread at a time, without disturbing the worker.
 *
 * Life: a credit is made by a worker, with one reference; kernel entries (switch/offload) take another.
 * One that nobody holds any more is harvested for the last time and freed by the harvest.
 *
 * Threads: said per function. `struct tally` is read by anyone (counter_get) and written under the
 * book's lock.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/counter.h"

struct credit_book;
struct kernel_count;
struct ledger;
struct ledger_row;

struct tally {
	/* counters: the harvest writes */
	uint64_t n_packets, n_bytes;
	uint64_t used_at; /* clock ns of the last packet's turn; 0: never */
	/* under the book's lock: where they are written, too (flow/ledger.h); NULL: nowhere */
	struct ledger_row *row;
	/* fixed after create. Called when nobody holds it any more: frees it, or what it is part of.
	 * In the thread that gave the last reference back. */
	void (*gone)(struct tally *tally);
	uint32_t n_refs; /* atomic; begins with the owner's one */
};

static inline struct tally *tally_get(struct tally *tally)
{
	__atomic_fetch_add(&tally->n_refs, 1, __ATOMIC_RELAXED);
	return tally;
}

/* Any thread; the owner only after a grace period since readers could find it. */
static inline void tally_put(struct tally *tally)
{
	if (!__atomic_sub_fetch(&tally->n_refs, 1, __ATOMIC_ACQ_REL))
		tally->gone(tally);
}

/* Of one decision: 1024 orders, 4096 look-ups, two each, and some more. What would be more is refused by
 * translation. */
#define CREDIT_TALLIES_MAX 9472

struct credit {
	/* counters: the worker that made it writes */
	uint64_t n_packets, n_bytes;
	uint64_t used_at; /* clock ns */
	/* atomic */
	uint32_t n_refs;
	/* fixed after create */
	uint32_t n_tallies;
	/* under the book's lock; `next` is the maker's until then */
	uint64_t n_packets_seen, n_bytes_seen; /* by the last harvest */
	struct credit *next;                   /* in the book */
	struct tally *tally[];                 /* fixed: n_tallies, a reference to each */
};

/* What translation collects. */
struct credit_list {
	uint32_t n;
	struct tally *tally[CREDIT_TALLIES_MAX];
};

static inline bool credit_list_add(struct credit_list *list, struct tally *tally)
{
	if (list->n == CREDIT_TALLIES_MAX)
		return false;
	list->tally[list->n++] = tally;
	return true;
}

/* ---- the book of all credits of a switch ---- */

/* `ledger` is borrowed, and may be NULL: then nothing outlives the daemon. 0 or -ENOMEM. Control. */
int credit_book_new(struct credit_book **out, struct ledger *ledger);
/* Harvests and frees all credits; nobody may hold or count any more. */
void credit_book_free(struct credit_book **book);

/* A credit for these tallies, in the order of the list; takes a reference to each. NULL: no memory. The
 * tallies must be alive, which RCU sees to between look-up and here. Any worker. */
struct credit *credit_new(struct credit_book *book, const struct credit_list *list);
struct credit *credit_get(struct credit *credit); /* any thread that has one */
/* Sets *credit to NULL. NULL-safe. Any thread. */
void credit_put(struct credit **credit);

/* Counts packets. The worker that made it, alone. */
static inline void credit_count(struct credit *credit, uint32_t n_packets, uint64_t n_bytes,
				uint64_t now)
{
	counter_add(&credit->n_packets, n_packets);
	counter_add(&credit->n_bytes, n_bytes);
	__atomic_store_n(&credit->used_at, now, __ATOMIC_RELAXED);
}

/* The same for somebody else who counts: a kernel entry, by its number. */
struct credit_source {
	uint32_t number;
	struct kernel_count *seen; /* how much of it was given to tallies; outlives the daemon */
};
/* Gives these tallies what the source has counted beyond what was seen of it, and makes that seen: both or
 * neither, whenever the daemon is killed. Under the book's lock. `now`: clock ns at which the last of the
 * packets passed. */
void credit_move(struct credit_book *book, struct tally *const tallies[], uint32_t n_tallies,
		 const struct credit_source *source, const struct kernel_count *count,
		 uint64_t now);
/* True: an earlier daemon died in the middle of that. The tallies have it; what is seen of the source of that
 * number is *count from here on, if it was less. */
bool credit_is_undone(const struct credit_book *book, uint32_t *number, struct kernel_count *count);
/* That is seen now. */
void credit_undone_done(struct credit_book *book);

/* What an earlier daemon counted: in the row of that number, if there still is one, or else as in `past`.
 * Before anybody counts. Takes the book's lock. Control. */
void credit_restore(struct credit_book *book, struct tally *tally, const struct ledger_row *past);

/* Brings all tallies up to what workers have counted by now. Takes the book's lock. Control thread or
 * revalidator. */
void credit_harvest(struct credit_book *book);
void credit_book_lock(struct credit_book *book);
void credit_book_unlock(struct credit_book *book);
/* How many there are, dead ones that the next harvest frees included. Any thread. */
uint32_t credit_book_n_credits(const struct credit_book *book);
