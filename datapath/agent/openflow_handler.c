#include "agent/openflow_handler.h"

static enum of_error ignore(struct openflow_session *session, const struct of_message *message)
{
	return OF_OK;
}

static handler_fn *const handlers[N_OF_MESSAGES] = {
	[OFM_HELLO] = ignore, /* once more */
	[OFM_ERROR] = ignore,
	[OFM_ECHO_REQUEST] = handle_echo,
	[OFM_ECHO_REPLY] = ignore,
	[OFM_FEATURES_REQUEST] = handle_features,
	[OFM_GET_CONFIG_REQUEST] = handle_get_config,
	[OFM_SET_CONFIG] = handle_set_config,
	[OFM_BARRIER_REQUEST] = handle_barrier,
	[OFM_DESC_REQUEST] = handle_desc,
	[OFM_PORT_DESC_REQUEST] = handle_port_desc,
	[OFM_FLOW_MOD] = handle_flow_mod,
	[OFM_NX_FLOW_MOD] = handle_flow_mod,
	[OFM_NX_FLOW_MOD_TABLE_ID] = handle_table_id,
	[OFM_NX_SET_FLOW_FORMAT] = handle_flow_format,
	[OFM_FLOW_STATS_REQUEST] = handle_flow_stats,
	[OFM_NX_FLOW_STATS_REQUEST] = handle_flow_stats,
	[OFM_FLOW_STATS15_REQUEST] = handle_flow_stats,
	[OFM_AGGREGATE_REQUEST] = handle_aggregate,
	[OFM_NX_AGGREGATE_REQUEST] = handle_aggregate,
	[OFM_TABLE_STATS_REQUEST] = handle_tables,
	[OFM_TABLE_FEATURES_REQUEST] = handle_tables,
	[OFM_TABLE_DESC_REQUEST] = handle_tables,
	[OFM_TABLE_MOD] = handle_table_mod,
	[OFM_PORT_STATS_REQUEST] = handle_port_stats,
	[OFM_PORT_MOD] = handle_port_mod,
	[OFM_QUEUE_STATS_REQUEST] = handle_queue_stats,
	[OFM_QUEUE_DESC_REQUEST] = handle_queue_desc,
	[OFM_QUEUE_GET_CONFIG_REQUEST] = handle_queue_config,
	[OFM_PACKET_OUT] = handle_packet_out,
	[OFM_NX_SET_PACKET_IN_FORMAT] = handle_packet_in_format,
	[OFM_NX_SET_CONTROLLER_ID] = handle_controller_id,
	[OFM_ROLE_REQUEST] = handle_role,
	[OFM_NX_ROLE_REQUEST] = handle_role,
	[OFM_GET_ASYNC_REQUEST] = handle_get_async,
	[OFM_SET_ASYNC] = handle_set_async,
	[OFM_NX_SET_ASYNC] = handle_set_async,
	[OFM_GROUP_MOD] = handle_group_mod,
	[OFM_NX_GROUP_MOD] = handle_group_mod,
	[OFM_GROUP_STATS_REQUEST] = handle_group_stats,
	[OFM_NX_GROUP_STATS_REQUEST] = handle_group_stats,
	[OFM_GROUP_DESC_REQUEST] = handle_group_desc,
	[OFM_NX_GROUP_DESC_REQUEST] = handle_group_desc,
	[OFM_GROUP_FEATURES_REQUEST] = handle_group_features,
	[OFM_NX_GROUP_FEATURES_REQUEST] = handle_group_features,
	[OFM_METER_MOD] = handle_meter_mod,
	[OFM_METER_STATS_REQUEST] = handle_meter_stats,
	[OFM_METER_CONFIG_REQUEST] = handle_meter_config,
	[OFM_METER_FEATURES_REQUEST] = handle_meter_features,
	[OFM_FLOW_MONITOR_REQUEST] = handle_monitor,
	[OFM_NX_FLOW_MONITOR_REQUEST] = handle_monitor,
	[OFM_ONF_FLOW_MONITOR_REQUEST] = handle_monitor,
	[OFM_NX_FLOW_MONITOR_CANCEL] = handle_monitor_cancel,
	[OFM_BUNDLE_CONTROL] = handle_bundle_control,
	[OFM_BUNDLE_ADD] = handle_bundle_add,
};

/* What changes something is not for a slave to say. (SET_CONFIG is in part about itself.) */
static bool is_change(const struct openflow_session *session, const struct of_message *message)
{
	switch (message->form->id) {
	case OFM_TABLE_FEATURES_REQUEST:
		return message->body.len || message->flags & OF_MULTIPART_MORE ||
		       openflow_table_features_are_begun(session, message);
	case OFM_FLOW_MOD:
	case OFM_NX_FLOW_MOD:
	case OFM_GROUP_MOD:
	case OFM_NX_GROUP_MOD:
	case OFM_METER_MOD:
	case OFM_TABLE_MOD:
	case OFM_PORT_MOD:
	case OFM_PACKET_OUT:
	case OFM_BUNDLE_CONTROL:
	case OFM_BUNDLE_ADD:
		return true;
	}
	return false;
}

/* What only a switch says. */
static enum of_error not_for_us(const struct of_message *message)
{
	switch (message->form->kind) {
	case OF_PLAIN:
	case OF_MULTIPART_REPLY:
		return OF_BRC_BAD_TYPE;
	}
	return OF_BRC_BAD_EXP_TYPE;
}

/* What comes in several messages. */
static enum of_error gather(struct openflow_session *session, const struct of_message *message)
{
	return message->form->id == OFM_TABLE_FEATURES_REQUEST
		       ? openflow_table_features_gather(session, message)
		       : OF_BRC_MULTIPART_OVERFLOW;
}

/* The rest of what is refused is, too. */
static enum of_error refuse_slave(struct openflow_session *session,
				  const struct of_message *message)
{
	if (message->form->id != OFM_TABLE_FEATURES_REQUEST)
		return OF_BRC_IS_SLAVE;
	if (message->flags & OF_MULTIPART_MORE) {
		gather(session, message);
		openflow_table_features_refuse(session, OF_BRC_IS_SLAVE);
	} else if (openflow_table_features_are_begun(session, message)) {
		openflow_table_features_forget(session);
	}
	return OF_BRC_IS_SLAVE;
}

enum of_error openflow_answer(struct openflow_session *session, const struct of_message *message)
{
	handler_fn *handler = handlers[message->form->id];
	enum of_error error;

	if (!handler)
		return not_for_us(message);
	if (session->role == OF_ROLE_SLAVE && is_change(session, message))
		return refuse_slave(session, message);
	if (message->flags & OF_MULTIPART_MORE)
		return gather(session, message);
	session->handling = message;
	session->is_abbreviated = false;
	error = handler(session, message);
	session->handling = NULL;
	return error;
}
