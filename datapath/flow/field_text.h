#pragma once
/* Values of fields as people write them (ovs-fields(7)), both ways.
 *
 *	80  0x50  00:11:22:33:44:55  10.0.0.0/8  10.0.0.1/255.0.255.0  fe80::/10  +syn-ack  later
 *
 * Every value may be followed by "/mask" where the field is maskable; "*" is any value. What is
 * printed reads as the same value. No state; any thread.
 */
#include <stdint.h>

#include "flow/field.h"
#include "flow/port_text.h"

struct err;
struct print;

/* "value" or "value/mask" into *value and *mask; value has no bits outside mask. 0 or -EINVAL:
 * no such value, or a mask where there can be none; the error does not say which field it is. */
int field_parse(const struct field *field, struct slice text, const struct flow_names *names,
		field_bits *value, field_bits *mask, struct err *err);
/* The same without a mask. */
int field_parse_value(const struct field *field, struct slice text, const struct flow_names *names,
		      field_bits *value, struct err *err);
/* Prints what field_parse() reads. A mask of zero is "*". */
void field_print(struct print *out, const struct field *field, field_bits value, field_bits mask,
		 const struct flow_names *names);
