#include "control/ovs_compat.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/openflow_sockets.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/own.h"
#include "switch/vswitch.h"

#define OVS_DIR "/var/run/openvswitch"

/* A name in their directory that leads into ours. */
struct compat_link {
	UT_hash_handle hh;
	bool is_wanted;
	char name[];
};

struct ovs_compat {
	/* fixed after create */
	char dir[PATH_MAX / 2];
	char run_dir[PATH_MAX / 2];
	int pidfile; /* locked, as their tools check */
	/* control thread */
	struct compat_link *links; /* uthash by name */
};

static void path_of(const struct ovs_compat *compat, const char *name, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%s", compat->dir, name);
}

/* ---- who is there? ---- */

/* Does anybody listen at that socket? */
static bool is_alive(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	own(fd_close) int fd = -1;

	if (strlen(path) >= sizeof(addr.sun_path))
		return false;
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return fd >= 0 &&
	       (!connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) || errno == EAGAIN);
}

/* ---- links ---- */

static bool leads_into(int dir_fd, const char *name, const char *run_dir)
{
	const size_t len = strlen(run_dir);
	char to[PATH_MAX] = "";

	return readlinkat(dir_fd, name, to, sizeof(to) - 1) > 0 && !strncmp(to, run_dir, len) &&
	       to[len] == '/';
}

/* Whoever has the run directory's lock is the only one who may have links into it: others are of daemons that were
 * killed. How many there were. */
static unsigned links_sweep(const char *dir, const char *run_dir)
{
	DIR *names = opendir(dir);
	const struct dirent *entry;
	unsigned n = 0;

	while (names && (entry = readdir(names)))
		if (leads_into(dirfd(names), entry->d_name, run_dir) &&
		    !unlinkat(dirfd(names), entry->d_name, 0))
			n++;
	if (names)
		closedir(names);
	return n;
}

/* What is there and dead goes; a file that is no socket and no link was put there by somebody. */
static int link_make(const struct ovs_compat *compat, const char *name, const char *target,
		     struct err *err)
{
	char path[PATH_MAX], to[PATH_MAX];
	struct stat st;

	path_of(compat, name, path);
	snprintf(to, sizeof(to), "%s/%s", compat->run_dir, target);
	if (!lstat(path, &st) && !S_ISSOCK(st.st_mode) && !S_ISLNK(st.st_mode))
		return err_set(err, EEXIST, "%s: is there and is no socket: move it away", path);
	if (is_alive(path))
		return err_set(err, EBUSY, "%s: somebody listens there: stop Open vSwitch first",
			       path);
	unlink(path);
	if (symlink(to, path))
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	return 0;
}

static int link_add(struct ovs_compat *compat, const char *name, const char *target,
		    struct err *err)
{
	struct compat_link *link;
	int rc = link_make(compat, name, target, err);

	if (rc)
		return rc;
	link = calloc(1, sizeof(*link) + strlen(name) + 1);
	if (!link)
		return err_set(err, ENOMEM, "out of memory");
	strcpy(link->name, name);
	link->is_wanted = true;
	HASH_ADD_STR(compat->links, name, link);
	return 0;
}

static void link_del(struct ovs_compat *compat, struct compat_link *link)
{
	char path[PATH_MAX];

	path_of(compat, link->name, path);
	unlink(path);
	HASH_DEL(compat->links, link);
	free(link);
}

/* ---- bridges ---- */

static void want(struct ovs_compat *compat, const struct bridge *bridge, const char *suffix)
{
	struct err err = ERR_INIT;
	struct compat_link *link;
	char name[NAME_MAX];

	snprintf(name, sizeof(name), "%s%s", bridge_name(bridge), suffix);
	HASH_FIND_STR(compat->links, name, link);
	if (link)
		link->is_wanted = true;
	else if (link_add(compat, name, name, &err))
		log_warn("ovs-compat", "%s", err.text);
}

