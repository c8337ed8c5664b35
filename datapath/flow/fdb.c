#include "flow/fdb.h"

#include <errno.h>
#include <stdlib.h>
#include <urcu/list.h>

#include "../bpf/abi.h"
#include "base/clock.h"
#include "base/counter.h"
#include "base/hash.h"
#include "base/own.h"
#include "base/rcu.h"

#include <urcu/rculfhash.h> /* wants the flavour first */

#define EVICT_SAMPLES 4
#define LIMBO_MAX     1024

struct entry {
	/* fixed while readers can find it */
	uint64_t key; /* VLAN in the highest 16 bits, then the MAC */
	uint64_t hash;
	struct cds_lfht_node node;
	/* written by the writer, read under RCU */
	uint16_t port;
	bool is_static;
	/* any thread that sees the address; seconds */
	uint32_t seen_s;
	/* writer only */
	struct cds_list_head in_all;  /* or in limbo */
	struct cds_list_head in_port; /* learned ones only */
};

/* What was learned on one port: longest there first. */
struct port_share {
	uint16_t port;
	uint32_t n;
	struct cds_list_head entries;
	UT_hash_handle hh;
};

struct fdb {
	/* fixed after create */
	struct versions *versions;
	uint64_t seed; /* so that bridges do not share buckets */
	struct cds_lfht *table;
	/* writer only */
	struct fdb_config config;
	struct port_share *ports;   /* those that have entries */
	struct cds_list_head all;   /* next to be swept first */
	struct cds_list_head limbo; /* removed, but readers may still look at them */
	unsigned n_limbo;
	struct fdb_counters counters; /* counters */
};

static uint64_t key_of(uint16_t vlan, struct eth_addr mac)
{
	return (uint64_t)vlan << 48 | eth_addr_u64(mac);
}

static uint64_t hash_of(const struct fdb *fdb, uint64_t key)
{
	return XXH3_64bits_withSeed(&key, sizeof(key), fdb->seed);
}

/* The table uses the low bits of the hash. */
static uint16_t version_of(uint64_t hash)
{
	return version_index(hash >> 32);
}

static uint32_t seconds(uint64_t ns)
{
	return (uint32_t)(ns / CLOCK_NS_PER_SEC);
}

/* ---- readers ---- */

static int is_match(struct cds_lfht_node *node, const void *key)
{
	RCU_TSAN_ACQUIRE();
	return caa_container_of(node, struct entry, node)->key == *(const uint64_t *)key;
}

static struct entry *find(const struct fdb *fdb, uint64_t key, uint64_t hash)
{
	struct cds_lfht_iter iter;
	struct cds_lfht_node *node;

	cds_lfht_lookup(fdb->table, hash, is_match, &key, &iter);
	node = cds_lfht_iter_get_node(&iter);
	return node ? caa_container_of(node, struct entry, node) : NULL;
}

static uint16_t entry_port(const struct entry *entry)
{
	return __atomic_load_n(&entry->port, __ATOMIC_RELAXED);
}

static bool entry_is_static(const struct entry *entry)
{
	return __atomic_load_n(&entry->is_static, __ATOMIC_RELAXED);
}

static uint32_t entry_seen_s(const struct entry *entry)
{
	return __atomic_load_n(&entry->seen_s, __ATOMIC_RELAXED);
}

/* Writes only once a second: the line stays shared between the workers' caches. */
static void entry_seen(struct entry *entry, uint64_t now)
{
	const uint32_t now_s = seconds(now);

	if (entry_seen_s(entry) != now_s)
		__atomic_store_n(&entry->seen_s, now_s, __ATOMIC_RELAXED);
}

static uint32_t entry_age(const struct entry *entry, uint64_t now)
{
	const uint32_t seen_s = entry_seen_s(entry), now_s = seconds(now);

	return now_s > seen_s ? now_s - seen_s : 0;
}

uint16_t fdb_lookup(const struct fdb *fdb, uint16_t vlan, struct eth_addr mac,
		    struct version_deps *deps)
{
	const uint64_t key = key_of(vlan, mac), hash = hash_of(fdb, key);
	const struct entry *entry;

	if (deps)
		version_deps_add(deps, version_of(hash));
	entry = find(fdb, key, hash);
	return entry ? entry_port(entry) : PORT_ID_NONE;
}

