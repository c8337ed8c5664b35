#pragma once
/* Meters as workers apply them: in the memory that the kernel's programs meter in (bpf/meter.h), so that a meter is one,
 * whichever floor a packet is in. Without a lock. */
#include <stdbool.h>
#include <stdint.h>

#include "flow/action.h"
#include "flow/meter.h"
#include "path/drop.h"

struct edit;
struct worker;

/* All of the clocks at rest; counters at 0. */
void meter_bands_write(struct meter_bands *out, const struct meter_desc *desc);
/* Which band of `desc` is which one of what was written: an index, by index. */
void meter_bands_order(const struct meter_desc *desc, uint8_t order[METER_BANDS_MAX]);

/* A copy of so many bytes goes through a meter by itself; false: it is to be dropped. Worker. */
bool meter_lets_by(struct worker *worker, uint16_t slot, uint32_t len);
/* OP_METER: counts the packet, and changes it; what it returns is why it is to be dropped, or DROP_NONE. Worker. */
enum drop_reason meter_apply(struct worker *worker, struct edit *edit, const struct flow_op *op);
