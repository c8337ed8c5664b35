#pragma once
/* What becomes of a bridge whose controllers are gone: Bridge.fail_mode. "standalone": after three times the silence
 * that is allowed to a controller NORMAL stands in for its flows, until one is there again; "secure": its flows hold.
 * And what becomes of a packet that no flow matches, as the versions say that are spoken. Control thread only.
 */
#include <stdbool.h>
#include <stdint.h>

struct bridge;
struct event;
struct event_base;
struct openflow_peers;

struct openflow_fail {
	struct event_base *base;
	const struct openflow_peers *peers;
	struct bridge *bridge;
	struct event *timer; /* until NORMAL stands in; NULL: it was never needed */
	bool is_standalone;  /* what the database says */
	bool is_controlled;
	uint32_t patience_ms;
};

/* Sessions have come, gone or changed, or what the database says has. */
void openflow_fail_look(struct openflow_fail *fail);
void openflow_fail_fini(struct openflow_fail *fail);
