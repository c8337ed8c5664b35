#pragma once
/* The revalidator: the thread behind the workers that writes what was learned, and ages it.
 *
 * Workers post what they see to its mailbox; it sleeps until then, and while there is something to
 * age it wakes up once a second. The control thread changes FDBs as well; both hold fdb_lock then.
 */
#include <stdbool.h>

struct mailbox;
struct revalidator;
struct vswitch;

/* Not running yet. 0, -ENOMEM or an errno. Control. */
int revalidator_new(struct revalidator **out, struct vswitch *sw);
/* Stops it if it runs. */
void revalidator_free(struct revalidator **revalidator);
int revalidator_start(struct revalidator *revalidator);
/* Ends the thread. Idempotent. Control. */
void revalidator_stop(struct revalidator *revalidator);

/* There are entries to age that it was not told of. Control. */
void revalidator_wake(struct revalidator *revalidator);

/* Where workers send struct path_learned. Borrowed. */
struct mailbox *revalidator_mailbox(const struct revalidator *revalidator);

/* Writes what is in the mailbox, at most as much as fits in it, and ages what is due: what the thread
 * does when it wakes up. For those who run without threads. True if the mailbox may hold more. */
bool revalidator_turn(struct revalidator *revalidator);
