#pragma once
/* Groups as text, both ways: the grammar of ovs-ofctl(8).
 *
 *	group_id=1,type=select,selection_method=hash,fields(ip_dst,tcp_dst),
 *		bucket=weight:100,actions=output:1,bucket=bucket_id:7,watch_port:2,output:2
 *
 * In a bucket what is no setting is an action, wherever it stands. No state; any thread.
 */
#include "base/slice.h"
#include "flow/group.h"

struct err;
struct flow_names;
struct print;

/* One group mod, all checked that can be without the other groups. The line may begin with add, modify,
 * add_or_mod, delete, insert_bucket, remove_bucket if the command is GROUP_BY_WORD. *out is written on success only,
 * and is the caller's to group_mod_fini(). 0, -EINVAL or -ENOMEM. */
int group_mod_parse(struct slice text, enum group_command command, const struct flow_names *names,
		    struct group_mod *out, struct err *err);
/* "7", "group_id=7", "all" or "": which groups are meant, as GROUP_EVERY or a number. 0 or -EINVAL. */
int group_filter_parse(struct slice text, uint32_t *out, struct err *err);

/* As dump-groups has it, without the blank that begins its lines. */
void group_print(struct print *out, const struct group_desc *desc, const struct flow_names *names);
