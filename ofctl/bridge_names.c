#include "bridge_names.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/own.h"
#include "job.h"
#include "need.h"

/* A port or a table. */
struct named {
	UT_hash_handle by_name, by_number;
	unsigned number;
	char name[];
};

/* Names and numbers of one kind. */
struct kind {
	struct named *by_name, *by_number;
};

struct bridge_names {
	struct kind ports, tables;
};

static void kind_add(struct kind *kind, const char *name, unsigned number)
{
	size_t size = strlen(name) + 1;
	struct named *named;

	if (!*name)
		return;
	named = need(calloc(1, sizeof(*named) + size));
	named->number = number;
	memcpy(named->name, name, size);
	HASH_ADD_KEYPTR(by_name, kind->by_name, named->name, size - 1, named);
	HASH_ADD(by_number, kind->by_number, number, sizeof(named->number), named);
}

static void kind_fini(struct kind *kind)
{
	struct named *named, *next;

	HASH_CLEAR(by_number, kind->by_number);
	HASH_ITER (by_name, kind->by_name, named, next) {
		HASH_DELETE(by_name, kind->by_name, named);
		free(named);
	}
}

static void kind_fill(struct kind *kind, struct json_object *rows, const char *number)
{
	for (size_t i = 0; i < json_array_size(rows); i++) {
		struct json_object *row = json_array_at(rows, i);

		kind_add(kind, json_object_get_string(json_object_object_get(row, "name")),
			 (unsigned)json_object_get_int(json_object_object_get(row, number)));
	}
}

int bridge_names_new(struct bridge_names **out, struct job *job, const char *bridge,
		     struct err *err)
{
	own(json_free) struct json_object *ports = NULL, *tables = NULL;
	int ret = job_call(job, "port-show", job_params(bridge), &ports, err);

	if (!ret)
		ret = job_call(job, "table-dump", job_params(bridge), &tables, err);
	if (ret)
		return ret;
	*out = need(calloc(1, sizeof(**out)));
	kind_fill(&(*out)->ports, ports, "ofport");
	kind_fill(&(*out)->tables, tables, "table");
	return 0;
}

void bridge_names_free(struct bridge_names **names)
{
	if (!*names)
		return;
	kind_fini(&(*names)->ports);
	kind_fini(&(*names)->tables);
	mem_free(names);
}

static const struct named *find_name(const struct kind *kind, struct slice name)
{
	struct named *named;

	HASH_FIND(by_name, kind->by_name, name.at, name.len, named);
	return named;
}

static const char *find_number(const struct kind *kind, unsigned number)
{
	struct named *named;

	HASH_FIND(by_number, kind->by_number, &number, sizeof(number), named);
	return named ? named->name : NULL;
}

static int port_number(void *ctx, struct slice name, uint16_t *number)
{
	const struct bridge_names *names = ctx;
	const struct named *named = find_name(&names->ports, name);

	if (named)
		*number = (uint16_t)named->number;
	return named ? 0 : -ENOENT;
}

static int table_number(void *ctx, struct slice name, uint8_t *number)
{
	const struct bridge_names *names = ctx;
	const struct named *named = find_name(&names->tables, name);

	if (named)
		*number = (uint8_t)named->number;
	return named ? 0 : -ENOENT;
}

static const char *port_name(void *ctx, uint16_t number)
{
	return find_number(&((const struct bridge_names *)ctx)->ports, number);
}

static const char *table_name(void *ctx, uint8_t number)
{
	return find_number(&((const struct bridge_names *)ctx)->tables, number);
}

struct flow_names bridge_names_of(struct bridge_names *names)
{
	if (!names)
		return (struct flow_names){0};
	return (struct flow_names){
		.port_number = port_number,
		.table_number = table_number,
		.port_name = port_name,
		.table_name = table_name,
		.ctx = names,
	};
}

int bridge_names_port(struct bridge_names *names, const char *text, uint16_t *out, struct err *err)
{
	const struct flow_names flow_names = bridge_names_of(names);

	return port_parse(slice_of(text), &flow_names, out, err);
}
