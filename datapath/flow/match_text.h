#pragma once
/* Matches as text: the grammar of ovs-ofctl(8) and ovs-fields(7), both ways.
 *
 *	in_port=1,dl_vlan=5,tcp,nw_src=10.0.0.0/8,tp_dst=0x50/0xfff0,reg0[0..3]=2
 *
 * Fields may come in any order, or twice with values that agree; the printed order is that of
 * ovs-ofctl. No state; any thread.
 */
#include "base/slice.h"
#include "flow/match.h"

struct err;
struct flow_names;
struct print;
struct word;

/* The fields that were spelled out, and how; begins with no fields. */
struct match_named {
	struct field_set fields;
	struct slice as[N_FIELDS]; /* of `fields` */
};

/* One word of a match.
 * 0, -ENOENT: it is no word of a match (`err` untouched), -EINVAL: wrong value, or it contradicts
 * an earlier word. */
int match_parse_word(struct match *match, const struct word *word, const struct flow_names *names,
		     struct match_named *named, struct err *err);
/* Are all prerequisites met? While the words that were parsed are there. 0 or -EINVAL. */
int match_check(const struct match *match, const struct match_named *named, struct err *err);
/* A whole match, checked. 0 or -EINVAL. */
int match_parse(struct slice text, const struct flow_names *names, struct match *out,
		struct err *err);

/* Ends without a comma; "" if it matches all. */
void match_print(struct print *out, const struct match *match, const struct flow_names *names);
