#include "switch/revalidator.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "base/own.h"
#include "base/rcu.h"
#include "flow/credit.h"
#include "flow/fdb.h"
#include "switch/bridge.h"
#include "switch/offload.h"
#include "switch/snapshot.h"

#define MAILBOX_SLOTS 8192
#define LOCK_BATCH    256 /* messages per hold of fdb_lock */
#define AGE_PERIOD_NS CLOCK_NS_PER_SEC
#define AGE_PERIOD_MS 1000
#define LOOP_MOVES    100 /* of addresses, a second */
#define LOOP_TOLD_NS  (60 * CLOCK_NS_PER_SEC)
/* Between two stretches of many entries: others want the processor and its cache, and new flows do not wait for all
 * of it. */
#define SWEEP_PAUSE_NS (10 * CLOCK_NS_PER_MS)
#define SWEEP_PAUSE_MS 10
/* Nobody wakes it for the first packets that are counted. */
#define IDLE_PERIOD_MS 5000

struct revalidator {
	/* fixed after create */
	struct vswitch *sw;
	struct mailbox *mailbox;
	int stop_fd;
	/* control only */
	pthread_t thread;
	bool is_started;
	/* revalidator only */
	uint64_t aged_at;
	uint64_t swept_at;
	bool is_sweeping; /* not all entries were looked at this time */
	uint64_t stood_by_at;
	bool has_entries; /* there is something to age, in FDBs or in the kernel */
	/* atomic; control sets */
	bool is_woken;
};

int revalidator_new(struct revalidator **out, struct vswitch *sw)
{
	own(revalidator_free) struct revalidator *revalidator = calloc(1, sizeof(*revalidator));
	int rc;

	if (!revalidator)
		return -ENOMEM;
	revalidator->sw = sw;
	revalidator->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (revalidator->stop_fd < 0)
		return -errno;
	rc = mailbox_new(&revalidator->mailbox, sizeof(struct path_learned), MAILBOX_SLOTS);
	if (rc)
		return rc;
	*out = take_ptr(revalidator);
	return 0;
}

void revalidator_stop(struct revalidator *revalidator)
{
	if (!revalidator->is_started)
		return;
	eventfd_write(revalidator->stop_fd, 1);
	pthread_join(revalidator->thread, NULL);
	revalidator->is_started = false;
}

void revalidator_free(struct revalidator **p)
{
	struct revalidator *revalidator = *p;

	if (!revalidator)
		return;
	revalidator_stop(revalidator);
	fd_close(&revalidator->stop_fd);
	mailbox_free(&revalidator->mailbox);
	mem_free(p);
}

struct mailbox *revalidator_mailbox(const struct revalidator *revalidator)
{
	return revalidator->mailbox;
}

void revalidator_wake(struct revalidator *revalidator)
{
	__atomic_store_n(&revalidator->is_woken, true, __ATOMIC_RELEASE);
	eventfd_write(mailbox_fd(revalidator->mailbox), 1);
}

static void learn(const struct snapshot *snapshot, const struct path_learned *learned, uint64_t now)
{
	const struct port_view *port = snapshot_port(snapshot, learned->port);

	/* It may have gone since. */
	if (port)
		fdb_learn(port->bridge->fdb, learned->vlan, learned->mac, learned->port, now);
}

/* True if the mailbox may hold more. */
static bool learn_batch(struct revalidator *revalidator, uint64_t now)
{
	struct vswitch *sw = revalidator->sw;
	struct path_learned learned;
	unsigned n = 0;

	fdb_write_begin(sw);
	for (; n < LOCK_BATCH && mailbox_receive(revalidator->mailbox, &learned); n++)
		learn(snapshot_of(rcu_load(sw->path_host.view)), &learned, now);
	fdb_write_end(sw);
	revalidator->has_entries |= n > 0;
	return n == LOCK_BATCH;
}

/* Addresses that are seen at one port, at another one, and at the first again: how often a second; 0: not so often. (That
 * all move once is no wonder where a link takes over from another.) */
static uint64_t loop_find(struct fdb_watch *watch, const struct fdb_counters *counters,
			  uint64_t now)
{
	const uint64_t n = counters->n_moved - watch->n_moved, since = watch->seen_at;
	uint64_t rate;

	watch->n_moved = counters->n_moved;
	watch->seen_at = now;
	if (!since || now <= since || n < 2 * counters->n_entries ||
	    (watch->told_at && now - watch->told_at < LOOP_TOLD_NS))
		return 0;
	rate = n * CLOCK_NS_PER_SEC / (now - since);
	if (rate < LOOP_MOVES)
		return 0;
	watch->told_at = now;
	return rate;
}

