#pragma once
/* The lines of a state file (control/state_file.h), read. Control thread. */
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/slice.h"

struct vswitch;

#define STATE_KIND      "shunt-state "
#define STATE_MAGIC     STATE_KIND "2"
#define STATE_BOOT_SIZE 40

/* The kernel's name for the time since the machine was started. 0 or -errno. */
int state_boot(char boot[STATE_BOOT_SIZE]);

/* The hash after one line more, with its end. The next daemon makes the same: no seed. */
static inline uint64_t state_hash(uint64_t hash, const char *line, size_t len)
{
	return XXH3_64bits_withSeed(line, len, hash);
}

/* The lines between the first and the last of a file that is whole and of this boot (if it is not, the log says so); *text is the caller's
 * to free, and ends with a zero. 0, -ENOENT: there is none, -EINVAL, -ENOMEM or another -errno. */
int state_load(const char *path, char **text, size_t *size);
/* Gives the switch what they say. What does not fit any more is left out, and the log says how much. */
void state_apply(struct vswitch *sw, const char *text, size_t size);

/* Cuts the next word off a line, which is a number up to `max`. */
bool state_number_next(struct slice *line, uint64_t max, uint64_t *out);
