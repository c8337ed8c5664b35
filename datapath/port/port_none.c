/* port.h for a build without the kernel programs (--disable-bpf): there are no devices. */
#include "port/bpf_programs.h"
#include "port/flow_maps.h"
#include "port/pins.h"
#include "port/port.h"
#include "port/xdp_sets.h"

#include <errno.h>
#include <stddef.h>

#include "base/err.h"
#include "port/probe.h"

void bpf_build_name(char name[BPF_BUILD_NAME_SIZE], uint32_t n_flows)
{
	name[0] = '\0';
}

int pins_open(struct pins **out, const char *instance, const char *build, struct err *err)
{
	return 0;
}

void pins_close(struct pins **pins)
{
}

void pins_clear(struct pins *pins)
{
}

bool pins_outlive(const struct pins *pins)
{
	return false;
}

bool pins_has_others(const struct pins *pins)
{
	return false;
}

bool pins_has_set(const struct pins *pins)
{
	return false;
}

void pins_visit(bool (*visit)(void *ctx, const char *instance), void *ctx)
{
}

bool pins_is_claimed(const char *instance)
{
	return false;
}

void pins_home_set(struct pins *pins, const char *run_dir)
{
}

int flow_maps_new(struct flow_maps **out, struct pins *pins, uint32_t n_flows)
{
	return -ENOTSUP;
}

void flow_maps_free(struct flow_maps **maps)
{
}

int flow_maps_hold(struct flow_maps *maps)
{
	return 0;
}

int flow_maps_release(struct flow_maps *maps)
{
	return 0;
}

int port_table_new(struct port_table **out, struct event_base *base, struct pins *pins,
		   const struct port_host *host, struct err *err)
{
	*out = NULL;
	return 0;
}

void port_table_free(struct port_table **table)
{
}

uint16_t port_number_before(const struct port_table *table, const char *name)
{
	return PORT_ID_NONE;
}

void port_numbers_before(struct port_table *table, void (*visit)(void *ctx, uint16_t id), void *ctx)
{
}

void port_table_settle(struct port_table *table)
{
}

void port_table_leave(struct port_table *table)
{
}

int port_cleanup(const char *instance, struct port_remains *out, struct err *err)
{
	*out = (struct port_remains){.are_any = false};
	return 0;
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

int port_qos_set(struct port *port, const struct qos_config *config, struct err *err)
{
	return err_set(err, ENOTSUP, "there are no real ports");
}

const struct qos_config *port_qos(const struct port *port)
{
	return NULL;
}

void port_queues(const struct port *port, void (*visit)(void *ctx, const struct port_queue *queue),
		 void *ctx)
{
}

void port_del(struct port **port)
{
	*port = NULL;
}

int port_set_up(struct port *port, bool is_up)
{
	return -ENODEV;
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

/* ---- xdp_sets.h ---- */

void xdp_sets_open(struct xdp_sets *sets)
{
}

uint32_t xdp_sets_get(struct xdp_sets *sets, const uint16_t *ports, unsigned n_ports)
{
	return XDP_SET_NONE;
}

void xdp_sets_turn(struct xdp_sets *sets)
{
}
