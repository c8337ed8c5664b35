#pragma once
/* A tool without memory has nothing better to do than to end. */
#include <stdio.h>
#include <stdlib.h>

/* Returns what an allocator gave, or ends the program if that is NULL. */
static inline void *need(void *memory)
{
	if (memory)
		return memory;
	fputs("out of memory\n", stderr);
	exit(EXIT_FAILURE);
}
