#include "openflow/group.h"

#include <string.h>

#include "base/own.h"
#include "flow/port_text.h"
#include "openflow/action.h"
#include "openflow/oxm.h"
#include "openflow/port.h"

/* The form of OpenFlow 1.5, where buckets have numbers and properties. */
static bool is_15(const struct of_message *message)
{
	return message->version >= OF15 || message->form->kind != OF_PLAIN;
}

enum {
	BUCKET_SIZE_11 = 16,
	BUCKET_SIZE_15 = 8,
	PROPERTY_HEADER = 4,
	PROPERTY_EXPERIMENTER = 0xffff,
	VENDOR_NETRONOME = 0x154d,
	METHOD_TYPE = 1,
	METHOD_NAME = 16,
	METHOD_SIZE = 40, /* up to the fields */
};

enum bucket_property { BUCKET_WEIGHT, BUCKET_WATCH_PORT, BUCKET_WATCH_GROUP };

static const char *const methods[] = {
	[GROUP_BY_DEFAULT] = "", [GROUP_BY_HASH] = "hash", [GROUP_BY_DP_HASH] = "dp_hash"};

static enum of_error error_of(enum group_fault fault)
{
	static const uint8_t errors[] = {
		[GROUP_FINE] = OF_OK,
		[GROUP_BAD_NUMBER] = OF_GMFC_INVALID_GROUP,
		[GROUP_BAD_TYPE] = OF_GMFC_BAD_TYPE,
		[GROUP_BAD_COUNT] = OF_GMFC_INVALID_GROUP,
		[GROUP_BAD_WEIGHT] = OF_GMFC_INVALID_GROUP,
		[GROUP_BAD_WATCH] = OF_GMFC_BAD_WATCH,
		[GROUP_BAD_BUCKET] = OF_GMFC_BAD_BUCKET,
		[GROUP_BAD_ACTION] = OF_BAC_BAD_TYPE,
		[GROUP_BAD_METHOD] = OF_BPC_BAD_VALUE,
	};

	return errors[fault];
}

/* ---- properties ---- */

/* Cuts the next one off; `len` is without padding. */
static enum of_error property_next(struct wire_bytes *rest, struct wire_bytes *out)
{
	size_t len;

	if (rest->len < PROPERTY_HEADER)
		return OF_BPC_BAD_LEN;
	len = wire_get16(rest->at + 2);
	if (len < PROPERTY_HEADER || wire_padded(len) > rest->len)
		return OF_BPC_BAD_LEN;
	*out = wire_first(*rest, len);
	*rest = wire_skip(*rest, wire_padded(len));
	return OF_OK;
}

/* What is not known of an experimenter, or at all. */
static enum of_error unknown(struct wire_bytes property)
{
	if (wire_get16(property.at) != PROPERTY_EXPERIMENTER)
		return OF_BPC_BAD_TYPE;
	return property.len < 12 ? OF_BPC_BAD_LEN : OF_BPC_BAD_EXPERIMENTER;
}

/* ---- buckets ---- */

static enum of_error read_watch(struct group_bucket *bucket, uint32_t port)
{
	if (!of_port_ofport(port, &bucket->watch_port))
		return OF_GMFC_BAD_WATCH;
	return bucket->watch_port < OFPORT_MAX || bucket->watch_port == OFPORT_LOCAL ||
			       bucket->watch_port == OFPORT_NONE
		       ? OF_OK
		       : OF_GMFC_BAD_WATCH;
}

static enum of_error read_bucket_property(struct group_bucket *bucket, struct wire_bytes property)
{
	const uint16_t type = wire_get16(property.at);

	if (type > BUCKET_WATCH_GROUP)
		return unknown(property);
	if (property.len != 8)
		return OF_BPC_BAD_LEN;
	switch (type) {
	case BUCKET_WEIGHT:
		bucket->has_weight = true;
		bucket->weight = wire_get16(property.at + 4);
		break;
	case BUCKET_WATCH_PORT:
		return read_watch(bucket, wire_get32(property.at + 4));
	case BUCKET_WATCH_GROUP:
		bucket->watch_group = wire_get32(property.at + 4);
	}
	return OF_OK;
}

