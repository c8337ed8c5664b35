/* dpctl/dump-flows, dpctl/show, dpif/show and the like: what is cached, as if there were one datapath. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/print.h"
#include "control/appctl.h"
#include "control/dpctl_text.h"
#include "control/method.h"
#include "control/op_print.h"
#include "switch/cache_dump.h"
#include "switch/vswitch.h"

/* An answer has to fit into a client's backlog. */
#define TEXT_MAX ((size_t)24 << 20)

static void print_datapath(const struct appctl_call *call)
{
	print_fmt(call->out, "shunt@%s", call->context->instance);
}

int appctl_dpif_names(struct appctl_call *call)
{
	print_datapath(call);
	print_char(call->out, '\n');
	return 0;
}

/* ---- flows ---- */

struct dump {
	struct print *out;
	struct vswitch *sw;
	const struct bridge *only; /* NULL: all bridges */
	bool with_names, is_long;
};

static void show_flow(void *ctx, const struct cache_row *row)
{
	const struct dump *dump = ctx;
	struct flow_key key = row->key, mask = row->mask;
	const struct bridge *bridge = key_localise(dump->sw, &key, &mask);
	struct print *out = dump->out;

	if (!bridge || (dump->only && dump->only != bridge) || out->len > TEXT_MAX)
		return;
	dpctl_match_print(out, dump->sw, &row->key, &row->mask, dump->with_names);
	print_fmt(out, ", packets:%" PRIu64 ", bytes:%" PRIu64, row->n_packets, row->n_bytes);
	if (row->n_packets)
		print_fmt(out, ", used:%u.%03us", (unsigned)(row->idle / CLOCK_NS_PER_SEC),
			  (unsigned)(row->idle % CLOCK_NS_PER_SEC / CLOCK_NS_PER_MS));
	else
		print_add(out, ", used:never");
	if (dump->is_long)
		print_fmt(out, ", dp:%s", row->floor == FLOOR_KERNEL ? "bpf" : "user");
	print_add(out, ", actions:");
	dpctl_actions_print(out, dump->sw, row->ops, row->n_ops, dump->with_names);
	print_add(out, row->is_cut ? ",...\n" : "\n");
}

/* A name is a bridge's, or the datapath's. */
static int read_name(struct appctl_call *call, const char *name, struct dump *dump)
{
	if (!strncmp(name, "shunt@", 6) && !strcmp(name + 6, call->context->instance))
		return 0;
	dump->only = appctl_bridge(call, name);
	return dump->only ? 0 : -ENOENT;
}

static int read_words(struct appctl_call *call, struct dump *dump)
{
	for (unsigned i = 0; i < call->n_args; i++) {
		const char *word = call->args[i];
		int rc = 0;

		if (!strcmp(word, "-m") || !strcmp(word, "--more"))
			dump->with_names = dump->is_long = true;
		else if (!strcmp(word, "--names") || !strcmp(word, "--no-names"))
			dump->with_names = word[2] == 'n' && word[3] == 'a';
		else if (word[0] == '-' || strchr(word, '='))
			rc = err_set(call->err, EINVAL, "%s: use -m, --names or --no-names", word);
		else
			rc = read_name(call, word, dump);
		if (rc)
			return rc;
	}
	return 0;
}

int appctl_dump_flows(struct appctl_call *call)
{
	struct dump dump = {.out = call->out, .sw = call->context->sw};
	struct cache_place place = {0};
	int rc = read_words(call, &dump);

	if (rc)
		return rc;
	while (call->out->len <= TEXT_MAX && vswitch_cache_visit(dump.sw, &place, show_flow, &dump))
		;
	if (call->out->len > TEXT_MAX)
		print_add(call->out, "(and more: ofctl dump-cache shows all of them)\n");
	return 0;
}

/* ---- ports ---- */

static int show_port(struct bridge_port *port, void *ctx)
{
	struct bridge_port_status status;

	bridge_port_status(port, &status);
	print_fmt(ctx, "    %s %u/%u: (%s)\n", bridge_port_name(port), status.ofport, status.id,
		  bridge_port_is_internal(port) ? "internal" : "system");
	return 0;
}

static int show_bridge(struct bridge *bridge, void *ctx)
{
	print_fmt(ctx, "  %s:\n", bridge_name(bridge));
	return bridge_for_each_port(bridge, show_port, ctx);
}

int appctl_dpif_show(struct appctl_call *call)
{
	struct cache_stats stats;

	vswitch_cache_stats(call->context->sw, &stats);
	print_datapath(call);
	print_fmt(call->out, ": hit:%" PRIu64 " missed:%" PRIu64 "\n",
		  stats.n_hit + stats.n_kernel_packets, stats.n_miss);
	return vswitch_for_each_bridge(call->context->sw, show_bridge, call->out);
}

static int list_port(struct bridge_port *port, void *ctx)
{
	struct bridge_port_status status;

	bridge_port_status(port, &status);
	print_fmt(ctx, "  port %u: %s", status.id, bridge_port_name(port));
	print_add(ctx, bridge_port_is_internal(port) ? " (internal)\n" : "\n");
	return 0;
}

static int list_ports(struct bridge *bridge, void *ctx)
{
	return bridge_for_each_port(bridge, list_port, ctx);
}

int appctl_dpctl_show(struct appctl_call *call)
{
	struct cache_stats stats;

	vswitch_cache_stats(call->context->sw, &stats);
	print_datapath(call);
	print_fmt(call->out, ":\n  lookups: hit:%" PRIu64 " missed:%" PRIu64 " lost:%" PRIu64 "\n",
		  stats.n_hit + stats.n_kernel_packets, stats.n_miss, stats.n_full);
	print_fmt(call->out, "  flows: %u\n", stats.n_entries + stats.n_kernel_entries);
	return vswitch_for_each_bridge(call->context->sw, list_ports, call->out);
}
