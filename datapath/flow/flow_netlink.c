#include "flow/flow_netlink.h"

#include <errno.h>

#include "base/err.h"
#include "base/own.h"
#include "flow/netlink_abi.h"
#include "flow/port_text.h"

#define BRIDGE_NAME_MAX 64

/* Commands as sets. */
enum {
	ADD = 1 << FLOW_ADD,
	MODIFY = 1 << FLOW_MODIFY | 1 << FLOW_MODIFY_STRICT,
	DELETE = 1 << FLOW_DELETE | 1 << FLOW_DELETE_STRICT,
	STRICT = 1 << FLOW_MODIFY_STRICT | 1 << FLOW_DELETE_STRICT,
	ALL = ADD | MODIFY | DELETE,
};

#define F(name, size, kind) [SHUNT_FLOW_##name] = {"SHUNT_FLOW_" #name, size, kind, false}

static const struct attr_policy policy[N_SHUNT_FLOW] = {
	[SHUNT_NL_TOKEN] = {"SHUNT_NL_TOKEN", SHUNT_NL_TOKEN_SIZE, ATTR_FIXED, false},
	[SHUNT_NL_BRIDGE] = {"SHUNT_NL_BRIDGE", BRIDGE_NAME_MAX, ATTR_STRING, false},
	[SHUNT_NL_BUNDLE_ID] = {"SHUNT_NL_BUNDLE_ID", 4, ATTR_FIXED, false},
	F(KEY, 0, ATTR_NESTED),
	F(MASK, 0, ATTR_NESTED),
	[SHUNT_FLOW_ACTIONS] = {"SHUNT_FLOW_ACTIONS", 0, ATTR_NESTED, true},
	F(STRICT, 0, ATTR_FLAG),
	F(TABLE, 1, ATTR_FIXED),
	F(PRIORITY, 2, ATTR_FIXED),
	F(COOKIE, 8, ATTR_FIXED),
	F(COOKIE_VALUE, 8, ATTR_FIXED),
	F(COOKIE_MASK, 8, ATTR_FIXED),
	F(IDLE_TIMEOUT, 2, ATTR_FIXED),
	F(HARD_TIMEOUT, 2, ATTR_FIXED),
	F(IMPORTANCE, 2, ATTR_FIXED),
	F(FLAGS, 4, ATTR_FIXED),
	F(OUT_PORT, 4, ATTR_FIXED),
	F(OUT_GROUP, 4, ATTR_FIXED),
	F(DURATION, 8, ATTR_FIXED),
	F(N_PACKETS, 8, ATTR_FIXED),
	F(N_BYTES, 8, ATTR_FIXED),
	F(IDLE_AGE, 4, ATTR_FIXED),
	F(HARD_AGE, 4, ATTR_FIXED),
	F(REASON, 1, ATTR_FIXED),
	F(INCOMPLETE, 0, ATTR_FLAG),
	F(N_FLOWS, 4, ATTR_FIXED),
};

static const struct attr_table table = ATTR_TABLE(policy);

/* Which commands take it; those of the message itself and those that only the switch says take none. */
static const uint8_t commands[N_SHUNT_FLOW] = {
	[SHUNT_NL_TOKEN] = ALL,
	[SHUNT_NL_BRIDGE] = ALL,
	[SHUNT_NL_BUNDLE_ID] = ALL,
	[SHUNT_FLOW_KEY] = ALL,
	[SHUNT_FLOW_MASK] = ALL,
	[SHUNT_FLOW_ACTIONS] = ADD | MODIFY,
	[SHUNT_FLOW_STRICT] = STRICT,
	[SHUNT_FLOW_TABLE] = ALL,
	[SHUNT_FLOW_PRIORITY] = ADD | MODIFY | 1 << FLOW_DELETE_STRICT,
	[SHUNT_FLOW_COOKIE] = ADD | MODIFY,
	[SHUNT_FLOW_COOKIE_VALUE] = MODIFY | DELETE,
	[SHUNT_FLOW_COOKIE_MASK] = MODIFY | DELETE,
	[SHUNT_FLOW_IDLE_TIMEOUT] = ADD | MODIFY,
	[SHUNT_FLOW_HARD_TIMEOUT] = ADD | MODIFY,
	[SHUNT_FLOW_IMPORTANCE] = ADD,
	[SHUNT_FLOW_FLAGS] = ADD | MODIFY,
	[SHUNT_FLOW_OUT_PORT] = DELETE,
	[SHUNT_FLOW_OUT_GROUP] = DELETE,
};

