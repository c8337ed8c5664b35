#pragma once
/* Matches: the fixed structs of OpenFlow 1.0 and 1.1, and lists of fields (oxm.h), to and from struct match.
 *
 * A list is read strictly: each field once, behind what it needs, no bits that count for nothing. A fixed struct
 * is read as Open vSwitch does: what is said of fields that the packet cannot have counts for nothing.
 */
#include "flow/match.h"
#include "openflow/oxm.h"

#define OF_MATCH10_SIZE 40
#define OF_MATCH11_SIZE 88
#define OF_WILDCARDS10  0x3fffffu /* of the struct of OpenFlow 1.0: all that there are */

struct of_cookie {
	uint64_t value, mask;
};

/* A list of fields. The cookie (NULL: there may be none) is what NXM hides in it. */
enum of_error of_fields_read(struct wire_bytes fields, struct match *out, struct of_cookie *cookie);
/* All bits of it that have a number. */
void of_fields_write(struct wire_writer *w, const struct match *match, enum of_oxm_form form);

/* A match with type and length in front and padding behind: of OpenFlow 1.1 its struct, of later versions a list of
 * fields; *rest begins with it, and is what is behind it afterwards. */
enum of_error of_match_read(uint8_t version, struct wire_bytes *rest, struct match *out);
void of_match_write(struct wire_writer *w, uint8_t version, const struct match *match);

/* Has the field room for the value? Is it, of a port, the number of one? */
bool of_match_may_be(const struct field *field, field_bits value);

/* The structs, OF_MATCH10_SIZE and OF_MATCH11_SIZE bytes. Of 1.0's all can be read: bits that cannot be are left out. */
void of_match10_read(const uint8_t *at, struct match *out);
enum of_error of_match11_read(const uint8_t *at, struct match *out);
/* As much of it as there is room for. */
void of_match10_write(struct wire_writer *w, const struct match *match);
void of_match11_write(struct wire_writer *w, const struct match *match);
