#include "base/mailbox.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/own.h"

#define CACHE_LINE 64

struct slot {
	_Atomic uint64_t turn; /* = position: free for that sender; position + 1: filled */
	size_t size;           /* of what is there */
	uint8_t message[];
};

struct mailbox {
	/* fixed after create */
	size_t message_size;
	size_t slot_size;
	uint64_t mask;
	uint8_t *slots;
	int fd;
	/* senders */
	_Atomic uint64_t head __attribute__((aligned(CACHE_LINE)));
	_Atomic bool is_signalled;
	/* receiver only */
	uint64_t tail __attribute__((aligned(CACHE_LINE)));
};

static struct slot *slot_at(const struct mailbox *box, uint64_t position)
{
	return (struct slot *)(box->slots + (position & box->mask) * box->slot_size);
}

int mailbox_new(struct mailbox **out, size_t message_size, unsigned n_slots)
{
	own(mailbox_free) struct mailbox *box = NULL;

	if (!n_slots || (n_slots & (n_slots - 1)))
		return -EINVAL;
	if (posix_memalign((void **)&box, CACHE_LINE, sizeof(*box)))
		return -ENOMEM;
	memset(box, 0, sizeof(*box));
	box->message_size = message_size;
	box->slot_size = (sizeof(struct slot) + message_size + 7) & ~(size_t)7;
	box->mask = n_slots - 1;
	box->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (box->fd < 0)
		return -errno;
	box->slots = calloc(n_slots, box->slot_size);
	if (!box->slots)
		return -ENOMEM;
	for (unsigned i = 0; i < n_slots; i++)
		atomic_init(&slot_at(box, i)->turn, i);
	*out = take_ptr(box);
	return 0;
}

void mailbox_free(struct mailbox **box)
{
	if (!*box)
		return;
	fd_close(&(*box)->fd);
	free((*box)->slots);
	mem_free(box);
}

static void wake(struct mailbox *box)
{
	/* One write per sleep: the flag is cleared by the receiver before it drains. */
	if (!atomic_exchange(&box->is_signalled, true))
		eventfd_write(box->fd, 1);
}

bool mailbox_send(struct mailbox *box, const void *message)
{
	return mailbox_send_part(box, message, box->message_size);
}

bool mailbox_send_part(struct mailbox *box, const void *message, size_t size)
{
	uint64_t position = atomic_load_explicit(&box->head, memory_order_relaxed);
	struct slot *slot;

	assert(size <= box->message_size);
	for (;;) {
		int64_t ahead;

		slot = slot_at(box, position);
		ahead = (int64_t)(atomic_load_explicit(&slot->turn, memory_order_acquire) -
				  position);
		if (ahead < 0)
			return false;
		if (ahead > 0)
			position = atomic_load_explicit(&box->head, memory_order_relaxed);
		else if (atomic_compare_exchange_weak_explicit(&box->head, &position, position + 1,
							       memory_order_relaxed,
							       memory_order_relaxed))
			break;
	}
	memcpy(slot->message, message, size);
	slot->size = size;
	atomic_store_explicit(&slot->turn, position + 1, memory_order_release);
	wake(box);
	return true;
}

bool mailbox_receive(struct mailbox *box, void *message)
{
	struct slot *slot = slot_at(box, box->tail);

	if (atomic_load_explicit(&slot->turn, memory_order_acquire) != box->tail + 1)
		return false;
	memcpy(message, slot->message, slot->size);
	atomic_store_explicit(&slot->turn, box->tail + box->mask + 1, memory_order_release);
	box->tail++;
	return true;
}

int mailbox_fd(const struct mailbox *box)
{
	return box->fd;
}

void mailbox_wake_ack(struct mailbox *box)
{
	eventfd_t value;

	eventfd_read(box->fd, &value);
	/* An exchange, not a store: it sees what the sender wrote before it found the flag set. */
	atomic_exchange(&box->is_signalled, false);
}
