#include "port/pins.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <bpf/bpf.h>
#include <linux/magic.h>

#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "port/pin_memory.h"
#include "bpf/layout.h"

#define BPFFS      "/sys/fs/bpf"
#define PINS       BPFFS "/shunt"
#define SET        "set-"
#define UNFINISHED "new-"
#define HOME       "run-dir"
#define DISOWNED   SET "disowned"
#define SET_SIZE   24
#define MARK       "layout-" BPF_LAYOUT
#define PATH_SIZE  320 /* with any name that a folder can have */
#define NEXT       "~"
#define NEXT_SIZE  (PATH_SIZE + 1)

struct pins {
	/* fixed after create */
	char instance[PINS_INSTANCE_SIZE];
	int lock_fd;
	bool has_set;
	/* control only */
	struct pin_memory *memory; /* instead of a folder; NULL: there is a folder */
	char set[SET_SIZE];        /* as it is called now */
	char whole[SET_SIZE];
	char heritage[SET_SIZE]; /* another build's set, of the same layout; "": there is none */
};

static void dir_close(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

bool bpffs_is_mounted(void)
{
	struct statfs fs;

	return !statfs(BPFFS, &fs) && fs.f_type == BPF_FS_MAGIC;
}

int bpffs_mount(struct err *err)
{
	struct statvfs fs;

	if (!bpffs_is_mounted() && mount("bpf", BPFFS, "bpf", 0, "mode=0700"))
		return err_set(err, errno,
			       "%s: mounting bpffs: %s (have it mounted before switchd starts)",
			       BPFFS, strerror(errno));
	if (!statvfs(BPFFS, &fs) && fs.f_flag & ST_RDONLY)
		return err_set(err, EROFS, "%s is mounted read-only (mount -o remount,rw %s)",
			       BPFFS, BPFFS);
	return 0;
}

static void dir_path(const char *instance, char *path)
{
	snprintf(path, PATH_SIZE, PINS "/%s", instance);
}

static void pin_path(const struct pins *pins, const char *name, char *path)
{
	snprintf(path, PATH_SIZE, PINS "/%s/%s", pins->instance, name);
}

static void set_pin_path(const struct pins *pins, const char *name, char *path)
{
	snprintf(path, PATH_SIZE, PINS "/%s/%s/%s", pins->instance, pins->set, name);
}

/* Where what is to replace a name is made; nothing is there. */
static void next_path(const char *path, char next[NEXT_SIZE])
{
	snprintf(next, NEXT_SIZE, "%s" NEXT, path);
	unlink(next);
}

static bool is_set(const char *name)
{
	return !strncmp(name, SET, strlen(SET)) || !strncmp(name, UNFINISHED, strlen(UNFINISHED));
}

static void set_remove(const struct pins *pins, const char *name)
{
	own(dir_close) DIR *dir = NULL;
	char path[PATH_SIZE];
	struct dirent *entry;

	pin_path(pins, name, path);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(dir), entry->d_name, 0);
	rmdir(path);
}

static bool is_there(const struct pins *pins, const char *name)
{
	char path[PATH_SIZE];

	pin_path(pins, name, path);
	return !access(path, F_OK);
}

static void heritage_visit(void *ctx, const char *name)
{
	struct pins *pins = ctx;
	char mark[SET_SIZE + sizeof(MARK)];

	if (strncmp(name, SET, strlen(SET)) != 0 || strlen(name) >= sizeof(pins->heritage) ||
	    !strcmp(name, DISOWNED))
		return;
	snprintf(mark, sizeof(mark), "%.*s/" MARK, SET_SIZE - 1, name);
	if (is_there(pins, mark))
		strcpy(pins->heritage, name);
}

/* One to be filled. 0 or -errno. */
static int set_begin(struct pins *pins)
{
	char path[PATH_SIZE];

	pins->heritage[0] = '\0';
	pin_for_each(pins, heritage_visit, pins);

	snprintf(pins->set, sizeof(pins->set), UNFINISHED "%s", pins->whole + strlen(SET));
	set_remove(pins, pins->set);
	pin_path(pins, pins->set, path);
	return mkdir(path, 0700) ? -errno : 0;
}

