#pragma once
/* Transactions that the replica has sent and that are not answered yet. Control thread only. */
#include <stdbool.h>
#include <stdint.h>
#include <urcu/list.h>

#include "config/replica.h"

struct json_object;

struct replica_requests {
	struct cds_list_head list; /* oldest first */
	int64_t last_id;
};

void replica_requests_init(struct replica_requests *requests);
bool replica_requests_empty(const struct replica_requests *requests);
/* Returns the id that it is sent with, 1 or more, or -ENOMEM. `done` is called once. */
int64_t replica_requests_add(struct replica_requests *requests, replica_done_fn *done, void *ctx);
/* `message` may answer one of them. */
void replica_requests_answer(struct replica_requests *requests, int64_t id,
			     struct json_object *message);
/* Ends them all. */
void replica_requests_fail(struct replica_requests *requests, const char *error);

/* What is wrong, for people, by the "error" of a reply; NULL: nothing. Borrowed from it. */
const char *replica_error(struct json_object *error);
