#pragma once
/* Is an action's own value one that a flow may have? For readers of what machines wrote (netlink): those
 * of text say it word by word. What hangs on the match or on other actions ofactions_check() asks. */

struct err;
struct ofaction;

/* 0 or -EINVAL. */
int ofaction_value_check(const struct ofaction *action, struct err *err);
