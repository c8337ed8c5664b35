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
#include "switch/flow_change.h"

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

/* A connection ends: what was learned of it need not stay as long. */
static void end(struct bridge *bridge, const struct path_learned_flow *flow)
{
	struct flow_entry *entry =
		flow_find(bridge->tables, flow->table, &flow->match, flow->priority);

	/* Without memory it lives for longer. */
	if (entry)
		flow_timeouts_reduce(bridge->tables, entry, flow->idle_timeout, flow->hard_timeout);
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
	/* A limit must see what came before, and so must an end. */
	if (bridge != batch->bridge || flow->limit || flow->is_ending || batch->n == BATCH)
		batch_apply(batch);
	batch->bridge = bridge;
	if (flow->is_ending) {
		end(bridge, flow);
		return;
	}
	entry = flow_find(bridge->tables, flow->table, &flow->match, flow->priority);
	if (entry ? refresh(entry, flow, clock_now(sw->options.clock))
		  : flow->limit && flow_count_cookie(bridge->tables, flow->table, flow->cookie) >=
					   flow->limit)
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

static void note(struct bridge *bridge, const struct ofaction *learn)
{
	struct taught *taught = malloc(sizeof(*taught));

	if (!taught)
		return; /* they stay until they time out */
	*taught = (struct taught){bridge->taught, learn->learn.cookie, learn->learn.table};
	bridge->taught = taught;
}

static bool deletes_learned(const struct ofaction *a)
{
	return a->type == OFACTION_LEARN && a->learn.flags & LEARN_DELETE_LEARNED;
}

static void seen(struct flow_watcher *watcher, struct bridge *bridge,
		 const struct flow_event *event)
{
	const struct ofactions *list = &event->row.flow->actions;

	if (event->type != FLOW_REMOVED)
		return;
	for (uint32_t i = 0; i < list->n; i++)
		if (deletes_learned(&list->item[i]))
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

/* All that was noted, in order, so that one walk over the flows does for all of it. */
struct lesson {
	uint64_t cookie;
	uint8_t table;
	bool is_taught; /* by a flow that is still there */
};

struct lessons {
	struct lesson *lesson;
	size_t n;
};

static int compare_lessons(const void *a, const void *b)
{
	const struct lesson *x = a, *y = b;

	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	return (x->cookie > y->cookie) - (x->cookie < y->cookie);
}

/* NULL: nobody took that note. */
static struct lesson *lesson_find(const struct lessons *lessons, uint8_t table, uint64_t cookie)
{
	const struct lesson wanted = {cookie, table, false};

	return bsearch(&wanted, lessons->lesson, lessons->n, sizeof(wanted), compare_lessons);
}

/* Takes the notes; without memory they are lost, and what they are about stays until it times out. */
static int lessons_take(struct lessons *lessons, struct bridge *bridge)
{
	size_t n = 0, n_unlike = 0;

	for (const struct taught *taught = bridge->taught; taught; taught = taught->next)
		n++;
	lessons->lesson = calloc(n, sizeof(*lessons->lesson));
	if (!lessons->lesson)
		return -ENOMEM;
	for (const struct taught *taught = bridge->taught; taught; taught = taught->next)
		lessons->lesson[lessons->n++] =
			(struct lesson){taught->cookie, taught->table, false};
	qsort(lessons->lesson, n, sizeof(*lessons->lesson), compare_lessons);
	for (size_t i = 0; i < n; i++)
		if (!n_unlike ||
		    compare_lessons(&lessons->lesson[n_unlike - 1], &lessons->lesson[i]) != 0)
			lessons->lesson[n_unlike++] = lessons->lesson[i];
	lessons->n = n_unlike;
	return 0;
}

static void mark_taught(const struct lessons *lessons, const struct ofactions *list)
{
	for (uint32_t i = 0; i < list->n; i++) {
		const struct ofaction *a = &list->item[i];
		struct lesson *lesson = NULL;

		if (deletes_learned(a))
			lesson = lesson_find(lessons, a->learn.table, a->learn.cookie);
		if (lesson)
			lesson->is_taught = true;
	}
}

/* Takes away what nobody teaches any more. */
static int unlearn(struct bridge *bridge, const struct lessons *lessons,
		   const struct flow_list *flows)
{
	struct flow_delta delta = {.type = FLOW_REMOVED, .reason = FLOW_REMOVED_DELETE};
	struct flow_change change;
	int rc = flow_change_begin(&change, bridge->tables, clock_now(bridge->sw->options.clock));

	if (rc)
		return rc;
	for (size_t i = 0; !rc && i < flows->n; i++) {
		const struct lesson *lesson;

		delta.old = flows->entry[i];
		lesson = lesson_find(lessons, delta.old->flow.table, delta.old->flow.cookie);
		if (lesson && !lesson->is_taught)
			rc = flow_change_put(&change, delta, NULL);
	}
	if (!rc)
		return flow_change_commit(&change, NULL);
	flow_change_undo(&change);
	return rc;
}

/* One round: what is taken away here may have taught others. */
static int forget(struct bridge *bridge)
{
	const struct flow_mod all = {
		.command = FLOW_DELETE,
		.table = FLOW_TABLE_ANY,
		.out_port = OFPORT_NONE,
		.out_group = FLOW_GROUP_ANY,
	};
	struct lessons lessons = {NULL, 0};
	struct flow_list flows = {0};
	int rc = lessons_take(&lessons, bridge);

	learn_unwatch(bridge);
	if (!rc)
		rc = flow_list_select(&flows, bridge->tables, &all);
	for (size_t i = 0; !rc && i < flows.n; i++)
		mark_taught(&lessons, &flows.entry[i]->flow.actions);
	if (!rc)
		rc = unlearn(bridge, &lessons, &flows);
	flow_list_fini(&flows);
	free(lessons.lesson);
	return rc;
}

void learn_forget(struct bridge *bridge)
{
	while (bridge->taught && !forget(bridge))
		;
}
