#pragma once
/* The run directory: made if it is missing, locked against a second daemon, left clean. */

struct err;
struct run_dir;

/* Makes `path` and locks it: its file switchd.pid is locked and holds the process id.
 * `pidfile` is written as well, unless it is NULL. Returns 0, -EBUSY with the name and the process
 * id of the daemon that has it, or -errno with a text. Call it in the process that stays. */
int run_dir_new(struct run_dir **out, const char *path, const char *pidfile, struct err *err);
/* Removes the files with the process id, unlocks. */
void run_dir_free(struct run_dir **dir);

/* Removes what a daemon that was killed has left in the directory, but for its log, and links to it
 * (control/ovs_compat.h). 0, also if it is not there or another daemon uses it by now, or -errno with a text. */
int run_dir_clean(const char *path, struct err *err);

/* Its path, absolute and without links. */
const char *run_dir_path(const struct run_dir *dir);
/* The path of file `name` in it; borrowed until the next call. */
const char *run_dir_file(struct run_dir *dir, const char *name);

/* Makes the directory that `file` is to be in, with those above. Returns 0 or -errno with a text.
 */
int run_dir_make_parent(const char *file, struct err *err);
