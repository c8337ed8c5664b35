/* The XDP program of an xdp port: frames go to the AF_XDP socket of their rx queue.
 *
 * A frame of a port never reaches the host's stack: where no socket listens it is dropped and
 * counted, because passing it up would let it in behind the switch's back.
 */
#include "maps.h"
#include "ingress.h"

static __always_inline int drop(__u32 port, enum drop_reason reason)
{
	drop_count(port, reason);
	return XDP_DROP;
}

SEC("xdp")
int port_xdp(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 ifindex = ctx->ingress_ifindex;
	struct port_entry *port = bpf_map_lookup_elem(&ports, &ifindex);
	__u32 queue = ctx->rx_queue_index;
	struct ingress ingress = {0};
	enum drop_reason reason;

	if (!port)
		return drop(PORT_ID_NONE, DROP_PORT_UNKNOWN);
	ingress.key.in_port = port->port;
	parse_packet(data, end, (__u32)(end - data), &ingress.key, &ingress.layout);
	reason = ingress_check(&ingress);
	if (reason != DROP_NONE)
		return drop(port->port, reason);
	if (queue >= port->n_queues ||
	    bpf_redirect_map(&xsks, port->xsk_base + queue, XDP_DROP) != XDP_REDIRECT)
		return drop(port->port, DROP_UPCALL_DOWN);
	return XDP_REDIRECT;
}

char _license[] SEC("license") = "GPL";
