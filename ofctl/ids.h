#pragma once
/* Names of records within one command line: "--id=@new create ...", and "@new" wherever a UUID may
 * stand, before or after. A name gets its UUID when it is first seen. */
#include <stdbool.h>

#include "base/hash.h"
#include "db/uuid.h"

struct err;

struct id {
	UT_hash_handle hh;
	struct uuid uuid;
	bool is_defined; /* a command carried --id=@name */
	bool is_new;     /* that command was create: the row lives only if something refers to it */
	bool is_referred;        /* by a column that keeps the row */
	bool is_weakly_referred; /* by a column that does not */
	char name[];             /* with the @ */
};

struct ids {
	struct id *by_name;
};

void ids_fini(struct ids *ids);

/* The id of that name, made if it is new. Borrowed until ids_fini(). */
struct id *id_use(struct ids *ids, const char *name);
/* For --id=`name`: -EINVAL if the name does not begin with @ or was defined before. */
int id_define(struct ids *ids, const char *name, struct id **out, struct err *err);
/* At the end of the line: is every name defined? Returns 0 or -EINVAL. */
int ids_check(const struct ids *ids, struct err *err);
/* Warns on stderr of new rows that nothing refers to. */
void ids_warn(const struct ids *ids);
