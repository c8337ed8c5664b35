/* The skb hook: a tc program on the device, and the upcall device for everything else.
 *
 * The device is left as it is. The packets that its other end makes stay large and keep their
 * partial checksums up to the upcall device, which makes frames of them. */
#include <string.h>

#include "base/err.h"
#include "port/link.h"
#include "port/table.h"

int port_output_update(struct port *port, const struct link_info *info)
{
	const struct output_entry entry = {
		.ifindex = info->ifindex,
		.mtu = info->mtu,
		.flags = link_is_up(info) ? OUTPUT_FLAG_UP : 0,
	};

	return bpf_output_set(port->table->programs, port->id, &entry);
}

int port_skb_attach(struct port *port, const struct link_info *info, struct err *err)
{
	struct port_table *table = port->table;
	const struct port_entry entry = {.port = port->id, .ifindex = info->ifindex};
	int rc = bpf_port_set(table->programs, &entry);

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
