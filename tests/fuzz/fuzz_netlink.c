/* Whatever is read as a flow writes as attributes that read as the same flow; whatever is not leaves an
 * error that points into the message, and nothing else. The first byte is the command. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "flow/flow_netlink.h"
#include "flow/netlink_abi.h"
#include "flow/netlink_order.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t buffer[1 << 20] __attribute__((aligned(8)));

static void write_and_read(const struct flow_mod *flow)
{
	own(flow_mod_fini) struct flow_mod again = {0};
	struct attr_writer w = {.at = buffer, .size = sizeof(buffer)};
	struct flow_netlink_target target;
	struct err err = ERR_INIT;
	struct attr_fault fault = {&err, NULL};

	attr_put_string(&w, SHUNT_NL_BRIDGE, "br0");
	flow_netlink_write(&w, flow, NULL);
	if (w.is_full)
		return;
	if (flow_netlink_read((struct attr_bytes){w.at, w.len}, flow->command, &again, &target,
			      &fault))
		assert(!"what was written must read");
	assert(match_is_equal(&flow->match, &again.match));
	assert(ofactions_are_equal(&flow->actions, &again.actions));
	assert(flow->priority == again.priority && flow->cookie == again.cookie);
	assert(flow->flags == again.flags && flow->table == again.table);
}

static void read_row(const uint8_t *data, size_t size)
{
	struct flow_netlink_row row = {0};
	struct attr_fault fault = {NULL, NULL};

	if (!flow_netlink_row_read((struct attr_bytes){data, size}, &row, &fault))
		flow_mod_fini(&row.flow);
}

/* The same for a standing order. */
static void read_order(const uint8_t *data, size_t size, bool is_mirror)
{
	struct attr_writer w = {.at = buffer, .size = sizeof(buffer)};
	struct attr_fault fault = {NULL, NULL};
	struct order_netlink order, again;

	if (order_netlink_read((struct attr_bytes){data, size}, is_mirror, ORDER_NETLINK_ROW,
			       &order, &fault))
		return;
	order_netlink_write(&w, &order, ORDER_NETLINK_ROW);
	if (order_netlink_read((struct attr_bytes){w.at, w.len}, is_mirror, ORDER_NETLINK_ROW,
			       &again, &fault))
		assert(!"what was written must read");
	assert(match_is_equal(&order.match, &again.match));
	assert(!strcmp(order.name, again.name) && order.vlan == again.vlan);
	assert(order.left == again.left && order.n_bytes == again.n_bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	own(flow_mod_fini) struct flow_mod flow = {0};
	own(mem_free) uint8_t *copy = malloc(size + 1); /* aligned, and watched by the sanitizer */
	struct flow_netlink_target target;
	struct err err = ERR_INIT;
	struct attr_fault fault = {&err, NULL};

	if (!size || !copy)
		return 0;
	memcpy(copy, data + 1, size - 1);
	read_row(copy, size - 1);
	read_order(copy, size - 1, data[0] & 0x80);
	if (flow_netlink_read((struct attr_bytes){copy, size - 1}, data[0] % FLOW_BY_WORD, &flow,
			      &target, &fault)) {
		assert(err.code && err.text[0] && !flow.actions.item);
		assert(!fault.at || ((const uint8_t *)fault.at >= copy &&
				     (const uint8_t *)fault.at < copy + size));
		return 0;
	}
	write_and_read(&flow);
	return 0;
}
