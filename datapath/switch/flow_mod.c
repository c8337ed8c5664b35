/* What a flow mod means: OpenFlow 1.3.5 section 6.4, as Open vSwitch reads it. */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "base/rcu.h"
#include "flow/port_text.h"
#include "switch/bridge.h"
#include "switch/flow_change.h"
#include "switch/group_store.h"
#include "switch/learn.h"
#include "switch/translate.h"

/* True: another flow of the same priority may match the same packet. */
static bool has_overlap(const struct flow_tables *tables, const struct flow_mod *mod,
			const struct flow_entry *entry)
{
	const struct flow_table *table = &tables->table[entry->flow.table];
	const struct rule_match match = match_to_rule(&mod->match);

	for (unsigned kind = 0; kind < N_FLOW_KINDS; kind++)
		if (table->of_kind[kind] &&
		    classifier_find_overlap(table->of_kind[kind], &match, entry->flow.priority))
			return true;
	return false;
}

/* One flow more is to fit into the table. */
static int make_room(struct flow_change *change, uint8_t number, struct err *err)
{
	struct flow_table *table = &change->tables->table[number];
	struct flow_entry *victim = NULL;

	if (!table->config.is_limited || table->n_flows < table->config.max_flows)
		return 0;
	if (flow_table_evicts(table))
		victim = flow_evict_choose(table);
	if (!victim)
		return err_set(err, ENOSPC, "table %u is full: it may have %u flows%s", number,
			       table->config.max_flows,
			       flow_table_evicts(table) ? ", and none has a timeout" : "");
	return flow_change_put(change,
			       (struct flow_delta){.old = victim,
						   .type = FLOW_REMOVED,
						   .reason = FLOW_REMOVED_EVICTION},
			       NULL);
}

static int check_new(struct flow_change *change, const struct flow_mod *mod,
		     const struct flow_entry *entry, struct err *err)
{
	if (mod->flags & FLOW_CHECK_OVERLAP && has_overlap(change->tables, mod, entry))
		return err_set(err, EEXIST,
			       "check_overlap: a flow of priority %u in table %u matches some of "
			       "the same packets",
			       entry->flow.priority, entry->flow.table);
	return make_room(change, entry->flow.table, err);
}

static void counts_keep(struct flow_entry *entry, const struct flow_entry *old)
{
	tally_put(entry->flow.tally);
	entry->flow.tally = tally_get(old->flow.tally);
}

static int add(struct flow_change *change, const struct flow_mod *mod, struct err *err)
{
	struct flow_entry *entry = flow_entry_new(change, mod), *old;

	if (!entry)
		return -ENOMEM;
	old = flow_find(change->tables, entry->flow.table, &mod->match, mod->priority);
	if (!old) {
		int rc = check_new(change, mod, entry, err);

		if (rc) {
			flow_entry_free(entry);
			return rc;
		}
	} else if (mod->flags & FLOW_SINCE_12 && !(mod->flags & FLOW_RESET_COUNTS)) {
		counts_keep(entry, old);
	}
	return flow_change_put(change,
			       (struct flow_delta){.old = old, .new = entry, .type = FLOW_ADDED},
			       &mod->match);
}

static int modify_all(struct flow_change *change, const struct flow_mod *mod,
		      const struct flow_list *list)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < list->n; i++) {
		struct flow_delta delta = {.old = list->entry[i], .type = FLOW_MODIFIED};
		struct match match;

		flow_match(&delta.old->flow, &match);
		delta.new = flow_entry_modified(change, delta.old, mod);
		rc = delta.new ? flow_change_put(change, delta, &match) : -ENOMEM;
	}
	return rc;
}

/* Before OpenFlow 1.2 what is not there to be modified is added, unless it was looked for by cookie. */
static int modify(struct flow_change *change, const struct flow_mod *mod, struct err *err)
{
	struct flow_list list = {0};
	int rc = flow_list_select(&list, change->tables, mod);

	if (!rc && list.n)
		rc = modify_all(change, mod, &list);
	else if (!rc && !mod->cookie_mask && !(mod->flags & FLOW_SINCE_12))
		rc = add(change, mod, err);
	flow_list_fini(&list);
	return rc;
}

static int delete (struct flow_change *change, const struct flow_mod *mod)
{
	struct flow_list list = {0};
	int rc = flow_list_select(&list, change->tables, mod);

	for (size_t i = 0; !rc && i < list.n; i++)
		rc = flow_change_put(change,
				     (struct flow_delta){.old = list.entry[i],
							 .type = FLOW_REMOVED,
							 .reason = FLOW_REMOVED_DELETE},
				     NULL);
	flow_list_fini(&list);
	return rc;
}

