#pragma once
/* Sends the pending changes of a replica as one transaction (RFC 7047 section 4.1.3). */
#include <stdbool.h>
#include <stdint.h>

struct err;
struct replica;
struct uuid;

struct commit_request {
	const char *comment; /* for the database's log */
	bool is_dry_run;     /* check all, change nothing */
	bool waits;          /* for the switch: adds one to Open_vSwitch.next_cfg */
};

enum commit_status {
	COMMIT_UNCHANGED, /* there was nothing to change */
	COMMIT_DONE,      /* new records know their `real_uuid` */
	COMMIT_RETRY,     /* what the changes were based on has changed: start over */
};

struct commit_result {
	enum commit_status status;
	int64_t next_cfg; /* the switch is done when Open_vSwitch.cur_cfg is as high */
};

/* Errors as client_call(); -EREMOTEIO also for a transaction that the database refuses. */
int replica_commit(struct replica *replica, const struct commit_request *request,
		   struct commit_result *result, struct err *err);
