#pragma once
/* The places where Open vSwitch's tools look if nobody tells them where: /var/run/openvswitch, or $OVS_RUNDIR.
 *
 *	ovs-vswitchd.pid, ovs-vswitchd.PID.ctl      ovs-appctl
 *	db.sock                                     ovs-vsctl, ovsdb-client
 *	BRIDGE.mgmt, BRIDGE.snoop                   ovs-ofctl
 *
 * The sockets are links to those in the run directory. What a living Open vSwitch has there is never touched: it is
 * an error if there is one; what a dead one left is replaced. Control thread only.
 */

struct err;
struct ovs_compat;
struct vswitch;

/* `run_dir` is where the sockets are. 0 or -errno with a text; -EBUSY: somebody lives there. */
int ovs_compat_new(struct ovs_compat **out, const char *run_dir, struct err *err);
/* Where that is. Borrowed. */
const char *ovs_compat_dir(void);
/* Removes what it made. */
void ovs_compat_free(struct ovs_compat **compat);
/* Removes what a daemon that was killed has left there; the caller has the lock of its run directory. */
void ovs_compat_clean(const char *run_dir);
/* Bridges may have come or gone: they get their links, or lose them. NULL-safe. */
void ovs_compat_bridges(struct ovs_compat *compat, struct vswitch *sw);