/* `bytes` is the bucket without its length. */
static enum of_error read_bucket15(struct group_bucket *bucket, struct wire_bytes bytes,
				   struct wire_bytes *actions)
{
	const size_t n_actions = wire_get16(bytes.at + 2);
	struct wire_bytes rest = wire_skip(bytes, BUCKET_SIZE_15);
	enum of_error error = OF_OK;

	bucket->id = wire_get32(bytes.at + 4);
	if (bucket->id > BUCKET_NUMBER_MAX || n_actions > rest.len || n_actions % 8)
		return OF_GMFC_BAD_BUCKET;
	*actions = wire_first(rest, n_actions);
	rest = wire_skip(rest, n_actions);
	while (!error && rest.len) {
		struct wire_bytes property;

		error = property_next(&rest, &property);
		if (!error)
			error = read_bucket_property(bucket, property);
	}
	return error;
}

/* Where nothing need be watched many a controller leaves zeros. No port has that number. */
static enum of_error read_bucket11(struct group_bucket *bucket, uint8_t type,
				   struct wire_bytes bytes, struct wire_bytes *actions)
{
	const uint32_t port = wire_get32(bytes.at + 4), group = wire_get32(bytes.at + 8);

	bucket->has_weight = true;
	bucket->weight = wire_get16(bytes.at + 2);
	*actions = wire_skip(bytes, BUCKET_SIZE_11);
	bucket->says_zero = type != GROUP_FF && !port && !group;
	if (bucket->says_zero)
		return OF_OK;
	bucket->watch_group = group;
	return read_watch(bucket, port);
}

static enum of_error read_bucket(const struct of_message *message, struct wire_bytes bytes,
				 struct group_desc *desc)
{
	own(ofactions_fini) struct ofactions actions = {0};
	struct group_bucket bucket = {
		.id = (uint32_t)BUCKET_EVERY,
		.watch_port = OFPORT_NONE,
		.watch_group = GROUP_NONE,
	};
	struct wire_bytes list;
	enum of_error error = is_15(message) ? read_bucket15(&bucket, bytes, &list)
					     : read_bucket11(&bucket, desc->type, bytes, &list);

	if (!error)
		error = of_actions_read(message->version, list, &actions);
	if (error)
		return error;
	bucket.actions = actions;
	actions = (struct ofactions){0};
	return group_bucket_insert(desc, desc->n_buckets, &bucket) ? OF_GMFC_OUT_OF_BUCKETS : OF_OK;
}

static enum of_error read_buckets(const struct of_message *message, struct wire_bytes rest,
				  struct group_desc *desc)
{
	const size_t least = is_15(message) ? BUCKET_SIZE_15 : BUCKET_SIZE_11;
	enum of_error error = OF_OK;

	while (!error && rest.len) {
		const size_t len = rest.len < least ? 0 : wire_get16(rest.at);

		if (len < least || len % 8 || len > rest.len)
			return OF_GMFC_BAD_BUCKET;
		error = read_bucket(message, wire_first(rest, len), desc);
		rest = wire_skip(rest, len);
	}
	return error;
}

/* ---- how select groups select ---- */

static enum of_error read_fields(struct group_desc *desc, struct wire_bytes rest)
{
	while (rest.len) {
		struct of_oxm oxm;
		field_bits mask;

		if (of_oxm_read(rest, &oxm) || !oxm.field || oxm.has_mask ||
		    oxm.size + oxm.n_bytes > rest.len)
			return OF_BPC_BAD_VALUE;
		mask = of_bits_read(rest.at + oxm.size, oxm.n_bytes) & field_all(oxm.field);
		if (group_field_add(desc, oxm.field, mask))
			return OF_BPC_BAD_VALUE;
		rest = wire_skip(rest, oxm.size + oxm.n_bytes);
	}
	return OF_OK;
}

static enum of_error read_method(struct group_desc *desc, struct wire_bytes property)
{
	const char *name = (const char *)property.at + 16;

