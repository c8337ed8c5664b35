#include "flow/group_text.h"

#include <errno.h>

#include "base/err.h"
#include "base/own.h"
#include "base/print.h"
#include "flow/field_text.h"
#include "flow/ofaction_text.h"
#include "flow/words.h"

static const char *const methods[] = {
	[GROUP_BY_DEFAULT] = "", [GROUP_BY_HASH] = "hash", [GROUP_BY_DP_HASH] = "dp_hash"};

/* Commands as sets. */
enum {
	WHOLE = 1 << GROUP_ADD | 1 << GROUP_MODIFY | 1 << GROUP_MODIFY_OR_ADD,
	DELETE = 1 << GROUP_DELETE,
	INSERT = 1 << GROUP_INSERT_BUCKETS,
	REMOVE = 1 << GROUP_REMOVE_BUCKETS,
	ANY = WHOLE | DELETE | INSERT | REMOVE,
};

static const struct {
	const char *name;
	uint8_t command;
} command_words[] = {
	{"add", GROUP_ADD},
	{"modify", GROUP_MODIFY},
	{"add_or_mod", GROUP_MODIFY_OR_ADD},
	{"delete", GROUP_DELETE},
	{"insert_bucket", GROUP_INSERT_BUCKETS},
	{"remove_bucket", GROUP_REMOVE_BUCKETS},
};

#define N_COMMAND_WORDS (sizeof(command_words) / sizeof(command_words[0]))

/* What was said of the group, to know what was not. */
struct reading {
	struct group_mod *mod;
	const struct flow_names *names;
	struct err *err;
	bool has_id, has_type, has_place;
};

/* ---- numbers ---- */

static int parse_u32(struct slice text, const char *what, uint32_t max, uint32_t *out,
		     struct err *err)
{
	uint64_t number;
	int rc = number_parse(text, what, max, &number, err);

	if (!rc)
		*out = (uint32_t)number;
	return rc;
}

static int read_id(struct reading *r, struct slice text)
{
	r->has_id = true;
	if (slice_is(text, "all") && r->mod->command == GROUP_DELETE) {
		r->mod->desc.id = GROUP_EVERY;
		return 0;
	}
	return parse_u32(text, "group_id", GROUP_NUMBER_MAX, &r->mod->desc.id, r->err);
}

static int read_type(struct reading *r, struct slice text)
{
	r->has_type = true;
	for (unsigned i = 0; i < N_GROUP_TYPES; i++) {
		r->mod->desc.type = (uint8_t)i;
		if (slice_is_nocase(text, group_type_name(i)))
			return 0;
	}
	if (slice_is_nocase(text, "fast_failover"))
		return 0;
	return err_set(r->err, EINVAL, "type=%.*s: use all, select, indirect or ff",
		       SLICE_SHOWN(text));
}

static int read_place(struct reading *r, struct slice text)
{
	r->has_place = true;
	if (slice_is_nocase(text, "first"))
		r->mod->bucket = (uint32_t)BUCKET_FIRST;
	else if (slice_is_nocase(text, "last"))
		r->mod->bucket = (uint32_t)BUCKET_LAST;
	else if (slice_is_nocase(text, "all"))
		r->mod->bucket = (uint32_t)BUCKET_EVERY;
	else
		return parse_u32(text, "command_bucket_id", BUCKET_NUMBER_MAX, &r->mod->bucket,
				 r->err);
	return 0;
}

/* ---- how select groups select ---- */

static int read_method(struct reading *r, struct slice text)
{
	for (unsigned i = GROUP_BY_HASH; i < N_GROUP_METHODS; i++) {
		r->mod->desc.method = (uint8_t)i;
		if (slice_is(text, methods[i]))
			return 0;
	}
	return err_set(r->err, EINVAL, "selection_method=%.*s: use hash or dp_hash",
		       SLICE_SHOWN(text));
}

static int read_param(struct reading *r, struct slice text)
{
	return number_parse(text, "selection_method_param", UINT64_MAX, &r->mod->desc.param,
			    r->err);
}

/* "ip_dst,tcp_dst" or "ip_dst=255.255.0.0": the value is a mask. */
static int read_fields(struct reading *r, struct slice text)
{
	struct word word;
	int rc;

	while ((rc = word_next(&text, &word, r->err)) > 0) {
		const struct field *field = field_lookup(word.name);
		field_bits bits, mask;

		if (!field)
			return err_set(r->err, EINVAL, "fields: \"%.*s\" is no field",
				       SLICE_SHOWN(word.name));
		bits = field_all(field);
		if (word.sign == '=' || word.sign == ':') {
			rc = field_parse_value(field, word.value, r->names, &mask, r->err);
			if (rc) {
				err_prefix(r->err, "%.*s", SLICE_SHOWN(word.name));
				return rc;
			}
			bits &= mask;
		}
		if (group_field_add(&r->mod->desc, field, bits))
			return err_set(r->err, EINVAL, "fields: more than %d", GROUP_FIELDS_MAX);
	}
	return rc;
}

/* ---- buckets ---- */

