#include <errno.h>

#include "base/err.h"
#include "base/own.h"
#include "flow/ofaction_reader.h"
#include "flow/ofaction_text.h"
#include "flow/key.h"

static int read_list(struct ofaction_reader *r, struct slice text);

/* ---- adding ---- */

int reader_add(struct ofaction_reader *r, const struct ofaction *action)
{
	int rc = ofactions_add(r->list, action);

	if (rc == -E2BIG)
		return err_set(r->err, E2BIG, "more than %d actions in one flow", OFACTIONS_MAX);
	return rc ? err_set(r->err, ENOMEM, "not enough memory for the actions") : 0;
}

int reader_add_bytes(struct ofaction_reader *r, const uint8_t *bytes, size_t size)
{
	int rc = 0;

	while (!rc && size) {
		struct ofaction a = {.type = OFACTION_BYTES};

		a.how = (uint8_t)(size < OFACTION_BYTES_MAX ? size : OFACTION_BYTES_MAX);
		memcpy(a.bytes, bytes, a.how);
		bytes += a.how;
		size -= a.how;
		rc = reader_add(r, &a);
	}
	return rc;
}

void reader_close(struct ofaction_reader *r, uint32_t at)
{
	r->list->item[at].n_inside = (uint16_t)(r->list->n - at - 1);
}

/* ---- readers by what follows the name ---- */

static int say_no_value(struct ofaction_reader *r, const struct kind *kind, const struct word *word)
{
	return err_set(r->err, EINVAL, "\"%.*s\": %s takes no value", SLICE_SHOWN(word->all),
		       kind->name);
}

/* Nothing. */
static int read_plain(struct ofaction_reader *r, const struct kind *kind, const struct word *word)
{
	const struct ofaction a = {.type = kind->type, .how = kind->how};

	return word->value.len ? say_no_value(r, kind, word) : reader_add(r, &a);
}

/* A number up to arg. */
static int read_number(struct ofaction_reader *r, const struct kind *kind, const struct word *word)
{
	struct ofaction a = {.type = kind->type, .how = kind->how};
	uint64_t number;
	int rc = number_parse(word->value, kind->name, kind->arg, &number, r->err);

	if (rc)
		return rc;
	if (kind->type == OFACTION_METER && !number)
		return err_set(r->err, EINVAL, "meter:0: meters count from 1");
	a.number = (uint32_t)number;
	return reader_add(r, &a);
}

/* An Ethernet type, for a tag one that is allowed. */
static int read_ethertype(struct ofaction_reader *r, const struct kind *kind,
			  const struct word *word)
{
	struct ofaction a = {.type = kind->type};
	const char *allowed = NULL;
	uint64_t type;
	int rc = number_parse(word->value, kind->name, UINT16_MAX, &type, r->err);

	if (rc)
		return rc;
	if (kind->type == OFACTION_PUSH_VLAN && type != ETH_TYPE_VLAN && type != ETH_TYPE_SVLAN)
		allowed = "0x8100 or 0x88a8";
	if (kind->type == OFACTION_PUSH_MPLS && type != ETH_TYPE_MPLS &&
	    type != ETH_TYPE_MPLS_MULTICAST)
		allowed = "0x8847 or 0x8848";
	if (kind->type == OFACTION_PUSH_PBB && type != ETH_TYPE_PBB)
		allowed = "0x88e7";
	if (allowed)
		return err_set(r->err, EINVAL, "%s: \"%.*s\" is not %s", kind->name,
			       SLICE_SHOWN(word->value), allowed);
	a.number = (uint32_t)type;
	return reader_add(r, &a);
}

/* A value of the field arg. */
static int read_mod(struct ofaction_reader *r, const struct kind *kind, const struct word *word)
{
	const struct field *field = field_of(kind->arg);
	struct ofaction a = {.type = OFACTION_SET, .how = kind->how};
	field_bits value;
	int rc = field_parse_value(field, word->value, r->names, &value, r->err);

	if (rc) {
		err_prefix(r->err, "%s", kind->name);
		return rc;
	}
	a.set.to = (struct subfield){(uint8_t)kind->arg, 0, field->n_bits};
	ofaction_set_bits(&a, value, field_all(field));
	return reader_add(r, &a);
}

