#pragma once
/* One conversation in OpenFlow: which version, and who answers what.
 *
 * A message is read whole by openflow/message.h and goes to the handler of its kind; handlers are in openflow_switch.c,
 * openflow_port.c and so on. A handler appends its answer to `reply`, or returns an error, which is sent with the
 * head of the message. A message is dealt with when the next one is looked at, its change published in every floor:
 * so a barrier has nothing to wait for.
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
struct group_mod;
struct meter_mod;
struct of_packet_out;
struct of_port_mod;
struct of_table;
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

typedef enum of_error handler_fn(struct openflow_session *session,
				 const struct of_message *message);

/* Whole messages. */
void openflow_session_send(struct openflow_session *session, const void *bytes, size_t n);
/* It is sent: more may be written. */
void openflow_session_written(struct wire_writer *w);
/* Sends what has been appended to `reply` so far: long answers go in pieces. */
void openflow_session_flush(struct openflow_session *session);

/* It wants to be told of other things than before, or of its version: see openflow_peers. */
void openflow_session_changed(struct openflow_session *session);
/* Sends what nobody asked for. */
void openflow_session_tell(struct openflow_session *session, const struct wire_writer *w);
/* Is it to be told of this? */
bool openflow_session_wants(const struct openflow_session *session, enum of_async_type type,
			    unsigned reason);

/* openflow_switch.c */
handler_fn handle_echo, handle_features, handle_get_config, handle_set_config, handle_barrier,
	handle_desc;
/* openflow_port.c */
handler_fn handle_port_desc, handle_port_stats, handle_port_mod;
struct bridge_port;
struct bridge_port_status;
void openflow_port_describe(const struct bridge_port *port, const struct bridge_port_status *status,
			    struct of_port *out);
/* All ports, as many as fit into the message that began at `start` of `reply`. */
void openflow_ports_write(struct openflow_session *session, size_t start);

/* By its number; NULL: there is none. `is` (NULL: nobody asks) is what it is. */
struct bridge_port *openflow_port_lookup(struct openflow_session *session, uint16_t ofport,
					 struct of_port *is);
/* The port that a PORT_MOD is about, and what it wants of it. */
enum of_error openflow_port_find(struct openflow_session *session, const struct of_port_mod *mod,
				 struct bridge_port **out);
enum of_error openflow_port_set(struct openflow_session *session, struct bridge_port *port,
				const struct of_port_mod *mod);
/* openflow_queue.c */
handler_fn handle_queue_stats, handle_queue_desc, handle_queue_config;

/* openflow_flow.c */
handler_fn handle_flow_mod, handle_table_id, handle_flow_format, handle_flow_stats,
	handle_aggregate;
/* Of -EINVAL, -ENXIO and -ENODEV for actions. */
enum of_error openflow_actions_error(int rc);
/* Of what bridge_flow_mods() returns. */
enum of_error openflow_flow_error(int rc);
/* openflow_group.c */
handler_fn handle_group_mod, handle_group_stats, handle_group_desc, handle_group_features;
/* Of what bridge_mods() returns for a group mod. */
enum of_error openflow_group_error(int rc);
/* openflow_meter.c */
handler_fn handle_meter_mod, handle_meter_stats, handle_meter_config, handle_meter_features;
/* Of what bridge_meter_mod() returns. */
enum of_error openflow_meter_error(int rc);
/* openflow_table.c */
handler_fn handle_tables, handle_table_mod;
void openflow_table_describe(struct openflow_session *session, uint8_t number,
			     struct of_table *out);
/* The table has other flows than before. */
void openflow_vacancy_look(struct openflow_session *session, uint8_t table);

/* openflow_table_features.c */
/* A request that is not all of it: the rest has the same xid. */
enum of_error openflow_table_features_gather(struct openflow_session *session,
					     const struct of_message *message);
/* ... and the end of it, or all of it. All of the tables, or none. */
enum of_error openflow_table_features_set(struct openflow_session *session,
					  const struct of_message *message);
/* Is it the rest of a request? */
bool openflow_table_features_are_begun(const struct openflow_session *session,
				       const struct of_message *message);
/* What has come of a request counts for nothing, and so will its rest. */
void openflow_table_features_refuse(struct openflow_session *session, enum of_error error);
void openflow_table_features_forget(struct openflow_session *session);
/* openflow_bundle.c */
handler_fn handle_bundle_control, handle_bundle_add;
void openflow_bundles_free(struct openflow_session *session);
/* openflow_monitor.c */
handler_fn handle_monitor, handle_monitor_cancel;
void openflow_monitors_free(struct openflow_session *session);
/* All that it was told has been read. */
void openflow_monitors_resume(struct openflow_session *session);
void openflow_monitors_see(struct openflow_session *session, const struct flow_event *event);
/* openflow_packet.c */
handler_fn handle_packet_out, handle_packet_in_format, handle_controller_id;
/* As far as the packet itself goes. */
enum of_error openflow_packet_check(const struct of_packet_out *out);
enum drop_reason openflow_packet_seen(struct packet_in_watcher *watcher, struct bridge *bridge,
				      const struct packet_in *packet);
void openflow_packets_rest(struct packet_in_watcher *watcher);
/* The session ends: those that wait are counted. */
void openflow_packets_drop(struct openflow_session *session);
/* openflow_role.c */
handler_fn handle_role, handle_get_async, handle_set_async;
bool openflow_flow_wants(struct flow_watcher *watcher, size_t n_events, size_t n_removed);
void openflow_flow_seen(struct flow_watcher *watcher, struct bridge *bridge,
			const struct flow_event *event);
/* Other controllers that ask for it are told what this one has changed. */
void openflow_forward_group(struct openflow_session *session, const struct group_mod *mod);
void openflow_forward_meter(struct openflow_session *session, const struct meter_mod *mod);
void openflow_port_status(struct openflow_session *session, const struct of_port *port,
			  enum of_port_reason reason);

/* ---- answers in several messages ---- */

/* Entries of one multipart reply, as many messages as they need. */
struct openflow_parts {
	struct openflow_session *session;
	const struct of_message *request;
	enum of_message_id id;
	size_t start; /* of the message that is written */
};

/* The longest entry that is sure to have room in a message. */
#define OPENFLOW_ENTRY_MAX (OF_MESSAGE_MAX - 64)

void openflow_parts_begin(struct openflow_parts *parts, struct openflow_session *session,
			  const struct of_message *request, enum of_message_id id);
/* An entry has been appended to `reply` since `entry`: if it is too much for this message, it begins another. */
void openflow_parts_added(struct openflow_parts *parts, size_t entry);
void openflow_parts_end(struct openflow_parts *parts);
