#pragma once
/* Conjunctions (ovs-actions(7)): flows that are clauses, and what they add up to.
 *
 * A flow whose actions are but conjunction(ID, K/N) (and notes) says: this packet meets clause K of the N
 * of ID. If of the highest priority at which there are such flows all clauses of an ID are met, the
 * packet is looked up again, with conj_id=ID, among the flows that are no clauses; the lowest such
 * ID that finds one wins. Else the next lower priority has its turn, down to that of the best flow
 * that is no clause, which wins against clauses of its own priority.
 *
 * A look-up looks at no more than CONJUNCTION_FLOWS matching clauses (those of the highest
 * priority), CONJUNCTION_IDS of their IDs and CONJUNCTION_ACTIONS of their actions, and allocates nothing.
 * Any thread, under RCU.
 */
#include <stdbool.h>
#include <stdint.h>

#define CONJUNCTION_FLOWS   256
#define CONJUNCTION_IDS     192
#define CONJUNCTION_ACTIONS 4096

struct classifier;
struct flow_key;
struct ofactions;
struct rule;

/* Are these the actions of a clause? */
bool conjunction_is(const struct ofactions *actions);

/* The rule to obey. `plain` (NULL: there are none) has the flows that are no clauses, of which `best` (NULL: none)
 * matches; `soft` the clauses. */
const struct rule *conjunction_lookup(const struct classifier *plain, const struct classifier *soft,
				      uint64_t version, const struct flow_key *key,
				      const struct rule *best);
