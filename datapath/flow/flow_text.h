#pragma once
/* Whole flows as text, both ways: the grammar of ovs-ofctl(8).
 *
 *	table=3,priority=10,idle_timeout=5,cookie=0x1,ip,nw_src=10.0.0.0/8,actions=output:1
 *
 * What dump-flows prints can be read back: counters and ages are skipped. What is wrong is named
 * with its word and with what is allowed there. No state; any thread.
 */
#include "flow/match.h"
#include "flow/ofaction.h"

struct err;
struct flow_names;
struct print;

enum flow_command {
	FLOW_ADD,
	FLOW_MODIFY, /* loose: all flows within the match */
	FLOW_MODIFY_STRICT,
	FLOW_DELETE,
	FLOW_DELETE_STRICT,
	FLOW_BY_WORD, /* for reading: the line may begin with one of the above, else it is ADD */
};

enum flow_flag {
	FLOW_SEND_FLOW_REM = 1 << 0,
	FLOW_CHECK_OVERLAP = 1 << 1,
	FLOW_RESET_COUNTS = 1 << 2,
	FLOW_NO_PACKET_COUNTS = 1 << 3,
	FLOW_NO_BYTE_COUNTS = 1 << 4,
	/* Not in text: asked for by OpenFlow 1.2 or later. An add then keeps the counters of the flow that
	 * it replaces, unless RESET_COUNTS; a modify that finds nothing adds nothing. */
	FLOW_SINCE_12 = 1 << 5,
};

/* They are about one message: a list that they were in could not be added again. */
#define FLOW_ABOUT_MESSAGE (FLOW_CHECK_OVERLAP | FLOW_RESET_COUNTS)

#define FLOW_TABLE_ANY        0xff /* not given: table 0 to add to, all tables to delete from */
#define FLOW_DEFAULT_PRIORITY 0x8000
#define FLOW_GROUP_ANY        UINT32_MAX

struct flow_mod {
	uint8_t command; /* enum flow_command, not FLOW_BY_WORD */
	uint8_t table;
	uint8_t flags;   /* enum flow_flag */
	bool has_cookie; /* modify: change the cookie too */
	uint16_t priority;
	uint16_t idle_timeout, hard_timeout; /* seconds; 0: never */
	uint16_t importance;
	/* filters of delete: flows that output there; of modify, too: whose cookie agrees */
	uint16_t out_port;  /* OFPORT_NONE: any */
	uint32_t out_group; /* or FLOW_GROUP_ANY */
	uint64_t cookie;    /* to set */
	uint64_t cookie_value, cookie_mask;
	struct match match;
	struct ofactions actions;
};

void flow_mod_fini(struct flow_mod *mod);

/* Would the deletion `filter` (FLOW_DELETE or FLOW_DELETE_STRICT) take that flow? */
bool flow_mod_covers(const struct flow_mod *filter, const struct flow_mod *flow);

/* One flow, all checked: values, prerequisites, actions against the match. For a filter (dump-flows)
 * use FLOW_DELETE. *out is written on success only, and is the caller's to flow_mod_fini().
 * 0, -EINVAL or -ENOMEM. */
int flow_mod_parse(struct slice text, enum flow_command command, const struct flow_names *names,
		   struct flow_mod *out, struct err *err);

/* Cuts the next line that says something off a file: without comment (from "#" on) and blanks
 * around it. *n_line counts lines from 0. False: there is none. */
bool flow_line_next(struct slice *text, struct slice *line, unsigned *n_line);

/* What a flow has counted. */
struct flow_stats {
	uint64_t duration; /* ns */
	uint64_t n_packets, n_bytes;
	uint32_t idle_age, hard_age; /* seconds since it was used, and since it was changed */
	uint8_t said;                /* flags of the message that added it, and only of that one */
};

/* A flow as dump-flows has it, without the blank that begins its lines; stats NULL: --no-stats. */
void flow_print(struct print *out, const struct flow_mod *flow, const struct flow_stats *stats,
		const struct flow_names *names);