static int read_set_field(struct ofaction_reader *r, const struct kind *kind,
			  const struct word *word)
{
	struct ofaction a = {.type = OFACTION_SET, .how = SET_AS_FIELD};
	struct slice source, target;
	const struct field *field;
	field_bits value, mask;
	int rc = arrow_parse(word->value, &source, &target, r->err);

	if (rc)
		return rc;
	field = field_lookup(target);
	if (!field)
		return err_set(r->err, EINVAL,
			       "set_field: \"%.*s\" is not a field (see ovs-fields(7); parts of "
			       "fields are for load)",
			       SLICE_SHOWN(target));
	rc = field_parse(field, source, r->names, &value, &mask, r->err);
	if (rc) {
		err_prefix(r->err, "%.*s", SLICE_SHOWN(target));
		return rc;
	}
	if (!mask)
		return err_set(r->err, EINVAL, "\"%.*s\": it sets no bit", SLICE_SHOWN(word->all));
	if (field_id(field) == FIELD_VLAN_VID) {
		value |= VLAN_PRESENT;
		mask |= VLAN_PRESENT;
	}
	a.set.to = (struct subfield){(uint8_t)field_id(field), 0, field->n_bits};
	ofaction_set_bits(&a, value, mask);
	return reader_add(r, &a);
}

static int read_load(struct ofaction_reader *r, const struct kind *kind, const struct word *word)
{
	struct ofaction a = {.type = kind->type, .how = kind->how};
	int rc = load_parse(word->value, &a, r->err);

	if (rc < 0)
		return rc;
	if (rc != (kind->type == OFACTION_SET))
		return err_set(r->err, EINVAL, "\"%.*s\": %s takes a %s as its source",
			       SLICE_SHOWN(word->all), kind->name,
			       kind->type == OFACTION_SET ? "number (move takes a field)"
							  : "field (load takes a number)");
	return reader_add(r, &a);
}

/* ---- output and its like ---- */

static int add_output(struct ofaction_reader *r, const struct ofaction *a)
{
	static const struct ofaction to_controller = {
		.type = OFACTION_CONTROLLER,
		.controller = {.reason = REASON_ACTION, .max_len = UINT16_MAX},
	};

	if (a->type == OFACTION_OUTPUT && a->output.port == OFPORT_CONTROLLER)
		return reader_add(r, &to_controller);
	if (a->output.port == OFPORT_NONE || a->output.port == OFPORT_UNSET)
		return err_set(r->err, EINVAL, "output to ANY or NONE: that is no port");
	return reader_add(r, a);
}

/* "port=P,max_len=N", and for a mirror "vlan=V". */
static int read_cut(struct ofaction_reader *r, struct slice inside, struct ofaction *a)
{
	bool has_target = false;
	struct word word;
	uint64_t number;
	int rc;

	a->output.port = OFPORT_NONE;
	while ((rc = word_next(&inside, &word, r->err)) > 0) {
		if (slice_is(word.name, "port")) {
			rc = port_parse(word.value, r->names, &a->output.port, r->err);
			has_target |= a->output.port != OFPORT_NONE;
		} else if (slice_is(word.name, "max_len")) {
			rc = number_parse(word.value, "max_len", UINT16_MAX, &number, r->err);
			if (!rc && number < 14)
				rc = err_set(r->err, EINVAL,
					     "max_len=%u: an Ethernet header has 14 "
					     "bytes",
					     (unsigned)number);
			a->output.max_len = rc ? 0 : (uint16_t)number;
		} else if (slice_is(word.name, "vlan") && a->type == OFACTION_MIRROR) {
			rc = number_parse(word.value, "vlan", 4094, &number, r->err);
			if (!rc && !number)
				rc = err_set(r->err, EINVAL, "vlan=0: VLANs count from 1");
			a->output.vlan = rc ? 0 : (uint16_t)number;
			has_target |= !rc;
		} else {
			rc = err_set(r->err, EINVAL, "%s: \"%.*s\" is not one of port, max_len%s",
				     ofaction_name(a), SLICE_SHOWN(word.all),
				     a->type == OFACTION_MIRROR ? ", vlan" : "");
		}
		if (rc)
			return rc;
	}
	if (!rc && !has_target)
		return err_set(r->err, EINVAL, "%s: a port must be given", ofaction_name(a));
	return rc;
}

