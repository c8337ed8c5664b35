#include "switch/learn.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "base/own.h"
#include "flow/port_text.h"
#include "switch/bridge.h"
#include "switch/flow_store.h"

#define MAILBOX_SLOTS 1024
#define BATCH         64

/* Flows of one bridge, to come in one change. */
struct batch {
	struct bridge *bridge;
	size_t n;
	struct flow_mod mods[BATCH];
};

static void warn(const struct bridge *bridge, const struct flow_mod *mod, const struct err *err)
{
	static uint64_t warned_at;
	uint64_t now = clock_now(bridge->sw->options.clock);

	if (warned_at && now - warned_at < 10 * CLOCK_NS_PER_SEC)
		return;
	warned_at = now;
	log_warn("switch", "bridge %s: a learned flow does not come into table %u: %s",
		 bridge->name, mod->table, err->text);
}

/* All together; if one of them cannot, each by itself. */
static void batch_apply(struct batch *batch)
{
	struct err err = ERR_INIT;

	if (!batch->n)
		return;
	if (bridge_flow_mods(batch->bridge, batch->mods, batch->n, NULL, &err)) {
		for (size_t i = 0; i < batch->n; i++) {
			err = (struct err)ERR_INIT;
			if (bridge_flow_mods(batch->bridge, &batch->mods[i], 1, NULL, &err))
				warn(batch->bridge, &batch->mods[i], &err);
		}
	}
	for (size_t i = 0; i < batch->n; i++)
		flow_mod_fini(&batch->mods[i]);
	batch->n = 0;
}

static struct bridge *bridge_by_number(struct vswitch *sw, uint32_t number)
{
	struct bridge *bridge, *next;

	HASH_ITER (hh, sw->bridges, bridge, next)
		if (bridge->number == number)
			return bridge;
	return NULL;
}

/* Flows that learn() with this cookie has put into the table. */
static struct flow_mod filter_of(uint8_t table, uint64_t cookie)
{
	return (struct flow_mod){
		.command = FLOW_DELETE,
		.table = table,
		.out_port = OFPORT_NONE,
		.out_group = FLOW_GROUP_ANY,
		.cookie_value = cookie,
		.cookie_mask = UINT64_MAX,
	};
}

static bool is_at_limit(struct bridge *bridge, const struct path_learned_flow *flow)
{
	struct flow_mod filter = filter_of(flow->table, flow->cookie);
	struct flow_list list = {0};
	bool is = flow_list_select(&list, bridge->tables, &filter) || list.n >= flow->limit;

	flow_list_fini(&list);
	return is;
}

/* It is there: only younger again. */
static bool refresh(struct flow_entry *entry, const struct path_learned_flow *flow, uint64_t now)
{
	const struct ofactions actions = {flow->n_actions, flow->n_actions,
					  (struct ofaction *)flow->actions};

	if (entry->flow.cookie != flow->cookie ||
	    !ofactions_are_equal(&entry->flow.actions, &actions))
		return false;
	entry->flow.modified_at = now;
	return true;
}

static struct flow_mod mod_of(const struct path_learned_flow *flow)
{
	return (struct flow_mod){
		.command = FLOW_MODIFY_STRICT,
		.table = flow->table,
		.flags = flow->flags & LEARN_SEND_FLOW_REM ? FLOW_SEND_FLOW_REM : 0,
		.has_cookie = true,
		.priority = flow->priority,
		.idle_timeout = flow->idle_timeout,
		.hard_timeout = flow->hard_timeout,
		.out_port = OFPORT_NONE,
		.out_group = FLOW_GROUP_ANY,
		.cookie = flow->cookie,
		.match = flow->match,
	};
}

static void learn(struct vswitch *sw, struct batch *batch, const struct path_learned_flow *flow)
{
	const struct ofactions actions = {flow->n_actions, flow->n_actions,
					  (struct ofaction *)flow->actions};
	struct bridge *bridge = bridge_by_number(sw, flow->bridge);
	struct flow_entry *entry;
	struct flow_mod *mod;

	if (!bridge)
		return;
	/* A limit must see what came before. */
	if (bridge != batch->bridge || flow->limit || batch->n == BATCH)
		batch_apply(batch);
	batch->bridge = bridge;
	entry = flow_find(bridge->tables, flow->table, &flow->match, flow->priority);
	if (entry ? refresh(entry, flow, clock_now(sw->options.clock))
		  : flow->limit && is_at_limit(bridge, flow))
		return;
	mod = &batch->mods[batch->n];
	*mod = mod_of(flow);
	if (!ofactions_copy(&mod->actions, &actions))
		batch->n++;
}

