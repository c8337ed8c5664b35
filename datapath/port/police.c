/* What may come in by a port: the programs see to it (bpf/police.h). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "port/table.h"

/* As Open vSwitch has them. */
#define KBITS_DEFAULT    8000
#define KPACKETS_DEFAULT 16

#define BURST_MAX (3600 * RATE_TICKS_PER_SEC)

/* Of `per_s` a second, and `burst` at once. */
static struct rate rate_of(double per_s, double burst)
{
	struct rate rate = {.cost = 0};
	double ticks;

	if (per_s == 0)
		return rate;
	ticks = burst * (double)RATE_TICKS_PER_SEC / per_s;
	rate.cost = (uint64_t)((double)(RATE_TICKS_PER_SEC << RATE_SHIFT) / per_s);
	rate.depth = ticks < (double)BURST_MAX ? (uint64_t)ticks : BURST_MAX;
	return rate;
}

static bool is_policed(const struct port_config *config)
{
	return config->police_kbps || config->police_kpps;
}

static int policer_set(const struct port *port)
{
	const struct port_config *config = &port->config;
	const uint32_t kbits = config->police_kbits ? config->police_kbits : KBITS_DEFAULT;
	const uint32_t kpackets =
		config->police_kpackets ? config->police_kpackets : KPACKETS_DEFAULT;
	const struct policer policer = {
		.bytes = rate_of(config->police_kbps * 125.0, kbits * 125.0),
		.packets = rate_of(config->police_kpps * 1000.0, kpackets * 1000.0),
	};

	return bpf_policer_set(port->table->programs, port->id, &policer);
}

int port_entry_set(struct port *port, const struct port_entry *entry)
{
	struct port_table *table = port->table;
	const bool is_now = is_policed(&port->config);
	int rc = is_now ? policer_set(port) : 0;

	if (rc)
		return rc;
	port->entry = *entry;
	port->entry.flags &= ~(uint32_t)PORT_FLAG_POLICED;
	if (is_now)
		port->entry.flags |= PORT_FLAG_POLICED;
	rc = bpf_port_set(table->programs, &port->entry);
	if (!is_now)
		bpf_policer_clear(table->programs, port->id);
	return rc;
}

void port_police(struct port *port, const struct port_config *old)
{
	const struct port_config *config = &port->config;
	int rc = 0;

	if (port->status.is_attached &&
	    (old->police_kbps != config->police_kbps || old->police_kbits != config->police_kbits ||
	     old->police_kpps != config->police_kpps ||
	     old->police_kpackets != config->police_kpackets))
		rc = port_entry_set(port, &port->entry);
	if (!rc)
		return;
	snprintf(port->status.error, sizeof(port->status.error), "ingress policing: %s",
		 strerror(-rc));
	log_warn("port", "%s: %s", port->config.name, port->status.error);
}
