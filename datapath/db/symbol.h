#pragma once
/* The names that one transaction gives to rows it inserts ("uuid-name", "named-uuid"). A name may
 * be used before its row is inserted, so it gets its UUID when it is first seen. */
#include <stdbool.h>

#include "base/hash.h"
#include "db/uuid.h"

struct symbol {
	UT_hash_handle hh;
	struct uuid uuid;
	bool is_inserted; /* an insert has carried this name */
	char name[];
};

struct symbols {
	struct symbol *by_name;
};

void symbols_fini(struct symbols *symbols);
/* The symbol of that name, made if it is new. Borrowed until symbols_fini(). */
struct symbol *symbol_use(struct symbols *symbols, const char *name);
