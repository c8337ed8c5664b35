#include "port/pins.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <bpf/bpf.h>
#include <linux/magic.h>

#include "base/err.h"
#include "base/own.h"

#define BPFFS     "/sys/fs/bpf"
#define PINS      BPFFS "/shunt"
#define PATH_SIZE 128

static void dir_close(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static int bpffs_mount(struct err *err)
{
	struct statfs fs;

	if (!statfs(BPFFS, &fs) && fs.f_type == BPF_FS_MAGIC)
		return 0;
	if (mount("bpf", BPFFS, "bpf", 0, "mode=0700"))
		return err_set(err, errno, "%s: mounting bpffs: %s", BPFFS, strerror(errno));
	return 0;
}

static void dir_path(const char *instance, char *path)
{
	snprintf(path, PATH_SIZE, PINS "/%s", instance);
}

static void pin_path(const char *instance, const char *name, char *path)
{
	snprintf(path, PATH_SIZE, PINS "/%s/%s", instance, name);
}

/* Removing a link's last name detaches its program. */
static void dir_empty(const char *path)
{
	own(dir_close) DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(dir), entry->d_name, 0);
}

int pins_claim(int *lock_fd, const char *instance, struct err *err)
{
	own(fd_close) int fd = -1;
	char path[PATH_SIZE];
	int rc = bpffs_mount(err);

	if (rc)
		return rc;
	dir_path(instance, path);
	if ((mkdir(PINS, 0700) && errno != EEXIST) || (mkdir(path, 0700) && errno != EEXIST))
		return err_set(err, errno, "%s: making the folder: %s", path, strerror(errno));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB))
		return err_set(err, EBUSY,
			       "instance %s is running already: stop it, or use another --instance",
			       instance);
	dir_empty(path);
	*lock_fd = take_fd(fd);
	return 0;
}

void pins_release(int *lock_fd, const char *instance)
{
	char path[PATH_SIZE];

	if (*lock_fd < 0)
		return;
	dir_path(instance, path);
	dir_empty(path);
	rmdir(path);
	rmdir(PINS);
	fd_close(lock_fd);
}

int pin_add(const char *instance, const char *name, int fd)
{
	char path[PATH_SIZE];

	pin_path(instance, name, path);
	return bpf_obj_pin(fd, path) ? -errno : 0;
}

void pin_remove(const char *instance, const char *name)
{
	char path[PATH_SIZE];

	pin_path(instance, name, path);
	unlink(path);
}

int pin_open(const char *instance, const char *name)
{
	char path[PATH_SIZE];
	int fd;

	pin_path(instance, name, path);
	fd = bpf_obj_get(path);
	return fd < 0 ? -errno : fd;
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
