/* OpenFlow 1.0.1 section 5.3.5, 1.3.5 sections 7.3.5.2 and 7.4.2, 1.5.1 sections 7.2.4 and 7.3.5.2. */
#include "flow/port_text.h"
#include "openflow/action.h"
#include "openflow/flow.h"
#include "openflow/port.h"

#define NS_PER_S 1000000000ull

/* ---- requests ---- */

enum of_error of_flow_filter_read(const struct of_message *message, struct flow_mod *out)
{
	struct flow_mod mod = {.command = FLOW_DELETE, .out_group = FLOW_GROUP_ANY};
	const uint8_t *at = message->body.at;
	struct of_cookie cookie = {0, 0};
	enum of_error error = OF_OK;

	if (message->form->kind == OF_NICIRA_MULTIPART_REQUEST) {
		struct wire_bytes rest = wire_skip(message->body, 8);
		size_t len = wire_get16(at + 2);

		mod.out_port = wire_get16(at);
		mod.table = at[4];
		if (wire_padded(len) != rest.len)
			return OF_BMC_BAD_LEN;
		error = of_fields_read(wire_first(rest, len), &mod.match, &cookie);
	} else if (message->version == OF10) {
		of_match10_read(at, &mod.match);
		mod.table = at[OF_MATCH10_SIZE];
		mod.out_port = wire_get16(at + OF_MATCH10_SIZE + 2);
	} else {
		struct wire_bytes rest = wire_skip(message->body, 32);

		mod.table = at[0];
		if (!of_port_ofport(wire_get32(at + 4), &mod.out_port))
			return OF_BRC_BAD_PORT;
		mod.out_group = wire_get32(at + 8);
		cookie.mask = wire_get64(at + 24);
		cookie.value = wire_get64(at + 16) & cookie.mask;
		error = of_match_read(message->version, &rest, &mod.match);
		if (!error && rest.len)
			error = OF_BRC_BAD_LEN;
	}
	mod.cookie_value = cookie.value;
	mod.cookie_mask = cookie.mask;
	if (!error)
		*out = mod;
	return error;
}

/* ---- OpenFlow 1.5's statistics ---- */

enum oxs { OXS_DURATION, OXS_IDLE_TIME, OXS_FLOW_COUNT = 3, OXS_PACKET_COUNT, OXS_BYTE_COUNT };
enum { OXS_CLASS = 0x8002 };

static void put_oxs(struct wire_writer *w, uint8_t number, uint8_t size)
{
	wire_put16(w, OXS_CLASS);
	wire_put8(w, (uint8_t)(number << 1));
	wire_put8(w, size);
}

static size_t oxs_begin(struct wire_writer *w)
{
	size_t start = w->len;

	wire_put32(w, 0);
	return start;
}

static void oxs_end(struct wire_writer *w, size_t start)
{
	wire_patch16(w, start + 2, (uint16_t)(w->len - start));
	wire_pad(w, start);
}

static void put_counters(struct wire_writer *w, uint64_t n_packets, uint64_t n_bytes)
{
	put_oxs(w, OXS_PACKET_COUNT, 8);
	wire_put64(w, n_packets);
	put_oxs(w, OXS_BYTE_COUNT, 8);
	wire_put64(w, n_bytes);
}

static void put_duration(struct wire_writer *w, const struct flow_stats *stats)
{
	wire_put32(w, (uint32_t)(stats->duration / NS_PER_S));
	wire_put32(w, (uint32_t)(stats->duration % NS_PER_S));
}

static void put_stats15(struct wire_writer *w, const struct flow_stats *stats)
{
	size_t start = oxs_begin(w);

	put_oxs(w, OXS_DURATION, 8);
	put_duration(w, stats);
	put_oxs(w, OXS_IDLE_TIME, 8);
	wire_put32(w, stats->idle_age);
	wire_put32(w, 0);
	put_counters(w, stats->n_packets, stats->n_bytes);
	oxs_end(w, start);
}

/* ---- replies ---- */

/* "0: unknown"; else one more than it is. */
static uint16_t age(uint32_t seconds)
{
	return seconds < UINT16_MAX - 1 ? (uint16_t)(seconds + 1) : UINT16_MAX;
}