	if (wire_get32(property.at + 4) != VENDOR_NETRONOME)
		return OF_BPC_BAD_EXPERIMENTER;
	if (wire_get32(property.at + 8) != METHOD_TYPE)
		return OF_BPC_BAD_EXP_TYPE;
	if (property.len < METHOD_SIZE)
		return OF_BPC_BAD_LEN;
	for (unsigned i = GROUP_BY_HASH; i < N_GROUP_METHODS; i++)
		if (!strncmp(name, methods[i], METHOD_NAME))
			desc->method = (uint8_t)i;
	if (desc->method == GROUP_BY_DEFAULT || desc->type != GROUP_SELECT)
		return OF_BPC_BAD_VALUE;
	desc->param = wire_get64(property.at + 32);
	return read_fields(desc, wire_skip(property, METHOD_SIZE));
}

static enum of_error read_properties(struct group_desc *desc, struct wire_bytes rest)
{
	enum of_error error = OF_OK;

	while (!error && rest.len) {
		struct wire_bytes property;

		error = property_next(&rest, &property);
		if (!error && wire_get16(property.at) == PROPERTY_EXPERIMENTER &&
		    property.len >= 12)
			error = read_method(desc, property);
		else if (!error)
			error = unknown(property);
	}
	return error;
}

/* ---- group mods ---- */

enum { FORMS_11 = 1 << 0, FORMS_15 = 1 << 1, FORMS_ALL = 3 };

