#pragma once
/* Read-copy-update: readers never lock, whoever takes something away waits until all readers are
 * past it. A thin layer on liburcu's QSBR flavour, in C11's memory order, which ThreadSanitizer
 * understands; what it cannot see inside the library (waiting for readers) is told to it here.
 *
 * A reader thread registers, says rcu_rest() whenever it holds no borrowed pointer, and is offline
 * while it sleeps. Other threads may wait for readers without being registered.
 */
#include <urcu-qsbr.h>

#ifdef __SANITIZE_THREAD__
void __tsan_acquire(void *address);
void __tsan_release(void *address);
#define RCU_TSAN_ACQUIRE() __tsan_acquire((void *)&urcu_qsbr_flavor)
#define RCU_TSAN_RELEASE() __tsan_release((void *)&urcu_qsbr_flavor)
#else
#define RCU_TSAN_ACQUIRE() ((void)0)
#define RCU_TSAN_RELEASE() ((void)0)
#endif

/* The pointer that another thread published; valid until the reader rests. */
#define rcu_load(pointer) __atomic_load_n(&(pointer), __ATOMIC_ACQUIRE)
/* Makes `value`, complete by now, what readers see from here on. */
#define rcu_publish(pointer, value) __atomic_store_n(&(pointer), (value), __ATOMIC_RELEASE)

/* Reader: holds nothing borrowed right now. */
static inline void rcu_rest(void)
{
	RCU_TSAN_RELEASE();
	urcu_qsbr_quiescent_state();
}

/* Reader: goes to sleep, holding nothing; and is back. */
static inline void rcu_sleep_begin(void)
{
	RCU_TSAN_RELEASE();
	urcu_qsbr_thread_offline();
}

static inline void rcu_sleep_end(void)
{
	urcu_qsbr_thread_online();
}

static inline void rcu_reader_begin(void)
{
	urcu_qsbr_register_thread();
}

static inline void rcu_reader_end(void)
{
	RCU_TSAN_RELEASE();
	urcu_qsbr_unregister_thread();
}

/* Returns when every reader has rested since the call: what was unpublished before may be freed.
 * Not from path/. A registered caller must be offline or hold nothing borrowed. */
static inline void rcu_wait_readers(void)
{
	urcu_qsbr_synchronize_rcu();
	RCU_TSAN_ACQUIRE();
}