static void put_begin(struct wire_writer *w, const struct flow_mod *flow,
		      const struct flow_stats *stats)
{
	wire_put16(w, 0);
	wire_put8(w, flow->table);
	wire_put8(w, 0);
	put_duration(w, stats);
	wire_put16(w, flow->priority);
	wire_put16(w, flow->idle_timeout);
	wire_put16(w, flow->hard_timeout);
}

static void put_cookie_and_counters(struct wire_writer *w, const struct flow_mod *flow,
				    const struct flow_stats *stats)
{
	wire_put64(w, flow->cookie);
	wire_put64(w, stats->n_packets);
	wire_put64(w, stats->n_bytes);
}

static void write10(struct wire_writer *w, const struct flow_mod *flow,
		    const struct flow_stats *stats)
{
	wire_put16(w, 0);
	wire_put8(w, flow->table);
	wire_put8(w, 0);
	of_match10_write(w, &flow->match);
	put_duration(w, stats);
	wire_put16(w, flow->priority);
	wire_put16(w, flow->idle_timeout);
	wire_put16(w, flow->hard_timeout);
	wire_put(w, 6);
	put_cookie_and_counters(w, flow, stats);
	of_actions_write(w, OF10, &flow->actions, &flow->match);
}

static void write_nxm(struct wire_writer *w, const struct flow_mod *flow,
		      const struct flow_stats *stats)
{
	size_t len_at, match;

	put_begin(w, flow, stats);
	len_at = w->len;
	wire_put16(w, 0);
	wire_put16(w, age(stats->idle_age));
	wire_put16(w, age(stats->hard_age));
	put_cookie_and_counters(w, flow, stats);
	match = w->len;
	of_fields_write(w, &flow->match, OF_NXM);
	wire_patch16(w, len_at, (uint16_t)(w->len - match));
	wire_pad(w, match);
	of_actions_write(w, OF10, &flow->actions, &flow->match);
}

/* All that were given: OpenFlow 1.3.5 section 7.3.5.2. */
static uint8_t shown_flags(const struct flow_mod *flow, const struct flow_stats *stats)
{
	return (flow->flags & (uint8_t)~FLOW_SINCE_12) | stats->said;
}

static void write13(struct wire_writer *w, uint8_t version, const struct flow_mod *flow,
		    const struct flow_stats *stats)
{
	put_begin(w, flow, stats);
	wire_put16(w, version >= OF13 ? shown_flags(flow, stats) : 0);
	wire_put16(w, version >= OF14 ? flow->importance : 0);
	wire_put16(w, 0);
	put_cookie_and_counters(w, flow, stats);
	of_match_write(w, version, &flow->match);
	of_instructions_write(w, version, &flow->actions, &flow->match);
}

static void write15(struct wire_writer *w, const struct flow_mod *flow,
		    const struct flow_stats *stats)
{
	wire_put32(w, 0);
	wire_put8(w, flow->table);
	wire_put8(w, 0);
	wire_put16(w, flow->priority);
	wire_put16(w, flow->idle_timeout);
	wire_put16(w, flow->hard_timeout);
	wire_put16(w, shown_flags(flow, stats));
	wire_put16(w, flow->importance);
	wire_put64(w, flow->cookie);
	of_match_write(w, OF15, &flow->match);
	put_stats15(w, stats);
	of_instructions_write(w, OF15, &flow->actions, &flow->match);
}

/* OpenFlow 1.5's FLOW_STATS: which flow it is, and its statistics, without what it does. */
static void write_stats15(struct wire_writer *w, const struct flow_mod *flow,
			  const struct flow_stats *stats)
{
	wire_put32(w, 0);
	wire_put8(w, flow->table);
	wire_put8(w, 0); /* asked for */
	wire_put16(w, flow->priority);
	of_match_write(w, OF15, &flow->match);
	put_stats15(w, stats);
}

