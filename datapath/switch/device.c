/* What stands behind a bridge's port: a device of port/, or memory (tests). */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "path/worker.h"
#include "port/port_fake.h"
#include "switch/bridge.h"

/* Ethernet header and one VLAN tag, as is_skb_forwardable() of the kernel counts. */
#define FRAME_OVERHEAD (14 + 4)

int device_add(struct bridge_port *port, struct err *err)
{
	struct vswitch *sw = port->bridge->sw;
	const struct port_config *config = &port->config.port;
	int rc;

	if (config->type == PORT_FAKE) {
		rc = port_fake_new(&port->fake, port->id, config, &sw->port_host);
		if (rc)
			return err_set(err, -rc, "port %s: %s", config->name, strerror(-rc));
	} else if (sw->port_table) {
		rc = port_add(sw->port_table, port->id, config, &port->device, err);
		if (rc)
			return rc;
	} else {
		return err_set(err, ENOTSUP, "port %s: this switch runs without devices",
			       config->name);
	}
	device_refresh(port);
	return 0;
}

int device_set(struct bridge_port *port, const struct port_config *config, struct err *err)
{
	if (strcmp(port->config.port.name, config->name) ||
	    (port->config.port.type == PORT_FAKE) != (config->type == PORT_FAKE))
		return err_set(err, EINVAL,
			       "port %s: name and kind of a port cannot change: remove it and add "
			       "it again",
			       port->config.port.name);
	return port->fake ? 0 : port_set(port->device, config, err);
}

/* What has no device shares nothing. */
int device_qos_set(struct bridge_port *port, const struct qos_config *config, struct err *err)
{
	return port->device ? port_qos_set(port->device, config, err) : 0;
}

const struct qos_config *device_qos(const struct bridge_port *port)
{
	return port->device ? port_qos(port->device) : NULL;
}

void device_queues(const struct bridge_port *port,
		   void (*visit)(void *ctx, const struct port_queue *queue), void *ctx)
{
	if (port->device)
		port_queues(port->device, visit, ctx);
}

void device_del(struct bridge_port *port)
{
	if (port->device)
		port_del(&port->device);
	port_fake_free(&port->fake);
}

void device_status(const struct bridge_port *port, struct port_status *out)
{
	if (port->fake)
		port_fake_status(port->fake, out);
	else
		port_status(port->device, out);
}

int device_counters(const struct bridge_port *port, struct port_counters *out)
{
	if (port->device)
		return port_counters(port->device, out);
	memset(out, 0, sizeof(*out));
	return 0;
}

void device_drops(const struct bridge_port *port, struct drop_counters *out)
{
	if (port->device)
		port_drops(port->bridge->sw->port_table, port->id, out);
	else
		memset(out, 0, sizeof(*out));
}

int device_set_up(struct bridge_port *port, bool is_up)
{
	if (port->device)
		return port_set_up(port->device, is_up);
	port_fake_set_up(port->fake, is_up);
	bridge_port_changed(port);
	return 0;
}

void device_refresh(struct bridge_port *port)
{
	struct vswitch *sw = port->bridge->sw;
	struct port_status status;

	device_status(port, &status);
	port->is_live = status.is_admin_up && status.is_link_up;
	if (!status.mtu)
		return;
	port->max_len = status.mtu + FRAME_OVERHEAD;
	if (status.send_max && port->max_len > status.send_max)
		port->max_len = status.send_max;
	for (unsigned i = 0; i < sw->n_workers; i++)
		worker_output_set_max_len(sw->workers[i], port->id, port->max_len);
}
