#include "ids.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "need.h"

void ids_fini(struct ids *ids)
{
	struct id *id, *next;

	HASH_ITER (hh, ids->by_name, id, next) {
		HASH_DEL(ids->by_name, id);
		free(id);
	}
}

struct id *id_use(struct ids *ids, const char *name)
{
	struct id *id;

	HASH_FIND_STR(ids->by_name, name, id);
	if (id)
		return id;
	id = need(calloc(1, sizeof(*id) + strlen(name) + 1));
	strcpy(id->name, name);
	uuid_make(&id->uuid);
	HASH_ADD_STR(ids->by_name, name, id);
	return id;
}

int id_define(struct ids *ids, const char *name, struct id **out, struct err *err)
{
	struct id *id;

	if (name[0] != '@' || !name[1])
		return err_set(err, EINVAL, "--id=%s is not a name: use --id=@NAME", name);
	id = id_use(ids, name);
	if (id->is_defined)
		return err_set(err, EINVAL, "--id=%s is there twice: give each record its own name",
			       name);
	id->is_defined = true;
	*out = id;
	return 0;
}

int ids_check(const struct ids *ids, struct err *err)
{
	struct id *id, *next;

	HASH_ITER (hh, ids->by_name, id, next)
		if (!id->is_defined)
			return err_set(err, EINVAL,
				       "%s is not defined: use -- --id=%s create TABLE ... or "
				       "-- --id=%s get TABLE RECORD",
				       id->name, id->name, id->name);
	return 0;
}

void ids_warn(const struct ids *ids)
{
	struct id *id, *next;

	HASH_ITER (hh, ids->by_name, id, next)
		if (id->is_new && !id->is_referred)
			fprintf(stderr,
				"warning: the record %s does not stay in the database: %s\n",
				id->name,
				id->is_weakly_referred ? "only weak references to it were made"
						       : "nothing refers to it");
}
