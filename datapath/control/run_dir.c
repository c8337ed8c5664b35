#include "control/run_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/openflow_sockets.h"
#include "base/err.h"
#include "base/own.h"
#include "control/ovs_compat.h"

#define PIDFILE "switchd.pid"

struct run_dir {
	/* fixed after create */
	char *path;
	char *pidfile; /* of the user; NULL: none */
	int lock_fd;
	/* control thread */
	char file[PATH_MAX];
};

/* One directory, not those above it: a mistyped name leaves no tree behind. */
static int directory_make(const char *path, struct err *err)
{
	if (mkdir(path, 0755) && errno != EEXIST)
		return err_set(err, errno, "cannot make directory %s: %s", path, strerror(errno));
	return 0;
}

int run_dir_make_parent(const char *file, struct err *err)
{
	own(mem_free) char *path = strdup(file);
	char *slash = path ? strrchr(path, '/') : NULL;

	if (!path)
		return err_set(err, ENOMEM, "out of memory");
	if (!slash || slash == path)
		return 0;
	*slash = '\0';
	return directory_make(path, err);
}

/* The number in the file; 0 if its owner has not written it yet. */
static int pid_read(int fd)
{
	char text[16] = "";

	return pread(fd, text, sizeof(text) - 1, 0) > 0 ? atoi(text) : 0;
}

/* A daemon that ends removes the file: what was opened before is nobody's then. */
static bool is_still(int fd, const char *file)
{
	struct stat opened, named;

	return !fstat(fd, &opened) && !stat(file, &named) && opened.st_ino == named.st_ino &&
	       opened.st_dev == named.st_dev;
}

static int lock_refused(const struct run_dir *dir, const char *file, int code, struct err *err)
{
	if (code != EACCES && code != EAGAIN)
		return err_set(err, code, "%s: cannot lock it: %s", file, strerror(code));
	return err_set(err, EBUSY, "run directory %s is in use by switchd, pid %d", dir->path,
		       pid_read(dir->lock_fd));
}

/* The lock belongs to the open file, not to the process: closing another descriptor of the same
 * file (the user may want his pidfile at this place) does not end it, the end of the process
 * does. */
static int lock(struct run_dir *dir, struct err *err)
{
	struct flock request = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	const char *file = run_dir_file(dir, PIDFILE);
	int rc = 0;

	do {
		fd_close(&dir->lock_fd);
		dir->lock_fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
		if (dir->lock_fd < 0)
			return err_set(err, errno, "%s: %s", file, strerror(errno));
		if (fcntl(dir->lock_fd, F_OFD_SETLK, &request))
			rc = lock_refused(dir, file, errno, err);
	} while (!rc && !is_still(dir->lock_fd, file));
	if (rc) /* it is not ours to remove */
		fd_close(&dir->lock_fd);
	return rc;
}

static int pid_write(int fd, const char *file, struct err *err)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d\n", getpid());

	if (ftruncate(fd, 0) || pwrite(fd, text, (size_t)len, 0) != len)
		return err_set(err, errno ? errno : EIO, "%s: cannot write it: %s", file,
			       strerror(errno));
	return 0;
}

static int pidfile_write(struct run_dir *dir, const char *pidfile, struct err *err)
{
	own(fd_close) int fd = open(pidfile, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	int rc;

	if (fd < 0)
		return err_set(err, errno, "%s: %s", pidfile, strerror(errno));
	rc = pid_write(fd, pidfile, err);
	if (rc)
		return rc;
	dir->pidfile = strdup(pidfile);
	return dir->pidfile ? 0 : err_set(err, ENOMEM, "out of memory");
}

int run_dir_new(struct run_dir **out, const char *path, const char *pidfile, struct err *err)
{
	own(run_dir_free) struct run_dir *dir = calloc(1, sizeof(*dir));
	int rc;

	if (!dir)
		return err_set(err, ENOMEM, "out of memory");
	dir->lock_fd = -1;
	rc = directory_make(path, err);
	if (rc)
		return rc;
	dir->path = realpath(path, NULL);
	if (!dir->path)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	rc = lock(dir, err);
	if (!rc)
		rc = pid_write(dir->lock_fd, run_dir_file(dir, PIDFILE), err);
	if (!rc && pidfile)
		rc = pidfile_write(dir, pidfile, err);
	if (rc)
		return rc;
	*out = take_ptr(dir);
	return 0;
}

void run_dir_free(struct run_dir **dir)
{
	struct run_dir *d = *dir;

	if (!d)
		return;
	if (d->pidfile)
		unlink(d->pidfile);
	if (d->lock_fd >= 0)
		unlink(run_dir_file(d, PIDFILE));
	fd_close(&d->lock_fd);
	free(d->pidfile);
	free(d->path);
	mem_free(dir);
}

/* Those of bridges. */
static void sockets_remove(const char *path)
{
	DIR *names = opendir(path);
	const struct dirent *entry;

	while (names && (entry = readdir(names)))
		if (openflow_socket_is_of_bridge(entry->d_name))
			unlinkat(dirfd(names), entry->d_name, 0);
	if (names)
		closedir(names);
}

int run_dir_clean(const char *path, struct err *err)
{
	static const char *const names[] = {"state", "state.new", "counts", "db.sock", "netlink"};
	own(run_dir_free) struct run_dir *dir = NULL;
	int rc = access(path, F_OK) ? 0 : run_dir_new(&dir, path, NULL, err);

	if (!dir)
		return rc == -EBUSY ? 0 : rc;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(run_dir_file(dir, names[i]));
	sockets_remove(dir->path);
	ovs_compat_clean(dir->path);
	return 0;
}

const char *run_dir_path(const struct run_dir *dir)
{
	return dir->path;
}

const char *run_dir_file(struct run_dir *dir, const char *name)
{
	snprintf(dir->file, sizeof(dir->file), "%s/%s", dir->path, name);
	return dir->file;
}
