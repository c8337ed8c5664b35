#include "db/index.h"

#include <stdlib.h>

#include "db/alloc.h"
#include "db/datum.h"
#include "db/schema.h"

static size_t atom_size(enum atom_type type, const union atom *atom)
{
	return type == ATOM_STRING ? sizeof(unsigned) + atom->string->size : sizeof(*atom);
}

static uint8_t *put(uint8_t *key, const void *data, size_t size)
{
	memcpy(key, data, size);
	return key + size;
}

static uint8_t *put_atom(uint8_t *key, enum atom_type type, const union atom *atom)
{
	union atom clean = {0};

	switch (type) {
	case ATOM_STRING:
		key = put(key, &atom->string->size, sizeof(unsigned));
		return put(key, atom->string->bytes, atom->string->size);
	case ATOM_INTEGER:
		clean.integer = atom->integer;
		break;
	case ATOM_REAL:
		clean.real = atom->real;
		break;
	case ATOM_BOOLEAN:
		clean.boolean = atom->boolean;
		break;
	case ATOM_UUID:
		clean.uuid = atom->uuid;
		break;
	case ATOM_VOID:
		break;
	}
	return put(key, &clean, sizeof(clean));
}

static unsigned n_atoms(const struct datum *datum)
{
	return datum->n * (datum->value_type == ATOM_VOID ? 1 : 2);
}

static enum atom_type atom_type_at(const struct datum *datum, unsigned i)
{
	return i < datum->n ? datum->key_type : datum->value_type;
}

static size_t key_size(const struct index_schema *schema, struct datum *const *columns)
{
	size_t size = 0;

	for (unsigned c = 0; c < schema->n_columns; c++) {
		const struct datum *datum = columns[schema->columns[c]];

		size += sizeof(datum->n);
		for (unsigned i = 0; i < n_atoms(datum); i++)
			size += atom_size(atom_type_at(datum, i), &datum->atoms[i]);
	}
	return size;
}

static void key_fill(const struct index_schema *schema, struct datum *const *columns, uint8_t *key)
{
	for (unsigned c = 0; c < schema->n_columns; c++) {
		const struct datum *datum = columns[schema->columns[c]];

		key = put(key, &datum->n, sizeof(datum->n));
		for (unsigned i = 0; i < n_atoms(datum); i++)
			key = put_atom(key, atom_type_at(datum, i), &datum->atoms[i]);
	}
}

static struct index_group *group_new(const struct index *index, struct datum *const *columns)
{
	size_t size = key_size(index->schema, columns);
	struct index_group *group = alloc(1, sizeof(*group) + size);

	CDS_INIT_LIST_HEAD(&group->links);
	group->size = size;
	key_fill(index->schema, columns, group->key);
	return group;
}

void index_add(struct index *index, struct index_link *link, struct datum *const *columns)
{
	struct index_group *group = group_new(index, columns);
	struct index_group *old;
	unsigned hash;

	HASH_VALUE(group->key, group->size, hash);
	HASH_FIND_BYHASHVALUE(hh, index->groups, group->key, group->size, hash, old);
	if (old) {
		free(group);
		group = old;
	} else {
		HASH_ADD_KEYPTR_BYHASHVALUE(hh, index->groups, group->key, group->size, hash,
					    group);
	}
	cds_list_add_tail(&link->node, &group->links);
	group->n_rows++;
	link->group = group;
}

void index_remove(struct index *index, struct index_link *link)
{
	struct index_group *group = link->group;

	if (!group)
		return;
	cds_list_del(&link->node);
	link->group = NULL;
	if (--group->n_rows)
		return;
	HASH_DEL(index->groups, group);
	free(group);
}

struct index_group *index_find(const struct index *index, struct datum *const *columns)
{
	struct index_group *wanted = group_new(index, columns);
	struct index_group *found;

	HASH_FIND(hh, index->groups, wanted->key, wanted->size, found);
	free(wanted);
	return found;
}
