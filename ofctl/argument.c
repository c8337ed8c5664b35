#include "argument.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "lookup.h"
#include "need.h"
#include "replica.h"
#include "value.h"

static const char *const operators[] = {
	[RELATION_EQ] = "=",          [RELATION_NE] = "!=",
	[RELATION_LT] = "<",          [RELATION_GT] = ">",
	[RELATION_LE] = "<=",         [RELATION_GE] = ">=",
	[RELATION_SET_EQ] = "{=}",    [RELATION_SET_NE] = "{!=}",
	[RELATION_SUBSET] = "{<=}",   [RELATION_PROPER_SUBSET] = "{<}",
	[RELATION_SUPERSET] = "{>=}", [RELATION_PROPER_SUPERSET] = "{>}",
	[RELATION_IN] = "{in}",       [RELATION_NOT_IN] = "{not-in}",
};

/* The longest operator that `text` begins with. */
static enum relation find_relation(const char *text)
{
	enum relation best = RELATION_NONE;
	size_t best_len = 0;

	for (enum relation r = RELATION_EQ; r <= RELATION_NOT_IN; r++) {
		size_t len = strlen(operators[r]);

		if (len > best_len && !strncmp(text, operators[r], len)) {
			best = r;
			best_len = len;
		}
	}
	return best;
}

static int parse_operator(const char *text, const char *rest, enum argument_kind kind,
			  struct argument *argument, struct err *err)
{
	enum relation relation = find_relation(rest);

	if (kind == ARGUMENT_COLUMN)
		return *rest ? err_set(err, EINVAL, "'%s': use COLUMN or COLUMN:KEY", text) : 0;
	if (kind == ARGUMENT_SETTING && relation != RELATION_EQ)
		return err_set(err, EINVAL, "'%s': use COLUMN=VALUE or COLUMN:KEY=VALUE", text);
	if (relation == RELATION_NONE)
		return err_set(
			err, EINVAL,
			"'%s': use COLUMN=VALUE or COLUMN:KEY=VALUE, with =, !=, <, >, <=, >=, "
			"{=}, {!=}, {<}, {>}, {<=}, {>=}, {in} or {not-in}",
			text);
	argument->relation = relation;
	argument->value = rest + strlen(operators[relation]);
	return 0;
}

int argument_parse(const struct table_schema *table, const char *text, enum argument_kind kind,
		   struct argument *argument, struct err *err)
{
	const char *p = text;
	own(mem_free) char *column = value_token(&p, err);
	struct argument parsed = {};
	int ret;

	if (!column)
		return -EINVAL;
	if (!*column)
		return err_set(err, EINVAL, "'%s': the column is missing", text);
	ret = lookup_column(table, column, &parsed.column, err);
	if (ret)
		return ret;
	if (*p == ':') {
		p++;
		parsed.key = value_token(&p, err);
		if (!parsed.key)
			return -EINVAL;
		if (!*parsed.key)
			ret = err_set(err, EINVAL, "'%s': the key is missing", text);
		else if (!type_is_map(&parsed.column->type))
			ret = err_set(err, EINVAL, "'%s': column %s is no map, it has no keys",
				      text, parsed.column->name);
	}
	if (!ret)
		ret = parse_operator(text, p, kind, &parsed, err);
	if (ret)
		argument_fini(&parsed);
	else
		*argument = parsed;
	return ret;
}

void argument_fini(struct argument *argument)
{
	free(argument->key);
	argument->key = NULL;
}

/* ---- conditions ---- */

