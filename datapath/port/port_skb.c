/* The skb hook: a tc program on the device, and the upcall device for everything else.
 *
 * The device is left as it is. The packets that its other end makes stay large and keep their
 * partial checksums up to the upcall device, which makes frames of them. */
#include <string.h>

#include "base/err.h"
#include "port/link.h"
#include "port/table.h"
#include "port/xdp_features.h"

/* What frames may be redirected to it that are no skbs: a device that cannot take them loses them
 * without a word. Where the kernel does not tell, cards that have XDP themselves take those in one buffer. */
static uint32_t xdp_flags(const struct port *port, const struct link_info *info)
{
	struct xdp_features features;

	xdp_features_get(info->ifindex, &features);
	if (!features.is_known)
		return port->sockets && link_is_card(info) ? OUTPUT_FLAG_XDP : 0;
	if (!(features.xdp & XDP_HAS_TRANSMIT))
		return 0;
	return features.xdp & XDP_HAS_TRANSMIT_PIECES ? OUTPUT_FLAG_XDP | OUTPUT_FLAG_XDP_PIECES
						      : OUTPUT_FLAG_XDP;
}

int port_output_update(struct port *port, const struct link_info *info)
{
	struct output_entry entry = {.ifindex = info->ifindex, .mtu = info->mtu};

	if (link_is_up(info))
		entry.flags |= OUTPUT_FLAG_UP;
	/* XDP goes past qdiscs. */
	if (!port->is_qdisc_ours)
		entry.flags |= xdp_flags(port, info);
	return bpf_output_set(port->table->programs, port->id, &entry);
}

int port_skb_attach(struct port *port, const struct link_info *info, struct err *err)
{
	struct port_table *table = port->table;
	const struct port_entry entry = {.port = port->id, .ifindex = info->ifindex};
	int rc = port_entry_set(port, &entry);

	if (!rc)
		rc = port_output_update(port, info);
	if (rc)
		return err_set(err, -rc, "kernel maps: %s", strerror(-rc));
	rc = bpf_attach(table->programs, PROGRAM_PORT_TC, info->ifindex, &port->attachment, err);
	if (rc) {
		bpf_output_clear(table->programs, port->id);
		bpf_port_clear(table->programs, info->ifindex);
		return rc;
	}
	port_reach(port, link_is_up(info));
	return 0;
}

void port_skb_detach(struct port *port)
{
	struct port_table *table = port->table;
	uint32_t ifindex = port->attachment.ifindex;

	port_reach(port, false);
	bpf_detach(table->programs, &port->attachment);
	bpf_output_clear(table->programs, port->id);
	bpf_port_clear(table->programs, ifindex);
}
