#include "openflow/table.h"

#include <stdio.h>

#include "openflow/action.h"
#include "openflow/match.h"

/* OpenFlow 1.0.1 section 5.3.5, 1.3.5 section 7.3.5.5, 1.4.1 sections 7.3.5.5 and 7.3.5.16. */

/* ---- statistics ---- */

/* What OpenFlow 1.0 to 1.2 ask for one by one is all that there is of it. */
enum {
	ALL_FIELDS_11 = 0xfbff, /* bits 0 to 15, but 10: the match's form */
	ALL_INSTRUCTIONS_11 = 0x3e,
};

static const uint64_t all_fields_12 = (1ull << 36) - 1;

static void put_capabilities11(struct wire_writer *w, const struct of_table *table)
{
	wire_put32(w, ALL_FIELDS_11);
	wire_put32(w, ALL_FIELDS_11);
	wire_put32(w, ALL_INSTRUCTIONS_11);
	wire_put32(w, of_actions_known_of_sets(OF11));
	wire_put32(w, of_actions_known(OF11));
	wire_put32(w, table->config);
}

static void put_capabilities12(struct wire_writer *w, const struct of_table *table)
{
	wire_put64(w, all_fields_12);
	wire_put64(w, all_fields_12);
	wire_put32(w, of_actions_known_of_sets(OF12));
	wire_put32(w, of_actions_known(OF12));
	wire_put64(w, all_fields_12);
	wire_put64(w, all_fields_12);
	wire_put64(w, UINT64_MAX); /* bits of metadata to match on, and to write */
	wire_put64(w, UINT64_MAX);
	wire_put32(w, ALL_INSTRUCTIONS_11);
	wire_put32(w, table->config);
}

void of_table_stats_write(struct wire_writer *w, uint8_t version, const struct of_table *table)
{
	wire_put8(w, table->number);
	wire_put(w, version == OF11 || version == OF12 ? 7 : 3);
	if (version < OF13)
		wire_put_text(w, table->name, 32);
	if (version == OF10)
		wire_put32(w, OF_WILDCARDS10);
	else if (version == OF11)
		put_capabilities11(w, table);
	else if (version == OF12)
		put_capabilities12(w, table);
	if (version < OF13)
		wire_put32(w, table->max_flows);
	wire_put32(w, table->n_flows);
	wire_put64(w, table->n_lookups);
	wire_put64(w, table->n_matched);
}

/* ---- features: the same for every table but the tables behind it ---- */

enum property {
	PROP_INSTRUCTIONS = 0,
	PROP_NEXT_TABLES = 2,
	PROP_WRITE_ACTIONS = 4,
	PROP_APPLY_ACTIONS = 6,
	PROP_MATCH = 8,
	PROP_WILDCARDS = 10,
	PROP_WRITE_SETFIELD = 12,
	PROP_APPLY_SETFIELD = 14,
};

/* Bit N: type N. */
static void put_types(struct wire_writer *w, uint16_t property, uint32_t types)
{
	size_t start = wire_property_begin(w, property);

	for (uint16_t type = 0; type < 32; type++) {
		if (!(types >> type & 1))
			continue;
		wire_put16(w, type);
		wire_put16(w, 4);
	}
	wire_property_end(w, start);
}

/* (A meter is an instruction before OpenFlow 1.5, and an action from there on.) */
static void put_instructions(struct wire_writer *w, uint8_t version)
{
	put_types(w, PROP_INSTRUCTIONS, version < OF15 ? 0x7e : 0x3e);
}

static void put_actions(struct wire_writer *w, uint8_t version)
{
	put_types(w, PROP_WRITE_ACTIONS, of_actions_known_of_sets(version));
	put_types(w, PROP_APPLY_ACTIONS, of_actions_known(version));
}

static void put_next_tables(struct wire_writer *w, const struct of_table *table)
{
	size_t start = wire_property_begin(w, PROP_NEXT_TABLES);

	for (unsigned i = table->number + 1u; i < table->n_tables; i++)
		wire_put8(w, (uint8_t)i);
	wire_property_end(w, start);
}

static void put_fields(struct wire_writer *w, uint8_t version, uint16_t property)
{
	bool is_match = property == PROP_MATCH || property == PROP_WILDCARDS;
	size_t start = wire_property_begin(w, property);

	for (unsigned i = 0; i < N_FIELDS; i++) {
		const struct field *field = field_of(i);

		if (!of_oxm_has_number(field) || (!is_match && !(field->flags & FIELD_WRITABLE)))
			continue;
		of_oxm_write_header(w, field, of_oxm_form(version),
				    property == PROP_MATCH && field->flags & FIELD_MASKABLE);
	}
	wire_property_end(w, start);
}

