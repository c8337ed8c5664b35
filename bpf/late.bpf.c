/* Counts what is lost after port_xdp has sent it to a device: a devmap holds frames back until the end of
 * the poll, and then the driver may refuse them. Nobody would know but the driver's own counters.
 *
 * These hang on tracepoints of the whole machine: other devmaps, and devices of other namespaces that
 * have the same number, are not ours.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "maps.h"

/* <errno.h> is for userspace. */
#define ENXIO    6
#define ENETDOWN 100

/* Of the kernel's structs what is read here; where it lies is found out when the program is loaded. */
#define IN_KERNEL __attribute__((preserve_access_index))

struct ns_common {
	unsigned int inum;
} IN_KERNEL;

struct net {
	struct ns_common ns;
} IN_KERNEL;

typedef struct {
	struct net *net;
} possible_net_t;

struct net_device {
	int ifindex;
	possible_net_t nd_net;
} IN_KERNEL;

/* Set before load. */
const volatile __u32 netns = 0;

/* Set after load: the kernel's number of the map `xdp_outputs`. */
volatile __u32 xdp_outputs_id = 0;

static __always_inline void late_count(__u32 port, int err, __u64 n)
{
	struct drop_counters *row = bpf_map_lookup_elem(&drops, &port);

	if (!row)
		return;
	if (!err)
		row->n[DROP_TX_FULL] += n;
	else if (err == -ENXIO || err == -ENETDOWN)
		row->n[DROP_PORT_DOWN] += n;
	else
		row->n[DROP_TX_ERROR] += n;
}

static __always_inline bool is_here(const struct net_device *device)
{
	return device->nd_net.net->ns.inum == netns;
}

/* from, to, sent, drops, err */
SEC("tp_btf/xdp_devmap_xmit")
int late_xmit(__u64 *args)
{
	const struct net_device *to = (void *)args[1];
	int n = (int)args[3];
	const struct port_entry *port;

	if (n <= 0 || !is_here(to))
		return 0;
	port = port_of((__u32)to->ifindex);
	if (port)
		late_count(port->port, (int)args[4], (__u64)n);
	return 0;
}

/* from, program, target, err, map type, map id, index. What goes to a set has no memory for its copies: that is
 * counted where it came from. */
SEC("tp_btf/xdp_redirect_err")
int late_redirect(__u64 *args)
{
	const struct net_device *from = (void *)args[0];
	const struct port_entry *port;

	if ((__u32)args[5] == xdp_outputs_id && xdp_outputs_id) {
		late_count((__u32)args[6], (int)args[3], 1);
		return 0;
	}
	if ((__u32)args[4] != BPF_MAP_TYPE_DEVMAP || !is_here(from))
		return 0;
	port = port_of((__u32)from->ifindex);
	if (port)
		drop_count(port->port, DROP_NO_BUFFER);
	return 0;
}

char _license[] SEC("license") = "GPL";
