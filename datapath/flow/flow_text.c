#include "flow/flow_text.h"

#include <errno.h>
#include <inttypes.h>

#include "base/err.h"
#include "base/own.h"
#include "base/print.h"
#include "flow/field_text.h"
#include "flow/match_text.h"
#include "flow/ofaction_text.h"
#include "flow/words.h"

void flow_mod_fini(struct flow_mod *mod)
{
	ofactions_fini(&mod->actions);
}

bool flow_mod_covers(const struct flow_mod *filter, const struct flow_mod *flow)
{
	if (filter->table != FLOW_TABLE_ANY && filter->table != flow->table)
		return false;
	if ((flow->cookie ^ filter->cookie_value) & filter->cookie_mask)
		return false;
	if (filter->out_port != OFPORT_NONE &&
	    !ofactions_have_output(&flow->actions, filter->out_port))
		return false;
	if (filter->out_group != FLOW_GROUP_ANY &&
	    !ofactions_have_group(&flow->actions, filter->out_group))
		return false;
	if (filter->command == FLOW_DELETE_STRICT)
		return filter->priority == flow->priority &&
		       match_is_equal(&filter->match, &flow->match);
	return match_is_within(&flow->match, &filter->match);
}

/* ---- reading ---- */

/* Commands as sets. */
enum {
	ADD = 1 << FLOW_ADD,
	MODIFY = 1 << FLOW_MODIFY | 1 << FLOW_MODIFY_STRICT,
	DELETE = 1 << FLOW_DELETE | 1 << FLOW_DELETE_STRICT,
	STRICT_DELETE = 1 << FLOW_DELETE_STRICT,
	ALL = ADD | MODIFY | DELETE,
};

static const struct {
	const char *name;
	uint8_t command;
} command_words[] = {
	{"add", FLOW_ADD},
	{"modify", FLOW_MODIFY},
	{"modify_strict", FLOW_MODIFY_STRICT},
	{"delete", FLOW_DELETE},
	{"delete_strict", FLOW_DELETE_STRICT},
};

#define N_COMMANDS (sizeof(command_words) / sizeof(command_words[0]))

/* What a flow has besides match and actions. */
enum setting_id {
	SET_TABLE,
	SET_PRIORITY,
	SET_COOKIE,
	SET_IDLE_TIMEOUT,
	SET_HARD_TIMEOUT,
	SET_IMPORTANCE,
	SET_OUT_PORT,
	SET_OUT_GROUP,
	SET_FLAG,
	SET_NOTHING, /* what only dumps have */
};

static const struct setting {
	const char *name;
	uint8_t id;       /* enum setting_id */
	uint8_t commands; /* that know it */
	uint8_t flag;     /* enum flow_flag */
} settings[] = {
	{"table", SET_TABLE, ALL, 0},
	{"priority", SET_PRIORITY, ADD | MODIFY | STRICT_DELETE, 0},
	{"cookie", SET_COOKIE, ALL, 0},
	{"idle_timeout", SET_IDLE_TIMEOUT, ADD | MODIFY, 0},
	{"hard_timeout", SET_HARD_TIMEOUT, ADD | MODIFY, 0},
	{"importance", SET_IMPORTANCE, ADD, 0},
	{"out_port", SET_OUT_PORT, DELETE, 0},
	{"out_group", SET_OUT_GROUP, DELETE, 0},
	{"send_flow_rem", SET_FLAG, ADD | MODIFY, FLOW_SEND_FLOW_REM},
	{"check_overlap", SET_FLAG, ADD | MODIFY, FLOW_CHECK_OVERLAP},
	{"reset_counts", SET_FLAG, ADD | MODIFY, FLOW_RESET_COUNTS},
	{"no_packet_counts", SET_FLAG, ADD | MODIFY, FLOW_NO_PACKET_COUNTS},
	{"no_byte_counts", SET_FLAG, ADD | MODIFY, FLOW_NO_BYTE_COUNTS},
	{"duration", SET_NOTHING, ALL, 0},
	{"n_packets", SET_NOTHING, ALL, 0},
	{"n_bytes", SET_NOTHING, ALL, 0},
	{"idle_age", SET_NOTHING, ALL, 0},
	{"hard_age", SET_NOTHING, ALL, 0},
};

#define N_SETTINGS (sizeof(settings) / sizeof(settings[0]))

static const struct setting *setting_lookup(struct slice name)
{
	for (size_t i = 0; i < N_SETTINGS; i++)
		if (slice_is(name, settings[i].name))
			return &settings[i];
	return NULL;
}

static const char *command_name(uint8_t command)
{
	return command_words[command].name;
}

/* All ones may be written as -1. */
static int cookie_number(struct slice text, uint64_t *out, struct err *err)
{
	if (slice_is(text, "-1")) {
		*out = UINT64_MAX;
		return 0;
	}
	return number_parse(text, "cookie", UINT64_MAX, out, err);
}