void learn_turn(struct vswitch *sw)
{
	struct batch batch;
	struct path_learned_flow flow;

	batch.bridge = NULL;
	batch.n = 0;
	mailbox_wake_ack(sw->learned_flows);
	/* A flood of them fills the box as fast as it is emptied: others have their turn in between. */
	for (unsigned i = 0; i < MAILBOX_SLOTS && mailbox_receive(sw->learned_flows, &flow); i++)
		learn(sw, &batch, &flow);
	batch_apply(&batch);
}

static void arrived(evutil_socket_t fd, short what, void *ctx)
{
	learn_turn(ctx);
}

int learn_start(struct vswitch *sw)
{
	return mailbox_new(&sw->learned_flows, sizeof(struct path_learned_flow), MAILBOX_SLOTS);
}

int learn_listen(struct vswitch *sw, struct event_base *base)
{
	if (!base)
		return 0;
	sw->learner =
		event_new(base, mailbox_fd(sw->learned_flows), EV_READ | EV_PERSIST, arrived, sw);
	return sw->learner && !event_add(sw->learner, NULL) ? 0 : -ENOMEM;
}

void learn_stop(struct vswitch *sw)
{
	if (sw->learner)
		event_free(sw->learner);
	sw->learner = NULL;
	mailbox_free(&sw->learned_flows);
}

/* ---- delete_learned ---- */

/* What a flow that went has taught. */
struct taught {
	struct taught *next;
	uint64_t cookie;
	uint8_t table;
};

static bool teaches(const struct ofactions *list, const struct taught *what)
{
	for (uint32_t i = 0; i < list->n; i++) {
		const struct ofaction *a = &list->item[i];

		if (a->type == OFACTION_LEARN && a->learn.flags & LEARN_DELETE_LEARNED &&
		    a->learn.table == what->table && a->learn.cookie == what->cookie)
			return true;
	}
	return false;
}

static void note(struct bridge *bridge, const struct ofaction *learn)
{
	struct taught *taught = malloc(sizeof(*taught));

	if (!taught)
		return; /* they stay until they time out */
	*taught = (struct taught){bridge->taught, learn->learn.cookie, learn->learn.table};
	bridge->taught = taught;
}

static void seen(struct flow_watcher *watcher, struct bridge *bridge,
		 const struct flow_event *event)
{
	const struct ofactions *list = &event->row.flow->actions;

	if (event->type != FLOW_REMOVED)
		return;
	for (uint32_t i = 0; i < list->n; i++)
		if (list->item[i].type == OFACTION_LEARN &&
		    list->item[i].learn.flags & LEARN_DELETE_LEARNED)
			note(bridge, &list->item[i]);
}

static bool wants(struct flow_watcher *watcher, size_t n_events, size_t n_removed)
{
	return n_removed;
}

void learn_watch(struct bridge *bridge)
{
	bridge->learn_watcher.seen = seen;
	bridge->learn_watcher.wants = wants;
	bridge_flow_watch(bridge, &bridge->learn_watcher);
}

void learn_unwatch(struct bridge *bridge)
{
	while (bridge->taught) {
		struct taught *taught = bridge->taught;

		bridge->taught = taught->next;
		free(taught);
	}
}

/* Does another flow still teach that? */
static bool is_taught(struct bridge *bridge, const struct taught *what)
{
	struct flow_mod filter = filter_of(FLOW_TABLE_ANY, 0);
	struct flow_list list = {0};
	bool is;

	filter.cookie_mask = 0;
	is = flow_list_select(&list, bridge->tables, &filter);
	for (size_t i = 0; !is && i < list.n; i++)
		is = teaches(&list.entry[i]->flow.actions, what);
	flow_list_fini(&list);
	return is;
}

void learn_forget(struct bridge *bridge)
{
	while (bridge->taught) {
		struct taught *taught = bridge->taught;
		struct flow_mod filter = filter_of(taught->table, taught->cookie);

		bridge->taught = taught->next;
		if (!is_taught(bridge, taught))
			bridge_flow_mods(bridge, &filter, 1, NULL, NULL);
		free(taught);
	}
}