/* ---- reading ---- */

static uint64_t number_of(const struct nlattr *attr, uint64_t fallback)
{
	return attr ? attr_number(attr) : fallback;
}

static int read_table(const struct nlattr *attr, struct flow_mod *mod, struct attr_fault *fault)
{
	if (!attr)
		return 0;
	mod->table = (uint8_t)attr_number(attr);
	if (mod->table == FLOW_TABLE_ANY)
		return attr_fault_set(fault, attr, EINVAL,
				      "table 255: tables are 0 to 254; leave it out to mean all");
	return 0;
}

static int read_flags(const struct nlattr *attr, struct flow_mod *mod, struct attr_fault *fault)
{
	uint64_t flags = number_of(attr, 0);

	if (flags >= SHUNT_FLOW_F_NO_BYTE_COUNTS << 1)
		return attr_fault_set(fault, attr, EINVAL, "flags 0x%llx: 0x%x and below are known",
				      (unsigned long long)flags, SHUNT_FLOW_F_NO_BYTE_COUNTS);
	mod->flags = (uint8_t)flags;
	return 0;
}

static int read_filters(const struct nlattr **there, struct flow_mod *mod, struct attr_fault *fault)
{
	const struct nlattr *port = there[SHUNT_FLOW_OUT_PORT];
	uint32_t number = (uint32_t)number_of(port, UINT32_MAX);

	if (number >= OFPORT_MAX && number < 0xffff0000u + OFPORT_MAX)
		return attr_fault_set(fault, port, EINVAL,
				      "port 0x%x: ports are 0 to 0xfeff, or reserved from "
				      "0xffffff00 on",
				      number);
	mod->out_port = (uint16_t)number;
	mod->out_group = (uint32_t)number_of(there[SHUNT_FLOW_OUT_GROUP], FLOW_GROUP_ANY);
	mod->cookie_mask = number_of(there[SHUNT_FLOW_COOKIE_MASK], 0);
	mod->cookie_value = number_of(there[SHUNT_FLOW_COOKIE_VALUE], 0);
	if (mod->cookie_value & ~mod->cookie_mask)
		return attr_fault_set(fault, there[SHUNT_FLOW_COOKIE_VALUE], EINVAL,
				      "SHUNT_FLOW_COOKIE_VALUE has bits that "
				      "SHUNT_FLOW_COOKIE_MASK does not have");
	return 0;
}

/* What is neither match nor actions. */
static int read_settings(const struct nlattr **there, struct flow_mod *mod,
			 struct attr_fault *fault)
{
	int rc = read_table(there[SHUNT_FLOW_TABLE], mod, fault);

	if (!rc)
		rc = read_flags(there[SHUNT_FLOW_FLAGS], mod, fault);
	if (!rc)
		rc = read_filters(there, mod, fault);
	mod->priority = (uint16_t)number_of(there[SHUNT_FLOW_PRIORITY], FLOW_DEFAULT_PRIORITY);
	mod->has_cookie = there[SHUNT_FLOW_COOKIE];
	mod->cookie = number_of(there[SHUNT_FLOW_COOKIE], 0);
	mod->idle_timeout = (uint16_t)number_of(there[SHUNT_FLOW_IDLE_TIMEOUT], 0);
	mod->hard_timeout = (uint16_t)number_of(there[SHUNT_FLOW_HARD_TIMEOUT], 0);
	mod->importance = (uint16_t)number_of(there[SHUNT_FLOW_IMPORTANCE], 0);
	return rc;
}