/* "value": the cookie to set; "value/mask": of the flows that are meant. */
static int set_cookie(struct flow_mod *mod, struct slice text, struct err *err)
{
	size_t slash = slice_find(text, '/');
	uint64_t value, mask;
	int rc = cookie_number(slice_first(text, slash), &value, err);

	if (rc)
		return rc;
	if (slash == text.len) {
		if (DELETE >> mod->command & 1)
			return err_set(err, EINVAL,
				       "cookie=%.*s: a filter needs a mask: write cookie=%.*s/-1",
				       SLICE_SHOWN(text), SLICE_SHOWN(text));
		mod->cookie = value;
		mod->has_cookie = true;
		return 0;
	}
	if (mod->command == FLOW_ADD)
		return err_set(err, EINVAL, "cookie=%.*s: a flow that is added has no cookie mask",
			       SLICE_SHOWN(text));
	rc = cookie_number(slice_skip(text, slash + 1), &mask, err);
	if (rc)
		return rc;
	mod->cookie_value = value & mask;
	mod->cookie_mask = mask;
	return 0;
}

static int set_u16(uint16_t *out, const struct setting *setting, struct slice text, struct err *err)
{
	uint64_t number;
	int rc = number_parse(text, setting->name, UINT16_MAX, &number, err);

	if (!rc)
		*out = (uint16_t)number;
	return rc;
}

static int apply(struct flow_mod *mod, const struct setting *setting, struct slice text,
		 const struct flow_names *names, struct err *err)
{
	uint64_t number;
	int rc;

	switch (setting->id) {
	case SET_TABLE:
		return table_parse(text, names, &mod->table, err);
	case SET_PRIORITY:
		return set_u16(&mod->priority, setting, text, err);
	case SET_COOKIE:
		return set_cookie(mod, text, err);
	case SET_IDLE_TIMEOUT:
		return set_u16(&mod->idle_timeout, setting, text, err);
	case SET_HARD_TIMEOUT:
		return set_u16(&mod->hard_timeout, setting, text, err);
	case SET_IMPORTANCE:
		return set_u16(&mod->importance, setting, text, err);
	case SET_OUT_PORT:
		rc = port_parse(text, names, &mod->out_port, err);
		if (rc)
			err_prefix(err, "out_port");
		return rc;
	case SET_OUT_GROUP:
		rc = number_parse(text, "out_group", UINT32_MAX, &number, err);
		if (!rc)
			mod->out_group = (uint32_t)number;
		return rc;
	case SET_FLAG:
		mod->flags |= setting->flag;
	}
	return 0;
}

static int set_setting(struct flow_mod *mod, const struct setting *setting, const struct word *word,
		       const struct flow_names *names, struct err *err)
{
	if (!(setting->commands >> mod->command & 1))
		return err_set(err, EINVAL, "\"%.*s\": %s does not take %s%s",
			       SLICE_SHOWN(word->all), command_name(mod->command), setting->name,
			       setting->id == SET_PRIORITY ? " (only with --strict)" : "");
	if (!word->value.len && setting->id != SET_FLAG)
		return err_set(err, EINVAL, "\"%.*s\": write %s=VALUE", SLICE_SHOWN(word->all),
			       setting->name);
	return apply(mod, setting, word->value, names, err);
}

static bool is_actions(struct slice name)
{
	return slice_is(name, "actions") || slice_is(name, "action");
}

/* From "actions=" on: *actions is all that follows. 0 or -EINVAL. */
static int take_actions(const struct word *word, struct slice *text, struct slice *actions,
			struct err *err)
{
	struct slice rest = slice_trim(*text);

	if (word->sign == '=') {
		/* the word may have ended at a comma: the actions do not */
		*actions = (struct slice){word->value.at,
					  (size_t)(text->at + text->len - word->value.at)};
	} else if (!word->sign && rest.len && *rest.at == '=') {
		*actions = slice_skip(rest, 1);
	} else {
		return err_set(err, EINVAL, "\"%.*s\": write actions=ACTIONS",
			       SLICE_SHOWN(word->all));
	}
	*text = (struct slice){text->at + text->len, 0};
	return 0;
}

/* A line's parts: settings and match go into `mod`; the actions are only found. */
static int parse_words(struct slice text, struct flow_mod *mod, const struct flow_names *names,
		       struct slice *actions, struct err *err)
{
	struct match_named named;
	struct word word;
	int rc;

	named.fields = (struct field_set){0};
	while ((rc = word_next(&text, &word, err)) > 0) {
		const struct setting *setting;

		if (is_actions(word.name) && !(DELETE >> mod->command & 1)) {
			rc = take_actions(&word, &text, actions, err);
		} else if ((setting = setting_lookup(word.name))) {
			rc = set_setting(mod, setting, &word, names, err);
		} else {
			rc = match_parse_word(&mod->match, &word, names, &named, err);
			if (rc == -ENOENT)
				rc = err_set(
					err, EINVAL,
					"\"%.*s\" is neither a field (like in_port, dl_dst, "
					"nw_src, tp_dst), a protocol (like ip, tcp, arp), nor "
					"one of table, priority, cookie%s",
					SLICE_SHOWN(word.name),
					DELETE >> mod->command & 1
						? ", out_port, out_group (a deletion has no "
						  "actions)"
						: ", idle_timeout, hard_timeout, importance, "
						  "send_flow_rem, check_overlap, reset_counts, "
						  "actions");
		}
		if (rc)
			return rc;
	}
	return rc ? rc : match_check(&mod->match, &named, err);
}

