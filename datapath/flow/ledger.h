#pragma once
/* What flows have counted, in memory that outlives the daemon: a file that is mapped.
 *
 * A tally (flow/credit.h) that has a row writes its counters there, too, as often as they change. Whoever
 * starts after a kill -9 finds them as they were at that moment, where the state file is seconds old. A
 * row goes by a number that no other row will ever have; who kept the number claims the row.
 *
 * What a kernel entry has counted is moved to several tallies, and then the entry is noted to be counted so
 * far. The ledger's log makes that one step: what is in it when the daemon dies is done by the next one. No
 * order of stores is asked of the CPU for that, only of the compiler: the thread that dies has done
 * what it was told up to one instruction, and nobody else looks before.
 *
 * Threads: rows and the log are written under the book's lock (flow/credit.h). Rows are added and put by
 * any thread; the rest is the control thread's.
 */
#include <stdbool.h>
#include <stdint.h>

struct ledger;

struct ledger_row {
	uint64_t number; /* 0: free */
	uint64_t n_packets, n_bytes;
	uint64_t used_at; /* clock ns, which goes on from one daemon to the next */
};

/* The file is made if it is not there, and anew if it is none of ours. 0, -ENOMEM, or an errno of open(2),
 * fallocate(2) or mmap(2). */
int ledger_open(struct ledger **out, const char *path);
/* Removes the file, unless ledger_keep() was called. */
void ledger_close(struct ledger **ledger);

/* A row, all zero but for its number. NULL: there is no room. NULL-safe. */
struct ledger_row *ledger_add(struct ledger *ledger);
/* NULL-safe, both. */
void ledger_put(struct ledger *ledger, struct ledger_row *row);

/* The row of that number, which an earlier daemon added and nobody has claimed yet; NULL. Before
 * ledger_settle(). NULL-safe. */
struct ledger_row *ledger_claim(struct ledger *ledger, uint64_t number);
/* Who wants a row of an earlier daemon's has it: the others are free. NULL-safe. */
void ledger_settle(struct ledger *ledger);
/* Rows stay as they are, whatever is put from now on. NULL-safe. */
void ledger_keep(struct ledger *ledger);

/* ---- the log ---- */

#define LEDGER_LOG_MAX 9472 /* rows at a time */

/* Somebody who counts, and how far that was moved. */
struct ledger_mark {
	uint32_t source;
	uint32_t pad;
	uint64_t n_packets, n_bytes; /* from here on */
};

/* ledger_note() what rows are to be, then ledger_commit(), which writes them; then write down what the mark
 * says; then ledger_done(). */
void ledger_note(struct ledger *ledger, struct ledger_row *row, const struct ledger_row *as);
void ledger_commit(struct ledger *ledger, const struct ledger_mark *mark);
void ledger_done(struct ledger *ledger);
/* True if an earlier daemon died between commit and done: rows are written, what *mark says may not be. */
bool ledger_is_undone(const struct ledger *ledger, struct ledger_mark *mark);
/* What it says is: until then, the next daemon hears of it, too. So it is when rows are added, which the old log must not
 * be written to, or noted. */
void ledger_undone_done(struct ledger *ledger);
