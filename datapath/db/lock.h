#pragma once
/* Locks that clients agree on (RFC 7047 sections 4.1.8 to 4.1.10). A lock exists while somebody has
 * or wants it; the first in its queue owns it. A client whose lock was stolen stays in the queue.
 */
#include <stdbool.h>
#include <urcu/list.h>

#include "base/hash.h"

struct db_session;

struct lock_claim {
	struct cds_list_head lock_node;    /* in lock.claims */
	struct cds_list_head session_node; /* in db_session.claims */
	struct lock *lock;
	struct db_session *session;
};

struct lock {
	UT_hash_handle hh;
	struct cds_list_head claims; /* the first one owns it */
	char name[];
};

struct locks {
	struct lock *by_name;
};

/* The claim of `session`, or NULL. */
struct lock_claim *lock_find(const struct db_session *session, const char *name);
bool lock_is_owned(const struct db_session *session, const char *name);
/* Adds a claim, behind all others or, to steal, before them. The session must have none yet.
 * Returns the session that owned the lock before, or NULL. */
struct db_session *lock_claim(struct locks *locks, struct db_session *session, const char *name,
			      bool is_stolen);
/* Ends a claim. Returns the session that owns the lock because of it, or NULL. */
struct db_session *lock_release(struct locks *locks, struct lock_claim *claim);