void of_table_features_write(struct wire_writer *w, uint8_t version, const struct of_table *table)
{
	size_t start = w->len;

	wire_put16(w, 0);
	wire_put8(w, table->number);
	wire_put8(w, 0);
	wire_put32(w, version >= OF15 ? OF_TABLE_INGRESS : 0);
	wire_put_text(w, table->name, 32);
	wire_put64(w, UINT64_MAX); /* bits of metadata to match on, and to write */
	wire_put64(w, UINT64_MAX);
	/* what it can be set to */
	wire_put32(w, version >= OF14 ? OF_TABLE_EVICTION | OF_TABLE_VACANCY : 0);
	wire_put32(w, table->max_flows);
	put_instructions(w, version);
	put_next_tables(w, table);
	put_actions(w, version);
	put_fields(w, version, PROP_MATCH);
	put_fields(w, version, PROP_WILDCARDS);
	put_fields(w, version, PROP_WRITE_SETFIELD);
	put_fields(w, version, PROP_APPLY_SETFIELD);
	wire_patch16(w, start, (uint16_t)(w->len - start));
}

/* ---- descriptions, and what changes them: OpenFlow 1.4.1 sections 7.3.4.1, 7.3.5.16 and 7.4.5 ---- */

enum { PROP_EVICTION = 2, PROP_VACANCY = 3, PROP_EXPERIMENTER = 0xffff };
/* What eviction looks at; "other" would be something else. */
enum { EVICT_IMPORTANCE = 1 << 1, EVICT_LIFETIME = 1 << 2, EVICT_ALL = 7 };

void of_table_desc_write(struct wire_writer *w, const struct of_table *table)
{
	const size_t start = w->len;
	size_t property;

	wire_put16(w, 0);
	wire_put8(w, table->number);
	wire_put8(w, 0);
	wire_put32(w, (table->evicts ? OF_TABLE_EVICTION : 0) |
			      (table->has_vacancy ? OF_TABLE_VACANCY : 0));
	if (table->evicts) {
		property = wire_property_begin(w, PROP_EVICTION);
		wire_put32(w, EVICT_IMPORTANCE | EVICT_LIFETIME);
		wire_property_end(w, property);
	}
	if (table->has_vacancy) {
		property = wire_property_begin(w, PROP_VACANCY);
		wire_put8(w, table->down);
		wire_put8(w, table->up);
		wire_put8(w, table->vacancy);
		wire_put8(w, 0);
		wire_property_end(w, property);
	}
	wire_patch16(w, start, (uint16_t)(w->len - start));
}

void of_table_status_write(struct wire_writer *w, uint8_t version, const struct of_table *table,
			   enum of_table_reason reason)
{
	size_t start = of_message_begin(w, OFM_TABLE_STATUS, version, 0);

	wire_put8(w, (uint8_t)reason);
	wire_put(w, 7);
	of_table_desc_write(w, table);
	of_message_end(w, start);
}

static enum of_error read_property(const uint8_t *at, size_t len, struct of_table_mod *mod)
{
	const uint16_t type = wire_get16(at);

	if (type == PROP_EXPERIMENTER)
		return OF_BPC_BAD_EXPERIMENTER;
	if (type != PROP_EVICTION && type != PROP_VACANCY)
		return OF_BPC_BAD_TYPE;
	if (len != 8)
		return OF_BPC_BAD_LEN;
	if (type == PROP_EVICTION)
		return wire_get32(at + 4) & ~(uint32_t)EVICT_ALL ? OF_BPC_BAD_VALUE : OF_OK;
	mod->has_vacancy = true;
	mod->down = at[4];
	mod->up = at[5];
	return mod->down > mod->up || mod->up > 100 ? OF_BPC_BAD_VALUE : OF_OK;
}

enum of_error of_table_mod_read(const struct of_message *message, struct of_table_mod *out)
{
	struct wire_bytes rest = wire_skip(message->body, 8);
	const uint32_t known = message->version >= OF14 ? OF_TABLE_EVICTION | OF_TABLE_VACANCY : 3;
	struct of_table_mod mod = {
		.number = message->body.at[0],
		.config = wire_get32(message->body.at + 4),
	};
	enum of_error error = OF_OK;

	if (mod.config & ~known || (message->version < OF13 && mod.config > OF_MISS_DROP))
		return OF_TMFC_BAD_CONFIG;
	while (!error && rest.len) {
		struct wire_bytes property;

		error = wire_property_cut(&rest, &property)
				? read_property(property.at, property.len, &mod)
				: OF_BPC_BAD_LEN;
	}
	if (!error)
		*out = mod;
	return error;
}