bool fdb_refresh(struct fdb *fdb, uint16_t vlan, struct eth_addr mac, uint16_t port, uint64_t now,
		 struct version_deps *deps)
{
	const uint64_t key = key_of(vlan, mac), hash = hash_of(fdb, key);
	struct entry *entry;

	if (deps)
		version_deps_add(deps, version_of(hash));
	entry = find(fdb, key, hash);
	if (!entry)
		return false;
	if (entry_is_static(entry))
		return true;
	if (entry_port(entry) != port)
		return false;
	entry_seen(entry, now);
	return true;
}

int fdb_visit(const struct fdb *fdb, uint64_t now,
	      int (*visit)(void *ctx, const struct fdb_entry_info *entry), void *ctx)
{
	struct cds_lfht_iter iter;
	struct cds_lfht_node *node;

	cds_lfht_for_each(fdb->table, &iter, node)
	{
		const struct entry *entry = caa_container_of(node, struct entry, node);

		RCU_TSAN_ACQUIRE();
		struct fdb_entry_info info = {
			.mac = eth_addr_from_u64(entry->key),
			.vlan = (uint16_t)(entry->key >> 48),
			.port = entry_port(entry),
			.is_static = entry_is_static(entry),
		};
		int rc;

		info.age_s = info.is_static ? 0 : entry_age(entry, now);
		rc = visit(ctx, &info);
		if (rc)
			return rc;
	}
	return 0;
}

void fdb_counters_read(const struct fdb *fdb, struct fdb_counters *out)
{
	out->n_learned = counter_get(&fdb->counters.n_learned);
	out->n_expired = counter_get(&fdb->counters.n_expired);
	out->n_moved = counter_get(&fdb->counters.n_moved);
	out->n_evicted = counter_get(&fdb->counters.n_evicted);
	out->n_entries = counter_get(&fdb->counters.n_entries);
	out->n_static = counter_get(&fdb->counters.n_static);
}

/* ---- the writer: shares of the ports ---- */

static struct port_share *share_find(const struct fdb *fdb, uint16_t port)
{
	struct port_share *share;

	HASH_FIND(hh, fdb->ports, &port, sizeof(port), share);
	return share;
}

/* The port's share, made if there is none; NULL: no memory. */
static struct port_share *share_get(struct fdb *fdb, uint16_t port)
{
	struct port_share *share = share_find(fdb, port);

	if (share)
		return share;
	share = calloc(1, sizeof(*share));
	if (!share)
		return NULL;
	share->port = port;
	CDS_INIT_LIST_HEAD(&share->entries);
	HASH_ADD(hh, fdb->ports, port, sizeof(share->port), share);
	return share;
}

static void share_add(struct port_share *share, struct entry *entry)
{
	cds_list_add_tail(&entry->in_port, &share->entries);
	share->n++;
}

static void share_del(struct fdb *fdb, struct entry *entry)
{
	struct port_share *share = share_find(fdb, entry->port);

	cds_list_del(&entry->in_port);
	if (--share->n)
		return;
	HASH_DEL(fdb->ports, share);
	free(share);
}

static struct port_share *share_largest(const struct fdb *fdb)
{
	struct port_share *share, *next, *largest = fdb->ports;

	HASH_ITER (hh, fdb->ports, share, next) {
		if (share->n > largest->n)
			largest = share;
	}
	return largest;
}

/* ---- the writer: entries ---- */

static void to_end(struct cds_list_head *node, struct cds_list_head *list)
{
	cds_list_del(node);
	cds_list_add_tail(node, list);
}

/* Frees what was removed. Waits for readers: once for many entries. */
static void limbo_clear(struct fdb *fdb)
{
	struct entry *entry, *next;

	if (!fdb->n_limbo)
		return;
	rcu_wait_readers();
	cds_list_for_each_entry_safe (entry, next, &fdb->limbo, in_all)
		free(entry);
	CDS_INIT_LIST_HEAD(&fdb->limbo);
	fdb->n_limbo = 0;
}

static void entry_remove(struct fdb *fdb, struct entry *entry)
{
	cds_lfht_del(fdb->table, &entry->node);
	cds_list_del(&entry->in_all);
	if (entry->is_static)
		counter_add(&fdb->counters.n_static, -1ull);
	else
		share_del(fdb, entry);
	counter_add(&fdb->counters.n_entries, -1ull);
	version_bump(fdb->versions, version_of(entry->hash));
	cds_list_add(&entry->in_all, &fdb->limbo);
	if (++fdb->n_limbo == LIMBO_MAX)
		limbo_clear(fdb);
}