/* Takes the command's word off the line, if there is one. */
static uint8_t take_command(struct slice *text)
{
	struct slice rest = *text;
	struct word word;

	if (word_next(&rest, &word, NULL) > 0 && !word.sign) {
		for (size_t i = 0; i < N_COMMANDS; i++) {
			if (slice_is(word.name, command_words[i].name)) {
				*text = rest;
				return command_words[i].command;
			}
		}
	}
	return FLOW_ADD;
}

int flow_mod_parse(struct slice text, enum flow_command command, const struct flow_names *names,
		   struct flow_mod *out, struct err *err)
{
	own(flow_mod_fini) struct flow_mod mod = {
		.command = (uint8_t)command,
		.table = FLOW_TABLE_ANY,
		.priority = FLOW_DEFAULT_PRIORITY,
		.out_port = OFPORT_NONE,
		.out_group = FLOW_GROUP_ANY,
	};
	struct slice actions = {NULL, 0};
	int rc;

	if (command == FLOW_BY_WORD)
		mod.command = take_command(&text);
	rc = parse_words(text, &mod, names, &actions, err);
	if (rc)
		return rc;
	if (!(DELETE >> mod.command & 1)) {
		if (!actions.at)
			return err_set(
				err, EINVAL,
				"\"%.*s\": the actions are missing: end with actions=ACTIONS "
				"(actions=drop does nothing)",
				SLICE_SHOWN(text));
		rc = ofactions_parse(actions, names, &mod.actions, err);
		if (!rc)
			rc = ofactions_check(&mod.actions, &mod.match,
					     mod.table == FLOW_TABLE_ANY ? 0 : mod.table, err);
		if (rc)
			return rc;
	}
	*out = mod;
	mod.actions = (struct ofactions){0};
	return 0;
}

bool flow_line_next(struct slice *text, struct slice *line, unsigned *n_line)
{
	while (text->len) {
		size_t end = slice_find(*text, '\n');
		struct slice s = slice_first(*text, end);

		*text = slice_skip(*text, end < text->len ? end + 1 : end);
		++*n_line;
		s = slice_trim(slice_first(s, slice_find(s, '#')));
		if (s.len) {
			*line = s;
			return true;
		}
	}
	return false;
}

/* ---- printing ---- */

static void print_duration(struct print *out, uint64_t ns)
{
	print_fmt(out, "duration=%" PRIu64, ns / 1000000000);
	if (ns / 1000000 % 1000)
		print_fmt(out, ".%03u", (unsigned)(ns / 1000000 % 1000));
	while (ns / 1000000 % 1000 && out->len && out->text[out->len - 1] == '0')
		print_chomp(out, '0');
	print_add(out, "s, ");
}

static void print_flags(struct print *out, uint8_t flags)
{
	for (size_t i = 0; i < N_SETTINGS; i++)
		if (flags & settings[i].flag)
			print_fmt(out, "%s ", settings[i].name);
}

/* The first one goes without saying, unless it has a name. */
static void print_table(struct print *out, uint8_t table, bool is_always,
			const struct flow_names *names)
{
	if (!is_always && !table &&
	    !(names && names->table_name && names->table_name(names->ctx, 0)))
		return;
	print_add(out, "table=");
	table_print(out, table, names);
	print_add(out, ", ");
}

void flow_print(struct print *out, const struct flow_mod *flow, const struct flow_stats *stats,
		const struct flow_names *names)
{
	size_t before;

	if (stats || flow->cookie)
		print_fmt(out, "cookie=%s%" PRIx64 ", ", "0x", flow->cookie);
	if (stats)
		print_duration(out, stats->duration);
	print_table(out, flow->table == FLOW_TABLE_ANY ? 0 : flow->table, stats, names);
	if (stats)
		print_fmt(out, "n_packets=%" PRIu64 ", n_bytes=%" PRIu64 ", ", stats->n_packets,
			  stats->n_bytes);
	if (flow->idle_timeout)
		print_fmt(out, "idle_timeout=%u, ", flow->idle_timeout);
	if (flow->hard_timeout)
		print_fmt(out, "hard_timeout=%u, ", flow->hard_timeout);
	print_flags(out, flow->flags);
	if (flow->importance)
		print_fmt(out, "importance=%u, ", flow->importance);
	if (stats) {
		print_fmt(out, "idle_age=%u, ", stats->idle_age);
		if (stats->hard_age != stats->duration / 1000000000)
			print_fmt(out, "hard_age=%u, ", stats->hard_age);
	}
	before = out->len;
	if (flow->priority != FLOW_DEFAULT_PRIORITY)
		print_fmt(out, "priority=%u,", flow->priority);
	match_print(out, &flow->match, names);
	print_chomp(out, ',');
	if (out->len > before)
		print_char(out, ' ');
	print_add(out, "actions=");
	ofactions_print(out, &flow->actions, names);
}
