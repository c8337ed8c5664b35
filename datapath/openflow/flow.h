#pragma once
/* Flows: FLOW_MOD, what is asked about them, and what is told, to and from struct flow_mod.
 *
 * OpenFlow 1.0 has a form of its own, and NXM's (of which a part is told apart by the message's number); 1.2 and later
 * share one. No state; any thread.
 */
#include "flow/flow_text.h"
#include "openflow/match.h"

#define OF_NO_BUFFER UINT32_MAX

/* Reads a FLOW_MOD, checked as far as the message itself goes. `has_table`: NXT_FLOW_MOD_TABLE_ID holds, of OpenFlow
 * 1.0. *out is written on success only, and is the caller's to flow_mod_fini(). */
enum of_error of_flow_mod_read(const struct of_message *message, bool has_table,
			       struct flow_mod *out);
/* Writes one; OpenFlow 1.0: as NXT_FLOW_MOD. */
void of_flow_mod_write(struct wire_writer *w, uint8_t version, uint32_t xid,
		       const struct flow_mod *mod);

/* A request for FLOW or AGGREGATE statistics, as a filter (FLOW_DELETE). */
enum of_error of_flow_filter_read(const struct of_message *message, struct flow_mod *out);

/* One entry of the reply to such a request. */
void of_flow_stats_write(struct wire_writer *w, const struct of_form *form, uint8_t version,
			 const struct flow_mod *flow, const struct flow_stats *stats);

struct of_aggregate {
	uint64_t n_packets, n_bytes;
	uint32_t n_flows;
};
void of_aggregate_write(struct wire_writer *w, uint8_t version, const struct of_aggregate *sum);

/* FLOW_REMOVED. `is_nxm`: in OpenFlow 1.0, NXT_FLOW_REMOVED. */
void of_flow_removed_write(struct wire_writer *w, uint8_t version, bool is_nxm, uint8_t reason,
			   const struct flow_mod *flow, const struct flow_stats *stats);
