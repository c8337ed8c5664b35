#pragma once
/* What outlives the daemon has names in bpffs, by which the next daemon finds it:
 *
 *	<bpffs>/shunt/<instance>/            locked by the daemon that runs
 *		port_tc-12, upcall_xdp-7     links, by program and device
 *		notes-1                      what is to be known about ports (port/notes.h)
 *		run-dir                      a link to the daemon's run directory
 *		set-0123456789abcdef/        maps and programs of one build
 *
 * Maps and programs of another build may mean other things by the same bytes, so each build has a
 * set of its own. Maps that mean the same, because the files that say so are the same, are in both. A set is made under another name and renamed when it is whole: what a daemon
 * that died in the middle left is no set. Links belong to no set: they are pointed to other
 * programs, without a gap. Control thread only.
 */
#include <limits.h>
#include <stdbool.h>

struct err;
struct pins;

#define PINS_INSTANCE_SIZE 9 /* with the end of the string */
#define PINS_NAME_SIZE     32

bool bpffs_is_mounted(void);
/* Mounts bpffs if it is not there. 0, or -errno with a text that says what would mend it: -EROFS nothing can be put
 * into it. */
int bpffs_mount(struct err *err);

/* Mounts bpffs if it is not there, makes the folder and locks it. `build` names our set. Where bpffs cannot
 * be had, or is read-only, all names are kept in memory, and the log warns: nothing outlives the daemon.
 * 0 or -errno with a text; -EBUSY: a living daemon has the instance. */
int pins_open(struct pins **out, const char *instance, const char *build, struct err *err);
/* Gives the lock back; all names stay. */
void pins_close(struct pins **pins);
/* Removes all names, and the folder: what nothing else holds ends. */
void pins_clear(struct pins *pins);

/* For who cleans up (port_cleanup()): where the daemon keeps the rest. */
void pins_home_set(struct pins *pins, const char *run_dir);
/* "" if nobody has said so. */
void pins_home_get(const struct pins *pins, char run_dir[PATH_MAX]);

const char *pins_instance(const struct pins *pins);
/* False: what has a name ends with the daemon. */
bool pins_outlive(const struct pins *pins);
/* Our set was whole when we came. */
bool pins_has_set(const struct pins *pins);
/* Another build has left a set of maps that mean what ours mean: they may be ours, too. */
bool pins_has_heritage(const struct pins *pins);
void pins_refuse_heritage(struct pins *pins);
/* Our set is not what its name says: it becomes another build's, and ours is a new one to be filled. 0 or
 * -errno. */
int pins_set_disown(struct pins *pins);
/* The set is whole: the next daemon of this build will find it. 0 or -errno. Idempotent. */
int pins_set_done(struct pins *pins);
/* There is another build's set. */
bool pins_has_others(const struct pins *pins);
/* Removes sets of other builds. */
void pins_drop_others(struct pins *pins);

/* Names in the folder. Replaces one that is there. 0 or -errno. */
int pin_add(struct pins *pins, const char *name, int fd);
/* The object of that name, a descriptor to be closed, or -errno. */
int pin_get(const struct pins *pins, const char *name);
void pin_remove(struct pins *pins, const char *name);
/* Calls `visit` for each name in the folder; it may remove that one. */
void pin_for_each(struct pins *pins, void (*visit)(void *ctx, const char *name), void *ctx);

/* The same for any instance's folder. */
void pin_for_each_of(const char *instance, void (*visit)(void *ctx, const char *name), void *ctx);
/* For what is in its sets: names with the set's in front. */
void set_pin_for_each_of(const char *instance, void (*visit)(void *ctx, const char *name),
			 void *ctx);
int pin_open(const char *instance, const char *name);
/* Calls `visit` with the name of every instance that has a folder, until it returns true. */
void pins_visit(bool (*visit)(void *ctx, const char *instance), void *ctx);
/* False: its daemon is dead. */
bool pins_is_claimed(const char *instance);

/* The same in our set. */
int set_pin_add(struct pins *pins, const char *name, int fd);
int set_pin_get(const struct pins *pins, const char *name);
/* In the set that we may inherit from. -ENOENT: there is none. */
int set_pin_inherit(const struct pins *pins, const char *name);
/* Our set's maps mean what they mean to all builds of the same bpf/abi.h and the like. `fd` is any map. 0 or
 * -errno. */
int set_pin_mark(struct pins *pins, int fd);
