#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/json.h"
#include "base/own.h"
#include "need.h"

#define PROGRAM "switchd"

/* Starts the program; its output is to be read from *from. 0 or -errno. */
static int start(const char *option, pid_t *pid, int *from)
{
	char *const argv[] = {(char *)PROGRAM, (char *)option, NULL};
	posix_spawn_file_actions_t actions;
	int fds[2], code;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
	code = posix_spawnp(pid, PROGRAM, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	if (code)
		close(fds[0]);
	else
		*from = fds[0];
	return -code;
}

/* What it has said is on our standard error already. */
static int end(pid_t pid, struct err *err)
{
	int status;

	if (waitpid(pid, &status, 0) == pid && WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	return err_set(err, EIO, PROGRAM " --doctor has failed");
}

int doctor_ask_program(const char *device, struct json_object **rows, struct err *err)
{
	own(json_free) struct json_object *object = NULL;
	own(mem_free) char *option = NULL;
	own(fd_close) int from = -1;
	pid_t pid;
	int ret;

	if (asprintf(&option, "--doctor%s%s", device ? "=" : "", device ? device : "") < 0)
		option = need(NULL);
	ret = start(option, &pid, &from);
	if (ret)
		return err_set(err, -ret,
			       "no daemon runs, and the program " PROGRAM " cannot be asked: %s",
			       strerror(-ret));
	object = json_object_from_fd(from);
	ret = end(pid, err);
	if (!ret && !json_object_is_type(object, json_type_array))
		ret = err_set(err, EPROTO, PROGRAM " --doctor did not say what was asked");
	if (!ret)
		*rows = take_ptr(object);
	return ret;
}
