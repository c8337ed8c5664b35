#include "db/symbol.h"

#include "db/alloc.h"

void symbols_fini(struct symbols *symbols)
{
	struct symbol *symbol, *next;

	HASH_ITER (hh, symbols->by_name, symbol, next) {
		HASH_DEL(symbols->by_name, symbol);
		free(symbol);
	}
}

struct symbol *symbol_use(struct symbols *symbols, const char *name)
{
	struct symbol *symbol;
	size_t len = strlen(name);

	HASH_FIND(hh, symbols->by_name, name, len, symbol);
	if (symbol)
		return symbol;
	symbol = alloc(1, sizeof(*symbol) + len + 1);
	memcpy(symbol->name, name, len);
	uuid_make(&symbol->uuid);
	HASH_ADD_KEYPTR(hh, symbols->by_name, symbol->name, len, symbol);
	return symbol;
}
