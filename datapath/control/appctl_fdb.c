/* fdb/show, fdb/flush, fdb/stats-show, fdb/add, fdb/del, ofproto/list: bridges and what they learned. */
#include <errno.h>
#include <inttypes.h>

#include "base/err.h"
#include "base/print.h"
#include "control/appctl.h"
#include "packet/mac.h"
#include "control/method.h"
#include "flow/port_text.h"
#include "switch/vswitch.h"

static int show_row(const struct fdb_row *row, void *ctx)
{
	struct print *out = ctx;
	char mac[MAC_TEXT_SIZE];

	mac_print(row->mac, mac);
	if (row->ofport == OFPORT_LOCAL)
		print_add(out, "LOCAL");
	else
		print_fmt(out, "%5u", row->ofport);
	print_fmt(out, "  %4u  %s  ", row->vlan, mac);
	if (row->is_static)
		print_add(out, "static\n");
	else
		print_fmt(out, "%3u\n", row->age_s);
	return 0;
}

int appctl_fdb_show(struct appctl_call *call)
{
	struct bridge *bridge = appctl_bridge(call, call->args[0]);

	if (!bridge)
		return -ENOENT;
	print_add(call->out, " port  VLAN  MAC                Age\n");
	return bridge_fdb_for_each(bridge, show_row, call->out);
}

static int flush(struct bridge *bridge, void *ctx)
{
	bridge_fdb_flush(bridge, NULL);
	return 0;
}

int appctl_fdb_flush(struct appctl_call *call)
{
	struct bridge *bridge = NULL;

	if (call->n_args) {
		bridge = appctl_bridge(call, call->args[0]);
		if (!bridge)
			return -ENOENT;
		flush(bridge, NULL);
	} else {
		vswitch_for_each_bridge(call->context->sw, flush, NULL);
	}
	print_add(call->out, "table successfully flushed\n");
	return 0;
}

int appctl_fdb_stats(struct appctl_call *call)
{
	struct bridge *bridge = appctl_bridge(call, call->args[0]);
	struct print *out = call->out;
	struct fdb_stats stats;

	if (!bridge)
		return -ENOENT;
	bridge_fdb_stats(bridge, &stats);
	print_fmt(out, "Statistics for bridge \"%s\":\n", bridge_name(bridge));
	print_fmt(out, "  Current/maximum MAC entries in the table: %u/%u\n", stats.n_entries,
		  stats.max_entries);
	print_fmt(out, "  Current static MAC entries in the table : %u\n", stats.n_static);
	print_fmt(out, "  Total number of learned MAC entries     : %" PRIu64 "\n",
		  stats.n_learned);
	print_fmt(out, "  Total number of expired MAC entries     : %" PRIu64 "\n",
		  stats.n_expired);
	print_fmt(out, "  Total number of evicted MAC entries     : %" PRIu64 "\n",
		  stats.n_evicted);
	print_fmt(out, "  Total number of port moved MAC entries  : %" PRIu64 "\n", stats.n_moved);
	return 0;
}

/* VLAN and MAC, the words from `at` on. */
static int read_entry(struct appctl_call *call, unsigned at, uint16_t *vlan, struct eth_addr *mac)
{
	uint64_t number;
	int rc = number_parse(slice_of(call->args[at]), "VLAN", VLAN_MAX, &number, call->err);

	if (!rc)
		rc = mac_parse(call->args[at + 1], mac, call->err);
	if (!rc)
		*vlan = (uint16_t)number;
	return rc;
}

int appctl_fdb_add(struct appctl_call *call)
{
	struct bridge *bridge = appctl_bridge(call, call->args[0]);
	struct eth_addr mac;
	uint16_t vlan;
	int rc = bridge ? read_entry(call, 2, &vlan, &mac) : -ENOENT;

	if (!rc && !bridge_port_lookup(bridge, call->args[1]))
		rc = err_set(call->err, ENOENT, "no port named %s on bridge %s", call->args[1],
			     call->args[0]);
	return rc ? rc : bridge_fdb_add(bridge, mac, vlan, call->args[1], call->err);
}

int appctl_fdb_del(struct appctl_call *call)
{
	struct bridge *bridge = appctl_bridge(call, call->args[0]);
	struct eth_addr mac;
	uint16_t vlan;
	int rc = bridge ? read_entry(call, 1, &vlan, &mac) : -ENOENT;

	return rc ? rc : bridge_fdb_del(bridge, mac, vlan, call->err);
}

static int list(struct bridge *bridge, void *ctx)
{
	print_fmt(ctx, "%s\n", bridge_name(bridge));
	return 0;
}

int appctl_bridges(struct appctl_call *call)
{
	return vswitch_for_each_bridge(call->context->sw, list, call->out);
}
