#pragma once
/* Group mods, and what is told of groups (OpenFlow 1.1 section A.3.4.2, 1.3.5 sections 7.3.4.2, 7.3.5.9 to 7.3.5.11, 1.5.1
 * sections 7.3.4.3, 7.3.5.7 to 7.3.5.9). Nicira's messages give OpenFlow 1.0 to 1.4 the form that 1.5 has.
 *
 * No state; any thread.
 */
#include "flow/group.h"
#include "openflow/message.h"

/* *out is written on success only, and is the caller's to group_mod_fini(). */
enum of_error of_group_mod_read(const struct of_message *message, struct group_mod *out);

/* Writes one, of OpenFlow 1.1 or later; it may be too long for a message. */
void of_group_mod_write(struct wire_writer *w, uint8_t version, uint32_t xid,
			const struct group_mod *mod);

/* Of which group a request of statistics or descriptions asks: GROUP_EVERY or a number. */
uint32_t of_group_request_read(const struct of_message *message);

struct of_group_count {
	uint64_t n_packets, n_bytes;
};

struct of_group_stats {
	uint32_t id, n_refs;
	uint64_t duration; /* ns */
	struct of_group_count count;
};

/* An entry of the reply to `request`; its buckets' counts follow by the second. */
size_t of_group_stats_begin(struct wire_writer *w, const struct of_message *request,
			    const struct of_group_stats *stats);
void of_group_stats_add(struct wire_writer *w, const struct of_group_count *bucket);
void of_group_stats_end(struct wire_writer *w, size_t entry);

/* An entry of a description. One that is too long for a message has no buckets. */
void of_group_desc_write(struct wire_writer *w, const struct of_message *request,
			 const struct group_desc *desc);
/* The body of the features' reply. */
void of_group_features_write(struct wire_writer *w, uint8_t version, uint32_t max_groups);
