/* Tables: where a packet is looked up. */
#include "switch/snapshot.h"
#include "switch/translate_state.h"

void translate_table(struct translate_state *state, uint8_t table, uint16_t in_port,
		     enum translate_miss miss)
{
	(void)table, (void)in_port, (void)miss;
	/* No bridge has tables yet: a look-up finds nothing. */
	translate_blame(state, DROP_TABLE_MISS);
}
