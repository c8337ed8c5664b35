#pragma once
/* The instance's folder in bpffs: <bpffs>/shunt/<instance>/. It keeps programs alive that outlive
 * the daemon, and is how a new daemon finds what a dead one left. Control thread only. */
#include <stdbool.h>
#include <stddef.h>

struct err;

#define PINS_INSTANCE_SIZE 9 /* with the end of the string */

/* Mounts bpffs if it is not there, makes the folder, locks it and empties it. `lock_fd` holds the
 * lock. 0 or -errno with a text; -EBUSY: a living daemon has it. */
int pins_claim(int *lock_fd, const char *instance, struct err *err);
/* Empties and removes the folder and gives the lock back. */
void pins_release(int *lock_fd, const char *instance);

int pin_add(const char *instance, const char *name, int fd);
void pin_remove(const char *instance, const char *name);
/* A file descriptor of what has that name, or -errno. */
int pin_open(const char *instance, const char *name);

/* Calls `visit` with the name of every instance that has a folder, until it returns true. */
void pins_visit(bool (*visit)(void *ctx, const char *instance), void *ctx);
/* False: its daemon is dead. */
bool pins_is_claimed(const char *instance);
