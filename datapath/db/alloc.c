#include "db/alloc.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static void *checked(void *memory)
{
	if (!memory) {
		log_error("db", "out of memory");
		abort();
	}
	return memory;
}

void *alloc(size_t n, size_t size)
{
	return checked(calloc(n ? n : 1, size));
}

char *alloc_text(const char *text)
{
	return checked(strdup(text));
}

void *alloc_grow(void *array, size_t n, size_t *size, size_t thing_size)
{
	if (n < *size)
		return array;
	*size = *size ? *size * 2 : 8;
	return checked(reallocarray(array, *size, thing_size));
}