static int check_actions(const struct flow_change *change, const struct ofactions *actions,
			 struct err *err)
{
	int rc = translate_check(actions, err);

	if (!rc)
		rc = groups_are_there(change->tables, actions, err);
	return rc ? rc : meters_are_there(change->tables->bridge, actions, err);
}

static int apply_flow(struct flow_change *change, const struct flow_mod *mod, struct err *err)
{
	bool has_actions = mod->command <= FLOW_MODIFY_STRICT;
	int rc = has_actions ? check_actions(change, &mod->actions, err) : 0;

	if (rc)
		return rc;
	switch (mod->command) {
	case FLOW_ADD:
		return add(change, mod, err);
	case FLOW_MODIFY:
	case FLOW_MODIFY_STRICT:
		return modify(change, mod, err);
	case FLOW_DELETE:
	case FLOW_DELETE_STRICT:
		return delete (change, mod);
	}
	return err_set(err, EINVAL, "%u is no command of a flow mod", mod->command);
}

static int apply(struct flow_change *change, const struct bridge_mod *mod, struct err *err)
{
	if (mod->flow)
		return apply_flow(change, mod->flow, err);
	if (mod->group)
		return group_mod_apply(change, mod->group, err);
	return mod->actions ? check_actions(change, mod->actions, err) : 0;
}

static int apply_all(struct flow_change *change, struct bridge_mod_source *source, size_t *which,
		     struct err *err)
{
	int rc;

	for (change->mod = 0;; change->mod++) {
		struct bridge_mod mod = {.flow = NULL};

		rcu_sleep_begin(); /* nobody waits for text that is read */
		rc = source->next(source, &mod, err);
		rcu_sleep_end();
		if (!rc)
			return group_change_check(change, which, err);
		*which = change->mod;
		if (rc > 0)
			rc = apply(change, &mod, err);
		if (rc)
			return rc;
	}
}

int bridge_mods_from(struct bridge *bridge, struct bridge_mod_source *source, size_t *which,
		     struct err *err)
{
	struct flow_change change;
	size_t at = 0;
	int rc = flow_change_begin(&change, bridge->tables, clock_now(bridge->sw->options.clock));

	if (!rc) {
		rc = apply_all(&change, source, &at, err);
		if (rc)
			flow_change_undo(&change);
		else
			rc = flow_change_commit(&change, err);
	}
	if (rc == -ENOMEM)
		err_set(err, ENOMEM, "bridge %s: no memory for its flows", bridge->name);
	if (rc && which)
		*which = at;
	if (!rc)
		learn_forget(bridge);
	return rc;
}

/* Mods that the caller has already: one kind of them. */
struct array {
	struct bridge_mod_source source;
	const struct flow_mod *flows; /* NULL: `any` */
	const struct bridge_mod *any;
	size_t n, at;
};

static int array_next(struct bridge_mod_source *source, struct bridge_mod *mod, struct err *err)
{
	struct array *array = (struct array *)source;

	if (array->at == array->n)
		return 0;
	if (array->flows)
		mod->flow = &array->flows[array->at++];
	else
		*mod = array->any[array->at++];
	return 1;
}

int bridge_flow_mods(struct bridge *bridge, const struct flow_mod *mods, size_t n, size_t *which,
		     struct err *err)
{
	struct array array = {.source.next = array_next, .flows = mods, .n = n};

	return bridge_mods_from(bridge, &array.source, which, err);
}

int bridge_mods(struct bridge *bridge, const struct bridge_mod *mods, size_t n, size_t *which,
		struct err *err)
{
	struct array array = {.source.next = array_next, .any = mods, .n = n};

	return bridge_mods_from(bridge, &array.source, which, err);
}

int flows_reset(struct bridge *bridge, struct err *err)
{
	const struct ofaction normal = {.type = OFACTION_OUTPUT, .output.port = OFPORT_NORMAL};
	struct flow_mod mods[] = {
		{.command = FLOW_DELETE,
		 .table = FLOW_TABLE_ANY,
		 .out_port = OFPORT_NONE,
		 .out_group = FLOW_GROUP_ANY},
		{.command = FLOW_ADD},
	};
	bool has_normal = bridge->config.fail_mode == FAIL_STANDALONE && !bridge->is_controlled;
	int rc = ofactions_add(&mods[1].actions, &normal);

	if (!rc)
		rc = bridge_flow_mods(bridge, mods, has_normal ? 2 : 1, NULL, err);
	ofactions_fini(&mods[1].actions);
	return rc;
}
