#pragma once
/* A bounded queue of messages up to a size: many senders, one receiver, no locks.
 *
 * Each slot carries a sequence number that tells whose turn it is (Vyukov's bounded queue).
 * A full queue refuses the message and counts it: nobody ever waits in the packet path.
 * The receiver sleeps on an eventfd, which is written once per burst of messages.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mailbox;

/* `n_slots` must be a power of two. Returns 0, -EINVAL, -ENOMEM or the errno of eventfd(2). */
int mailbox_new(struct mailbox **out, size_t message_size, unsigned n_slots);
void mailbox_free(struct mailbox **box);

/* Copies one message in. Any thread. False if the box is full; that is counted. */
bool mailbox_send(struct mailbox *box, const void *message);
/* The same of its first `size` bytes, where the rest is room that it does not use. */
bool mailbox_send_part(struct mailbox *box, const void *message, size_t size);
/* Copies the oldest message out, as much of it as was sent. The receiver's thread only. False if there is none. */
bool mailbox_receive(struct mailbox *box, void *message);

/* Becomes readable when a message waits. Readers call mailbox_wake_ack() and then receive until
 * the box is empty. Borrowed: closed by mailbox_free(). */
int mailbox_fd(const struct mailbox *box);
void mailbox_wake_ack(struct mailbox *box);
