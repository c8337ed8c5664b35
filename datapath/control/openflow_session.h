#pragma once
/* One conversation in OpenFlow: which version, and who answers what.
 *
 * A message is read whole by openflow/message.h and goes to the handler of its kind; handlers are in openflow_switch.c,
 * openflow_port.c and so on. A handler appends its answer to `reply`, or returns an error, which is sent with the
 * head of the message. A message is dealt with when the next one is looked at, its change published in every floor:
 * so a barrier has nothing to wait for.
 *
 * Control thread only.
 */
#include <stdbool.h>
#include <stdint.h>
#include <urcu/list.h>

#include "openflow/message.h"

struct bridge;
struct event_base;
struct of_stream;
struct openflow_session;
struct vswitch;

struct openflow_session_options {
	struct event_base *base;
	struct vswitch *sw;
	struct bridge *bridge;
	const char *name;               /* who it is, for the log; copied */
	struct cds_list_head *sessions; /* it joins them while it lives */
	void (*gone)(void *ctx);        /* it has left them */
	void *ctx;
};

/* Takes over `fd`, also when it fails, and says HELLO. It ends when the other side hangs up or breaks the rules.
 * 0 or -ENOMEM. */
int openflow_session_new(int fd, const struct openflow_session_options *options);
/* Ends all of a bridge at once; gone() is called for each. `is_bridge_gone`: there is nothing to say good-bye to. */
void openflow_sessions_end(struct cds_list_head *sessions, bool is_bridge_gone);

/* ---- for the handlers ---- */

struct openflow_session {
	struct cds_list_head node;
	struct openflow_session_options options; /* fixed after create */
	char name[64];
	struct of_stream *stream;
	struct bridge *bridge;
	uint8_t version; /* 0: not agreed upon yet */
	uint16_t miss_send_len;
	bool has_table_id;        /* of OpenFlow 1.0: NXT_FLOW_MOD_TABLE_ID */
	bool is_nxm;              /* of OpenFlow 1.0: NXT_SET_FLOW_FORMAT */
	struct wire_writer reply; /* to the message that is handled */
};

typedef enum of_error handler_fn(struct openflow_session *session,
				 const struct of_message *message);

/* Sends what has been appended to `reply` so far: long answers go in pieces. */
void openflow_session_flush(struct openflow_session *session);

/* openflow_switch.c */
handler_fn handle_echo, handle_features, handle_get_config, handle_set_config, handle_barrier,
	handle_desc;
/* openflow_port.c */
handler_fn handle_port_desc;
/* All ports, as many as fit into the message that began at `start` of `reply`. */
void openflow_ports_write(struct openflow_session *session, size_t start);

/* openflow_flow.c */
handler_fn handle_flow_mod, handle_table_id, handle_flow_format, handle_flow_stats,
	handle_aggregate;
struct flow_mod;
/* Of what bridge_flow_mods() returns for `mod`. */
enum of_error openflow_flow_error(int rc, const struct flow_mod *mod);
/* openflow_table.c */
handler_fn handle_tables, handle_table_mod;

/* ---- answers in several messages ---- */

/* Entries of one multipart reply, as many messages as they need. */
struct openflow_parts {
	struct openflow_session *session;
	const struct of_message *request;
	enum of_message_id id;
	size_t start; /* of the message that is written */
};

void openflow_parts_begin(struct openflow_parts *parts, struct openflow_session *session,
			  const struct of_message *request, enum of_message_id id);
/* An entry has been appended to `reply` since `entry`: if it is too much for this message, it begins another. */
void openflow_parts_added(struct openflow_parts *parts, size_t entry);
void openflow_parts_end(struct openflow_parts *parts);
