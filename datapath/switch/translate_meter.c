/* Meters: an op names the slot; what comes of it each packet finds out. */
#include <string.h>

#include "flow/action.h"
#include "switch/meters.h"
#include "switch/snapshot.h"
#include "switch/translate_state.h"

void translate_meter(struct translate_state *state, uint32_t id)
{
	const int slot = meter_slot(state->bridge, id);

	if (slot < 0)
		return;
	translate_commit(state);
	flow_op_meter(&state->out->ops, (uint16_t)slot, id);
	state->n_useful = state->out->ops.n_ops;
}
