#include "base/retire.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "base/rcu.h"

struct chain {
	struct retired *first, **last;
	size_t n;
};

/* All fields: the writer's thread only, except is_over. */
struct retire_list {
	void *ctx;            /* fixed after create */
	struct chain open;    /* retired since the last grace period was asked for */
	struct chain waiting; /* for the grace period that runs */
	struct rcu_head rcu;
	bool is_over; /* set by liburcu's thread, cleared by the writer */
};

static void chain_clear(struct chain *chain)
{
	*chain = (struct chain){.last = &chain->first};
}

static void grace_over(struct rcu_head *head)
{
	struct retire_list *list = caa_container_of(head, struct retire_list, rcu);

	RCU_TSAN_ACQUIRE();
	__atomic_store_n(&list->is_over, true, __ATOMIC_RELEASE);
}

static void ask(struct retire_list *list)
{
	list->waiting = list->open;
	chain_clear(&list->open);
	RCU_TSAN_RELEASE();
	call_rcu(&list->rcu, grace_over);
}

static void call_waiting(struct retire_list *list)
{
	struct retired *item = list->waiting.first, *next;

	list->is_over = false;
	chain_clear(&list->waiting);
	for (; item; item = next) {
		next = item->next;
		item->gone(item, list->ctx);
	}
	if (!list->waiting.first && list->open.first)
		ask(list);
}

int retire_list_new(struct retire_list **out, void *ctx)
{
	struct retire_list *list = calloc(1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	list->ctx = ctx;
	chain_clear(&list->open);
	chain_clear(&list->waiting);
	*out = list;
	return 0;
}

void retire_list_free(struct retire_list **listp)
{
	struct retire_list *list = *listp;

	if (!list)
		return;
	retire_wait(list);
	free(list);
	*listp = NULL;
}

size_t retire_poll(struct retire_list *list)
{
	if (list->waiting.first && __atomic_load_n(&list->is_over, __ATOMIC_ACQUIRE))
		call_waiting(list);
	return list->waiting.n + list->open.n;
}

void retire(struct retire_list *list, struct retired *item,
	    void (*gone)(struct retired *item, void *ctx))
{
	*item = (struct retired){.gone = gone};
	*list->open.last = item;
	list->open.last = &item->next;
	list->open.n++;
	if (!list->waiting.first)
		ask(list);
}

/* rcu_barrier() would do, but ThreadSanitizer cannot see into it. */
void retire_wait(struct retire_list *list)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	bool is_online = urcu_qsbr_read_ongoing();

	while (retire_poll(list)) {
		if (is_online)
			rcu_sleep_begin();
		nanosleep(&pause, NULL);
		if (is_online)
			rcu_sleep_end();
	}
}
