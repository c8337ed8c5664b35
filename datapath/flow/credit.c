#include "flow/credit.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../bpf/abi.h"
#include "base/own.h"
#include "flow/ledger.h"

_Static_assert(CREDIT_TALLIES_MAX <= LEDGER_LOG_MAX, "the log has room for a credit");

struct credit_book {
	/* fixed after create */
	struct ledger *ledger;
	pthread_mutex_t lock;
	/* atomic: made since the last harvest, the youngest first; workers push, the harvest takes all */
	struct credit *young;
	uint32_t n_credits; /* atomic */
	/* under the lock */
	struct credit *credits;
};

int credit_book_new(struct credit_book **out, struct ledger *ledger)
{
	struct credit_book *book = calloc(1, sizeof(*book));

	if (!book)
		return -ENOMEM;
	pthread_mutex_init(&book->lock, NULL);
	book->ledger = ledger;
	*out = book;
	return 0;
}

struct credit *credit_new(struct credit_book *book, const struct credit_list *list)
{
	struct credit *credit = calloc(1, sizeof(*credit) + list->n * sizeof(credit->tally[0]));

	if (!credit)
		return NULL;
	credit->n_refs = 1;
	credit->n_tallies = list->n;
	for (uint32_t i = 0; i < list->n; i++)
		credit->tally[i] = tally_get(list->tally[i]);
	__atomic_fetch_add(&book->n_credits, 1, __ATOMIC_RELAXED);
	credit->next = __atomic_load_n(&book->young, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&book->young, &credit->next, credit, true,
					    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
	return credit;
}

struct credit *credit_get(struct credit *credit)
{
	__atomic_fetch_add(&credit->n_refs, 1, __ATOMIC_RELAXED);
	return credit;
}

void credit_put(struct credit **credit)
{
	if (*credit)
		__atomic_fetch_sub(&(*credit)->n_refs, 1, __ATOMIC_RELEASE);
	*credit = NULL;
}

/* ---- tallies ---- */

static struct ledger_row row_of(const struct tally *tally)
{
	return (struct ledger_row){.number = tally->row->number,
				   .n_packets = tally->n_packets,
				   .n_bytes = tally->n_bytes,
				   .used_at = tally->used_at};
}

static void tally_add(struct tally *tally, const struct kernel_count *gain, uint64_t now)
{
	counter_add(&tally->n_packets, gain->n_packets);
	counter_add(&tally->n_bytes, gain->n_bytes);
	if (counter_get(&tally->used_at) < now)
		__atomic_store_n(&tally->used_at, now, __ATOMIC_RELAXED);
}

void credit_move(struct credit_book *book, struct tally *const tallies[], uint32_t n_tallies,
		 const struct credit_source *source, const struct kernel_count *count, uint64_t now)
{
	const struct kernel_count gain = {
		.n_packets = count->n_packets - source->seen->n_packets,
		.n_bytes = count->n_bytes - source->seen->n_bytes,
	};
	const struct ledger_mark mark = {
		.source = source->number,
		.n_packets = count->n_packets,
		.n_bytes = count->n_bytes,
	};

	for (uint32_t i = 0; i < n_tallies; i++) {
		struct ledger_row as;

		tally_add(tallies[i], &gain, now);
		if (!tallies[i]->row)
			continue;
		as = row_of(tallies[i]);
		ledger_note(book->ledger, tallies[i]->row, &as);
	}
	if (book->ledger)
		ledger_commit(book->ledger, &mark);
	*source->seen = *count;
	if (book->ledger)
		ledger_done(book->ledger);
}

bool credit_is_undone(const struct credit_book *book, uint32_t *number, struct kernel_count *count)
{
	struct ledger_mark mark;

	if (!book->ledger || !ledger_is_undone(book->ledger, &mark))
		return false;
	*number = mark.source;
	*count = (struct kernel_count){.n_packets = mark.n_packets, .n_bytes = mark.n_bytes};
	return true;
}

void credit_undone_done(struct credit_book *book)
{
	ledger_undone_done(book->ledger);
}

void credit_restore(struct credit_book *book, struct tally *tally, const struct ledger_row *past)
{
	struct ledger_row *row = ledger_claim(book->ledger, past->number);
	const struct ledger_row *last = row ?: past;

	credit_book_lock(book);
	if (row) {
		ledger_put(book->ledger, tally->row);
		tally->row = row;
	}
	tally_add(tally,
		  &(struct kernel_count){.n_packets = last->n_packets, .n_bytes = last->n_bytes},
		  last->used_at > past->used_at ? last->used_at : past->used_at);
	if (tally->row)
		*tally->row = row_of(tally);
	credit_book_unlock(book);
}

/* ---- the harvest ---- */

static void collect(struct credit *credit)
{
	uint64_t n_packets = counter_get(&credit->n_packets);
	uint64_t n_bytes = counter_get(&credit->n_bytes);
	struct kernel_count gain = {.n_packets = n_packets, .n_bytes = n_bytes};

	if (n_packets == credit->n_packets_seen && n_bytes == credit->n_bytes_seen)
		return;
	gain.n_packets -= credit->n_packets_seen;
	gain.n_bytes -= credit->n_bytes_seen;
	for (uint32_t i = 0; i < credit->n_tallies; i++) {
		struct tally *tally = credit->tally[i];

		tally_add(tally, &gain, counter_get(&credit->used_at));
		if (tally->row)
			*tally->row = row_of(tally);
	}
	credit->n_packets_seen = n_packets;
	credit->n_bytes_seen = n_bytes;
}

static void credit_free(struct credit_book *book, struct credit *credit)
{
	for (uint32_t i = 0; i < credit->n_tallies; i++)
		tally_put(credit->tally[i]);
	__atomic_fetch_sub(&book->n_credits, 1, __ATOMIC_RELAXED);
	free(credit);
}

static void take_young(struct credit_book *book)
{
	struct credit *credit = __atomic_exchange_n(&book->young, NULL, __ATOMIC_ACQUIRE), *next;

	for (; credit; credit = next) {
		next = credit->next;
		credit->next = book->credits;
		book->credits = credit;
	}
}

/* Whether somebody holds it is asked first: what nobody holds counts no more, so it is collected for
 * good. */
static void harvest(struct credit_book *book)
{
	struct credit **place = &book->credits;

	take_young(book);
	while (*place) {
		struct credit *credit = *place;
		bool is_held = __atomic_load_n(&credit->n_refs, __ATOMIC_ACQUIRE) != 0;

		__builtin_prefetch(credit->next);
		collect(credit);
		if (is_held) {
			place = &credit->next;
		} else {
			*place = credit->next;
			credit_free(book, credit);
		}
	}
}

void credit_harvest(struct credit_book *book)
{
	credit_book_lock(book);
	harvest(book);
	credit_book_unlock(book);
}

void credit_book_lock(struct credit_book *book)
{
	pthread_mutex_lock(&book->lock);
}

void credit_book_unlock(struct credit_book *book)
{
	pthread_mutex_unlock(&book->lock);
}

uint32_t credit_book_n_credits(const struct credit_book *book)
{
	return __atomic_load_n(&book->n_credits, __ATOMIC_RELAXED);
}

void credit_book_free(struct credit_book **p)
{
	struct credit_book *book = *p;
	struct credit *credit, *next;

	if (!book)
		return;
	take_young(book);
	for (credit = book->credits; credit; credit = next) {
		next = credit->next;
		collect(credit);
		credit_free(book, credit);
	}
	pthread_mutex_destroy(&book->lock);
	mem_free(p);
}
