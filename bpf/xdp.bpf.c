/* The XDP program of an xdp port: frames go to the AF_XDP socket of their rx queue.
 *
 * A frame of a port never reaches the host's stack: where no socket listens it is dropped and
 * counted, because passing it up would let it in behind the switch's back.
 */
#include <linux/if_ether.h>

#include "maps.h"

SEC("xdp")
int port_xdp(struct xdp_md *ctx)
{
	__u32 ifindex = ctx->ingress_ifindex;
	struct port_entry *port = bpf_map_lookup_elem(&ports, &ifindex);
	__u32 queue = ctx->rx_queue_index;
	int verdict;

	if (!port) {
		drop_count(PORT_ID_NONE, DROP_PORT_UNKNOWN);
		return XDP_DROP;
	}
	if ((void *)(long)ctx->data + ETH_HLEN > (void *)(long)ctx->data_end) {
		drop_count(port->port, DROP_TOO_SHORT);
		return XDP_DROP;
	}
	if (queue >= port->n_queues) {
		drop_count(port->port, DROP_UPCALL_DOWN);
		return XDP_DROP;
	}
	verdict = bpf_redirect_map(&xsks, port->xsk_base + queue, XDP_DROP);
	if (verdict != XDP_REDIRECT)
		drop_count(port->port, DROP_UPCALL_DOWN);
	return verdict;
}

char _license[] SEC("license") = "GPL";
