#include "flow/ledger.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"

#define MAGIC      "shunt-counts 1\n"
#define HEAD_SIZE  (512 << 10)
#define CHUNK_ROWS 16384
#define CHUNK_SIZE (CHUNK_ROWS * sizeof(struct ledger_row))
#define CHUNKS_MAX 1024 /* 16 million rows */
#define INDEX_BITS 24   /* of a number; above them is what makes it unique */

_Static_assert(CHUNKS_MAX *CHUNK_ROWS == 1 << INDEX_BITS, "a number has room for an index");

struct log_entry {
	uint32_t index;
	uint32_t pad;
	struct ledger_row row;
};

/* The file begins with it; rows follow, in chunks. */
struct head {
	char magic[16];
	uint64_t serial;   /* of the youngest number */
	uint64_t n_logged; /* 0: the log is empty. Else the mark is to be written, too */
	uint64_t is_committed;
	struct ledger_mark mark;
	struct log_entry log[LEDGER_LOG_MAX];
};

_Static_assert(sizeof(struct head) <= HEAD_SIZE, "head");

struct ledger {
	/* fixed after create */
	char *path;
	int fd;
	struct head *head;
	pthread_mutex_t lock;
	/* control only, until the first row is added or noted */
	bool was_undone;
	/* under the lock. A free row's n_packets is the index of the next one + 1 */
	struct ledger_row *chunk[CHUNKS_MAX];
	uint32_t n_chunks;
	uint64_t first_free; /* + 1; 0: none */
	bool is_kept;
	/* control only: until they are settled; NULL: they are */
	bool *is_claimed;
	uint32_t n_old;
};

/* The compiler keeps to the order that is written here. */
static void in_order(void)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static struct ledger_row *row_at(const struct ledger *ledger, uint32_t index)
{
	return &ledger->chunk[index / CHUNK_ROWS][index % CHUNK_ROWS];
}

static uint32_t index_of(const struct ledger_row *row)
{
	return (uint32_t)(row->number & ((1 << INDEX_BITS) - 1));
}

/* ---- free rows ---- */

static void row_free(struct ledger *ledger, uint32_t index)
{
	struct ledger_row *row = row_at(ledger, index);

	row->number = 0;
	in_order();
	row->n_packets = ledger->first_free;
	ledger->first_free = index + 1ull;
}

static int chunk_map(struct ledger *ledger)
{
	const off_t at = (off_t)(HEAD_SIZE + ledger->n_chunks * CHUNK_SIZE);
	void *memory = mmap(NULL, CHUNK_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, ledger->fd, at);

	if (memory == MAP_FAILED)
		return -errno;
	ledger->chunk[ledger->n_chunks++] = memory;
	return 0;
}

/* Memory that cannot be had is asked for here: a store to a hole of a full file system kills. */
static int chunk_add(struct ledger *ledger)
{
	const off_t at = (off_t)(HEAD_SIZE + ledger->n_chunks * CHUNK_SIZE);
	int rc;

	if (ledger->n_chunks == CHUNKS_MAX)
		return -ENOSPC;
	rc = -posix_fallocate(ledger->fd, at, CHUNK_SIZE);
	if (!rc)
		rc = chunk_map(ledger);
	if (rc)
		return rc;
	for (uint32_t i = CHUNK_ROWS; i--;)
		row_free(ledger, (ledger->n_chunks - 1) * CHUNK_ROWS + i);
	return 0;
}

void ledger_undone_done(struct ledger *ledger)
{
	if (!ledger->was_undone)
		return;
	ledger_done(ledger);
	ledger->was_undone = false;
}

struct ledger_row *ledger_add(struct ledger *ledger)
{
	struct ledger_row *row = NULL;

	if (!ledger)
		return NULL;
	pthread_mutex_lock(&ledger->lock);
	ledger_undone_done(ledger);
	if (ledger->first_free || !chunk_add(ledger)) {
		const uint32_t index = (uint32_t)(ledger->first_free - 1);

		row = row_at(ledger, index);
		ledger->first_free = row->n_packets;
		*row = (struct ledger_row){0};
		in_order();
		row->number = ++ledger->head->serial << INDEX_BITS | index;
		if (ledger->first_free) /* often wanted soon, and never in a cache */
			__builtin_prefetch(row_at(ledger, (uint32_t)(ledger->first_free - 1)));
	}
	pthread_mutex_unlock(&ledger->lock);
	return row;
}

void ledger_put(struct ledger *ledger, struct ledger_row *row)
{
	if (!ledger || !row)
		return;
	pthread_mutex_lock(&ledger->lock);
	if (!ledger->is_kept)
		row_free(ledger, index_of(row));
	pthread_mutex_unlock(&ledger->lock);
}

void ledger_keep(struct ledger *ledger)
{
	if (!ledger)
		return;
	pthread_mutex_lock(&ledger->lock);
	ledger->is_kept = true;
	pthread_mutex_unlock(&ledger->lock);
}

/* ---- rows of an earlier daemon's ---- */

struct ledger_row *ledger_claim(struct ledger *ledger, uint64_t number)
{
	const uint32_t index = (uint32_t)(number & ((1 << INDEX_BITS) - 1));

	if (!ledger || !number || !ledger->is_claimed || index >= ledger->n_old ||
	    ledger->is_claimed[index] || row_at(ledger, index)->number != number)
		return NULL;
	ledger->is_claimed[index] = true;
	return row_at(ledger, index);
}

void ledger_settle(struct ledger *ledger)
{
	if (!ledger || !ledger->is_claimed)
		return;
	pthread_mutex_lock(&ledger->lock);
	for (uint32_t i = 0; i < ledger->n_old; i++)
		if (!ledger->is_claimed[i])
			row_free(ledger, i);
	pthread_mutex_unlock(&ledger->lock);
	mem_free(&ledger->is_claimed);
}

