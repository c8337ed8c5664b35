#pragma once
/* How a cached decision finds out that what it rests on has changed.
 *
 * A switch has one array of counters that only grow. Number 0 counts changes of the configuration;
 * each of the others stands for a share of what is learned (a bucket of MAC addresses). Whoever
 * changes something bumps its counter after the change; whoever decides notes the counters before
 * it reads. A decision keeps the numbers of at most two counters and the sum of all that it rests
 * on: as none of them ever goes back, the sum is the same only if all are. (A sum of 32 bits comes
 * round after 2^32 changes; entries live for seconds.)
 */
#include <stdbool.h>
#include <stdint.h>

#include "../bpf/abi.h"

/* struct versions: 16 KiB, all zero at first; one writer at a time per counter, any thread reads,
 * and so do the kernel programs. Beside VERSION_CONFIG: */
#define VERSION_LEARNED 1 /* any of those from VERSION_FIRST on */
#define VERSION_FIRST   3

static inline uint32_t version_read(const struct versions *versions, uint16_t index)
{
	return __atomic_load_n(&versions->counter[index], __ATOMIC_ACQUIRE);
}

/* Call it when the change is visible. Any thread. */
static inline void version_bump(struct versions *versions, uint16_t index)
{
	__atomic_fetch_add(&versions->counter[index], 1, __ATOMIC_RELEASE);
	if (index >= VERSION_FIRST)
		__atomic_fetch_add(&versions->counter[VERSION_LEARNED], 1, __ATOMIC_RELEASE);
}

/* The counter that stands for the thing with this hash. */
static inline uint16_t version_index(uint64_t hash)
{
	return (uint16_t)(VERSION_FIRST + hash % (VERSION_COUNTERS - VERSION_FIRST));
}

/* What one decision rests on: collected while it is made. */
struct version_deps {
	const struct versions *versions;
	uint32_t config; /* the counter of the configuration when it was begun */
	uint32_t learned;
	uint32_t seen[2];
	uint16_t index[2];
	uint16_t base; /* which counter of the configuration: VERSION_CONFIG or VERSION_KERNEL */
	uint8_t n;     /* 3: too many; then it rests on VERSION_LEARNED */
};

/* Before the first look at any table. The kernel's entries rest on another counter than those of the
 * workers: see docs/flows.md. */
static inline void version_deps_begin_on(struct version_deps *deps, const struct versions *versions,
					 uint16_t base)
{
	*deps = (struct version_deps){.versions = versions, .base = base};
	deps->config = version_read(versions, base);
	deps->learned = version_read(versions, VERSION_LEARNED);
}

static inline void version_deps_begin(struct version_deps *deps, const struct versions *versions)
{
	version_deps_begin_on(deps, versions, VERSION_CONFIG);
}

/* Before looking at what counter `index` stands for. */
static inline void version_deps_add(struct version_deps *deps, uint16_t index)
{
	for (unsigned i = 0; i < deps->n && i < 2; i++)
		if (deps->index[i] == index)
			return;
	if (deps->n < 2) {
		deps->seen[deps->n] = version_read(deps->versions, index);
		deps->index[deps->n] = index;
	}
	if (deps->n < 3)
		deps->n++;
}

/* The short form that a cache entry keeps. */
static inline struct version_stamp version_deps_stamp(const struct version_deps *deps)
{
	struct version_stamp stamp = {{deps->base, deps->base}, 3 * deps->config};

	if (deps->n == 3) {
		stamp.index[0] = VERSION_LEARNED;
		stamp.sum += deps->learned - deps->config;
		return stamp;
	}
	for (unsigned i = 0; i < deps->n; i++) {
		stamp.index[i] = deps->index[i];
		stamp.sum += deps->seen[i] - deps->config;
	}
	return stamp;
}

/* True while nothing that the decision rests on has changed. */
static inline bool version_is_fresh_on(const struct versions *versions, struct version_stamp stamp,
				       uint16_t base)
{
	return stamp.sum == version_read(versions, base) + version_read(versions, stamp.index[0]) +
				    version_read(versions, stamp.index[1]);
}

static inline bool version_is_fresh(const struct versions *versions, struct version_stamp stamp)
{
	return version_is_fresh_on(versions, stamp, VERSION_CONFIG);
}