/* All attributes ACTIONS one behind the other. */
static int read_actions(struct attr_bytes attrs, struct flow_mod *mod, struct attr_fault *fault)
{
	const struct nlattr *attr = NULL, *first = NULL;
	struct err *err = fault->err;
	int rc;

	while ((rc = attr_next(&attrs, &table, &attr, fault)) > 0) {
		if (attr_type(attr) != SHUNT_FLOW_ACTIONS)
			continue;
		first = first ?: attr;
		rc = ofactions_netlink_read(attr_inside(attr), &mod->actions, fault);
		if (rc)
			return rc;
	}
	if (!rc && !first)
		return attr_fault_set(fault, NULL, EINVAL,
				      "SHUNT_FLOW_ACTIONS is missing (empty, it drops)");
	if (!rc)
		rc = ofactions_check(&mod->actions, &mod->match,
				     mod->table == FLOW_TABLE_ANY ? 0 : mod->table, err);
	if (rc == -EINVAL)
		fault->at = fault->at ?: first;
	return rc;
}

static int check_known(const struct nlattr **there, enum flow_command command,
		       struct attr_fault *fault)
{
	for (unsigned i = 0; i < N_SHUNT_FLOW; i++)
		if (there[i] && !(commands[i] >> command & 1))
			return attr_fault_set(fault, there[i], EINVAL,
					      "%s does not stand in this command%s", policy[i].name,
					      i == SHUNT_FLOW_PRIORITY ? " (only with "
									 "SHUNT_FLOW_STRICT)"
								       : "");
	return 0;
}

bool flow_netlink_is_strict(struct attr_bytes attrs)
{
	const struct nlattr *there[N_SHUNT_FLOW];
	struct attr_fault fault = {NULL, NULL};

	return !attr_parse(attrs, &table, there, &fault) && there[SHUNT_FLOW_STRICT];
}

int flow_netlink_read(struct attr_bytes attrs, enum flow_command command, struct flow_mod *out,
		      struct flow_netlink_target *target, struct attr_fault *fault)
{
	own(flow_mod_fini) struct flow_mod mod = {.command = (uint8_t)command,
						  .table = FLOW_TABLE_ANY};
	const struct nlattr *there[N_SHUNT_FLOW];
	int rc = attr_parse(attrs, &table, there, fault);

	if (!rc)
		rc = check_known(there, command, fault);
	if (!rc)
		rc = read_settings(there, &mod, fault);
	if (!rc)
		rc = match_netlink_read(there[SHUNT_FLOW_KEY], there[SHUNT_FLOW_MASK], &mod.match,
					fault);
	if (!rc && !(DELETE >> command & 1))
		rc = read_actions(attrs, &mod, fault);
	if (rc)
		return rc;
	if (!there[SHUNT_NL_BRIDGE])
		return attr_fault_set(fault, NULL, EINVAL, "SHUNT_NL_BRIDGE is missing");
	target->bridge = attr_data(there[SHUNT_NL_BRIDGE]);
	target->has_bundle = there[SHUNT_NL_BUNDLE_ID];
	target->bundle = (uint32_t)number_of(there[SHUNT_NL_BUNDLE_ID], 0);
	*out = mod;
	mod.actions = (struct ofactions){0};
	return 0;
}

int flow_netlink_row_read(struct attr_bytes attrs, struct flow_netlink_row *out,
			  struct attr_fault *fault)
{
	own(flow_mod_fini) struct flow_mod mod = {.command = FLOW_ADD};
	const struct nlattr *there[N_SHUNT_FLOW];
	int rc = attr_parse(attrs, &table, there, fault);

	if (!rc)
		rc = read_settings(there, &mod, fault);
	if (!rc)
		rc = match_netlink_read(there[SHUNT_FLOW_KEY], there[SHUNT_FLOW_MASK], &mod.match,
					fault);
	if (!rc && there[SHUNT_FLOW_ACTIONS])
		rc = read_actions(attrs, &mod, fault);
	if (rc)
		return rc;
	*out = (struct flow_netlink_row){
		.flow = mod,
		.stats = {.duration = number_of(there[SHUNT_FLOW_DURATION], 0),
			  .n_packets = number_of(there[SHUNT_FLOW_N_PACKETS], 0),
			  .n_bytes = number_of(there[SHUNT_FLOW_N_BYTES], 0),
			  .idle_age = (uint32_t)number_of(there[SHUNT_FLOW_IDLE_AGE], 0),
			  .hard_age = (uint32_t)number_of(there[SHUNT_FLOW_HARD_AGE], 0)},
		.has_stats = there[SHUNT_FLOW_DURATION],
		.is_incomplete = there[SHUNT_FLOW_INCOMPLETE],
		.has_reason = there[SHUNT_FLOW_REASON],
		.reason = (uint8_t)number_of(there[SHUNT_FLOW_REASON], 0),
		.bridge = there[SHUNT_NL_BRIDGE] ? attr_data(there[SHUNT_NL_BRIDGE]) : NULL,
		.n_flows = (uint32_t)number_of(there[SHUNT_FLOW_N_FLOWS], 0),
	};
	mod.actions = (struct ofactions){0};
	return 0;
}