/* Where the next bucket begins, outside of parentheses; text.len: there is none. */
static size_t next_bucket(struct slice text)
{
	static const char word[] = "bucket=";
	unsigned depth = 0;

	for (size_t i = 0; i < text.len; i++) {
		const char before = i ? text.at[i - 1] : ',';

		if (text.at[i] == '(')
			depth++;
		else if (text.at[i] == ')' && depth)
			depth--;
		else if (!depth && (before == ',' || char_is_blank(before)) &&
			 slice_starts(slice_skip(text, i), word))
			return i;
	}
	return text.len;
}

static int read_weight(struct group_bucket *bucket, struct slice text, struct err *err)
{
	uint64_t number;
	int rc = number_parse(text, "weight", UINT16_MAX, &number, err);

	if (!rc)
		bucket->weight = (uint16_t)number;
	bucket->has_weight = true;
	return rc;
}

static int read_watch_group(struct group_bucket *bucket, struct slice text, struct err *err)
{
	if (slice_is_nocase(text, "any")) {
		bucket->watch_group = GROUP_NONE;
		return 0;
	}
	return parse_u32(text, "watch_group", GROUP_NUMBER_MAX, &bucket->watch_group, err);
}

/* 0, -ENOENT: it is no setting but an action, or -EINVAL. */
static int read_setting(struct reading *r, struct group_bucket *bucket, const struct word *word)
{
	if (slice_is(word->name, "weight"))
		return read_weight(bucket, word->value, r->err);
	if (slice_is(word->name, "bucket_id"))
		return parse_u32(word->value, "bucket_id", BUCKET_NUMBER_MAX, &bucket->id, r->err);
	if (slice_is(word->name, "watch_port"))
		return port_parse(word->value, r->names, &bucket->watch_port, r->err);
	if (slice_is(word->name, "watch_group"))
		return read_watch_group(bucket, word->value, r->err);
	return -ENOENT;
}

/* Settings go into the bucket, actions into `actions`. */
static int read_words(struct reading *r, struct group_bucket *bucket, struct slice text,
		      struct print *actions)
{
	struct word word;
	int rc;

	while ((rc = word_next(&text, &word, r->err)) > 0) {
		struct slice action = word.all;

		rc = read_setting(r, bucket, &word);
		if (!rc)
			continue;
		if (rc != -ENOENT)
			return rc;
		if (word.sign == '=' &&
		    (slice_is(word.name, "actions") || slice_is(word.name, "action")))
			action = word.value;
		print_bytes(actions, action.at, action.len);
		print_char(actions, ',');
	}
	print_chomp(actions, ',');
	return rc ? rc : actions->is_failed ? -ENOMEM : 0;
}

static int read_bucket(struct reading *r, struct slice text)
{
	struct group_bucket bucket = {
		.id = (uint32_t)BUCKET_EVERY,
		.watch_port = OFPORT_NONE,
		.watch_group = GROUP_NONE,
	};
	own(print_fini) struct print actions = {0};
	int rc = read_words(r, &bucket, text, &actions);

	if (!rc)
		rc = ofactions_parse((struct slice){print_text(&actions), actions.len}, r->names,
				     &bucket.actions, r->err);
	if (rc)
		return rc;
	rc = group_bucket_insert(&r->mod->desc, r->mod->desc.n_buckets, &bucket);
	return rc == -ENOSPC ? err_set(r->err, EINVAL, "a group has at most %d buckets",
				       GROUP_BUCKETS_MAX)
			     : rc;
}

static int read_buckets(struct reading *r, struct slice text)
{
	static const char word[] = "bucket=";

	while (text.len) {
		struct slice rest = slice_skip(text, strlen(word));
		const size_t end = next_bucket(rest);
		int rc = read_bucket(r, slice_first(rest, end));

		if (rc) {
			err_prefix(r->err, "bucket %u", r->mod->desc.n_buckets);
			return rc;
		}
		text = slice_skip(rest, end);
	}
	return 0;
}

/* ---- the line ---- */

static const struct setting {
	const char *name;
	uint8_t commands;
	int (*read)(struct reading *r, struct slice text);
} settings[] = {
	{"group_id", ANY, read_id},
	{"type", WHOLE | INSERT, read_type},
	{"command_bucket_id", INSERT | REMOVE, read_place},
	{"selection_method", WHOLE, read_method},
	{"selection_method_param", WHOLE, read_param},
	{"fields", WHOLE, read_fields},
};

static int read_word(struct reading *r, const struct word *word)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		if (!slice_is(word->name, settings[i].name))
			continue;
		if (!(settings[i].commands >> r->mod->command & 1))
			return err_set(r->err, EINVAL, "\"%.*s\": this command does not take it",
				       SLICE_SHOWN(word->all));
		return settings[i].read(r, word->value);
	}
	return err_set(r->err, EINVAL,
		       "\"%.*s\" is none of group_id, type, selection_method, "
		       "selection_method_param, fields, command_bucket_id, bucket",
		       SLICE_SHOWN(word->all));
}