/* True if there are entries left that can age. */
static bool age(struct vswitch *sw, uint64_t now)
{
	struct bridge *bridge, *next;
	char name[sizeof(bridge->name)] = "";
	bool has_entries = false;
	uint64_t rate = 0;

	fdb_write_begin(sw);
	HASH_ITER (hh, sw->bridges, bridge, next) {
		struct fdb_counters counters;

		fdb_counters_read(bridge->fdb, &counters);
		fdb_sweep(bridge->fdb, now, (uint32_t)counters.n_entries);
		fdb_counters_read(bridge->fdb, &counters);
		has_entries |= counters.n_entries > counters.n_static;
		if (rate) /* another one is told first */
			continue;
		rate = loop_find(&bridge->watch, &counters, now);
		strcpy(name, bridge->name);
	}
	fdb_write_end(sw);
	if (rate)
		log_warn(
			"switch",
			"bridge %s: addresses move from port to port %llu times a second: there may be a loop "
			"of links, which makes a storm of each broadcast",
			name, (unsigned long long)rate);
	return has_entries;
}

static bool has_offloaded(const struct offload *offload)
{
	struct offload_stats stats;

	if (!offload)
		return false;
	offload_stats(offload, &stats);
	return stats.n_entries > 0;
}

/* Is there something to do once a second? */
static bool has_work(const struct revalidator *revalidator)
{
	const struct vswitch *sw = revalidator->sw;

	return revalidator->has_entries || credit_book_n_credits(sw->credits) ||
	       (sw->offload && offload_standby_is_due(sw->offload));
}

static void stand_by(struct revalidator *revalidator, uint64_t now)
{
	struct offload *offload = revalidator->sw->offload;

	if (!offload_standby_is_due(offload) || now - revalidator->stood_by_at < AGE_PERIOD_NS)
		return;
	revalidator->stood_by_at = now;
	offload_standby(offload);
}

static bool is_sweep_due(const struct revalidator *revalidator, uint64_t now)
{
	if (revalidator->is_sweeping)
		return now - revalidator->swept_at >= SWEEP_PAUSE_NS;
	return has_work(revalidator) && now - revalidator->aged_at >= AGE_PERIOD_NS;
}

/* One stretch of it. */
static void sweep(struct revalidator *revalidator, uint64_t now)
{
	struct vswitch *sw = revalidator->sw;

	if (!revalidator->is_sweeping) {
		revalidator->aged_at = now;
		credit_harvest(sw->credits);
	}
	revalidator->is_sweeping = sw->offload && offload_sweep(sw->offload);
	revalidator->swept_at = clock_now(sw->options.clock);
	if (!revalidator->is_sweeping)
		revalidator->has_entries = age(sw, now) || has_offloaded(sw->offload);
}

bool revalidator_turn(struct revalidator *revalidator)
{
	uint64_t now = clock_now(revalidator->sw->options.clock);
	struct offload *offload = revalidator->sw->offload;
	bool has_more = true;

	mailbox_wake_ack(revalidator->mailbox);
	revalidator->has_entries |=
		__atomic_exchange_n(&revalidator->is_woken, false, __ATOMIC_ACQ_REL);
	/* A flood of addresses fills the box as fast as it is emptied: the rest is the next turn's. */
	for (unsigned i = 0; i < MAILBOX_SLOTS / LOCK_BATCH && has_more; i++)
		has_more = learn_batch(revalidator, now);
	if (offload) {
		offload_receive(offload);
		stand_by(revalidator, now);
		revalidator->has_entries |= has_offloaded(offload);
	}
	if (is_sweep_due(revalidator, now))
		sweep(revalidator, now);
	return has_more;
}

static int pause_ms(const struct revalidator *revalidator)
{
	if (revalidator->is_sweeping)
		return SWEEP_PAUSE_MS;
	return has_work(revalidator) ? AGE_PERIOD_MS : IDLE_PERIOD_MS;
}

static void *revalidator_main(void *arg)
{
	struct revalidator *revalidator = arg;
	const struct offload *offload = revalidator->sw->offload;
	struct pollfd fds[] = {
		{.fd = mailbox_fd(revalidator->mailbox), .events = POLLIN},
		{.fd = revalidator->stop_fd, .events = POLLIN},
		{.fd = offload ? mailbox_fd(offload_mailbox(offload)) : -1, .events = POLLIN},
	};

	rcu_reader_begin();
	rcu_sleep_begin();
	while (!fds[1].revents) {
		bool has_more = revalidator_turn(revalidator);

		poll(fds, 3, has_more ? 0 : pause_ms(revalidator));
	}
	rcu_reader_end();
	return NULL;
}

int revalidator_start(struct revalidator *revalidator)
{
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = -pthread_create(&revalidator->thread, NULL, revalidator_main, revalidator);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc)
		return rc;
	pthread_setname_np(revalidator->thread, "revalidator");
	revalidator->is_started = true;
	return 0;
}
