#pragma once
/* Why packets are dropped, in every floor. */
#include <linux/types.h>

/* Why a packet was dropped, in every floor: name, help. One counter each, per port. */
#define DROP_REASONS(X) \
	X(NONE, "none", "not dropped") \
	X(MALFORMED, "malformed", "shorter than its own headers say") \
	X(TOO_SHORT, "too-short", "no whole Ethernet header") \
	X(PORT_UNKNOWN, "port-unknown", "from or to a port that is gone or on no bridge") \
	X(PORT_DOWN, "port-down", "the output port's device is down or without carrier") \
	X(NO_BUFFER, "no-buffer", "no free packet buffer") \
	X(TX_FULL, "tx-full", "the output port's queue was full") \
	X(TX_ERROR, "tx-error", "the kernel refused to send it") \
	X(TOO_BIG, "too-big", "longer than the output port's MTU") \
	X(RESERVED_MULTICAST, "reserved-multicast", "for switches, as STP is (forward-bpdu)") \
	X(HAIRPIN, "hairpin", "its destination is the port it came from") \
	X(VLAN_NOT_ALLOWED, "vlan-not-allowed", "its VLAN is not one of the input port's") \
	X(NO_OUTPUT, "no-output", "no port to send it to") \
	X(FAIL_SECURE, "fail-secure", "no flow, and fail_mode is secure") \
	X(MIRROR_ONLY, "mirror-only", "from a port that only takes mirrored packets") \
	X(MISS_LIMIT, "miss-limit", "more unknown packets than its port may cause") \
	X(CACHE_FULL, "cache-full", "no room in the flow cache") \
	X(BY_RULE, "by-rule", "a flow says drop") \
	X(TAG_DEPTH, "tag-depth", "more VLAN tags than can be carried to the daemon") \
	X(UPCALL_FULL, "upcall-full", "the way to the daemon was full") \
	X(UPCALL_DOWN, "upcall-down", "no daemon to ask") \
	X(NO_SOCKET, "no-socket", "its rx queue has no AF_XDP socket yet, or is one too many") \
	X(FLOOD_LIMIT, "flood-limit", "more output ports than one packet may have") \
	X(NOT_FORWARDED, "not-forwarded", "the port's configuration forbids it") \
	X(TABLE_MISS, "table-miss", "no flow of the table matched it") \
	X(FRAGMENT, "fragment", "an IP fragment, on a bridge that is to drop them") \
	X(TTL_EXPIRED, "ttl-expired", "a flow was to decrement a TTL that was used up") \
	X(RESUBMIT_DEPTH, "resubmit-depth", "resubmits nested more than 64 deep") \
	X(RESUBMIT_LIMIT, "resubmit-limit", "its flows resubmitted it too often") \
	X(ACTION_LIMIT, "action-limit", "its flows say more than can be done to one packet") \
	X(PACKET_IN_LIMIT, "packet-in-limit", \
	  "more packets for controllers than its port may send") \
	X(PACKET_IN_FULL, "packet-in-full", "too many packets for controllers waited") \
	X(NO_CONTROLLER, "no-controller", "a flow sends it to a controller, and there is none") \
	X(BY_ORDER, "by-order", "a drop order of its bridge: see ofctl orders") \
	X(NO_BUCKET, "no-bucket", "no bucket of its group was alive") \
	X(METER, "meter", "more than a meter lets through") \
	X(POLICED, "policed", "more than the port may send: ingress_policing_rate, _kpkts_rate") \
	X(PACKET_OUT_FULL, "packet-out-full", "too many packets of controllers waited to be sent")

enum drop_reason {
#define X(id, name, help) DROP_##id,
	DROP_REASONS(X)
#undef X
		N_DROP_REASONS
};

/* What the programs dropped, per port and CPU (map `drops`). */
struct drop_counters {
	__u64 n[N_DROP_REASONS];
};
