#pragma once
/* What a transaction asked of the switch, and what the switch says of it: Interface.error, and the keys of errors in the
 * status of bridges, controllers and managers. */
#include <stddef.h>

struct replica;
struct touched_row;

struct touched {
	struct touched_row *rows;
	size_t n;
};

/* Asks for the columns that tell. */
void touched_prepare(struct replica *replica);
/* Remembers what the changes of the replica are about, and what is wrong with that already. */
void touched_take(struct touched *touched, struct replica *replica);
/* Says what is wrong now and was not before. Returns the exit status. */
int touched_check(const struct touched *touched, struct replica *replica);
void touched_fini(struct touched *touched);
