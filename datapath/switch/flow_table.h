#pragma once
/* A bridge's flow tables: rules by priority, 255 tables, one clock of versions for all of them.
 *
 * The control thread changes them through struct flow_mod (flow/flow_text.h), which text, JSON-RPC,
 * netlink and OpenFlow all end in. Workers look rules up while they translate. A change of many rules is
 * one bundle (flow/rule-bundle.h): a translation sees all of it or nothing.
 *
 * A rule (struct flow) is immutable but for its counters and what one store changes; modifying a
 * rule's actions replaces it by a new one that takes over tally, age and cookie.
 *
 * Semantics: OpenFlow 1.3.5 section 6.4, with Open vSwitch's deviations where they differ (ovs-ofctl(8)).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../bpf/abi.h"
#include "flow/credit.h"
#include "flow/flow_text.h"
#include "flow/rule-bundle.h"
#include "switch/flows.h"

struct err;
struct flow_key;
struct flow_tables;

#define FLOW_TABLES 255

/* One flow, as translation and dumps see it. Immutable to readers. What it matches its rule knows, in few
 * bytes: see flow_match(). */
struct flow {
	/* fixed after create */
	struct ofactions actions;
	uint64_t cookie;
	uint64_t created_at;
	uint64_t modified_at; /* control only: learning a flow again renews it */
	uint16_t priority;
	uint16_t idle_timeout, hard_timeout; /* seconds; control only: they may shrink */
	uint16_t importance;
	uint8_t table;
	uint8_t flags; /* enum flow_flag: what a flow keeps of it */
	bool is_miss;  /* of priority 0, and all packets match */
	/* counters; a flow that a modify has made shares that of the one before */
	struct tally *tally;
};

/* ---- readers: any thread, under RCU ---- */

/* To look up at: taken once per translation. */
uint64_t flow_tables_version(const struct flow_tables *tables);
/* The flow of highest priority that matches, conjunctions resolved (switch/conjunction.h). NULL: a miss.
 * `key->packet.in_port` must hold the OpenFlow port number. */
const struct flow *flow_tables_lookup(const struct flow_tables *tables, uint64_t version,
				      uint8_t table, const struct flow_key *key);
/* A packet counts for one of the two at every table that it is looked up in. */
struct tally *flow_tables_matched(const struct flow_tables *tables, uint8_t table);
struct tally *flow_tables_missed(const struct flow_tables *tables, uint8_t table);
/* What is to become of those that miss. */
enum table_miss flow_tables_miss(const struct flow_tables *tables, uint8_t table);
/* What the flow matches, written out; in_port: the OpenFlow number. For flows in a table, or on their way
 * in or out. */
void flow_match(const struct flow *flow, struct match *out);
/* Is there a flow that learns from packets (NORMAL, learn())? */
bool flow_tables_teach(const struct flow_tables *tables);
