/* Flow tables: counted, described, set. */
#include <errno.h>
#include <stdio.h>

#include "base/own.h"
#include "agent/openflow_handler.h"
#include "agent/openflow_parts.h"
#include "flow/port_text.h"
#include "openflow/table.h"
#include "switch/flows.h"
#include "switch/vswitch.h"

/* What is told where there is no limit. */
#define MANY_FLOWS 1000000

/* In percent. */
static uint8_t room(const struct of_table *table)
{
	if (table->n_flows >= table->max_flows)
		return 0;
	return (uint8_t)((uint64_t)(table->max_flows - table->n_flows) * 100 / table->max_flows);
}

void openflow_table_describe(struct openflow_session *session, uint8_t number, struct of_table *out)
{
	const char *name = bridge_flow_names(session->bridge).table_name(session->bridge, number);
	const struct openflow_vacancy *vacancy = &session->options.peers->vacancy[number];
	struct flow_table_config config;
	struct flow_table_stats stats;
	struct flow_table_mod mod;

	bridge_table_get(session->bridge, number, &config, &mod);
	bridge_table_stats(session->bridge, number, &stats);
	*out = (struct of_table){
		.number = number,
		.n_tables = OF_TABLES,
		.max_flows = config.is_limited ? config.max_flows : MANY_FLOWS,
		.n_flows = stats.n_flows,
		.n_matched = stats.n_matched,
		.n_lookups = stats.n_matched + stats.n_missed,
		.config = mod.miss == TABLE_MISS_CONTINUE ? OF_MISS_CONTINUE
			  : mod.miss == TABLE_MISS_DROP   ? OF_MISS_DROP
							  : OF_MISS_CONTROLLER,
		.evicts = config.eviction == FLOW_EVICT || mod.eviction == FLOW_EVICT,
	};
	snprintf(out->name, sizeof(out->name), "%s", name ? name : "");
	out->has_vacancy = vacancy->is_on;
	out->down = vacancy->down;
	out->up = vacancy->up;
	out->vacancy = room(out);
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

/* Statistics, features and descriptions of all tables. Who says how features are to be is told how they are then. */
enum of_error handle_tables(struct openflow_session *session, const struct of_message *message)
{
	struct wire_writer *w = &session->reply;
	enum of_error error = OF_OK;
	struct openflow_parts parts;

	if (message->form->id == OFM_TABLE_FEATURES_REQUEST)
		error = openflow_table_features_set(session, message);
	if (error)
		return error;
	openflow_parts_begin(&parts, session, message, message->form->id + 1);
	for (unsigned i = 0; i < OF_TABLES; i++) {
		struct of_table table;
		size_t entry = w->len;

		openflow_table_describe(session, (uint8_t)i, &table);
		write_table(w, message, &table);
		openflow_parts_added(&parts, entry);
	}
	openflow_parts_end(&parts);
	return OF_OK;
}

/* ---- vacancy ---- */

static void tell(struct openflow_session *session, const struct of_table *table,
		 enum of_table_reason reason)
{
	own(wire_fini) struct wire_writer w = {.at = NULL};

	if (session->version < OF14 ||
	    !openflow_session_wants(session, OF_ASYNC_TABLE_STATUS, reason))
		return;
	of_table_status_write(&w, session->version, table, reason);
	openflow_session_tell(session, &w);
}

/* Down and up take turns. The first session that sees a change tells all of it. */
void openflow_vacancy_look(struct openflow_session *session, uint8_t number)
{
	struct openflow_peers *peers = session->options.peers;
	struct openflow_vacancy *vacancy = &peers->vacancy[number];
	struct openflow_session *other;
	struct of_table table;

	if (!vacancy->is_on)
		return;
	openflow_table_describe(session, number, &table);
	if (vacancy->is_low ? table.vacancy <= vacancy->up : table.vacancy >= vacancy->down)
		return;
	vacancy->is_low = !vacancy->is_low;
	cds_list_for_each_entry (other, &peers->sessions, node)
		tell(other, &table, vacancy->is_low ? OF_TABLE_VACANCY_DOWN : OF_TABLE_VACANCY_UP);
}

static void set_vacancy(struct openflow_session *session, uint8_t number,
			const struct of_table_mod *mod)
{
	struct openflow_peers *peers = session->options.peers;
	struct openflow_vacancy *vacancy = &peers->vacancy[number];
	struct of_table table;

	peers->n_vacancies -= vacancy->is_on;
	vacancy->is_on = mod->config & OF_TABLE_VACANCY;
	peers->n_vacancies += vacancy->is_on;
	if (mod->has_vacancy) {
		vacancy->down = mod->down;
		vacancy->up = mod->up;
	}
	openflow_table_describe(session, number, &table);
	vacancy->is_low = table.vacancy < vacancy->up;
}

/* ---- changes ---- */

/* In OpenFlow 1.3 what a miss does became a flow's business; 1.4 has other bits. */
static enum of_error set(struct openflow_session *session, uint8_t number, uint8_t version,
			 const struct of_table_mod *wanted)
{
	static const uint8_t misses[] = {
		[OF_MISS_CONTROLLER] = TABLE_MISS_CONTROLLER,
		[OF_MISS_CONTINUE] = TABLE_MISS_CONTINUE,
		[OF_MISS_DROP] = TABLE_MISS_DROP,
	};
	struct flow_table_mod mod;

	bridge_table_get(session->bridge, number, NULL, &mod);
	if (version < OF13)
		mod.miss = misses[wanted->config];
	else
		mod.eviction = wanted->config & OF_TABLE_EVICTION ? FLOW_EVICT : FLOW_REFUSE;
	if (bridge_table_mod(session->bridge, number, &mod, NULL))
		return OF_TMFC_BAD_CONFIG;
	if (version >= OF14)
		set_vacancy(session, number, wanted);
	return OF_OK;
}

enum of_error handle_table_mod(struct openflow_session *session, const struct of_message *message)
{
	struct of_table_mod mod;
	enum of_error error = of_table_mod_read(message, &mod);

	if (error || message->version == OF13) /* the two bits are there still, and say nothing */
		return error;
	for (unsigned i = 0; !error && i < OF_TABLES; i++)
		if (mod.number == i || mod.number == FLOW_TABLE_ANY)
			error = set(session, (uint8_t)i, message->version, &mod);
	return error;
}
