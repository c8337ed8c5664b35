/* What XDP can do of an entry by itself. */
#include "flow/action.h"
#include "port/xdp_sets.h"
#include "switch/offload-state.h"

/* PORT_ID_NONE: there is not one output, at the end. */
static uint16_t only_output(const struct flow_op *ops, uint32_t n_ops)
{
	const struct flow_op *op = ops, *const end = op + n_ops;

	for (; op < end; op = flow_op_next(op))
		if (op->type == OP_OUTPUT)
			return flow_op_next(op) == end ? op->port : PORT_ID_NONE;
	return PORT_ID_NONE;
}

/* Copies are of the frame as it came. */
static uint16_t set_of(struct xdp_sets *sets, const struct flow_op *ops, uint32_t n_ops)
{
	uint16_t ports[XDP_SET_PORTS];
	uint32_t number;

	if (n_ops < 2 || n_ops > XDP_SET_PORTS)
		return PORT_ID_NONE;
	for (uint32_t i = 0; i < n_ops; i++) {
		if (ops[i].type != OP_OUTPUT)
			return PORT_ID_NONE;
		ports[i] = ops[i].port;
	}
	number = xdp_sets_get(sets, ports, n_ops);
	return number == XDP_SET_NONE ? PORT_ID_NONE : (uint16_t)(XDP_PORT_SET + number);
}

uint16_t offload_xdp_port(const struct offload *offload, const struct flow_op *ops, uint32_t n_ops)
{
	return only_output(ops, n_ops) ?: set_of(offload->maps->xdp_sets, ops, n_ops);
}
