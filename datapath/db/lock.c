#include "db/lock.h"

#include "db/alloc.h"
#include "db/session.h"

static struct lock_claim *owner(const struct lock *lock)
{
	return cds_list_first_entry(&lock->claims, struct lock_claim, lock_node);
}

struct lock_claim *lock_find(const struct db_session *session, const char *name)
{
	struct lock_claim *claim;

	cds_list_for_each_entry (claim, &session->claims, session_node)
		if (!strcmp(claim->lock->name, name))
			return claim;
	return NULL;
}

bool lock_is_owned(const struct db_session *session, const char *name)
{
	const struct lock_claim *claim = lock_find(session, name);

	return claim && owner(claim->lock) == claim;
}

static struct lock *lock_use(struct locks *locks, const char *name)
{
	struct lock *lock;
	size_t len = strlen(name);

	HASH_FIND(hh, locks->by_name, name, len, lock);
	if (lock)
		return lock;
	lock = alloc(1, sizeof(*lock) + len + 1);
	memcpy(lock->name, name, len);
	CDS_INIT_LIST_HEAD(&lock->claims);
	HASH_ADD_KEYPTR(hh, locks->by_name, lock->name, len, lock);
	return lock;
}

struct db_session *lock_claim(struct locks *locks, struct db_session *session, const char *name,
			      bool is_stolen)
{
	struct lock *lock = lock_use(locks, name);
	struct lock_claim *claim = alloc(1, sizeof(*claim));
	struct db_session *old = cds_list_empty(&lock->claims) ? NULL : owner(lock)->session;

	claim->lock = lock;
	claim->session = session;
	cds_list_add_tail(&claim->session_node, &session->claims);
	session->n_claims++;
	if (is_stolen)
		cds_list_add(&claim->lock_node, &lock->claims);
	else
		cds_list_add_tail(&claim->lock_node, &lock->claims);
	return old;
}

struct db_session *lock_release(struct locks *locks, struct lock_claim *claim)
{
	struct lock *lock = claim->lock;
	bool was_owner = owner(lock) == claim;

	cds_list_del(&claim->lock_node);
	cds_list_del(&claim->session_node);
	claim->session->n_claims--;
	free(claim);
	if (!cds_list_empty(&lock->claims))
		return was_owner ? owner(lock)->session : NULL;
	HASH_DEL(locks->by_name, lock);
	free(lock);
	return NULL;
}
