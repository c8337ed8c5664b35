#pragma once
/* Memory for the database. Sizes follow from requests that were bounded when they were read, so
 * running out means that the machine is out of memory: then the process ends, loudly, rather than
 * half a transaction being undone in code that no test reaches. What was committed is on disk, and
 * the packet path of the kernel goes on without the daemon. */
#include <stddef.h>

/* Zeroed memory for `n` things of `size` bytes; never NULL. */
void *alloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
/* A copy of `text`; never NULL. */
char *alloc_text(const char *text) __attribute__((malloc, returns_nonnull));
/* Makes `array` of `n` things, in which `*size` fit, fit one more. Returns where it is now. */
void *alloc_grow(void *array, size_t n, size_t *size, size_t thing_size);
