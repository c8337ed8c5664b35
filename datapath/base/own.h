#pragma once
/* Ownership that can be seen without reading the callee.
 *
 * An owning local carries a cleanup attribute and starts empty; it leaves its scope only through
 * take_ptr() or take_fd(). Every X_free() takes a pointer to the pointer, accepts NULL in it, and
 * sets it to NULL, so that it serves as a cleanup function as well:
 *
 *	own(fdb_free) struct fdb *fdb = NULL;
 *	...
 *	*out = take_ptr(fdb);
 *	return 0;
 */
#include <stdlib.h>
#include <unistd.h>

#define own(free_function) __attribute__((cleanup(free_function)))

#define take_ptr(p) \
	({ \
		__typeof__(p) take_ptr_ = (p); \
		(p) = NULL; \
		take_ptr_; \
	})

#define take_fd(fd) \
	({ \
		int take_fd_ = (fd); \
		(fd) = -1; \
		take_fd_; \
	})

/* For memory from malloc(3): `own(mem_free) char *text = NULL;`. `p` is a pointer to a pointer. */
static inline void mem_free(void *p)
{
	free(*(void **)p);
	*(void **)p = NULL;
}

/* Closes *fd if it is open (not negative) and makes it -1. */
static inline void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}
