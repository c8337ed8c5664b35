/* Flow tables: counted, described, set. */
#include <errno.h>
#include <stdio.h>

#include "control/openflow_session.h"
#include "flow/port_text.h"
#include "openflow/table.h"
#include "switch/flows.h"
#include "switch/vswitch.h"

#define N_TABLES 255

/* What is told where there is no limit. */
#define MANY_FLOWS 1000000

static void describe(struct openflow_session *session, uint8_t number, struct of_table *out)
{
	const char *name = bridge_flow_names(session->bridge).table_name(session->bridge, number);
	struct flow_table_config config;
	struct flow_table_stats stats;
	struct flow_table_mod mod;

	bridge_table_get(session->bridge, number, &config, &mod);
	bridge_table_stats(session->bridge, number, &stats);
	*out = (struct of_table){
		.number = number,
		.n_tables = N_TABLES,
		.max_flows = config.max_flows ? config.max_flows : MANY_FLOWS,
		.n_flows = stats.n_flows,
		.n_matched = stats.n_matched,
		.n_lookups = stats.n_matched + stats.n_missed,
		.config = mod.miss == TABLE_MISS_CONTINUE ? OF_MISS_CONTINUE
			  : mod.miss == TABLE_MISS_DROP   ? OF_MISS_DROP
							  : OF_MISS_CONTROLLER,
		.evicts = config.eviction == FLOW_EVICT || mod.eviction == FLOW_EVICT,
	};
	snprintf(out->name, sizeof(out->name), "%s", name ? name : "");
}

static void write_table(struct wire_writer *w, const struct of_message *request,
			const struct of_table *table)
{
	switch (request->form->id) {
	case OFM_TABLE_STATS_REQUEST:
		of_table_stats_write(w, request->version, table);
		break;
	case OFM_TABLE_FEATURES_REQUEST:
		of_table_features_write(w, request->version, table);
		break;
	case OFM_TABLE_DESC_REQUEST:
		of_table_desc_write(w, table);
	}
}

/* Statistics, features and descriptions of all tables. Features are what they are: who would change them may not. */
enum of_error handle_tables(struct openflow_session *session, const struct of_message *message)
{
	struct wire_writer *w = &session->reply;
	struct openflow_parts parts;

	if (message->body.len)
		return OF_TFFC_EPERM;
	openflow_parts_begin(&parts, session, message, message->form->id + 1);
	for (unsigned i = 0; i < N_TABLES; i++) {
		struct of_table table;
		size_t entry = w->len;

		describe(session, (uint8_t)i, &table);
		write_table(w, message, &table);
		openflow_parts_added(&parts, entry);
	}
	openflow_parts_end(&parts);
	return OF_OK;
}

/* In OpenFlow 1.3 what a miss does became a flow's business; 1.4 has other bits. */
static enum of_error set(struct openflow_session *session, uint8_t number, uint8_t version,
			 uint32_t config)
{
	static const uint8_t misses[] = {
		[OF_MISS_CONTROLLER] = TABLE_MISS_CONTROLLER,
		[OF_MISS_CONTINUE] = TABLE_MISS_CONTINUE,
		[OF_MISS_DROP] = TABLE_MISS_DROP,
	};
	struct flow_table_mod mod;

	bridge_table_get(session->bridge, number, NULL, &mod);
	if (version < OF13)
		mod.miss = misses[config];
	else
		mod.eviction = config & OF_TABLE_EVICTION ? FLOW_EVICT : FLOW_REFUSE;
	return bridge_table_mod(session->bridge, number, &mod, NULL) ? OF_TMFC_BAD_CONFIG : OF_OK;
}

enum of_error handle_table_mod(struct openflow_session *session, const struct of_message *message)
{
	uint8_t number = message->body.at[0];
	uint32_t config = wire_get32(message->body.at + 4);
	uint32_t known = message->version >= OF14 ? OF_TABLE_EVICTION : 3;
	enum of_error error = OF_OK;

	if (config & ~known || (message->version < OF13 && config > OF_MISS_DROP))
		return OF_TMFC_BAD_CONFIG;
	if (message->version == OF13) /* the two bits are there still, and say nothing */
		return OF_OK;
	for (unsigned i = 0; !error && i < N_TABLES; i++)
		if (number == i || number == FLOW_TABLE_ANY)
			error = set(session, (uint8_t)i, message->version, config);
	return error;
}
