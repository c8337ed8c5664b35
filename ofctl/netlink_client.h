#pragma once
/* The switch's netlink socket, as a tool speaks to it: requests, answers, errors (docs/netlink.md).
 *
 * Blocking; each call ends by the timeout given at open. Only what the switch itself sends counts: the
 * kernel says which port and which user a message is of.
 */
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/nlattr.h"

struct err;
struct netlink_client;

/* `dir`: the run directory. timeout_s 0: no bound. 0 or -errno with a text. */
int netlink_client_open(struct netlink_client **out, const char *dir, unsigned timeout_s,
			struct err *err);
void netlink_client_free(struct netlink_client **client);

/* Begins a request in the client's buffer behind those that are there: NLM_F_REQUEST is set and the token
 * is in it, if one is needed. Write attributes to the writer that it returns, then end the request; its
 * number is returned. */
struct attr_writer *netlink_request_begin(struct netlink_client *client, uint16_t type, uint8_t cmd,
					  uint16_t flags);
uint32_t netlink_request_end(struct netlink_client *client);
/* False: the request that was ended last is too long for a message; netlink_client_send() says so. */
bool netlink_client_fits(const struct netlink_client *client);
/* Bytes that wait to be sent. */
size_t netlink_client_n_waiting(const struct netlink_client *client);
/* Sends them all. 0 or -errno with a text. */
int netlink_client_send(struct netlink_client *client, struct err *err);

/* What the switch says, without its headers; borrowed until the next call. */
struct netlink_answer {
	uint16_t type;
	uint8_t cmd;
	uint32_t seq;
	struct attr_bytes attrs;
	bool is_end;    /* an ACK, or the end of a dump */
	bool has_blame; /* with an error of a bundle: which change */
	uint32_t blame;
};

/* The next message. What the switch refuses is -EREMOTEIO, with its
 * text and its errno in *err. -ENOBUFS without a text: events were
 * lost. */
int netlink_client_receive(struct netlink_client *client, struct netlink_answer *answer,
			   struct err *err);
/* The next answer to request `seq`; others are passed over. */
int netlink_client_answer(struct netlink_client *client, uint32_t seq,
			  struct netlink_answer *answer, struct err *err);

/* From here on events are received. 0 or -errno with a text. */
int netlink_client_join(struct netlink_client *client, int group, struct err *err);
