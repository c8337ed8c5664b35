#pragma once
/* Rule sets in the manner of ClassBench (Taylor and Turner 2007), and packets that hit them.
 *
 * ClassBench makes rule sets from statistics of real ones: access lists of providers (ACL),
 * firewalls (FW) and Linux chains (IPC). What makes them hard or easy is kept here, in round
 * numbers: how prefix lengths pair up, how often ports are free, exact or a range, the mix of
 * protocols, and that addresses are nested (a few thousand sites; hosts within subnets within
 * sites), so that prefixes overlap. See the tables in ruleset.c. A port range is split into its
 * prefix masks, one rule each, as users of OpenFlow have to. More special rules have the higher
 * priority, roughly, spread over OpenFlow's 16 bits. No two rules have the same match.
 */
#include <stdint.h>

#include "flow/key.h"
#include "support/random.h"

enum ruleset_kind { RULESET_ACL, RULESET_FW, RULESET_IPC, N_RULESET_KINDS };

struct ruleset_rule {
	uint32_t priority;
	uint8_t proto, proto_mask;
	uint16_t src_port, src_port_mask, dst_port, dst_port_mask;
	uint32_t src, src_len, dst, dst_len;
};

struct ruleset {
	unsigned n_rules;
	struct ruleset_rule *rules; /* in random order */
};

const char *ruleset_kind_name(enum ruleset_kind kind);
/* Ends the program if there is no memory. The same seed makes the same set. */
void ruleset_make(struct ruleset *set, enum ruleset_kind kind, unsigned n_rules, uint64_t seed);
void ruleset_fini(struct ruleset *set);
/* Writes the rule's match. */
void ruleset_match(const struct ruleset_rule *rule, struct flow_key *value, struct flow_key *mask);
/* Writes a random packet that the rule matches (a rule of higher priority may match it too). */
void ruleset_packet(const struct ruleset_rule *rule, struct flow_key *key, uint64_t *random);