/* ---- writing ---- */

static void write_stats(struct attr_writer *w, const struct flow_stats *stats)
{
	attr_put_u64(w, SHUNT_FLOW_DURATION, stats->duration);
	attr_put_u64(w, SHUNT_FLOW_N_PACKETS, stats->n_packets);
	attr_put_u64(w, SHUNT_FLOW_N_BYTES, stats->n_bytes);
	attr_put_u32(w, SHUNT_FLOW_IDLE_AGE, stats->idle_age);
	attr_put_u32(w, SHUNT_FLOW_HARD_AGE, stats->hard_age);
}

static void write_filters(struct attr_writer *w, const struct flow_mod *flow)
{
	if (flow->cookie_mask) {
		attr_put_u64(w, SHUNT_FLOW_COOKIE_VALUE, flow->cookie_value);
		attr_put_u64(w, SHUNT_FLOW_COOKIE_MASK, flow->cookie_mask);
	}
	if (flow->out_port != OFPORT_NONE)
		attr_put_u32(w, SHUNT_FLOW_OUT_PORT, ofport_wide(flow->out_port));
	if (flow->out_group != FLOW_GROUP_ANY)
		attr_put_u32(w, SHUNT_FLOW_OUT_GROUP, flow->out_group);
}

static void write_settings(struct attr_writer *w, const struct flow_mod *flow)
{
	if (STRICT >> flow->command & 1)
		attr_put_flag(w, SHUNT_FLOW_STRICT);
	if (flow->table != FLOW_TABLE_ANY)
		attr_put_u8(w, SHUNT_FLOW_TABLE, flow->table);
	if (flow->command != FLOW_DELETE)
		attr_put_u16(w, SHUNT_FLOW_PRIORITY, flow->priority);
	if (flow->has_cookie || flow->cookie)
		attr_put_u64(w, SHUNT_FLOW_COOKIE, flow->cookie);
	if (flow->idle_timeout)
		attr_put_u16(w, SHUNT_FLOW_IDLE_TIMEOUT, flow->idle_timeout);
	if (flow->hard_timeout)
		attr_put_u16(w, SHUNT_FLOW_HARD_TIMEOUT, flow->hard_timeout);
	if (flow->importance)
		attr_put_u16(w, SHUNT_FLOW_IMPORTANCE, flow->importance);
	if (flow->flags)
		attr_put_u32(w, SHUNT_FLOW_FLAGS, flow->flags);
}

/* As many to an attribute as go into it. */
static void write_actions(struct attr_writer *w, const struct ofactions *actions)
{
	size_t open = attr_open(w, SHUNT_FLOW_ACTIONS);

	for (uint32_t i = 0; i < actions->n; i = ofactions_next(actions, i)) {
		size_t before = w->len;

		ofactions_netlink_write(w, actions, i, ofactions_next(actions, i));
		if (w->is_full || w->len - open <= UINT16_MAX)
			continue;
		attr_cancel(w, before);
		attr_close(w, open);
		open = attr_open(w, SHUNT_FLOW_ACTIONS);
		ofactions_netlink_write(w, actions, i, ofactions_next(actions, i));
	}
	attr_close(w, open);
}

void flow_netlink_write(struct attr_writer *w, const struct flow_mod *flow,
			const struct flow_stats *stats)
{
	write_settings(w, flow);
	write_filters(w, flow);
	match_netlink_write(w, &flow->match);
	if (!(DELETE >> flow->command & 1))
		write_actions(w, &flow->actions);
	if (stats)
		write_stats(w, stats);
}