void of_flow_stats_write(struct wire_writer *w, const struct of_form *form, uint8_t version,
			 const struct flow_mod *flow, const struct flow_stats *stats)
{
	size_t start = w->len;

	if (form->id == OFM_NX_FLOW_STATS_REQUEST)
		write_nxm(w, flow, stats);
	else if (form->id == OFM_FLOW_STATS15_REQUEST)
		write_stats15(w, flow, stats);
	else if (version == OF10)
		write10(w, flow, stats);
	else if (version < OF15)
		write13(w, version, flow, stats);
	else
		write15(w, flow, stats);
	wire_patch16(w, start, (uint16_t)(w->len - start));
}

void of_aggregate_write(struct wire_writer *w, uint8_t version, const struct of_aggregate *sum)
{
	size_t start;

	if (version < OF15) {
		wire_put64(w, sum->n_packets);
		wire_put64(w, sum->n_bytes);
		wire_put32(w, sum->n_flows);
		wire_put32(w, 0);
		return;
	}
	start = oxs_begin(w);
	put_counters(w, sum->n_packets, sum->n_bytes);
	put_oxs(w, OXS_FLOW_COUNT, 4);
	wire_put32(w, sum->n_flows);
	oxs_end(w, start);
}

/* ---- FLOW_REMOVED ---- */

static void removed10(struct wire_writer *w, uint8_t reason, const struct flow_mod *flow,
		      const struct flow_stats *stats)
{
	of_match10_write(w, &flow->match);
	wire_put64(w, flow->cookie);
	wire_put16(w, flow->priority);
	wire_put8(w, reason);
	wire_put8(w, 0);
	put_duration(w, stats);
	wire_put16(w, flow->idle_timeout);
	wire_put16(w, 0);
	wire_put64(w, stats->n_packets);
	wire_put64(w, stats->n_bytes);
}

static void removed_nxm(struct wire_writer *w, uint8_t reason, const struct flow_mod *flow,
			const struct flow_stats *stats)
{
	size_t len_at, match;

	wire_put64(w, flow->cookie);
	wire_put16(w, flow->priority);
	wire_put8(w, reason);
	wire_put8(w, (uint8_t)(flow->table + 1));
	put_duration(w, stats);
	wire_put16(w, flow->idle_timeout);
	len_at = w->len;
	wire_put16(w, 0);
	wire_put64(w, stats->n_packets);
	wire_put64(w, stats->n_bytes);
	match = w->len;
	of_fields_write(w, &flow->match, OF_NXM);
	wire_patch16(w, len_at, (uint16_t)(w->len - match));
	wire_pad(w, match);
}

static void removed11(struct wire_writer *w, uint8_t version, uint8_t reason,
		      const struct flow_mod *flow, const struct flow_stats *stats)
{
	wire_put64(w, flow->cookie);
	wire_put16(w, flow->priority);
	wire_put8(w, reason);
	wire_put8(w, flow->table);
	put_duration(w, stats);
	wire_put16(w, flow->idle_timeout);
	wire_put16(w, version >= OF12 ? flow->hard_timeout : 0);
	wire_put64(w, stats->n_packets);
	wire_put64(w, stats->n_bytes);
	of_match_write(w, version, &flow->match);
}

static void removed15(struct wire_writer *w, uint8_t reason, const struct flow_mod *flow,
		      const struct flow_stats *stats)
{
	wire_put8(w, flow->table);
	wire_put8(w, reason);
	wire_put16(w, flow->priority);
	wire_put16(w, flow->idle_timeout);
	wire_put16(w, flow->hard_timeout);
	wire_put64(w, flow->cookie);
	of_match_write(w, OF15, &flow->match);
	put_stats15(w, stats);
}

void of_flow_removed_write(struct wire_writer *w, uint8_t version, bool is_nxm, uint8_t reason,
			   const struct flow_mod *flow, const struct flow_stats *stats)
{
	bool is_nicira = is_nxm && version == OF10;
	size_t start =
		of_message_begin(w, is_nicira ? OFM_NX_FLOW_REMOVED : OFM_FLOW_REMOVED, version, 0);

	if (is_nicira)
		removed_nxm(w, reason, flow, stats);
	else if (version == OF10)
		removed10(w, reason, flow, stats);
	else if (version < OF15)
		removed11(w, version, reason, flow, stats);
	else
		removed15(w, reason, flow, stats);
	of_message_end(w, start);
}
