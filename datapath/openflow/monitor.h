#pragma once
/* Flow monitors: OpenFlow 1.4.1 section 7.3.5.18; Nicira's for 1.0 and ONF's extension 187 for 1.3, which came before. */
#include "flow/flow_text.h"
#include "openflow/match.h"

/* OpenFlow 1.4's OFPFMF_; the extensions have the first six. */
enum of_monitor_flag {
	OF_MONITOR_INITIAL = 1 << 0,
	OF_MONITOR_ADD = 1 << 1,
	OF_MONITOR_REMOVED = 1 << 2,
	OF_MONITOR_MODIFY = 1 << 3,
	OF_MONITOR_ACTIONS = 1 << 4,
	OF_MONITOR_OWN = 1 << 5, /* its own changes are told like others', not as ABBREV */
	OF_MONITOR_ONLY_OWN = 1 << 6,
};

enum of_monitor_command { OF_MONITOR_NEW, OF_MONITOR_CHANGE, OF_MONITOR_DELETE };

struct of_monitor {
	uint32_t id;
	uint16_t flags;
	uint8_t command;
	struct flow_mod filter; /* FLOW_DELETE */
};

/* Cuts the first monitor off *rest, the body of `message` to begin with. *out is written on success only. */
enum of_error of_monitor_read(const struct of_message *message, struct wire_bytes *rest,
			      struct of_monitor *out);

/* Numbers of OpenFlow 1.4. */
enum of_update_event { OF_UPDATE_INITIAL, OF_UPDATE_ADDED, OF_UPDATE_REMOVED, OF_UPDATE_MODIFIED };

struct of_update {
	uint8_t event;
	uint8_t reason; /* of REMOVED: OFPRR_ */
	bool has_actions;
	const struct flow_mod *flow;
};

/* The message that tells a version of flows: a multipart reply. */
enum of_message_id of_update_message(uint8_t version);
/* One entry of it. */
void of_update_write(struct wire_writer *w, uint8_t version, const struct of_update *update);
/* A whole message: from here on changes are not told, or are told again. */
void of_update_pause_write(struct wire_writer *w, uint8_t version, bool is_paused);
/* The same for a change that the other side made itself, by message `xid`. */
void of_update_abbrev_write(struct wire_writer *w, uint8_t version, uint32_t xid);
