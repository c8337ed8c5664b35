#pragma once
/* What the switch was told and learned while it ran: flows with their counters and ages, addresses,
 * and what controllers say of ports and fragments.
 *
 * It is written to a file of the run directory every now and then, bit by bit, and once more when the
 * daemon ends but for good. The next daemon reads it. A file is whole or is not looked at: it is written
 * under another name, carries a hash in its last line, and the machine's boot in its first: after a reboot
 * the switch begins with its configuration. Lines are text:
 *
 *	shunt-state 2 BOOT-ID
 *	bridge NAME
 *	frags NUMBER                    (enum flow_frags)
 *	table NUMBER EVICTION MISS NAME (struct flow_table_mod)
 *	port FLAGS NAME                 (enum port_mod_flag)
 *	meter CREATED-AT PACKETS BYTES [PACKETS BYTES]... METER    (of METER_BANDS_MAX bands)
 *	group CREATED-AT ROW PACKETS BYTES USED-AT N-BUCKETS [ROW PACKETS BYTES USED-AT]... GROUP
 *	flow ROW PACKETS BYTES CREATED-AT USED-AT MODIFIED-AT FLOW    (times in ns; FLOW as of ovs-ofctl)
 *	order LEDGER PACKETS BYTES USED-AT CREATED-AT ENDS-AT drop|mirror NAME PORT|- VLAN MATCH
 *	fdb VLAN MAC SEEN-AT static|learned PORT
 *	end HASH
 *
 * What a flow counted later than its line was written is in row ROW of the ledger (flow/ledger.h).
 *
 * A change of many flows is in it as a whole or not at all: what was written while one came is thrown away.
 *
 * Control thread only. */
struct err;
struct event_base;
struct state_file;
struct vswitch;

/* `path` is copied, the others are borrowed. 0 or -ENOMEM. */
int state_file_new(struct state_file **out, const char *path, struct event_base *base,
		   struct vswitch *sw);
/* What is half written is thrown away. */
void state_file_free(struct state_file **file);

/* Gives the switch back what the file says, if there is one that is whole, and begins to write. Once, when
 * all bridges and ports are there. */
void state_file_read(struct state_file *file);
/* Writes all of it now. 0 or -errno. */
int state_file_write(struct state_file *file);
/* The next daemon is to know nothing of it. */
void state_file_remove(struct state_file *file);