static bool can_be_cut(uint16_t port)
{
	return port < OFPORT_MAX || port == OFPORT_LOCAL || port == OFPORT_IN_PORT;
}

static int read_output(struct ofaction_reader *r, const struct kind *kind, const struct word *word)
{
	struct ofaction a = {.type = OFACTION_OUTPUT};
	struct subfield from;
	int rc;

	if (word->sign == '(') {
		rc = read_cut(r, word->value, &a);
		if (rc)
			return rc;
		if (!a.output.max_len)
			return err_set(r->err, EINVAL, "\"%.*s\": max_len must be given",
				       SLICE_SHOWN(word->all));
		if (!can_be_cut(a.output.port))
			return err_set(r->err, EINVAL,
				       "\"%.*s\": only packets to one port can be cut",
				       SLICE_SHOWN(word->all));
		return add_output(r, &a);
	}
	if (port_parse(word->value, r->names, &a.output.port, NULL)) {
		rc = subfield_parse(word->value, &from, NULL);
		if (!rc) {
			a.type = OFACTION_OUTPUT_REG;
			a.move.from = from;
			return reader_add(r, &a);
		}
		rc = rc == -EINVAL ? subfield_parse(word->value, &from, r->err)
				   : port_parse(word->value, r->names, &a.output.port, r->err);
		err_prefix(r->err, "output");
		return rc;
	}
	return add_output(r, &a);
}

/* A reserved port as the action's name. */
static int read_port(struct ofaction_reader *r, const struct kind *kind, const struct word *word)
{
	const struct ofaction a = {.type = OFACTION_OUTPUT,
				   .output = {.port = (uint16_t)kind->arg}};

	return word->value.len ? say_no_value(r, kind, word) : reader_add(r, &a);
}

static int read_mirror(struct ofaction_reader *r, const struct kind *kind, const struct word *word)
{
	struct ofaction a = {.type = OFACTION_MIRROR};
	int rc;

	if (word->sign == '(')
		rc = read_cut(r, word->value, &a);
	else
		rc = port_parse(word->value, r->names, &a.output.port, r->err);
	if (!rc && (a.output.vlan ? a.output.port != OFPORT_NONE : !can_be_cut(a.output.port)))
		rc = err_set(r->err, EINVAL, "\"%.*s\": a mirror goes to one port or one VLAN",
			     SLICE_SHOWN(word->all));
	return rc ? rc : reader_add(r, &a);
}

static int read_enqueue(struct ofaction_reader *r, const struct kind *kind, const struct word *word)
{
	struct ofaction a = {.type = OFACTION_ENQUEUE};
	struct slice text = word->value;
	size_t cut = slice_find(text, word->sign == '(' ? ',' : ':');
	uint64_t queue;
	int rc;

	if (cut == text.len)
		cut = slice_find(text, 'q');
	if (cut == text.len)
		return err_set(r->err, EINVAL, "\"%.*s\": write enqueue:PORT:QUEUE",
			       SLICE_SHOWN(word->all));
	rc = port_parse(slice_trim(slice_first(text, cut)), r->names, &a.output.port, r->err);
	if (!rc)
		rc = number_parse(slice_trim(slice_skip(text, cut + 1)), "enqueue", UINT32_MAX,
				  &queue, r->err);
	if (rc)
		return rc;
	a.output.queue = (uint32_t)queue;
	return add_output(r, &a);
}

static int read_drop(struct ofaction_reader *r, const struct kind *kind, const struct word *word)
{
	/* that it is alone, read_list() sees */
	return word->value.len ? say_no_value(r, kind, word) : 0;
}

/* ---- lists in actions ---- */

