#include "control/detach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"

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

void detach_ready(void)
{
	own(fd_close) int null = -1;

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
