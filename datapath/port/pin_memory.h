#pragma once
/* Names for what is in the kernel, where there is no bpffs to keep them: they end with the daemon, and what
 * they name does, too. For port/pins.c. Control thread only. */
struct pin_memory;

/* 0 or -ENOMEM. */
int pin_memory_new(struct pin_memory **out);
void pin_memory_free(struct pin_memory **memory);

/* Keeps a copy of the descriptor; replaces one of that name. 0 or -errno. */
int pin_memory_put(struct pin_memory *memory, const char *name, int fd);
/* A descriptor to be closed, or -ENOENT or another -errno. */
int pin_memory_get(const struct pin_memory *memory, const char *name);
void pin_memory_del(struct pin_memory *memory, const char *name);
/* Calls `visit` for each name; it may delete that one. */
void pin_memory_for_each(struct pin_memory *memory, void (*visit)(void *ctx, const char *name),
			 void *ctx);
