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

struct credit;
struct credit_book;

struct tally {
	/* counters: the harvest writes */
	uint64_t n_packets, n_bytes;
	uint64_t used_at; /* clock ns of the last packet, to the second; 0: never */
	/* fixed after create. Called with each reference that goes; the owner's memory stays as long as
	 * there are some. Under the book's lock, in the harvest's thread. */
	void (*put)(struct tally *tally);
	uint32_t n_refs; /* atomic */
};

#define CREDIT_TALLIES_MAX 128 /* of one decision; what would be more is refused by translation */

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

/* 0 or -ENOMEM. Control. */
int credit_book_new(struct credit_book **out);
/* Harvests and frees all credits; nobody may hold or count any more. */
void credit_book_free(struct credit_book **book);

/* A credit for these tallies, in the order of the list; takes a reference to each. NULL: no memory. The
 * tallies must be alive, which RCU sees to between look-up and here. Any worker. */
struct credit *credit_new(struct credit_book *book, const struct credit_list *list);
struct credit *credit_get(struct credit *credit); /* any thread that has one */
/* Sets *credit to NULL. NULL-safe. Any thread. */
void credit_put(struct credit **credit);

/* Counts packets. The worker that made it, alone. */
void credit_count(struct credit *credit, uint32_t n_packets, uint64_t n_bytes, uint64_t now);
/* The same for somebody else who counts (the kernel's entries). Under the book's lock. */
void credit_add(struct credit *credit, uint64_t n_packets, uint64_t n_bytes, uint64_t now);

/* Brings all tallies up to what workers have counted by now. Takes the book's lock. Control thread or
 * revalidator. */
void credit_harvest(struct credit_book *book);
void credit_book_lock(struct credit_book *book);
void credit_book_unlock(struct credit_book *book);
