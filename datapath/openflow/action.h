#pragma once
/* Actions and instructions, to and from struct ofactions.
 *
 * A table (action_table.c) has one row for each form that an action has on the wire: in which versions, by which number,
 * how long, and who reads and writes it. To be read an action is looked up by its number; to be written, by what it is:
 * the first row of the version that can say it is taken. An action that the version has no form for is left out, as in
 * Open vSwitch: an older client sees less.
 *
 * No state; any thread.
 */
#include "flow/ofaction.h"
#include "openflow/oxm.h"

struct match;

/* Appends what a list of actions says. Each is checked by itself; of the list as a whole ask of_actions_check(). */
enum of_error of_actions_read(uint8_t version, struct wire_bytes actions, struct ofactions *out);
/* The same of instructions (OpenFlow 1.1 and later), put into their order. */
enum of_error of_instructions_read(uint8_t version, struct wire_bytes bytes, struct ofactions *out);

/* May a flow of this table with this match have them? In front of ofactions_check(), which knows one error only. */
enum of_error of_actions_check(const struct ofactions *list, const struct match *match,
			       uint8_t table);

/* Bit N: the version's own action N is one that can be had in lists of actions. */
uint32_t of_actions_known(uint8_t version);
/* ... and in action sets. */
uint32_t of_actions_known_of_sets(uint8_t version);

/* Actions of OpenFlow 1.0, and of PACKET_OUT in each version. `match` (NULL: unknown) is what packets are known to
 * be: some actions are said otherwise of packets with a tag, or of UDP. */
void of_actions_write(struct wire_writer *w, uint8_t version, const struct ofactions *list,
		      const struct match *match);
void of_instructions_write(struct wire_writer *w, uint8_t version, const struct ofactions *list,
			   const struct match *match);