static int read_inside(struct ofaction_reader *r, const struct kind *kind, const struct word *word)
{
	const struct ofaction a = {.type = kind->type};
	uint32_t at = r->list->n;
	int rc;

	if (word->sign != '(')
		return err_set(r->err, EINVAL, "\"%.*s\": write %s(ACTIONS)",
			       SLICE_SHOWN(word->all), kind->name);
	if (r->depth == OFACTIONS_MAX_DEPTH)
		return err_set(r->err, EINVAL, "%s: more than %d levels of actions in actions",
			       kind->name, OFACTIONS_MAX_DEPTH);
	rc = reader_add(r, &a);
	if (rc)
		return rc;
	r->depth++;
	rc = read_list(r, word->value);
	r->depth--;
	if (!rc)
		reader_close(r, at);
	return rc;
}

/* The actions stand for themselves. */
static int read_apply(struct ofaction_reader *r, const struct kind *kind, const struct word *word)
{
	int rc;

	if (word->sign != '(' || r->depth)
		return err_set(r->err, EINVAL,
			       "\"%.*s\": write apply_actions(ACTIONS), not inside "
			       "other actions",
			       SLICE_SHOWN(word->all));
	r->depth++;
	rc = read_list(r, word->value);
	r->depth--;
	return rc;
}

static int read_learn(struct ofaction_reader *r, const struct kind *kind, const struct word *word)
{
	if (word->sign != '(')
		return err_set(r->err, EINVAL, "\"%.*s\": write learn(FLOW)",
			       SLICE_SHOWN(word->all));
	return learn_parse(r, word->value);
}

static const struct kind kinds[] = {
	{"output", read_output, 0, 0, 0},
	{"normal", read_port, 0, 0, OFPORT_NORMAL},
	{"flood", read_port, 0, 0, OFPORT_FLOOD},
	{"all", read_port, 0, 0, OFPORT_ALL},
	{"local", read_port, 0, 0, OFPORT_LOCAL},
	{"in_port", read_port, 0, 0, OFPORT_IN_PORT},
	{"table", read_port, 0, 0, OFPORT_TABLE},
	{"controller", read_controller, 0, 0, 0},
	{"drop", read_drop, 0, 0, 0},
	{"mirror", read_mirror, 0, 0, 0},
	{"group", read_number, OFACTION_GROUP, 0, UINT32_MAX},
	{"enqueue", read_enqueue, 0, 0, 0},
	{"set_queue", read_number, OFACTION_SET_QUEUE, 0, UINT32_MAX},
	{"pop_queue", read_plain, OFACTION_POP_QUEUE, 0, 0},
	{"set_field", read_set_field, 0, 0, 0},
	{"load", read_load, OFACTION_SET, SET_AS_LOAD, 0},
	{"move", read_load, OFACTION_MOVE, 0, 0},
	{"mod_dl_src", read_mod, 0, SET_AS_MOD, FIELD_ETH_SRC},
	{"mod_dl_dst", read_mod, 0, SET_AS_MOD, FIELD_ETH_DST},
	{"mod_nw_src", read_mod, 0, SET_AS_MOD, FIELD_IP_SRC},
	{"mod_nw_dst", read_mod, 0, SET_AS_MOD, FIELD_IP_DST},
	{"mod_nw_tos", read_mod, 0, SET_AS_MOD, FIELD_IP_TOS},
	{"mod_nw_ecn", read_mod, 0, SET_AS_MOD, FIELD_IP_ECN},
	{"mod_nw_ttl", read_mod, 0, SET_AS_MOD, FIELD_IP_TTL},
	{"mod_tp_src", read_mod, 0, SET_AS_MOD, FIELD_TCP_SRC},
	{"mod_tp_dst", read_mod, 0, SET_AS_MOD, FIELD_TCP_DST},
	{"mod_vlan_vid", read_number, OFACTION_SET_VLAN_VID, 1, VLAN_VID_MASK},
	{"mod_vlan_pcp", read_number, OFACTION_SET_VLAN_PCP, 1, 7},
	{"set_vlan_vid", read_number, OFACTION_SET_VLAN_VID, 0, VLAN_VID_MASK},
	{"set_vlan_pcp", read_number, OFACTION_SET_VLAN_PCP, 0, 7},
	{"set_tunnel", read_mod, 0, SET_AS_MOD, FIELD_TUN_ID},
	{"set_tunnel64", read_mod, 0, SET_AS_TUNNEL64, FIELD_TUN_ID},
	{"set_mpls_label", read_mod, 0, SET_AS_MOD, FIELD_MPLS_LABEL},
	{"set_mpls_tc", read_mod, 0, SET_AS_MOD, FIELD_MPLS_TC},
	{"set_mpls_ttl", read_mod, 0, SET_AS_MOD, FIELD_MPLS_TTL},
	{"push_vlan", read_ethertype, OFACTION_PUSH_VLAN, 0, 0},
	{"pop_vlan", read_plain, OFACTION_POP_VLAN, 0, 0},
	{"strip_vlan", read_plain, OFACTION_POP_VLAN, 1, 0},
	{"push_mpls", read_ethertype, OFACTION_PUSH_MPLS, 0, 0},
	{"pop_mpls", read_ethertype, OFACTION_POP_MPLS, 0, 0},
	{"push_pbb", read_ethertype, OFACTION_PUSH_PBB, 0, 0},
	{"pop_pbb", read_plain, OFACTION_POP_PBB, 0, 0},
	{"copy_ttl_in", read_plain, OFACTION_COPY_TTL_IN, 0, 0},
	{"copy_ttl_out", read_plain, OFACTION_COPY_TTL_OUT, 0, 0},
	{"dec_ttl", read_dec_ttl, 0, 0, 0},
	{"dec_mpls_ttl", read_plain, OFACTION_DEC_MPLS_TTL, 0, 0},
	{"resubmit", read_resubmit, 0, 0, 0},
	{"learn", read_learn, 0, 0, 0},
	{"fin_timeout", read_fin_timeout, 0, 0, 0},
	{"conjunction", read_conjunction, 0, 0, 0},
	{"note", read_note, 0, 0, 0},
	{"clone", read_inside, OFACTION_CLONE, 0, 0},
	{"meter", read_number, OFACTION_METER, 0, 0xffff0000},
	{"apply_actions", read_apply, 0, 0, 0},
	{"clear_actions", read_plain, OFACTION_CLEAR_ACTIONS, 0, 0},
	{"write_actions", read_inside, OFACTION_WRITE_ACTIONS, 0, 0},
	{"write_metadata", read_metadata, 0, 0, 0},
	{"goto_table", read_goto, 0, 0, 0},
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const struct kind *kind_lookup(struct slice name)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (slice_is_nocase(name, kinds[i].name))
			return &kinds[i];
	return NULL;
}

