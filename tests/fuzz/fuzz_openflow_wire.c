/* Messages without a switch behind them: what reads, writes, and what was written reads as the same again. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "openflow/bundle.h"
#include "openflow/flow.h"
#include "openflow/group.h"
#include "openflow/hello.h"
#include "openflow/meter.h"
#include "openflow/monitor.h"
#include "openflow/packet.h"
#include "openflow/port.h"
#include "openflow/queue.h"
#include "openflow/role.h"
#include "openflow/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A flow is written and read: the same bytes come out of what was read. (What a version cannot say may be missing, and
 * what is left may be no flow.) */
static void write_again(const struct flow_mod *flow, uint8_t version)
{
	own(wire_fini) struct wire_writer one = {.at = NULL}, two = {.at = NULL};
	own(flow_mod_fini) struct flow_mod again = {0};
	struct of_message message;

	of_flow_mod_write(&one, version, 1, flow);
	if (one.is_lost || of_message_length(one.at) != one.len)
		return;
	assert(!of_message_read((struct wire_bytes){one.at, one.len}, &message));
	if (of_flow_mod_read(&message, true, &again))
		return;
	of_flow_mod_write(&two, version, 1, &again);
	assert(one.len == two.len && !memcmp(one.at, two.at, one.len));
}

static void read_flow(const struct of_message *message)
{
	own(flow_mod_fini) struct flow_mod flow = {0};

	if (of_flow_mod_read(message, true, &flow))
		return;
	/* what is longer than a message can be, nobody could have sent */
	if (flow.actions.n < 100)
		write_again(&flow, message->version);
}

/* What a group is told to be is what it is listed as, in as many bytes as it claims. */
static void read_group(const struct of_message *message)
{
	own(wire_fini) struct wire_writer w = {.at = NULL};
	own(group_mod_fini) struct group_mod mod = {0};

	if (of_group_mod_read(message, &mod) || mod.command > GROUP_MODIFY_OR_ADD)
		return;
	group_buckets_settle(&mod.desc);
	of_group_desc_write(&w, message, &mod.desc);
	assert(w.is_lost || wire_get16(w.at) == w.len);
}

static void read_meter(const struct of_message *message)
{
	own(wire_fini) struct wire_writer w = {.at = NULL};
	struct meter_mod mod;

	if (of_meter_mod_read(message, &mod))
		return;
	of_meter_config_write(&w, &mod.desc);
	assert(w.is_lost || wire_get16(w.at) == w.len);
}

static void read_packet(const struct of_message *message)
{
	struct of_packet_out packet;

	if (!of_packet_out_read(message, &packet))
		ofactions_fini(&packet.actions);
}

static void read_monitors(const struct of_message *message)
{
	struct wire_bytes rest = message->body;
	struct of_monitor monitor;

	while (rest.len && !of_monitor_read(message, &rest, &monitor)) {
		own(wire_fini) struct wire_writer w = {.at = NULL};

		of_update_write(&w, message->version,
				&(struct of_update){.flow = &monitor.filter, .has_actions = true});
		assert(w.is_lost || wire_get16(w.at) == w.len);
	}
}

static void read_tables(const struct of_message *message)
{
	struct wire_bytes rest = message->body;
	struct of_table_features table;

	while (rest.len && !of_table_features_read(message->version, &rest, &table))
		assert(table.bytes.len);
}

static void read_port(const struct of_message *message)
{
	uint16_t port;

	of_port_request_read(message, &port);
}

/* What asks for something. False: it is none of these. */
static bool read_question(const struct of_message *message)
{
	struct of_queue_request queue;
	struct flow_mod filter;

	switch (message->form->id) {
	case OFM_TABLE_FEATURES_REQUEST:
		read_tables(message);
		return true;
	case OFM_PORT_STATS_REQUEST:
		read_port(message);
		return true;
	case OFM_GROUP_STATS_REQUEST:
	case OFM_NX_GROUP_STATS_REQUEST:
	case OFM_NX_GROUP_DESC_REQUEST:
		of_group_request_read(message);
		return true;
	case OFM_METER_STATS_REQUEST:
	case OFM_METER_CONFIG_REQUEST:
		of_meter_request_read(message);
		return true;
	case OFM_FLOW_STATS_REQUEST:
	case OFM_NX_FLOW_STATS_REQUEST:
	case OFM_FLOW_STATS15_REQUEST:
	case OFM_AGGREGATE_REQUEST:
	case OFM_NX_AGGREGATE_REQUEST:
		of_flow_filter_read(message, &filter);
		return true;
	case OFM_FLOW_MONITOR_REQUEST:
	case OFM_NX_FLOW_MONITOR_REQUEST:
	case OFM_ONF_FLOW_MONITOR_REQUEST:
		read_monitors(message);
		return true;
	case OFM_QUEUE_STATS_REQUEST:
	case OFM_QUEUE_DESC_REQUEST:
	case OFM_QUEUE_GET_CONFIG_REQUEST:
		of_queue_request_read(message, &queue);
		return true;
	}
	return false;
}

/* What changes something. The same. */
static bool read_change(const struct of_message *message)
{
	struct of_port_mod port;
	struct of_bundle_add add;
	struct of_table_mod table;

	switch (message->form->id) {
	case OFM_TABLE_MOD:
		of_table_mod_read(message, &table);
		return true;
	case OFM_FLOW_MOD:
	case OFM_NX_FLOW_MOD:
		read_flow(message);
		return true;
	case OFM_GROUP_MOD:
	case OFM_NX_GROUP_MOD:
		read_group(message);
		return true;
	case OFM_METER_MOD:
		read_meter(message);
		return true;
	case OFM_PORT_MOD:
		of_port_mod_read(message, &port);
		return true;
	case OFM_BUNDLE_ADD:
		if (!of_bundle_add_read(message, &add) && add.inside.form->id == OFM_FLOW_MOD)
			read_flow(&add.inside);
		return true;
	}
	return false;
}

static void read_rest(const struct of_message *message)
{
	struct of_bundle_control control;
	struct of_async async = of_async_default;
	struct of_role_request role;

	switch (message->form->id) {
	case OFM_HELLO:
		of_hello_read(message);
		break;
	case OFM_PACKET_OUT:
		read_packet(message);
		break;
	case OFM_BUNDLE_CONTROL:
		of_bundle_control_read(message, &control);
		break;
	case OFM_SET_ASYNC:
	case OFM_NX_SET_ASYNC:
		of_async_read(message, &async);
		break;
	case OFM_ROLE_REQUEST:
	case OFM_NX_ROLE_REQUEST:
		of_role_read(message, &role);
		break;
	}
}

static void read_body(const struct of_message *message)
{
	if (!read_question(message) && !read_change(message))
		read_rest(message);
}

/* The first byte is how they were agreed upon, as for fuzz_openflow; then come messages. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t at = 1;

	while (size >= at + OF_HEADER_SIZE) {
		struct wire_bytes bytes = {data + at, of_message_length(data + at)};
		own(mem_free) uint8_t *copy = NULL; /* watched by the sanitizer */
		struct of_message message;

		if (bytes.len < OF_HEADER_SIZE || bytes.len > size - at)
			break;
		at += bytes.len;
		copy = malloc(bytes.len);
		if (!copy)
			break;
		memcpy(copy, bytes.at, bytes.len);
		bytes.at = copy;
		if (!of_message_read(bytes, &message))
			read_body(&message);
	}
	return 0;
}