static bool stands_in(enum relation relation, const struct datum *have, const struct datum *want)
{
	switch (relation) {
	case RELATION_NONE:
		return false;
	case RELATION_EQ:
	case RELATION_SET_EQ:
		return datum_compare(have, want) == 0;
	case RELATION_NE:
	case RELATION_SET_NE:
		return datum_compare(have, want) != 0;
	case RELATION_LT:
		return datum_compare(have, want) < 0;
	case RELATION_GT:
		return datum_compare(have, want) > 0;
	case RELATION_LE:
		return datum_compare(have, want) <= 0;
	case RELATION_GE:
		return datum_compare(have, want) >= 0;
	case RELATION_SUBSET:
	case RELATION_IN:
		return datum_includes(want, have);
	case RELATION_PROPER_SUBSET:
		return have->n < want->n && datum_includes(want, have);
	case RELATION_SUPERSET:
		return datum_includes(have, want);
	case RELATION_PROPER_SUPERSET:
		return want->n < have->n && datum_includes(have, want);
	case RELATION_NOT_IN:
		return datum_excludes(have, want);
	}
	return false;
}

int argument_get_key(const struct argument *argument, const struct record *record, struct ids *ids,
		     struct datum **out, struct err *err)
{
	const struct datum *map = record_get(record, argument->column);
	const struct column_type *type = &argument->column->type;
	union atom key;
	unsigned at;
	int ret = value_parse_atom(&type->key, argument->key, ids, &key, err);

	if (ret)
		return ret;
	at = datum_find(map, &key);
	atom_fini(type->key.type, &key);
	if (at == DATUM_NONE)
		*out = datum_alloc(type->value.type, ATOM_VOID, 0);
	else
		*out = datum_new_atom(type->value.type,
				      atom_copy(type->value.type, datum_value(map, at)));
	return 0;
}

int argument_holds(const struct argument *argument, const struct record *record, struct ids *ids,
		   bool *holds, struct err *err)
{
	own(datum_drop) struct datum *have = NULL;
	own(datum_drop) struct datum *want = NULL;
	struct column_type type = argument->column->type;
	int ret;

	if (!argument->key) {
		have = datum_get(record_get(record, argument->column));
	} else {
		ret = argument_get_key(argument, record, ids, &have, err);
		if (ret)
			return ret;
		type.key = type.value;
		type.value = (struct base_type){.type = ATOM_VOID};
	}
	ret = value_parse(&type, argument->value, ids, &want, err);
	if (ret) {
		err_prefix(err, "column %s of table %s", argument->column->name,
			   record->table->name);
		return ret;
	}
	/* Other than as a set, what is not there compares with nothing. */
	if (argument->key && !have->n && argument->relation < RELATION_SET_EQ)
		*holds = false;
	else
		*holds = stands_in(argument->relation, have, want);
	return 0;
}

/* ---- settings ---- */

static int apply_key(const struct argument *argument, struct record *record, struct ids *ids,
		     struct err *err)
{
	const struct column_type *type = &argument->column->type;
	own(datum_drop) struct datum *pair = NULL;
	union atom key, value;
	int ret = value_parse_atom(&type->key, argument->key, ids, &key, err);

	if (ret)
		return ret;
	ret = value_parse_atom(&type->value, argument->value, ids, &value, err);
	if (ret) {
		atom_fini(type->key.type, &key);
		return ret;
	}
	pair = datum_alloc(type->key.type, type->value.type, 1);
	pair->atoms[0] = key;
	pair->atoms[1] = value;
	record_verify(record, argument->column);
	record_set(record, argument->column,
		   datum_union(pair, record_get(record, argument->column)));
	return 0;
}

int argument_apply(const struct argument *argument, struct record *record, struct ids *ids,
		   struct err *err)
{
	struct datum *datum;
	int ret;

	if (argument->column->index < COLUMN_N_HIDDEN ||
	    (!argument->column->is_mutable && !record->is_new))
		return err_set(err, EINVAL, "column %s of table %s cannot be changed",
			       argument->column->name, record->table->name);
	if (argument->key) {
		ret = apply_key(argument, record, ids, err);
	} else {
		ret = value_parse(&argument->column->type, argument->value, ids, &datum, err);
		if (!ret)
			record_set(record, argument->column, datum);
	}
	if (ret)
		err_prefix(err, "column %s of table %s", argument->column->name,
			   record->table->name);
	return ret;
}