/* A port by itself is an output to it. */
static int read_bare_port(struct ofaction_reader *r, const struct word *word)
{
	struct ofaction a = {.type = OFACTION_OUTPUT};

	if (word->sign || port_parse(word->name, r->names, &a.output.port, NULL))
		return err_set(r->err, EINVAL,
			       "\"%.*s\" is neither an action (see ovs-actions(7)) nor a port",
			       SLICE_SHOWN(word->name));
	return add_output(r, &a);
}

static int read_list(struct ofaction_reader *r, struct slice text)
{
	unsigned n_words = 0;
	bool has_drop = false;
	struct word word;
	int rc;

	while ((rc = word_next(&text, &word, r->err)) > 0) {
		const struct kind *kind = kind_lookup(word.name);

		n_words++;
		has_drop |= kind && kind->read == read_drop;
		rc = kind ? kind->read(r, kind, &word) : read_bare_port(r, &word);
		if (rc)
			return rc;
		if (has_drop && n_words > 1)
			return err_set(r->err, EINVAL, "drop cannot stand beside other actions");
	}
	return rc;
}

int ofactions_parse(struct slice text, const struct flow_names *names, struct ofactions *out,
		    struct err *err)
{
	own(ofactions_fini) struct ofactions list = {0};
	struct ofaction_reader r = {.names = names, .list = &list, .err = err};
	int rc = read_list(&r, text);

	if (rc)
		return rc == -ENOMEM ? rc : -EINVAL;
	*out = list;
	list = (struct ofactions){0};
	return 0;
}
