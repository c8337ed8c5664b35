#pragma once
/* Actions as text: the grammar of ovs-actions(7), both ways, with what Shunt has beyond it: mirror,
 * push_pbb, pop_pbb, copy_ttl_in, copy_ttl_out, apply_actions. No state; any thread.
 *
 *	mirror:PORT  mirror(port=PORT,max_len=N)  mirror(vlan=VID)	a copy as received, then go on
 */
#include "flow/ofaction.h"

struct flow_names;
struct print;

/* "output:1,goto_table:3". Each action is right in itself; whether they fit to a match is
 * ofactions_check(). *out was empty. 0, -EINVAL or -ENOMEM. */
int ofactions_parse(struct slice text, const struct flow_names *names, struct ofactions *out,
		    struct err *err);

/* As ovs-ofctl prints it: "drop" for an empty list. */
void ofactions_print(struct print *out, const struct ofactions *list,
		     const struct flow_names *names);
