#pragma once
/* Standing orders over netlink, for transport.h: DROP and MIRROR of docs/netlink.md. */
#include <stdbool.h>

struct err;
struct json_object;
struct netlink_client;
struct order_request;

/* As struct transport_ops has them. */
int netlink_order_add(struct netlink_client *client, const struct order_request *order, char *name,
		      struct err *err);
int netlink_order_del(struct netlink_client *client, const char *bridge, char *const *names,
		      unsigned n, struct err *err);
int netlink_order_list(struct netlink_client *client, const char *bridge, bool has_names,
		       struct json_object *rows, struct err *err);
