/* The XDP program of an xdp port: does what the flow cache says, or passes it up to the tc program of
 * the same device; frames that the cache does not know go to the AF_XDP socket of their rx queue.
 *
 * Of a frame in several buffers the first is looked at. If that does not hold all headers, the frame goes up.
 *
 * A frame of a port never reaches the host's stack: the tc program, which takes all, is there as long
 * as this one is; where no socket listens, and no entry stands by, a frame is dropped and counted.
 */
#include "forward.h"
#include "ingress.h"
#include "lookup.h"
#include "maps.h"
#include "police.h"
#include "standby.h"

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

	if (!out)
		return -1;
	out->size = has_pieces ? (__u32)bpf_xdp_get_buff_len(ctx) : (__u32)(end - data);
	parse_packet(data, end, out->size, &out->key, &out->layout);
	return 0;
}

SEC("xdp")
int port_xdp(struct xdp_md *ctx)
{
	__u32 ifindex = ctx->ingress_ifindex;
	const struct port_entry *port = port_of(ifindex);
	__u32 queue = ctx->rx_queue_index, place;
	struct ingress ingress = {0};
	enum drop_reason reason;

	if (!port)
		return drop(PORT_ID_NONE, DROP_PORT_UNKNOWN);
	ingress.key.word[0] = PACKET_KEY_FRONT(port->port, 0);
	if (xdp_parse(ctx, &ingress))
		return XDP_ABORTED;
	reason = ingress_check(&ingress);
	if (reason != DROP_NONE)
		return drop(port->port, reason);
	if (!police(port, 1, ingress.size))
		return drop(port->port, DROP_POLICED);
	place = has_cache && ingress.layout.verdict == PARSE_OK ? flow_find(&ingress) : 0;
	if (place)
		return forward(ctx, &ingress, place, port->flags);
	if (queue >= port->n_queues)
		return drop(port->port, DROP_NO_SOCKET);
	if (bpf_redirect_map(&xsks, port->xsk_base + queue, XDP_DROP) == XDP_REDIRECT)
		return XDP_REDIRECT;
	/* The tc program knows what then, if anybody does. */
	return has_cache && has_standby(port->port) ? verdict_pass(ctx, &ingress, 0)
						    : drop(port->port, DROP_UPCALL_DOWN);
}

char _license[] SEC("license") = "GPL";
