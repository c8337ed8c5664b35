/* qos/show: what the device of a port does with its queues. */
#include <errno.h>
#include <inttypes.h>

#include "base/err.h"
#include "base/print.h"
#include "control/appctl.h"
#include "control/method.h"
#include "port/qos.h"
#include "switch/vswitch.h"

struct search {
	const char *name;
	struct bridge_port *port; /* NULL: there is none */
};

static int find(struct bridge *bridge, void *ctx)
{
	struct search *search = ctx;

	search->port = bridge_port_lookup(bridge, search->name);
	return search->port ? 1 : 0;
}

static void print_number(struct print *out, const char *name, uint64_t n)
{
	if (n)
		print_fmt(out, "%s: %" PRIu64 "\n", name, n);
}

static void show_queue(void *ctx, const struct port_queue *queue)
{
	const struct qos_queue *config = queue->config;
	struct print *out = ctx;

	if (config->id)
		print_fmt(out, "\nQueue %u:\n", config->id);
	else
		print_add(out, "\nDefault:\n");
	print_number(out, "  min-rate", config->min_rate);
	print_number(out, "  max-rate", config->max_rate);
	print_number(out, "  burst", config->burst);
	print_number(out, "  priority", config->priority);
	print_fmt(out,
		  "  tx_packets: %" PRIu64 "\n  tx_bytes: %" PRIu64 "\n  tx_errors: %" PRIu64 "\n",
		  queue->n_packets, queue->n_bytes, queue->n_dropped);
}

int appctl_qos_show(struct appctl_call *call)
{
	struct search search = {.name = call->args[0]};
	const struct qos_config *config;

	vswitch_for_each_bridge(call->context->sw, find, &search);
	if (!search.port)
		return err_set(call->err, ENOENT, "no such interface");
	config = bridge_port_qos(search.port);
	if (!config) {
		print_fmt(call->out, "QoS not configured on %s\n", search.name);
		return 0;
	}
	print_fmt(call->out, "QoS: %s %s\n", search.name,
		  config->type == QOS_HTB ? "linux-htb" : "linux-tbf");
	print_number(call->out, "max-rate", config->max_rate);
	print_number(call->out, "burst", config->burst);
	bridge_port_queues(search.port, show_queue, call->out);
	return 0;
}
