/* The XDP program of an xdp port: drops what the flow cache says is to be dropped; other frames go to
 * the AF_XDP socket of their rx queue.
 *
 * A frame of a port never reaches the host's stack: where no socket listens it is dropped and
 * counted, because passing it up would let it in behind the switch's back.
 */
#include "ingress.h"
#include "lookup.h"
#include "maps.h"

/* A tag that a veth's sender keeps beside the frame is lost when AF_XDP takes it. A program bound to
 * its device could ask for it, but the kernel frees such a program twice when the device is deleted
 * (see docs/ports.md): a port says that it cannot see these tags. */

static __always_inline int drop(__u32 port, enum drop_reason reason)
{
	drop_count(port, reason);
	return XDP_DROP;
}

/* Not static: see tc_parse() in tc.bpf.c. */
__attribute__((noinline)) int xdp_parse(struct xdp_md *ctx, struct ingress *out)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ingress ingress = {0};

	if (!out)
		return -1;
	ingress.key.in_port = out->key.in_port;
	parse_packet(data, end, (__u32)(end - data), &ingress.key, &ingress.layout);
	ingress.size = (__u32)(end - data);
	*out = ingress;
	return 0;
}

/* DROP_NONE: the cache does not say so. */
static __always_inline enum drop_reason drop_lookup(struct ingress *ingress)
{
	const struct kernel_flow *flow;
	__u32 place;

	if (ingress->layout.verdict != PARSE_OK)
		return DROP_NONE;
	place = flow_find(ingress);
	flow = bpf_map_lookup_elem(&flows, &place);
	if (!place || !flow || flow->op.type != OP_DROP)
		return DROP_NONE;
	flow_count(place, 1, ingress->size);
	rx_count(ingress->key.in_port, 1, ingress->size);
	return flow->op.reason;
}

SEC("xdp")
int port_xdp(struct xdp_md *ctx)
{
	__u32 ifindex = ctx->ingress_ifindex;
	struct port_entry *port = bpf_map_lookup_elem(&ports, &ifindex);
	__u32 queue = ctx->rx_queue_index;
	struct ingress ingress = {0};
	enum drop_reason reason;

	if (!port)
		return drop(PORT_ID_NONE, DROP_PORT_UNKNOWN);
	ingress.key.in_port = port->port;
	if (xdp_parse(ctx, &ingress))
		return XDP_ABORTED;
	reason = ingress_check(&ingress);
	if (reason == DROP_NONE)
		reason = drop_lookup(&ingress);
	if (reason != DROP_NONE)
		return drop(port->port, reason);
	if (queue >= port->n_queues)
		return drop(port->port, DROP_NO_SOCKET);
	if (bpf_redirect_map(&xsks, port->xsk_base + queue, XDP_DROP) != XDP_REDIRECT)
		return drop(port->port, DROP_UPCALL_DOWN);
	return XDP_REDIRECT;
}

char _license[] SEC("license") = "GPL";
