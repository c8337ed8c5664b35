#pragma once
/* One conversation in OpenFlow: which version, and what is said when.
 *
 * A message is read whole by openflow/message.h and answered by openflow_handler.h. It is dealt with when the next one
 * is looked at, its change published in every floor: so a barrier has nothing to wait for.
 *
 * When more than CROWD_BUFFERED_MAX waits for all sessions together, the one for which the most waits is cut off.
 *
 * Control thread only.
 */
#include <stdbool.h>
#include <stdint.h>
#include <urcu/list.h>

#include "openflow/message.h"
#include "openflow/port.h"
#include "openflow/role.h"
#include "path/bucket.h"
#include "agent/openflow_unread.h"
#include "switch/flows.h"
#include "switch/packet_in.h"

struct bridge;
struct err;
struct event;
struct event_base;
struct openflow_session;
struct openflow_snoop;
struct stream;
struct tls;
struct vswitch;

/* All who speak to any bridge, and what waits for them. */
struct openflow_crowd {
	struct cds_list_head sessions;
	size_t n_buffered; /* bytes, in both directions */
	unsigned n_snoopers;
};

/* All who speak to one bridge, and what they agree upon. */
struct openflow_peers {
	struct cds_list_head sessions;
	struct openflow_crowd *crowd; /* NULL: there are no others */
	struct openflow_snoop *snoop; /* NULL: nobody can */
	unsigned n;
	uint32_t n_bundled;  /* messages in bundles of all */
	size_t kept_size;    /* bytes in them, and of requests that come in pieces */
	bool has_generation; /* of who may be the master */
	uint64_t generation;
	struct openflow_vacancy {
		bool is_on, is_low; /* the last that was told, or would have been */
		uint8_t down, up;   /* percent */
	} vacancy[FLOW_TABLE_ANY];
	unsigned n_vacancies; /* that are on */
	uint32_t versions;    /* that may be spoken; 0: all */
	uint64_t datapath_id; /* 0: of the bridge's own port */
	/* A port may be another one; NULL: nobody cares. */
	void (*ports_changed)(struct openflow_peers *peers);
	/* A session has come, gone, or wants to be told of other things; NULL: nobody cares. */
	void (*changed)(struct openflow_peers *peers);
};

#define OPENFLOW_KEPT_MAX ((size_t)256 << 20) /* of kept_size, about */

struct openflow_session_options {
	struct event_base *base;
	struct vswitch *sw;
	struct bridge *bridge;
	const char *name;             /* who it is, for the log; copied */
	struct openflow_peers *peers; /* it joins them while it lives */
	struct tls *tls;              /* NULL: in the clear */
	bool is_server;               /* of TLS: the other side has connected to us */
	bool is_service; /* it came to ask, and is told nothing that it does not ask for */
	uint32_t
		inactivity_ms; /* after so long a silence it is asked, and then hung up on; 0: never */
	uint32_t rate, burst; /* packets that it is told of, per second and at once; 0: all */
	uint64_t *n_limited;  /* counts those that it is not told of */
	/* Its version is agreed upon; it has come to an end, and is freed after the return. NULL: nobody cares. */
	void (*agreed)(void *ctx);
	void (*ended)(void *ctx, const char *why, bool was_agreed);
	void *ctx;
};

/* Takes over `fd`, also when it fails, and says HELLO. It ends when the other side hangs up or breaks the rules.
 * 0 or -errno with a text. */
int openflow_session_new(struct openflow_session **out, int fd,
			 const struct openflow_session_options *options, struct err *err);
/* Ends those of whom `ctx` cares, without telling it. */
void openflow_sessions_end(struct openflow_peers *peers, const void *ctx);
/* Ends all of a bridge at once. `is_bridge_gone`: it is not to be looked at any more. */
void openflow_peers_end(struct openflow_peers *peers, bool is_bridge_gone);

/* ---- for the handlers ---- */

struct openflow_session {
	struct cds_list_head node;               /* peers' */
	struct cds_list_head crowd_node;         /* crowd's */
	struct openflow_session_options options; /* fixed after create */
	char name[64];
	struct stream *stream;
	struct bridge *bridge;
	uint8_t version; /* 0: not agreed upon yet */
	struct event *probe;
	uint64_t heard_at; /* when it last said something; at first, when it came */
	bool is_probed;    /* since then */
	uint16_t miss_send_len;
	uint16_t controller_id; /* which packets are meant for it: NXT_SET_CONTROLLER_ID */
	uint8_t packet_in_format;
	uint8_t role; /* enum of_role, not NOCHANGE */
	struct of_async async;
	struct packet_in_watcher packets;
	struct bucket bucket;    /* of them */
	struct wire_writer told; /* of them, what is not sent yet */
	uint32_t n_said;         /* bytes, modulo 2^32: a position of openflow_unread.h */
	struct openflow_unread unread;
	struct flow_watcher flows;
	struct cds_list_head bundles, monitors;
	unsigned n_monitors;
	const struct of_message *handling; /* what is being handled; NULL: nothing */
	bool is_abbreviated;               /* ... and has been told to its own monitors */
	bool is_paused;           /* its monitors are: too much of what they say is unread */
	uint64_t paused_at;       /* ns: of the change that was too much */
	bool is_resuming;         /* it is told all that it missed, however much that is */
	bool has_table_id;        /* of OpenFlow 1.0: NXT_FLOW_MOD_TABLE_ID */
	bool is_nxm;              /* of OpenFlow 1.0: NXT_SET_FLOW_FORMAT */
	struct wire_writer reply; /* to the message that is handled */
	struct openflow_gathered {
		struct wire_writer bytes;
		uint32_t xid;
		bool is_begun;
		enum of_error error; /* what became of a piece: the others are in vain */
	} features;                  /* of tables that it would like, until all of them have come */
};

/* Whole messages. */
void openflow_session_send(struct openflow_session *session, const void *bytes, size_t n);
/* It is sent: more may be written. */
void openflow_session_written(struct wire_writer *w);
/* Sends what has been appended to `reply` so far: long answers go in pieces of about so many bytes. */
#define OPENFLOW_FLUSH_SIZE ((size_t)256 << 10)
void openflow_session_flush(struct openflow_session *session);

/* It wants to be told of other things than before, or of its version: see openflow_peers. */
void openflow_session_changed(struct openflow_session *session);
/* Sends what nobody asked for. */
void openflow_session_tell(struct openflow_session *session, const struct wire_writer *w);
/* Is it to be told of this? */
bool openflow_session_wants(const struct openflow_session *session, enum of_async_type type,
			    unsigned reason);
