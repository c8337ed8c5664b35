#pragma once
/* The inside of a row, for the replica, which owns it. */
#include "base/hash.h"
#include "config/row.h"

struct row {
	char uuid[UUID_LEN + 1];
	struct json_object *columns;
	uint64_t version;
	size_t cost; /* bytes */
	UT_hash_handle hh;
};