/* Of the entries that were longest on the port, removes the one that was unseen for longest. The
 * others had more use: they go to the end, so the list turns like a clock's hand. */
static void share_evict(struct fdb *fdb, struct port_share *share)
{
	struct entry *victim = cds_list_first_entry(&share->entries, struct entry, in_port);

	for (unsigned i = 0; i < EVICT_SAMPLES && i < share->n; i++) {
		struct entry *entry = cds_list_first_entry(&share->entries, struct entry, in_port);

		if (entry_seen_s(entry) < entry_seen_s(victim))
			victim = entry;
		to_end(&entry->in_port, &share->entries);
	}
	entry_remove(fdb, victim);
	counter_add(&fdb->counters.n_evicted, 1);
}

/* Makes room for an entry of `port` (PORT_ID_NONE: a static one). -ENOSPC: all are static. */
static int make_room(struct fdb *fdb, uint16_t port)
{
	struct port_share *share = share_find(fdb, port);
	uint64_t room;

	if (fdb->counters.n_entries < fdb->config.max_entries)
		return 0;
	if (!fdb->ports)
		return -ENOSPC;
	room = fdb->config.max_entries - fdb->counters.n_static;
	if (!share || share->n < room / HASH_COUNT(fdb->ports))
		share = share_largest(fdb);
	share_evict(fdb, share);
	return 0;
}

/* Adds an entry that is not there. 0 or -ENOMEM. */
static int entry_add(struct fdb *fdb, uint64_t key, uint16_t port, bool is_static, uint64_t now)
{
	own(mem_free) struct entry *entry = calloc(1, sizeof(*entry));
	struct port_share *share;

	if (!entry)
		return -ENOMEM;
	if (!is_static) {
		share = share_get(fdb, port);
		if (!share)
			return -ENOMEM;
		share_add(share, entry);
	}
	entry->key = key;
	entry->hash = hash_of(fdb, key);
	entry->port = port;
	entry->is_static = is_static;
	entry->seen_s = seconds(now);
	cds_lfht_node_init(&entry->node);
	RCU_TSAN_RELEASE();
	cds_lfht_add(fdb->table, entry->hash, &entry->node);
	cds_list_add_tail(&entry->in_all, &fdb->all);
	counter_add(&fdb->counters.n_entries, 1);
	counter_add(&fdb->counters.n_static, is_static);
	version_bump(fdb->versions, version_of(entry->hash));
	take_ptr(entry);
	return 0;
}

/* Makes a learned entry lead to another port, or static. 0 or -ENOMEM. */
static int entry_change(struct fdb *fdb, struct entry *entry, uint16_t port, bool is_static)
{
	struct port_share *share = NULL;

	if (!is_static) {
		share = share_get(fdb, port);
		if (!share)
			return -ENOMEM;
	}
	share_del(fdb, entry);
	if (share)
		share_add(share, entry);
	counter_add(&fdb->counters.n_static, is_static);
	__atomic_store_n(&entry->port, port, __ATOMIC_RELAXED);
	__atomic_store_n(&entry->is_static, is_static, __ATOMIC_RELAXED);
	version_bump(fdb->versions, version_of(entry->hash));
	return 0;
}

/* ---- the writer: what the outside calls ---- */

static unsigned long table_size(uint32_t max_entries)
{
	unsigned long size = 64;

	while (size < max_entries)
		size <<= 1;
	return size;
}

int fdb_new(struct fdb **out, const struct fdb_config *config, struct versions *versions)
{
	own(mem_free) struct fdb *fdb = NULL;
	const unsigned long size = table_size(config->max_entries);

	if (!config->max_entries)
		return -EINVAL;
	fdb = calloc(1, sizeof(*fdb));
	if (!fdb)
		return -ENOMEM;
	fdb->config = *config;
	fdb->versions = versions;
	fdb->seed = hash_seed + (uint64_t)(uintptr_t)fdb;
	CDS_INIT_LIST_HEAD(&fdb->all);
	CDS_INIT_LIST_HEAD(&fdb->limbo);
	fdb->table = cds_lfht_new_flavor(size, 1, 0, 0, &urcu_qsbr_flavor, NULL);
	if (!fdb->table)
		return -ENOMEM;
	*out = take_ptr(fdb);
	return 0;
}

