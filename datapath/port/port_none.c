/* port.h for a build without the kernel programs (--disable-bpf): there are no devices. */
#include "port/flow_maps.h"
#include "port/port.h"

#include <errno.h>
#include <stddef.h>

#include "base/err.h"
#include "port/probe.h"

int flow_maps_new(struct flow_maps **out)
{
	return -ENOTSUP;
}

void flow_maps_free(struct flow_maps **maps)
{
}

int port_table_new(struct port_table **out, struct event_base *base, const char *instance,
		   const struct port_host *host, struct err *err)
{
	*out = NULL;
	return 0;
}

void port_table_free(struct port_table **table)
{
}

int port_add(struct port_table *table, uint16_t id, const struct port_config *config,
	     struct port **out, struct err *err)
{
	return err_set(err, ENOTSUP,
		       "port %s: this switchd was built with --disable-bpf and has no real ports",
		       config->name);
}

int port_set(struct port *port, const struct port_config *config, struct err *err)
{
	return err_set(err, ENOTSUP, "port %s: there are no real ports", config->name);
}

void port_del(struct port **port)
{
	*port = NULL;
}

uint16_t port_id(const struct port *port)
{
	return 0;
}

void port_status(const struct port *port, struct port_status *out)
{
	*out = (struct port_status){0};
}

int port_counters(const struct port *port, struct port_counters *out)
{
	return -ENODEV;
}

void port_drops(const struct port_table *table, uint16_t id, struct drop_counters *out)
{
	*out = (struct drop_counters){0};
}

const char *probe_verdict_name(enum probe_verdict verdict)
{
	return verdict == PROBE_BAD ? "bad" : "info";
}

void probe_kernel(probe_fn *emit, void *ctx)
{
	const struct probe_row row = {
		.subject = "kernel",
		.item = "programs",
		.verdict = PROBE_BAD,
		.text = "this switchd was built with --disable-bpf and has no real ports",
	};

	emit(ctx, &row);
}

int probe_device(const char *name, probe_fn *emit, void *ctx, struct err *err)
{
	return err_set(err, ENODEV, "device %s: there are no real ports", name);
}

int probe_all_devices(probe_fn *emit, void *ctx)
{
	return 0;
}