/* Ours, if it is whole; else a new one. */
static int set_open(struct pins *pins, const char *build, struct err *err)
{
	snprintf(pins->whole, sizeof(pins->whole), SET "%s", build);
	snprintf(pins->set, sizeof(pins->set), SET "%s", build);
	pins->has_set = is_there(pins, pins->set);
	if (pins->has_set)
		return 0;
	return set_begin(pins) ? err_set(err, errno, "%s: making the folder: %s", pins->set,
					 strerror(errno))
			       : 0;
}

static int folder_lock(struct pins *pins, const char *path, struct err *err)
{
	if ((mkdir(PINS, 0700) && errno != EEXIST) || (mkdir(path, 0700) && errno != EEXIST))
		return err_set(err, errno, "%s: making the folder: %s", path, strerror(errno));
	fd_close(&pins->lock_fd);
	pins->lock_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (pins->lock_fd < 0)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	if (flock(pins->lock_fd, LOCK_EX | LOCK_NB))
		return err_set(err, EBUSY,
			       "instance %s is running already: stop it, or use another --instance",
			       pins->instance);
	return 0;
}

/* A daemon that ends takes its folder along: what we have locked may be no folder any more. */
static bool is_locked(const struct pins *pins, const char *path)
{
	struct stat ours, there;

	return !fstat(pins->lock_fd, &ours) && !stat(path, &there) && ours.st_ino == there.st_ino;
}

static int folder_claim(struct pins *pins, struct err *err)
{
	char path[PATH_SIZE];
	int rc;

	dir_path(pins->instance, path);
	do
		rc = folder_lock(pins, path, err);
	while (!rc && !is_locked(pins, path));
	return rc;
}

static bool has_folder(const struct pins *pins)
{
	return is_there(pins, "");
}

/* Somebody may have made it read-only while our instance was in it. */
static int folder_open(struct pins *pins, const char *build, struct err *err)
{
	int rc = bpffs_mount(err);
	const bool is_read_only = rc == -EROFS;

	if (!rc || (is_read_only && has_folder(pins)))
		rc = folder_claim(pins, err);
	if (!rc && is_read_only)
		rc = err_set(
			err, EROFS,
			"%s is mounted read-only, and in it is what an earlier switchd has left: "
			"mount -o remount,rw %s",
			BPFFS, BPFFS);
	return rc ? rc : set_open(pins, build, err);
}

