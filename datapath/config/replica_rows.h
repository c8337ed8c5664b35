#pragma once
/* The replica's copy of the rows, and the inside of a row (row.h). Control thread only. */
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "config/row.h"

struct replica_table;

struct row {
	char uuid[UUID_LEN + 1];
	struct json_object *columns;
	uint64_t version;
	size_t cost; /* bytes */
	UT_hash_handle hh;
};

struct replica_rows {
	/* fixed after init */
	const struct replica_table *tables;
	unsigned n_tables;
	/* See replica_options. */
	void (*result_changed)(void *ctx, const char *uuid, const char *column);
	void *ctx;
	/* control thread */
	struct row **by_table; /* uthash by uuid */
	uint64_t last_version; /* of a row */
	size_t cost;           /* bytes */
};

/* What is fixed must be there. Returns 0 or -ENOMEM. */
int replica_rows_init(struct replica_rows *rows);
void replica_rows_fini(struct replica_rows *rows);

struct row *replica_rows_find(const struct replica_rows *rows, unsigned table, const char *uuid);
void replica_rows_clear(struct replica_rows *rows);
/* Takes in the <table-updates> of a monitor (RFC 7047 section 4.1.6). True if there is something new in them beside
 * results. */
bool replica_rows_update(struct replica_rows *rows, struct json_object *updates);
