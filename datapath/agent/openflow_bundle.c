/* Bundles: messages that become one change (openflow_bundle_entry.h). A bundle is its connection's own, and goes with it. */
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <urcu/list.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "agent/openflow_bundle_entry.h"
#include "agent/openflow_handler.h"
#include "flow/meter.h"
#include "openflow/bundle.h"

#define BUNDLES_MAX  64
#define MESSAGES_MAX 1000000u /* of all sessions of a bridge */
#define SLOW_MAX \
	4096 /* METER_MODs and PORT_MODs of a bundle: readers are waited for, ports are told of */
#define IDLE_SECONDS 10

struct bundle {
	struct cds_list_head node; /* session's */
	struct openflow_session *session;
	struct event *timer;
	bool is_touched;          /* since the timer's last turn */
	struct wire_bytes opened; /* by that message; its head, in `head` */
	uint8_t head[OF_ERROR_DATA_MAX];
	uint32_t id;
	uint16_t flags;
	bool is_closed;
	bool deletes_meters;
	unsigned n_slow;
	struct bundle_entry *entries;
	uint32_t n, size;
	size_t n_bytes;     /* of its messages, and of what is read of them */
	struct arena arena; /* where the messages are */
};

static void bundle_free(struct bundle *bundle)
{
	cds_list_del(&bundle->node);
	bundle->session->options.peers->n_bundled -= bundle->n;
	bundle->session->options.peers->kept_size -= bundle->n_bytes;
	if (bundle->timer)
		event_free(bundle->timer);
	for (uint32_t i = 0; i < bundle->n; i++)
		bundle_entry_fini(&bundle->entries[i]);
	free(bundle->entries);
	arena_fini(&bundle->arena);
	free(bundle);
}

void openflow_bundles_free(struct openflow_session *session)
{
	struct bundle *bundle, *next;

	cds_list_for_each_entry_safe (bundle, next, &session->bundles, node)
		bundle_free(bundle);
}

static struct bundle *lookup(struct openflow_session *session, uint32_t id)
{
	struct bundle *bundle;

	cds_list_for_each_entry (bundle, &session->bundles, node)
		if (bundle->id == id)
			return bundle;
	return NULL;
}

static void say_error(struct openflow_session *session, enum of_error error,
		      struct wire_bytes message)
{
	of_error_write(&session->reply, error, session->version, wire_get32(message.at + 4),
		       message);
	openflow_session_flush(session);
}

/* Nobody has added to it for long: whoever opened it has forgotten it. */
static void timer_cb(evutil_socket_t fd, short what, void *ctx)
{
	struct bundle *bundle = ctx;

	if (bundle->is_touched) {
		bundle->is_touched = false;
		return;
	}
	log_debug("openflow", "%s: bundle %u: forgotten", bundle->session->name, bundle->id);
	say_error(bundle->session, OF_BFC_TIMEOUT, bundle->opened);
	bundle_free(bundle);
}

static int timer_start(struct bundle *bundle)
{
	const struct timeval period = {.tv_sec = IDLE_SECONDS};

	bundle->timer = event_new(bundle->session->options.base, -1, EV_PERSIST, timer_cb, bundle);
	return bundle->timer && !event_add(bundle->timer, &period) ? 0 : -ENOMEM;
}

/* What an error about the bundle needs, after the message is gone. */
static void note_opened(struct bundle *bundle, struct wire_bytes message)
{
	if (message.len > OF_ERROR_DATA_MAX)
		message.len = OF_ERROR_DATA_MAX;
	memcpy(bundle->head, message.at, message.len);
	bundle->opened = (struct wire_bytes){bundle->head, message.len};
}

static enum of_error open_new(struct openflow_session *session, uint32_t id, uint16_t flags,
			      struct bundle **out)
{
	struct bundle *bundle;
	unsigned n = 0;

	cds_list_for_each_entry (bundle, &session->bundles, node)
		n++;
	bundle = n < BUNDLES_MAX ? calloc(1, sizeof(*bundle)) : NULL;
	if (!bundle)
		return OF_BFC_OUT_OF_BUNDLES;
	bundle->id = id;
	bundle->flags = flags;
	bundle->session = session;
	cds_list_add_tail(&bundle->node, &session->bundles);
	note_opened(bundle, session->handling->all);
	if (timer_start(bundle)) {
		bundle_free(bundle);
		return OF_BFC_OUT_OF_BUNDLES;
	}
	*out = bundle;
	return OF_OK;
}

/* ---- what is in it ---- */