static bool is_instance_name(const char *name)
{
	size_t len = strlen(name);

	return len && len < PINS_INSTANCE_SIZE &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

int pins_open(struct pins **out, const char *instance, const char *build, struct err *err)
{
	own(pins_close) struct pins *pins = NULL;
	int rc;

	if (!is_instance_name(instance))
		return err_set(err, EINVAL,
			       "instance %s: a name has 1 to 8 characters of a-z, 0-9 and -",
			       instance);
	pins = calloc(1, sizeof(*pins));
	if (!pins)
		return err_set(err, ENOMEM, "out of memory");
	pins->lock_fd = -1;
	strcpy(pins->instance, instance);
	rc = folder_open(pins, build, err);
	if (rc && !has_folder(pins)) {
		log_warn(
			"port",
			"%s: what switchd puts into the kernel ends with it, and the next one begins "
			"anew",
			err->text);
		*err = (struct err)ERR_INIT;
		rc = pin_memory_new(&pins->memory);
	}
	if (rc)
		return rc;
	*out = take_ptr(pins);
	return 0;
}

void pins_close(struct pins **pins)
{
	if (!*pins)
		return;
	fd_close(&(*pins)->lock_fd);
	pin_memory_free(&(*pins)->memory);
	mem_free(pins);
}

static void name_remove(void *ctx, const char *name)
{
	struct pins *pins = ctx;

	if (is_set(name))
		set_remove(pins, name);
	else
		pin_remove(pins, name);
}

void pins_clear(struct pins *pins)
{
	char path[PATH_SIZE];

	pin_for_each(pins, name_remove, pins);
	if (pins->memory)
		return;
	dir_path(pins->instance, path);
	rmdir(path);
	rmdir(PINS);
}

void pins_home_get(const struct pins *pins, char run_dir[PATH_MAX])
{
	char path[PATH_SIZE];
	ssize_t len;

	pin_path(pins, HOME, path);
	len = pins->memory ? -1 : readlink(path, run_dir, PATH_MAX - 1);
	run_dir[len < 0 ? 0 : len] = '\0';
}

void pins_home_set(struct pins *pins, const char *run_dir)
{
	char path[PATH_SIZE], next[NEXT_SIZE], before[PATH_MAX];

	pins_home_get(pins, before);
	if (pins->memory || !strcmp(before, run_dir))
		return;
	pin_path(pins, HOME, path);
	next_path(path, next);
	if (symlink(run_dir, next) || rename(next, path))
		log_debug("port", "%s: %s", path, strerror(errno));
}

const char *pins_instance(const struct pins *pins)
{
	return pins->instance;
}

bool pins_outlive(const struct pins *pins)
{
	return !pins->memory;
}

bool pins_has_set(const struct pins *pins)
{
	return pins->has_set;
}

bool pins_has_heritage(const struct pins *pins)
{
	return pins->heritage[0];
}

void pins_refuse_heritage(struct pins *pins)
{
	pins->heritage[0] = '\0';
}

int pins_set_disown(struct pins *pins)
{
	char from[PATH_SIZE], to[PATH_SIZE];

	set_remove(pins, DISOWNED);
	pin_path(pins, pins->set, from);
	pin_path(pins, DISOWNED, to);
	if (rename(from, to))
		return -errno;
	pins->has_set = false;
	return set_begin(pins);
}

int pins_set_done(struct pins *pins)
{
	char from[PATH_SIZE], to[PATH_SIZE];

	if (pins->memory || !strcmp(pins->set, pins->whole))
		return 0;
	pin_path(pins, pins->set, from);
	pin_path(pins, pins->whole, to);
	if (rename(from, to))
		return -errno;
	strcpy(pins->set, pins->whole);
	return 0;
}

/* ---- other builds' sets ---- */

struct others {
	struct pins *pins;
	unsigned n;
	bool is_to_go;
};

static void other_visit(void *ctx, const char *name)
{
	struct others *others = ctx;

	if (!is_set(name) || !strcmp(name, others->pins->set))
		return;
	others->n++;
	if (others->is_to_go)
		set_remove(others->pins, name);
}

bool pins_has_others(const struct pins *pins)
{
	struct others others = {.pins = (struct pins *)pins};

	pin_for_each(others.pins, other_visit, &others);
	return others.n;
}

void pins_drop_others(struct pins *pins)
{
	struct others others = {.pins = pins, .is_to_go = true};

	pin_for_each(pins, other_visit, &others);
}

/* ---- names ---- */

/* The name is never gone in between: who is killed then would leave a set that is none. */
static int path_pin(const char *path, int fd)
{
	char next[NEXT_SIZE];

	if (!bpf_obj_pin(fd, path))
		return 0;
	if (errno != EEXIST)
		return -errno;
	next_path(path, next);
	return bpf_obj_pin(fd, next) || rename(next, path) ? -errno : 0;
}

static int path_get(const char *path)
{
	int fd = bpf_obj_get(path);

	return fd < 0 ? -errno : fd;
}

int pin_add(struct pins *pins, const char *name, int fd)
{
	char path[PATH_SIZE];

	if (pins->memory)
		return pin_memory_put(pins->memory, name, fd);
	pin_path(pins, name, path);
	return path_pin(path, fd);
}

int pin_get(const struct pins *pins, const char *name)
{
	char path[PATH_SIZE];

	if (pins->memory)
		return pin_memory_get(pins->memory, name);
	pin_path(pins, name, path);
	return path_get(path);
}

void pin_remove(struct pins *pins, const char *name)
{
	char path[PATH_SIZE];

	if (pins->memory) {
		pin_memory_del(pins->memory, name);
		return;
	}
	pin_path(pins, name, path);
	unlink(path);
}

void pin_for_each(struct pins *pins, void (*visit)(void *ctx, const char *name), void *ctx)
{
	if (pins->memory)
		pin_memory_for_each(pins->memory, visit, ctx);
	else
		pin_for_each_of(pins->instance, visit, ctx);
}

/* ---- other instances ---- */

void pin_for_each_of(const char *instance, void (*visit)(void *ctx, const char *name), void *ctx)
{
	own(dir_close) DIR *dir = NULL;
	char path[PATH_SIZE];
	struct dirent *entry;

	dir_path(instance, path);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			visit(ctx, entry->d_name);
}

struct sets {
	const char *instance;
	char set[SET_SIZE];
	void (*visit)(void *ctx, const char *name);
	void *ctx;
};

static void set_name_visit(void *ctx, const char *name)
{
	const struct sets *sets = ctx;
	char path[SET_SIZE + PINS_NAME_SIZE];

	snprintf(path, sizeof(path), "%s/%.*s", sets->set, PINS_NAME_SIZE - 1, name);
	sets->visit(sets->ctx, path);
}

static void set_visit(void *ctx, const char *name)
{
	struct sets *sets = ctx;
	char folder[PINS_INSTANCE_SIZE + SET_SIZE];

	if (!is_set(name))
		return;
	snprintf(sets->set, sizeof(sets->set), "%.*s", SET_SIZE - 1, name);
	snprintf(folder, sizeof(folder), "%s/%s", sets->instance, sets->set);
	pin_for_each_of(folder, set_name_visit, sets);
}

void set_pin_for_each_of(const char *instance, void (*visit)(void *ctx, const char *name),
			 void *ctx)
{
	struct sets sets = {.instance = instance, .visit = visit, .ctx = ctx};

	pin_for_each_of(instance, set_visit, &sets);
}

int pin_open(const char *instance, const char *name)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), PINS "/%s/%s", instance, name);
	return path_get(path);
}

