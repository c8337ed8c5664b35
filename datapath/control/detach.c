#include "control/detach.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/own.h"

/* Set for a daemon that has taken the place of an earlier one in the same process. */
#define AGAIN "SHUNT_AGAIN"

static int ready_fd = -1; /* the child's end of the pipe to the parent */

/* Waits for a byte, or for the end of the child. */
static void __attribute__((noreturn)) parent_run(int fd, pid_t child)
{
	char byte;
	int status;
	ssize_t n;

	do {
		n = read(fd, &byte, 1);
	} while (n < 0 && errno == EINTR);
	if (n == 1)
		_exit(0);
	if (waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status))
		_exit(WEXITSTATUS(status));
	_exit(1);
}

int detach_fork(void)
{
	int fds[2];
	pid_t child;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	child = fork();
	if (child < 0) {
		int rc = -errno;

		close(fds[0]);
		close(fds[1]);
		return rc;
	}
	if (child) {
		close(fds[1]);
		parent_run(fds[0], child);
	}
	close(fds[0]);
	ready_fd = fds[1];
	setsid();
	return 0;
}

/* Nobody to tell, or nobody who listens: no matter. */
static void manager_notify(void)
{
	static const char ready[] = "READY=1";
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path ? strlen(path) : 0;
	own(fd_close) int fd = -1;

	if (!len || len >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, path, len);
	if (path[0] == '@')
		address.sun_path[0] = '\0'; /* an abstract name */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		sendto(fd, ready, sizeof(ready) - 1, MSG_NOSIGNAL, (struct sockaddr *)&address,
		       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
}

void detach_ready(void)
{
	own(fd_close) int null = -1;

	manager_notify();
	if (ready_fd < 0)
		return;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
	}
	if (write(ready_fd, "", 1) < 0) {
		/* The parent was killed: nobody waits. */
	}
	fd_close(&ready_fd);
}

/* The program that is installed by now under the name of the one that runs. */
static int program_find(char path[PATH_MAX])
{
	static const char deleted[] = " (deleted)";
	ssize_t len = readlink("/proc/self/exe", path, PATH_MAX - 1);

	if (len < 0)
		return -errno;
	path[len] = '\0';
	if ((size_t)len > strlen(deleted) && !strcmp(path + len - strlen(deleted), deleted))
		path[len - (ssize_t)strlen(deleted)] = '\0';
	return 0;
}

int restart_check(struct err *err)
{
	char path[PATH_MAX] = "the program";
	int ret = program_find(path);

	if (!ret && access(path, X_OK))
		ret = -errno;
	if (ret)
		return err_set(err, -ret, "cannot start %s: %s: the daemon goes on as it is", path,
			       strerror(-ret));
	return 0;
}

int restart(char *argv[])
{
	char path[PATH_MAX] = "the program";
	int ret = program_find(path);

	if (!ret) {
		setenv(AGAIN, "1", 1);
		execv(path, argv);
		ret = -errno;
	}
	log_error("switchd", "cannot start %s: %s", path, strerror(-ret));
	return EXIT_FAILURE;
}

bool restart_was(void)
{
	bool was = getenv(AGAIN);

	unsetenv(AGAIN);
	return was;
}