static int grow(struct bundle *bundle)
{
	uint32_t size = bundle->size ? bundle->size * 2 : 16;
	struct bundle_entry *entries;

	if (bundle->session->options.peers->n_bundled >= MESSAGES_MAX ||
	    bundle->session->options.peers->kept_size >= OPENFLOW_KEPT_MAX)
		return -ENOSPC;
	if (bundle->n < bundle->size)
		return 0;
	entries = realloc(bundle->entries, size * sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	bundle->entries = entries;
	bundle->size = size;
	return 0;
}

static bool is_slow(const struct bundle_entry *entry)
{
	return entry->id == OFM_METER_MOD || entry->id == OFM_PORT_MOD;
}

/* May it stand in the bundle where it came? Meters are set before all else of a bundle, and deleted behind it. */
static enum of_error check_in(const struct bundle *bundle, const struct bundle_entry *entry)
{
	if (bundle->deletes_meters && entry->id == OFM_METER_MOD &&
	    entry->meter->command != METER_DELETE)
		return OF_BFC_MSG_CONFLICT;
	return is_slow(entry) && bundle->n_slow == SLOW_MAX ? OF_BFC_MSG_TOO_MANY : OF_OK;
}

/* Its message stays with the bundle. */
static enum of_error keep(struct bundle *bundle, struct bundle_entry *entry)
{
	struct openflow_peers *peers = bundle->session->options.peers;
	const size_t size = bundle_entry_size(entry);
	const uint8_t *message = arena_copy(&bundle->arena, entry->message.at, entry->message.len);

	if (!message)
		return OF_BFC_MSG_TOO_MANY;
	bundle_entry_move(entry, message);
	bundle->entries[bundle->n++] = *entry;
	bundle->n_bytes += size;
	peers->n_bundled++;
	peers->kept_size += size;
	return OF_OK;
}

static enum of_error append(struct openflow_session *session, struct bundle *bundle,
			    const struct of_message *inside)
{
	struct bundle_entry entry;
	enum of_error error;

	if (grow(bundle))
		return OF_BFC_MSG_TOO_MANY;
	error = bundle_entry_read(session, inside, &entry);
	if (error)
		return error;
	error = check_in(bundle, &entry);
	if (!error)
		error = keep(bundle, &entry);
	if (error) {
		bundle_entry_fini(&entry);
		return error;
	}
	bundle->n_slow += is_slow(&entry);
	bundle->deletes_meters |= entry.id == OFM_METER_MOD && entry.meter->command == METER_DELETE;
	bundle->is_touched = true;
	return OF_OK;
}

/* A bundle that nobody has opened opens with what is added to it. */
enum of_error handle_bundle_add(struct openflow_session *session, const struct of_message *message)
{
	struct of_bundle_add add;
	enum of_error error = of_bundle_add_read(message, &add);
	struct bundle *bundle;

	if (error)
		return error;
	bundle = lookup(session, add.id);
	if (!bundle)
		error = open_new(session, add.id, add.flags, &bundle);
	else if (bundle->is_closed)
		error = OF_BFC_BUNDLE_CLOSED;
	else if (bundle->flags != add.flags)
		error = OF_BFC_BAD_FLAGS;
	return error ? error : append(session, bundle, &add.inside);
}

/* ---- what becomes of it ---- */

/* Says which of its messages is to blame, too. */
static enum of_error commit(struct openflow_session *session, struct bundle *bundle)
{
	enum of_error error = OF_OK;
	size_t which = 0;

	if (bundle->n)
		error = bundle_entries_apply(session, bundle->entries, bundle->n, &which);
	if (error)
		say_error(session, error, bundle->entries[which].message);
	bundle_free(bundle);
	return error ? OF_BFC_MSG_FAILED : OF_OK;
}

static enum of_error control(struct openflow_session *session, const struct of_bundle_control *c)
{
	struct bundle *bundle = lookup(session, c->id);

	if (c->type == OF_BUNDLE_OPEN_REQUEST)
		return bundle ? OF_BFC_BUNDLE_EXIST : open_new(session, c->id, c->flags, &bundle);
	if (c->type > OF_BUNDLE_DISCARD_REPLY || c->type % 2)
		return OF_BFC_BAD_TYPE;
	if (!bundle)
		return OF_BFC_BAD_ID;
	if (c->type == OF_BUNDLE_DISCARD_REQUEST) {
		bundle_free(bundle);
		return OF_OK;
	}
	if (bundle->flags != c->flags)
		return OF_BFC_BAD_FLAGS;
	if (c->type == OF_BUNDLE_COMMIT_REQUEST)
		return commit(session, bundle);
	if (bundle->is_closed)
		return OF_BFC_BUNDLE_CLOSED;
	bundle->is_closed = true;
	return OF_OK;
}

enum of_error handle_bundle_control(struct openflow_session *session,
				    const struct of_message *message)
{
	struct of_bundle_control c;
	enum of_error error = of_bundle_control_read(message, &c);

	if (!error)
		error = control(session, &c);
	if (error)
		return error;
	c.type++; /* the reply's */
	of_bundle_control_write(&session->reply, message, &c);
	return OF_OK;
}