void pins_visit(bool (*visit)(void *ctx, const char *instance), void *ctx)
{
	own(dir_close) DIR *dir = opendir(PINS);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char instance[PINS_INSTANCE_SIZE];
		size_t len = strlen(entry->d_name);

		if (entry->d_name[0] == '.' || len >= sizeof(instance))
			continue;
		memcpy(instance, entry->d_name, len + 1);
		if (visit(ctx, instance))
			return;
	}
}

bool pins_is_claimed(const char *instance)
{
	own(fd_close) int fd = -1;
	char path[PATH_SIZE];

	dir_path(instance, path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
}

/* ---- our set ---- */

int set_pin_add(struct pins *pins, const char *name, int fd)
{
	char path[PATH_SIZE];

	if (pins->memory)
		return pin_memory_put(pins->memory, name, fd);
	set_pin_path(pins, name, path);
	return path_pin(path, fd);
}

int set_pin_get(const struct pins *pins, const char *name)
{
	char path[PATH_SIZE];

	if (pins->memory)
		return pin_memory_get(pins->memory, name);
	set_pin_path(pins, name, path);
	return path_get(path);
}

int set_pin_inherit(const struct pins *pins, const char *name)
{
	char path[PATH_SIZE];

	if (!pins->heritage[0])
		return -ENOENT;
	snprintf(path, sizeof(path), PINS "/%s/%s/%s", pins->instance, pins->heritage, name);
	return path_get(path);
}

int set_pin_mark(struct pins *pins, int fd)
{
	return set_pin_add(pins, MARK, fd);
}