static int want_bridge(struct bridge *bridge, void *ctx)
{
	want(ctx, bridge, OPENFLOW_SOCKET_MGMT);
	want(ctx, bridge, OPENFLOW_SOCKET_SNOOP);
	return 0;
}

void ovs_compat_bridges(struct ovs_compat *compat, struct vswitch *sw)
{
	struct compat_link *link, *next;

	if (!compat)
		return;
	HASH_ITER (hh, compat->links, link, next)
		link->is_wanted = !openflow_socket_is_of_bridge(link->name);
	vswitch_for_each_bridge(sw, want_bridge, compat);
	HASH_ITER (hh, compat->links, link, next)
		if (!link->is_wanted)
			link_del(compat, link);
}

/* ---- life ---- */

/* A lock of the old kind, that tells who holds it: their tools compare it with what the file says. */
static int pidfile_make(struct ovs_compat *compat, struct err *err)
{
	struct flock request = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char path[PATH_MAX], text[16];
	int len = snprintf(text, sizeof(text), "%d\n", getpid());

	path_of(compat, "ovs-vswitchd.pid", path);
	compat->pidfile = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (compat->pidfile < 0)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	if (fcntl(compat->pidfile, F_SETLK, &request)) {
		fd_close(&compat->pidfile); /* it is not ours to remove */
		return err_set(err, EBUSY, "%s: Open vSwitch runs there: stop it first", path);
	}
	if (ftruncate(compat->pidfile, 0) || pwrite(compat->pidfile, text, (size_t)len, 0) != len)
		return err_set(err, EIO, "%s: cannot write it", path);
	return 0;
}

const char *ovs_compat_dir(void)
{
	const char *dir = getenv("OVS_RUNDIR");

	return dir && dir[0] ? dir : OVS_DIR;
}

int ovs_compat_new(struct ovs_compat **out, const char *run_dir, struct err *err)
{
	own(ovs_compat_free) struct ovs_compat *compat = calloc(1, sizeof(*compat));
	char name[64];
	int rc;

	if (!compat)
		return err_set(err, ENOMEM, "out of memory");
	compat->pidfile = -1;
	snprintf(compat->dir, sizeof(compat->dir), "%s", ovs_compat_dir());
	snprintf(compat->run_dir, sizeof(compat->run_dir), "%s", run_dir);
	if (mkdir(compat->dir, 0755) && errno != EEXIST)
		return err_set(err, errno, "cannot make directory %s: %s", compat->dir,
			       strerror(errno));
	rc = pidfile_make(compat, err);
	if (!rc)
		links_sweep(compat->dir, compat->run_dir);
	if (!rc)
		rc = link_add(compat, "db.sock", "db.sock", err);
	snprintf(name, sizeof(name), "ovs-vswitchd.%d.ctl", getpid());
	if (!rc)
		rc = link_add(compat, name, "db.sock", err);
	if (rc)
		return rc;
	*out = take_ptr(compat);
	return 0;
}

void ovs_compat_free(struct ovs_compat **compat)
{
	struct ovs_compat *c = *compat;
	struct compat_link *link, *next;
	char path[PATH_MAX];

	if (!c)
		return;
	HASH_ITER (hh, c->links, link, next)
		link_del(c, link);
	if (c->pidfile >= 0) {
		path_of(c, "ovs-vswitchd.pid", path);
		unlink(path);
		close(c->pidfile);
	}
	mem_free(compat);
}

void ovs_compat_clean(const char *run_dir)
{
	struct ovs_compat compat = {.pidfile = -1};
	char path[PATH_MAX];

	snprintf(compat.dir, sizeof(compat.dir), "%s", ovs_compat_dir());
	if (!links_sweep(compat.dir, run_dir) || pidfile_make(&compat, NULL))
		return;
	path_of(&compat, "ovs-vswitchd.pid", path);
	unlink(path);
	fd_close(&compat.pidfile);
}
