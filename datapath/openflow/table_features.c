/* Features that somebody would like a table to have: OpenFlow 1.3.5 section 7.3.5.5.2, 1.5.1 section 7.3.5.18.
 *
 * A table may do more than is asked of it, so what is asked is compared with what of_table_features_write() says. */
#include <string.h>

#include "base/own.h"
#include "openflow/table.h"

enum {
	FEATURES_SIZE = 64,
	LAST_PROP_13 = 15,
	LAST_PROP_14 = 16,
	LAST_PROP_15 = 22,
	PROP_EXPERIMENTER_MISS = 0xfffe
};
enum { PROP_NEXT_TABLES = 2, PROP_MATCH = 8, PROP_WILDCARDS = 10, PROP_TABLE_SYNC = 16 };

/* ---- lists in properties ---- */

static bool is_of_fields(uint16_t type)
{
	return type >= PROP_MATCH && type < PROP_TABLE_SYNC;
}

/* Bytes of the first element. 0: it is cut off. */
static size_t element_size(uint16_t type, struct wire_bytes rest)
{
	enum { EXPERIMENTER_CLASS = 0xffff };
	size_t size = 4;

	if (type <= PROP_NEXT_TABLES + 1 && type >= PROP_NEXT_TABLES)
		return 1;
	if (rest.len < 4)
		return 0;
	if (!is_of_fields(type))
		size = wire_get16(rest.at + 2);
	else if (wire_get16(rest.at) == EXPERIMENTER_CLASS)
		size = 8;
	return size < 4 || size > rest.len ? 0 : size;
}

/* A field that can be had with a mask can be had without. */
static bool is_covered(uint16_t type, const uint8_t *wanted, const uint8_t *have, size_t size)
{
	if (!is_of_fields(type))
		return !memcmp(wanted, have, size);
	return !memcmp(wanted, have, 2) && wanted[2] >> 1 == have[2] >> 1 &&
	       (wanted[2] & 1) <= (have[2] & 1) && !memcmp(wanted + 4, have + 4, size - 4);
}

static bool has(uint16_t type, struct wire_bytes have, const uint8_t *wanted, size_t size)
{
	if (size == 1)
		return have.len && memchr(have.at, *wanted, have.len);
	while (have.len) {
		const size_t n = element_size(type, have);

		if (n == size && is_covered(type, wanted, have.at, size))
			return true;
		have = wire_skip(have, n);
	}
	return false;
}

/* (A longer list than the table's own would take long to look through.) */
static enum of_error check_list(uint16_t type, struct wire_bytes wanted, struct wire_bytes have)
{
	if (wanted.len > have.len)
		return OF_TFFC_BAD_ARGUMENT;
	while (wanted.len) {
		const size_t size = element_size(type, wanted);

		if (!size)
			return OF_TFFC_BAD_LEN;
		if (!has(type, have, wanted.at, size))
			return OF_TFFC_BAD_ARGUMENT;
		wanted = wire_skip(wanted, size);
	}
	return OF_OK;
}

/* ---- properties ---- */

/* What a table that misses may do, it may do at all. Empty: it has no such property. */
static struct wire_bytes property_of(struct wire_bytes features, uint16_t type)
{
	struct wire_bytes rest = wire_skip(features, FEATURES_SIZE), property;

	while (rest.len && wire_property_cut(&rest, &property))
		if (wire_get16(property.at) == (type & ~1))
			return wire_skip(property, 4);
	return (struct wire_bytes){.len = 0};
}

/* Some there are for tables that miss, too, and some are not. */
static bool is_known(uint8_t version, uint16_t type)
{
	const uint16_t last = version >= OF15   ? LAST_PROP_15
			      : version == OF14 ? LAST_PROP_14
						: LAST_PROP_13;

	return type <= last && type != PROP_MATCH + 1 && type != PROP_WILDCARDS + 1 &&
	       type != PROP_TABLE_SYNC + 1;
}

static enum of_error check_property(uint8_t version, struct wire_bytes property,
				    struct wire_bytes have)
{
	const uint16_t type = wire_get16(property.at);

	if (type >= PROP_EXPERIMENTER_MISS)
		return OF_BPC_BAD_EXPERIMENTER;
	if (!is_known(version, type))
		return OF_TFFC_BAD_TYPE;
	/* tables that follow others, egress, types of packets: there are none of them here */
	if (type >= PROP_TABLE_SYNC)
		return property.len == 4 ? OF_OK : OF_TFFC_BAD_ARGUMENT;
	return check_list(type, wire_skip(property, 4), property_of(have, type));
}

static enum of_error check_properties(uint8_t version, struct wire_bytes wanted,
				      struct wire_bytes have)
{
	struct wire_bytes rest = wire_skip(wanted, FEATURES_SIZE), property;
	enum of_error error = OF_OK;
	uint32_t seen = 0; /* types */
	uint16_t type;

	while (!error && rest.len) {
		if (!wire_property_cut(&rest, &property))
			return OF_TFFC_BAD_LEN;
		type = wire_get16(property.at);
		if (is_known(version, type) && seen >> type & 1)
			return version >= OF14 ? OF_BPC_DUP_TYPE : OF_TFFC_BAD_ARGUMENT;
		error = check_property(version, property, have);
		if (!error)
			seen |= 1u << type;
	}
	return error;
}

/* ---- tables ---- */

enum of_error of_table_features_read(uint8_t version, struct wire_bytes *rest,
				     struct of_table_features *out)
{
	const size_t len = rest->len < FEATURES_SIZE ? 0 : wire_get16(rest->at);
	const uint8_t *at = rest->at;

	if (len < FEATURES_SIZE || len % 8 || len > rest->len)
		return OF_TFFC_BAD_LEN;
	if (at[2] >= OF_TABLES)
		return OF_TFFC_BAD_TABLE;
	*out = (struct of_table_features){
		.bytes = wire_first(*rest, len),
		.number = at[2],
		.command = version >= OF15 ? at[3] : OF_TABLE_REPLACE,
		.flags = version >= OF15 ? wire_get32(at + 4) : 0,
		.capabilities = version >= OF14 ? wire_get32(at + 56) : 0,
		.max_flows = wire_get32(at + 60),
	};
	memcpy(out->name, at + 8, sizeof(out->name));
	*rest = wire_skip(*rest, len);
	return OF_OK;
}

enum of_error of_table_features_check(uint8_t version, const struct of_table_features *wanted,
				      const struct of_table *table)
{
	own(wire_fini) struct wire_writer w = {.at = NULL};
	const uint32_t can = OF_TABLE_EVICTION | OF_TABLE_VACANCY;
	enum of_error error;

	of_table_features_write(&w, version, table);
	if (w.is_lost)
		return OF_TFFC_EPERM;
	error = check_properties(version, wanted->bytes, (struct wire_bytes){w.at, w.len});
	if (error)
		return error;
	if (wanted->flags & ~(uint32_t)OF_TABLE_INGRESS)
		return OF_TFFC_BAD_FEATURES;
	if (wanted->capabilities & ~can)
		return OF_TFFC_BAD_CAPA;
	return wanted->max_flows > table->max_flows ? OF_TFFC_BAD_MAX_ENT : OF_OK;
}
