#pragma once
/* A worker: one thread that receives, looks up, translates, executes and transmits.
 *
 * It runs to completion: a turn takes at most one burst from each rx queue, walks it through the
 * steps (one file each, all with the signature `step(struct worker *, struct burst *)`)
 *
 *	rx -> lookup -> execute -> miss -> tx
 *
 * and flushes its txqs once at the end. After work it spins for WORKER_SPIN_NS, then sleeps in
 * poll(2), where packets wake it. Nothing here locks, allocates, logs or waits.
 *
 * Threads: the worker reads what the control thread publishes under RCU (QSBR: quiescent between
 * turns, offline while asleep). To take something away, control unpublishes it, waits for the
 * workers (synchronize_rcu) and frees it. Whoever calls worker functions marked "control" is one
 * thread, registered with RCU and offline while it calls.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "path/bucket.h"
#include "path/burst.h"
#include "path/drop.h"
#include "path/host.h"
#include "path/learn.h"

struct action_table;
struct cache;
struct flow_actions;
struct mailbox;
struct output;
struct packet_in;
struct packet_out;
struct pollfd;
struct rxq;
struct tx_link;
struct txq;
struct worker_call;

#define WORKER_SPIN_NS (50 * CLOCK_NS_PER_US)

/* Of its flow cache, unless somebody says otherwise. */
#define WORKER_CACHE_ENTRIES (1 << 20) /* 128 MiB of address space, used as entries come */
#define WORKER_CACHE_IDLE_MS 10000

#define WORKER_MAX_QUEUES 4096 /* of each kind, per worker */
#define WORKER_BY_PACKET  64 /* decisions about single packets that are kept for others like them */

/* One writer: the worker. */
struct worker_counts {
	uint64_t n_hit;   /* packets that an entry of the cache was fresh for */
	uint64_t n_miss;  /* translations for want of an entry */
	uint64_t n_stale; /* translations because what an entry rested on had changed */
	uint64_t n_full;  /* translations that could not be remembered, and their packets dropped */
};

struct worker {
	/* fixed after create */
	const struct path_host *host;
	const struct clock *clock;
	struct frame_pool *pool;
	int wake_fd;                 /* an eventfd */
	struct mailbox *packet_outs; /* of struct packet_out */
	/* RCU: control writes, the worker reads. Free slots are NULL. */
	struct rxq **rxqs;       /* WORKER_MAX_QUEUES, of which the first n_rxqs are looked at */
	struct tx_link **links;  /* WORKER_MAX_QUEUES, of which the first n_links are looked at */
	struct output **outputs; /* by port, PORT_ID_MAX of them; NULL: not reachable */
	unsigned n_rxqs, n_links;
	/* control only */
	pthread_t thread;
	bool is_started;
	/* control writes, atomic */
	bool is_stopping;
	struct worker_call *call; /* or NULL; the worker takes it away when it is done */
	/* the worker writes, atomic */
	unsigned sleep_seq; /* odd while it sleeps */
	/* this worker only */
	struct pollfd *fds; /* what it sleeps on: WORKER_MAX_QUEUES + 2 of them */
	uint64_t now;       /* of the clock, taken once per turn */
	unsigned rx_next;   /* rx queue to ask next */
	unsigned rx_left;   /* rx queues to ask in this turn */
	uint16_t rx_port;   /* whose packet was the last one */
	uint64_t
		shared_until; /* then that port will be alone here, unless others send: see miss.h */
	struct output *staged; /* outputs that hold frames */
	struct cache *cache;
	struct action_table *actions;
	uint64_t swept_at;           /* how far in time the sweep of the cache has come */
	bool is_sweep_due;           /* there was more to sweep than fits in a turn */
	uint32_t swept_version;      /* of the configuration, when that was last looked at */
	uint32_t n_hasty;            /* places that are to be swept sooner than others */
	bool is_tx_pending;          /* the kernel has frames that it has not completed */
	unsigned tx_wait_ms;         /* how long to sleep before asking it again */
	struct bucket *miss_buckets; /* by port, PORT_ID_MAX of them, as the next */
	struct bucket *packet_in_buckets;
	struct packet_in *packet_in;   /* the one that is being sent */
	struct captured *captured;     /* the same */
	struct packet_out *packet_out; /* the one that is being acted on */
	struct burst burst;
	struct translation translation;
	struct learn_memory learned;
	struct flow_actions *by_packet[WORKER_BY_PACKET]; /* references; see execute.c */
	unsigned by_packet_next;
	/* counters: this worker writes */
	struct port_counts *port_counts; /* by port, PORT_ID_MAX of them */
	struct worker_counts counts;
};

/* Outside of tests call worker_start() then; worker_turn() is for those without threads.
 * `pool` is borrowed. Control. Returns 0, -ENOMEM or the errno of eventfd(2). */
int worker_new(struct worker **out, const struct path_host *host, const struct clock *clock,
	       struct frame_pool *pool);
/* Stops it if it runs. All its queues and outputs must be gone. Control. */
void worker_free(struct worker **worker);
/* Runs it in a thread of its own. Control. Returns 0 or -errno of pthread_create(3). */
int worker_start(struct worker *worker, const char *name);
void worker_stop(struct worker *worker);
/* Makes it take a turn if it sleeps. Any thread. */
void worker_wake(struct worker *worker);
/* After return the sleep in which it may have been is over. Control. */
void worker_end_sleep(struct worker *worker);

/* Has the worker run `run` between two turns, and waits for it: something short, that reads what belongs
 * to the worker alone. Control. */
void worker_call(struct worker *worker, void (*run)(struct worker *worker, void *ctx), void *ctx);

struct worker_cache_limits {
	uint32_t max_entries; /* 1 to WORKER_CACHE_ENTRIES */
	uint32_t max_idle_ms;
};
/* Control. */
void worker_cache_set_limits(struct worker *worker, const struct worker_cache_limits *limits);

/* One turn: true if there were packets. The worker's thread, or the one that has no others. */
bool worker_turn(struct worker *worker);

/* Control. 0, -ENOSPC; then nothing has happened. */
int worker_rxq_add(struct worker *worker, struct rxq *rxq);
/* Control. After return the worker does not touch it any more. */
void worker_rxq_del(struct worker *worker, struct rxq *rxq);

/* Control. Says how to reach `port`: by txq (NULL: not at all). After return the one that was set
 * before is not used any more. 0, -ENOMEM or -ENOSPC; then the port is not
 * reachable. */
int worker_output_set(struct worker *worker, uint16_t port, struct txq *txq, uint32_t max_len);
/* Control. The longest frame that `port` takes, if it is reachable. */
void worker_output_set_max_len(struct worker *worker, uint16_t port, uint32_t max_len);