/* ---- the log ---- */

void ledger_note(struct ledger *ledger, struct ledger_row *row, const struct ledger_row *as)
{
	struct head *head = ledger->head;
	struct log_entry *entry;

	ledger_undone_done(ledger);
	assert(head->n_logged < LEDGER_LOG_MAX);
	entry = &head->log[head->n_logged];
	*entry = (struct log_entry){.index = index_of(row), .row = *as};
	entry->row.number = row->number;
	head->n_logged++;
}

static void log_apply(struct ledger *ledger)
{
	const struct head *head = ledger->head;

	for (uint64_t i = 0; i < head->n_logged; i++)
		*row_at(ledger, head->log[i].index) = head->log[i].row;
}

void ledger_commit(struct ledger *ledger, const struct ledger_mark *mark)
{
	ledger_undone_done(ledger);
	ledger->head->mark = *mark;
	in_order();
	ledger->head->is_committed = 1;
	in_order();
	log_apply(ledger);
	in_order();
}

void ledger_done(struct ledger *ledger)
{
	in_order();
	ledger->head->is_committed = 0;
	in_order();
	ledger->head->n_logged = 0;
}

bool ledger_is_undone(const struct ledger *ledger, struct ledger_mark *mark)
{
	if (ledger->was_undone)
		*mark = ledger->head->mark;
	return ledger->was_undone;
}

/* Of the file of somebody who died. */
static void log_finish(struct ledger *ledger)
{
	struct head *head = ledger->head;

	ledger->was_undone = head->is_committed == 1 && head->n_logged <= LEDGER_LOG_MAX;
	for (uint64_t i = 0; ledger->was_undone && i < head->n_logged; i++)
		ledger->was_undone = head->log[i].index < ledger->n_chunks * CHUNK_ROWS;
	if (ledger->was_undone)
		log_apply(ledger);
	else
		ledger_done(ledger);
}

/* ---- life ---- */

static int head_map(struct ledger *ledger)
{
	void *memory = mmap(NULL, HEAD_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, ledger->fd, 0);

	if (memory == MAP_FAILED)
		return -errno;
	ledger->head = memory;
	return 0;
}

/* It has this size on disk, too, and begins with our words. */
static bool is_ledger(int fd, const struct stat *info)
{
	char magic[sizeof(MAGIC)] = "";

	return S_ISREG(info->st_mode) && info->st_size >= HEAD_SIZE &&
	       (size_t)(info->st_size - HEAD_SIZE) % CHUNK_SIZE == 0 &&
	       (size_t)(info->st_size - HEAD_SIZE) / CHUNK_SIZE <= CHUNKS_MAX &&
	       pread(fd, magic, sizeof(magic) - 1, 0) == sizeof(magic) - 1 && !strcmp(magic, MAGIC);
}

static int all_map(struct ledger *ledger, off_t size)
{
	const uint32_t n_chunks = (uint32_t)((size_t)(size - HEAD_SIZE) / CHUNK_SIZE);
	int rc = -posix_fallocate(ledger->fd, 0, size);

	if (!rc)
		rc = head_map(ledger);
	while (!rc && ledger->n_chunks < n_chunks)
		rc = chunk_map(ledger);
	return rc;
}

static int old_read(struct ledger *ledger)
{
	ledger->n_old = ledger->n_chunks * CHUNK_ROWS;
	ledger->is_claimed = calloc(ledger->n_old + 1, sizeof(*ledger->is_claimed));
	if (!ledger->is_claimed)
		return -ENOMEM;
	log_finish(ledger);
	for (uint32_t i = ledger->n_old; i--;) {
		const struct ledger_row *row = row_at(ledger, i);

		if (!row->number || index_of(row) != i) {
			row_free(ledger, i);
			ledger->is_claimed[i] = true;
		}
	}
	return 0;
}

static int file_open(struct ledger *ledger)
{
	struct stat info;

	ledger->fd =
		open(ledger->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (ledger->fd < 0 || fstat(ledger->fd, &info))
		return -errno;
	if (is_ledger(ledger->fd, &info))
		return all_map(ledger, info.st_size) ?: old_read(ledger);
	fd_close(&ledger->fd);
	unlink(ledger->path);
	ledger->fd = open(ledger->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return ledger->fd < 0 ? -errno : all_map(ledger, HEAD_SIZE);
}

int ledger_open(struct ledger **out, const char *path)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));
	int rc;

	if (!ledger)
		return -ENOMEM;
	pthread_mutex_init(&ledger->lock, NULL);
	ledger->fd = -1;
	ledger->path = strdup(path);
	rc = ledger->path ? file_open(ledger) : -ENOMEM;
	if (rc) {
		ledger->is_kept = true;
		ledger_close(&ledger);
		return rc;
	}
	memcpy(ledger->head->magic, MAGIC, sizeof(MAGIC) - 1);
	*out = ledger;
	return 0;
}

void ledger_close(struct ledger **p)
{
	struct ledger *ledger = *p;

	if (!ledger)
		return;
	if (!ledger->is_kept)
		unlink(ledger->path);
	for (uint32_t i = 0; i < ledger->n_chunks; i++)
		munmap(ledger->chunk[i], CHUNK_SIZE);
	if (ledger->head)
		munmap(ledger->head, HEAD_SIZE);
	fd_close(&ledger->fd);
	pthread_mutex_destroy(&ledger->lock);
	free(ledger->is_claimed);
	free(ledger->path);
	mem_free(p);
}
