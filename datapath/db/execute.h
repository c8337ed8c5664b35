#pragma once
/* Runs the operations of one "transact" request (RFC 7047 section 4.1.3). */
#include <stdbool.h>
#include <stdint.h>

#include "db/error.h"
#include "db/symbol.h"
#include "db/transaction.h"

struct database;
struct json_object;
struct members;

#define EXECUTE_NO_TIMEOUT UINT64_MAX

/* One run of a request. */
struct execution {
	/* given */
	struct database *db;
	uint64_t elapsed_ms; /* since the request came, for "wait" */
	bool (*owns_lock)(void *context, const char *name);
	void *context;
	/* result */
	uint64_t timeout_ms; /* after -EAGAIN: run again when so much has elapsed, at the latest */
	bool has_changed;    /* something was committed */
	/* inside */
	struct transaction transaction;
	struct symbols symbols;
	struct db_error error;
	unsigned n_selects;
	size_t result_cost; /* bytes of JSON in the results of selects but the first, see json_cost() */
};

/* Runs the operations in params[1] and up of the request. Returns 0 and the array of their results,
 * which the caller puts, or -EAGAIN: a "wait" is not satisfied yet, nothing was done. */
int execution_run(struct execution *execution, struct json_object *params,
		  struct json_object **result);

/* An operation reads its members, does its work and fills in its result. 0, -EINVAL with
 * execution.error, or -EAGAIN. */
typedef int operation_fn(struct execution *execution, struct members *members,
			 struct json_object *result);

operation_fn operation_insert, operation_select, operation_update, operation_mutate,
	operation_delete, operation_wait;

/* The table that member "table" names; NULL after an error in execution.error. */
struct table *operation_table(struct execution *execution, struct members *members);
/* Reads a <row>: the columns it names replace those in `columns`; bit `i` of `is_named` says that
 * column `i` was. Returns 0 or -EINVAL. */
int operation_row(struct execution *execution, const struct table *table, struct json_object *json,
		  struct datum **columns, bool *is_named);
