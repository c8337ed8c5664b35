#pragma once
/* The names of a bridge's ports and tables, asked for over netlink when the first one is needed. */
#include "flow/port_text.h"

struct netlink_client;
struct netlink_names;

/* `client` and `bridge` are borrowed. The client must be free for a request whenever a name is asked
 * for. */
struct netlink_names *netlink_names_new(struct netlink_client *client, const char *bridge);
void netlink_names_free(struct netlink_names **names);
/* Asks now, if it was not done. 0 or -errno with a text. */
int netlink_names_fetch(struct netlink_names *names, struct err *err);
/* Valid as long as `names`. */
struct flow_names netlink_names_of(struct netlink_names *names);
