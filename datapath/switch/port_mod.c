#include "switch/port_mod.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "switch/bridge.h"
#include "switch/snapshot.h"

uint8_t bridge_port_flags(const struct bridge_port *port)
{
	struct port_status status;

	device_status(port, &status);
	return (uint8_t)(port->flags | (status.is_admin_up ? 0 : PORT_MOD_DOWN));
}

/* What packets see of it. */
static int publish(struct bridge_port *port, uint8_t flags, struct err *err)
{
	const uint8_t before = port->flags;
	int rc;

	if (flags == before)
		return 0;
	port->flags = flags;
	rc = snapshot_publish(port->bridge);
	if (!rc)
		return 0;
	port->flags = before;
	return err_set(err, -rc, "port %s: %s", bridge_port_name(port), strerror(-rc));
}

static void tell(struct bridge_port *port)
{
	const struct vswitch_options *options = &port->bridge->sw->options;

	if (options->changed)
		options->changed(options->ctx, port);
}

int bridge_port_mod(struct bridge_port *port, uint8_t flags, uint8_t mask, struct err *err)
{
	const uint8_t before = port->flags;
	const uint8_t kept = mask & PORT_MOD_FLAGS & (uint8_t)~PORT_MOD_DOWN;
	int rc = publish(port, (uint8_t)((before & ~kept) | (flags & kept)), err);

	if (!rc && port->flags != before)
		tell(port);
	if (rc || !(mask & PORT_MOD_DOWN))
		return rc;
	rc = device_set_up(port, !(flags & PORT_MOD_DOWN));
	if (!rc)
		return 0;
	publish(port, before, NULL);
	return err_set(err, -rc, "port %s: its device cannot be set %s: %s", bridge_port_name(port),
		       flags & PORT_MOD_DOWN ? "down" : "up",
		       rc == -ENODEV ? "there is none" : strerror(-rc));
}
