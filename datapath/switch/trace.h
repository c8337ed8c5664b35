#pragma once
/* What would happen to a packet, asked of the code that would do it. Nothing is sent, learned or counted.
 * Control. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flow/key.h"
#include "flow/match.h"

struct bridge;
struct err;
struct flow_op;
struct translate_trace;
struct translation;

#define TRACE_PACKET_MAX 16384

struct trace {
	/* in: the packet, by its fields or its bytes */
	struct match fields;  /* its values; in_port: the OpenFlow number, if it is in the mask */
	const uint8_t *bytes; /* NULL: only fields. Then of `fields` in_port alone counts */
	size_t n_bytes;       /* TRACE_PACKET_MAX at most */
	const struct translate_trace *watch;
	/* out */
	struct flow_key key;             /* of the packet; in_port: the OpenFlow number */
	struct flow_key mask;            /* packets that agree under it have the same way */
	struct translation *translation; /* the caller's to free(3) */
	const char *why; /* it would not be handled in the kernel; static. NULL: it would */
};

/* 0, -EINVAL: the port is none of the bridge's, it has none, or the bytes are no frame; -ENOMEM. */
int bridge_trace(struct bridge *bridge, struct trace *trace, struct err *err);