void fdb_free(struct fdb **fdb)
{
	if (!*fdb)
		return;
	fdb_flush(*fdb, PORT_ID_NONE, true);
	limbo_clear(*fdb);
	cds_lfht_destroy((*fdb)->table, NULL);
	mem_free(fdb);
}

int fdb_set_config(struct fdb *fdb, const struct fdb_config *config)
{
	if (!config->max_entries || config->max_entries < fdb->counters.n_static)
		return -EINVAL;
	while (fdb->counters.n_entries > config->max_entries)
		share_evict(fdb, share_largest(fdb));
	if (table_size(config->max_entries) != table_size(fdb->config.max_entries))
		cds_lfht_resize(fdb->table, table_size(config->max_entries));
	fdb->config = *config;
	return 0;
}

enum fdb_result fdb_learn(struct fdb *fdb, uint16_t vlan, struct eth_addr mac, uint16_t port,
			  uint64_t now)
{
	const uint64_t key = key_of(vlan, mac);
	struct entry *entry;

	if (eth_addr_is_multicast(mac))
		return FDB_REFUSED;
	entry = find(fdb, key, hash_of(fdb, key));
	if (!entry) {
		if (make_room(fdb, port) || entry_add(fdb, key, port, false, now))
			return FDB_REFUSED;
		counter_add(&fdb->counters.n_learned, 1);
		return FDB_LEARNED;
	}
	if (entry->is_static)
		return FDB_KNOWN;
	entry_seen(entry, now);
	if (entry->port == port)
		return FDB_KNOWN;
	if (entry_change(fdb, entry, port, false))
		return FDB_REFUSED;
	counter_add(&fdb->counters.n_moved, 1);
	return FDB_MOVED;
}

int fdb_add_static(struct fdb *fdb, uint16_t vlan, struct eth_addr mac, uint16_t port, uint64_t now)
{
	const uint64_t key = key_of(vlan, mac);
	struct entry *entry;

	if (eth_addr_is_multicast(mac) || port == PORT_ID_NONE)
		return -EINVAL;
	entry = find(fdb, key, hash_of(fdb, key));
	if (!entry)
		return make_room(fdb, PORT_ID_NONE) ? -ENOSPC
						    : entry_add(fdb, key, port, true, now);
	if (!entry->is_static)
		return entry_change(fdb, entry, port, true);
	if (entry->port != port) {
		__atomic_store_n(&entry->port, port, __ATOMIC_RELAXED);
		version_bump(fdb->versions, version_of(entry->hash));
	}
	return 0;
}

int fdb_del(struct fdb *fdb, uint16_t vlan, struct eth_addr mac)
{
	const uint64_t key = key_of(vlan, mac);
	struct entry *entry = find(fdb, key, hash_of(fdb, key));

	if (!entry)
		return -ENOENT;
	entry_remove(fdb, entry);
	return 0;
}

uint32_t fdb_flush(struct fdb *fdb, uint16_t port, bool with_static)
{
	struct entry *entry, *next;
	uint32_t n = 0;

	cds_list_for_each_entry_safe (entry, next, &fdb->all, in_all) {
		if ((port != PORT_ID_NONE && entry->port != port) ||
		    (entry->is_static && !with_static))
			continue;
		entry_remove(fdb, entry);
		n++;
	}
	return n;
}

uint32_t fdb_sweep(struct fdb *fdb, uint64_t now, uint32_t budget)
{
	uint32_t n_expired = 0;

	limbo_clear(fdb);
	if (!fdb->config.aging_s)
		return 0;
	if (budget > fdb->counters.n_entries)
		budget = (uint32_t)fdb->counters.n_entries;
	while (budget--) {
		struct entry *entry = cds_list_first_entry(&fdb->all, struct entry, in_all);

		to_end(&entry->in_all, &fdb->all);
		if (entry->is_static || entry_age(entry, now) <= fdb->config.aging_s)
			continue;
		entry_remove(fdb, entry);
		n_expired++;
	}
	counter_add(&fdb->counters.n_expired, n_expired);
	return n_expired;
}
