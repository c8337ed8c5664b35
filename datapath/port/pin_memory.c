#include "port/pin_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/own.h"

#define NAME_SIZE 64

struct name {
	char text[NAME_SIZE];
	int fd;
	UT_hash_handle hh;
};

struct pin_memory {
	struct name *names;
};

int pin_memory_new(struct pin_memory **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : -ENOMEM;
}

static struct name *name_find(const struct pin_memory *memory, const char *text)
{
	struct name *name;

	HASH_FIND_STR(memory->names, text, name);
	return name;
}

int pin_memory_put(struct pin_memory *memory, const char *text, int fd)
{
	struct name *name = calloc(1, sizeof(*name));
	int rc = 0;

	if (!name)
		return -ENOMEM;
	name->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (name->fd < 0)
		rc = -errno;
	else if (strlen(text) >= NAME_SIZE)
		rc = -ENAMETOOLONG;
	if (rc) {
		fd_close(&name->fd);
		free(name);
		return rc;
	}
	strcpy(name->text, text);
	pin_memory_del(memory, text);
	HASH_ADD_STR(memory->names, text, name);
	return 0;
}

int pin_memory_get(const struct pin_memory *memory, const char *text)
{
	const struct name *name = name_find(memory, text);
	int fd = name ? fcntl(name->fd, F_DUPFD_CLOEXEC, 0) : -1;

	if (!name)
		return -ENOENT;
	return fd < 0 ? -errno : fd;
}

static void name_free(struct pin_memory *memory, struct name *name)
{
	HASH_DEL(memory->names, name);
	fd_close(&name->fd);
	free(name);
}

void pin_memory_del(struct pin_memory *memory, const char *text)
{
	struct name *name = name_find(memory, text);

	if (name)
		name_free(memory, name);
}

void pin_memory_for_each(struct pin_memory *memory, void (*visit)(void *ctx, const char *name),
			 void *ctx)
{
	struct name *name, *next;

	HASH_ITER (hh, memory->names, name, next)
		visit(ctx, name->text);
}

void pin_memory_free(struct pin_memory **p)
{
	struct pin_memory *memory = *p;
	struct name *name, *next;

	if (!memory)
		return;
	HASH_ITER (hh, memory->names, name, next)
		name_free(memory, name);
	mem_free(p);
}
