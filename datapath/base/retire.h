#pragma once
/* Memory that readers may still look at, on its way to being freed.
 *
 * A writer unlinks an object that RCU readers (liburcu, QSBR) may be reading and retires it; its
 * function is called once every reader has passed a quiescent state. Unlike call_rcu(), the
 * function runs in the writer's own thread, so it may change what only the writer may change, and
 * may retire again.
 *
 * At most one grace period is asked for at a time: what is retired meanwhile waits for the next
 * one. A retirement thus costs two stores, however many there are.
 *
 * All functions: the writer's thread only. It need not be registered with RCU; if it is, it must be
 * online, and no grace period ends before it rests.
 */
#include <stddef.h>

struct retired {
	struct retired *next;
	void (*gone)(struct retired *item, void *ctx);
};

struct retire_list;

/* `ctx` is passed to every function that is called. Returns 0 or -ENOMEM. */
int retire_list_new(struct retire_list **out, void *ctx);
/* Waits until all that was retired is gone, like retire_wait(). */
void retire_list_free(struct retire_list **list);

/* Has gone(item, ctx) called by a later retire_poll(), after a grace period that begins later than
 * this call. Calls nothing itself, so it may be used in the middle of a change. */
void retire(struct retire_list *list, struct retired *item,
	    void (*gone)(struct retired *item, void *ctx));
/* Calls what is due, and asks for the next grace period: at a moment when everything may change.
 * Returns how many wait. */
size_t retire_poll(struct retire_list *list);
/* Waits until all that was retired is gone. Takes milliseconds: for tests and orderly ends. */
void retire_wait(struct retire_list *list);