/* Is all there that the command needs? */
static int check(const struct reading *r)
{
	const struct group_mod *mod = r->mod;
	const unsigned command = 1u << mod->command;

	if (!r->has_id && !(command & DELETE))
		return err_set(r->err, EINVAL, "the group's number is missing: group_id=NUMBER");
	if (command & WHOLE && !r->has_type)
		return err_set(r->err, EINVAL,
			       "the group's type is missing: type=all, select, indirect or ff");
	if (command & (INSERT | REMOVE) && !r->has_place)
		return err_set(r->err, EINVAL,
			       "the place is missing: command_bucket_id=first, last%s or NUMBER",
			       command & REMOVE ? ", all" : "");
	if (command & (DELETE | REMOVE) && mod->desc.n_buckets)
		return err_set(r->err, EINVAL, "buckets are not for this command");
	if (command & INSERT && mod->bucket == (uint32_t)BUCKET_EVERY)
		return err_set(r->err, EINVAL, "command_bucket_id=all is to remove buckets");
	if (command & INSERT && !mod->desc.n_buckets)
		return err_set(r->err, EINVAL, "there is no bucket to insert");
	return command & WHOLE && group_desc_check(&mod->desc, r->err) ? -EINVAL : 0;
}

static uint8_t take_command(struct slice *text)
{
	struct slice rest = *text;
	struct word word;

	if (word_next(&rest, &word, NULL) > 0 && !word.sign) {
		for (size_t i = 0; i < N_COMMAND_WORDS; i++) {
			if (slice_is(word.name, command_words[i].name)) {
				*text = rest;
				return command_words[i].command;
			}
		}
	}
	return GROUP_ADD;
}

int group_mod_parse(struct slice text, enum group_command command, const struct flow_names *names,
		    struct group_mod *out, struct err *err)
{
	own(group_mod_fini) struct group_mod mod = {.command = (uint8_t)command,
						    .bucket = (uint32_t)BUCKET_EVERY,
						    .desc.id = GROUP_EVERY};
	struct reading r = {.mod = &mod, .names = names, .err = err};
	struct slice head;
	struct word word;
	size_t end;
	int rc;

	if (command == GROUP_BY_WORD)
		mod.command = take_command(&text);
	end = next_bucket(text);
	head = slice_first(text, end);
	while ((rc = word_next(&head, &word, err)) > 0) {
		rc = read_word(&r, &word);
		if (rc)
			return rc;
	}
	if (!rc)
		rc = read_buckets(&r, slice_skip(text, end));
	if (!rc)
		rc = check(&r);
	if (rc)
		return rc == -ENOMEM ? rc : -EINVAL;
	*out = mod;
	mod.desc = (struct group_desc){0};
	return 0;
}

int group_filter_parse(struct slice text, uint32_t *out, struct err *err)
{
	text = slice_trim(text);
	if (slice_starts(text, "group_id="))
		text = slice_skip(text, strlen("group_id="));
	if (!text.len || slice_is(text, "all") || slice_is(text, ",")) {
		*out = GROUP_EVERY;
		return 0;
	}
	return parse_u32(text, "group_id", GROUP_NUMBER_MAX, out, err);
}

/* ---- printing ---- */

static void print_fields(struct print *out, const struct group_desc *desc,
			 const struct flow_names *names)
{
	print_add(out, desc->n_fields > 1 ? ",fields(" : ",fields=");
	for (unsigned i = 0; i < desc->n_fields; i++) {
		const struct field *field = field_of(desc->field[i].field);

		print_fmt(out, "%s%s", i ? "," : "", field->name);
		if (desc->field[i].mask == field_all(field))
			continue;
		print_char(out, '=');
		field_print(out, field, desc->field[i].mask, field_all(field), names);
	}
	if (desc->n_fields > 1)
		print_char(out, ')');
}

static void print_bucket(struct print *out, const struct group_desc *desc,
			 const struct group_bucket *bucket, const struct flow_names *names)
{
	print_add(out, ",bucket=");
	if (bucket->id != (uint32_t)BUCKET_EVERY)
		print_fmt(out, "bucket_id:%u,", bucket->id);
	if (bucket->has_weight && bucket->weight != (desc->type == GROUP_SELECT))
		print_fmt(out, "weight:%u,", bucket->weight);
	if (bucket->watch_port != OFPORT_NONE) {
		print_add(out, "watch_port:");
		port_print(out, bucket->watch_port, names);
		print_char(out, ',');
	}
	if (bucket->watch_group != GROUP_NONE)
		print_fmt(out, "watch_group:%u,", bucket->watch_group);
	print_add(out, "actions=");
	ofactions_print(out, &bucket->actions, names);
}

void group_print(struct print *out, const struct group_desc *desc, const struct flow_names *names)
{
	print_fmt(out, "group_id=%u,type=%s", desc->id, group_type_name(desc->type));
	if (desc->method != GROUP_BY_DEFAULT)
		print_fmt(out, ",selection_method=%s", methods[desc->method]);
	if (desc->param)
		print_fmt(out, ",selection_method_param=%llu", (unsigned long long)desc->param);
	if (desc->n_fields)
		print_fields(out, desc, names);
	for (uint32_t i = 0; i < desc->n_buckets; i++)
		print_bucket(out, desc, &desc->bucket[i], names);
}
