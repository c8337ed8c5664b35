#pragma once
/* Who answers what: the handlers of messages, by kind, and what they have for each other.
 *
 * A handler appends its answer to the session's `reply`, or returns an error, which is sent with the head of the
 * message. Control thread only.
 */
#include "agent/openflow_session.h"

struct bridge_port;
struct bridge_port_status;
struct group_mod;
struct meter_mod;
struct of_packet_out;
struct of_port_mod;
struct of_table;

typedef enum of_error handler_fn(struct openflow_session *session,
				 const struct of_message *message);

/* Calls the handler of a message. OF_OK, or why it is refused: it may be nobody's, or not for a slave to say. */
enum of_error openflow_answer(struct openflow_session *session, const struct of_message *message);

/* openflow_switch.c */
handler_fn handle_echo, handle_features, handle_get_config, handle_set_config, handle_barrier,
	handle_desc;
/* openflow_port.c */
handler_fn handle_port_desc, handle_port_stats, handle_port_mod;
void openflow_port_describe(const struct bridge_port *port, const struct bridge_port_status *status,
			    struct of_port *out);
/* All ports, as many as fit into the message that began at `start` of `reply`. */
void openflow_ports_write(struct openflow_session *session, size_t start);

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