static const struct command {
	uint16_t number;
	uint8_t command, forms;
} commands[] = {
	{0, GROUP_ADD, FORMS_ALL},
	{1, GROUP_MODIFY, FORMS_ALL},
	{2, GROUP_DELETE, FORMS_ALL},
	{3, GROUP_INSERT_BUCKETS, FORMS_15},
	{5, GROUP_REMOVE_BUCKETS, FORMS_15},
	{0x8000, GROUP_MODIFY_OR_ADD, FORMS_ALL}, /* Open vSwitch's own */
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static bool read_command(const struct of_message *message, uint16_t number, struct group_mod *mod)
{
	for (unsigned i = 0; i < N_COMMANDS; i++) {
		if (commands[i].number != number)
			continue;
		mod->command = commands[i].command;
		return commands[i].forms & (is_15(message) ? FORMS_15 : FORMS_11);
	}
	return false;
}

static enum of_error check_place(const struct group_mod *mod)
{
	const bool is_place = mod->bucket <= BUCKET_NUMBER_MAX ||
			      mod->bucket == (uint32_t)BUCKET_FIRST ||
			      mod->bucket == (uint32_t)BUCKET_LAST;

	switch (mod->command) {
	case GROUP_INSERT_BUCKETS:
		return is_place ? OF_OK : OF_GMFC_BAD_BUCKET;
	case GROUP_REMOVE_BUCKETS:
		return is_place || mod->bucket == (uint32_t)BUCKET_EVERY ? OF_OK
									 : OF_GMFC_BAD_BUCKET;
	}
	return OF_OK;
}

/* Of a deletion neither type nor buckets count; what is inserted fits to the group that is there, or not. */
static enum of_error check(const struct group_mod *mod)
{
	switch (mod->command) {
	case GROUP_DELETE:
		return mod->desc.id <= GROUP_NUMBER_MAX || mod->desc.id == GROUP_EVERY
			       ? OF_OK
			       : OF_GMFC_INVALID_GROUP;
	case GROUP_INSERT_BUCKETS:
	case GROUP_REMOVE_BUCKETS:
		return check_place(mod);
	}
	return error_of(group_desc_check(&mod->desc, NULL));
}

static enum of_error read_body(const struct of_message *message, struct group_mod *mod)
{
	const uint8_t *at = message->body.at;
	struct wire_bytes rest = wire_skip(message->body, 8);
	size_t n_buckets = rest.len;
	enum of_error error;

	if (!read_command(message, wire_get16(at), mod))
		return OF_GMFC_BAD_COMMAND;
	mod->desc.id = wire_get32(at + 4);
	if (mod->command <= GROUP_MODIFY_OR_ADD && at[2] >= N_GROUP_TYPES)
		return OF_GMFC_BAD_TYPE;
	mod->desc.type = at[2];
	if (is_15(message)) {
		n_buckets = wire_get16(at + 8);
		mod->bucket = wire_get32(at + 12);
		rest = wire_skip(rest, 8);
	}
	if (n_buckets > rest.len)
		return OF_GMFC_BAD_BUCKET;
	error = read_buckets(message, wire_first(rest, n_buckets), &mod->desc);
	if (!error)
		error = read_properties(&mod->desc, wire_skip(rest, n_buckets));
	return error ? error : check(mod);
}

enum of_error of_group_mod_read(const struct of_message *message, struct group_mod *out)
{
	own(group_mod_fini) struct group_mod mod = {.bucket = (uint32_t)BUCKET_EVERY};
	enum of_error error = read_body(message, &mod);

	if (error)
		return error;
	*out = mod;
	mod.desc = (struct group_desc){0};
	return OF_OK;
}

/* ---- requests and replies ---- */

uint32_t of_group_request_read(const struct of_message *message)
{
	return message->body.len ? wire_get32(message->body.at) : GROUP_EVERY;
}

/* OpenFlow 1.0 has Nicira's form, which is that of 1.3. */
size_t of_group_stats_begin(struct wire_writer *w, const struct of_message *request,
			    const struct of_group_stats *stats)
{
	const size_t entry = w->len;

	wire_put32(w, 0);
	wire_put32(w, stats->id);
	wire_put32(w, stats->n_refs);
	wire_put32(w, 0);
	wire_put64(w, stats->count.n_packets);
	wire_put64(w, stats->count.n_bytes);
	if (request->version >= OF13 || request->version == OF10) {
		wire_put32(w, (uint32_t)(stats->duration / 1000000000));
		wire_put32(w, (uint32_t)(stats->duration % 1000000000));
	}
	return entry;
}

void of_group_stats_add(struct wire_writer *w, const struct of_group_count *bucket)
{
	wire_put64(w, bucket->n_packets);
	wire_put64(w, bucket->n_bytes);
}

void of_group_stats_end(struct wire_writer *w, size_t entry)
{
	wire_patch16(w, entry, (uint16_t)(w->len - entry));
}

static void put_property(struct wire_writer *w, enum bucket_property type, uint32_t value)
{
	wire_put16(w, (uint16_t)type);
	wire_put16(w, 8);
	wire_put32(w, value);
}

static void write_bucket15(struct wire_writer *w, uint8_t version, const struct group_desc *desc,
			   const struct group_bucket *bucket)
{
	const size_t start = w->len;

	wire_put32(w, 0);
	wire_put32(w, bucket->id);
	of_actions_write(w, version, &bucket->actions, NULL);
	wire_patch16(w, start + 2, (uint16_t)(w->len - start - BUCKET_SIZE_15));
	if (desc->type == GROUP_SELECT)
		put_property(w, BUCKET_WEIGHT, (uint32_t)bucket->weight << 16);
	if (bucket->watch_port != OFPORT_NONE)
		put_property(w, BUCKET_WATCH_PORT, of_port_number(bucket->watch_port));
	if (bucket->watch_group != GROUP_NONE)
		put_property(w, BUCKET_WATCH_GROUP, bucket->watch_group);
	wire_patch16(w, start, (uint16_t)(w->len - start));
}

static void write_bucket11(struct wire_writer *w, uint8_t version,
			   const struct group_bucket *bucket)
{
	const size_t start = w->len;

	wire_put16(w, 0);
	wire_put16(w, bucket->weight);
	wire_put32(w, bucket->says_zero ? 0 : of_port_number(bucket->watch_port));
	wire_put32(w, bucket->says_zero ? 0 : bucket->watch_group);
	wire_put32(w, 0);
	of_actions_write(w, version, &bucket->actions, NULL);
	wire_patch16(w, start, (uint16_t)(w->len - start));
}

static void write_method(struct wire_writer *w, uint8_t version, const struct group_desc *desc)
{
	const size_t start = w->len;

	wire_put16(w, PROPERTY_EXPERIMENTER);
	wire_put16(w, 0);
	wire_put32(w, VENDOR_NETRONOME);
	wire_put32(w, METHOD_TYPE);
	wire_put32(w, 0);
	wire_put_text(w, methods[desc->method], METHOD_NAME);
	wire_put64(w, desc->param);
	for (unsigned i = 0; i < desc->n_fields; i++) {
		const struct field *field = field_of(desc->field[i].field);

		if (!of_oxm_has_number(field))
			continue;
		of_oxm_write_header(w, field, of_oxm_form(version), false);
		of_bits_write(w, desc->field[i].mask, field->n_bytes);
	}
	wire_patch16(w, start + 2, (uint16_t)(w->len - start));
	wire_pad(w, start);
}

static void write_buckets(struct wire_writer *w, uint8_t version, bool has_ids,
			  const struct group_desc *desc, uint32_t n_buckets)
{
	for (uint32_t i = 0; i < n_buckets; i++) {
		if (has_ids)
			write_bucket15(w, version, desc, &desc->bucket[i]);
		else
			write_bucket11(w, version, &desc->bucket[i]);
	}
}

static void write_desc(struct wire_writer *w, const struct of_message *request,
		       const struct group_desc *desc, uint32_t n_buckets)
{
	const bool has_ids =
		request->version >= OF15 || request->form->kind != OF_MULTIPART_REQUEST;
	const size_t start = w->len;
	size_t buckets;

	wire_put16(w, 0);
	wire_put8(w, desc->type);
	wire_put8(w, 0);
	wire_put32(w, desc->id);
	if (has_ids)
		wire_put64(w, 0);
	buckets = w->len;
	write_buckets(w, request->version, has_ids, desc, n_buckets);
	if (has_ids)
		wire_patch16(w, start + 8, (uint16_t)(w->len - buckets));
	if (has_ids && desc->method != GROUP_BY_DEFAULT)
		write_method(w, request->version, desc);
	wire_patch16(w, start, (uint16_t)(w->len - start));
}

static const struct command *command_of(const struct group_mod *mod)
{
	unsigned i = 0;

	while (i < N_COMMANDS - 1 && commands[i].command != mod->command)
		i++;
	return &commands[i];
}

/* What the form of OpenFlow 1.1 has no place for Nicira's message says. */
void of_group_mod_write(struct wire_writer *w, uint8_t version, uint32_t xid,
			const struct group_mod *mod)
{
	const struct command *command = command_of(mod);
	const bool is_nicira = version < OF15 && (!(command->forms & FORMS_11) ||
						  mod->desc.method != GROUP_BY_DEFAULT);
	const bool has_ids = version >= OF15 || is_nicira;
	const size_t start =
		of_message_begin(w, is_nicira ? OFM_NX_GROUP_MOD : OFM_GROUP_MOD, version, xid);
	size_t len_at, buckets;

	wire_put16(w, command->number);
	wire_put8(w, mod->desc.type);
	wire_put8(w, 0);
	wire_put32(w, mod->desc.id);
	len_at = w->len;
	if (has_ids) {
		wire_put32(w, 0);
		wire_put32(w, mod->bucket);
	}
	buckets = w->len;
	write_buckets(w, version, has_ids, &mod->desc, mod->desc.n_buckets);
	if (has_ids)
		wire_patch16(w, len_at, (uint16_t)(w->len - buckets));
	if (has_ids && mod->desc.method != GROUP_BY_DEFAULT)
		write_method(w, version, &mod->desc);
	if (w->len - start <= OF_MESSAGE_MAX)
		of_message_end(w, start);
}

/* What is the most that an entry may have, with the headers of its message. */
#define DESC_MAX (OF_MESSAGE_MAX - 64)

void of_group_desc_write(struct wire_writer *w, const struct of_message *request,
			 const struct group_desc *desc)
{
	const size_t start = w->len;

	write_desc(w, request, desc, desc->n_buckets);
	if (w->is_lost || w->len - start <= DESC_MAX)
		return;
	w->len = start;
	write_desc(w, request, desc, 0);
}

void of_group_features_write(struct wire_writer *w, uint8_t version, uint32_t max_groups)
{
	enum { WEIGHT = 1, LIVENESS = 2, CHAINING = 4, CHAINING_CHECKS = 8 };

	wire_put32(w, (1u << N_GROUP_TYPES) - 1);
	wire_put32(w, WEIGHT | LIVENESS | CHAINING | CHAINING_CHECKS);
	for (unsigned i = 0; i < N_GROUP_TYPES; i++)
		wire_put32(w, max_groups);
	for (unsigned i = 0; i < N_GROUP_TYPES; i++)
		wire_put32(w, of_actions_known_of_sets(version));
}
