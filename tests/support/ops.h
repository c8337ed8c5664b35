#pragma once
/* Ops as text, for tests: "push_vlan:8100/0005 1 trunc:64 2 set:ip_ttl=3f clone(pop_vlan 3) drop:by-rule".
 * Numbers are hexadecimal but for ports, which are the OpenFlow numbers of the switch's first bridge's
 * ports, and lengths. What set writes only partly is followed by the mask. */
#include "flow/action.h"
#include "switch/translate.h"

struct frame;
struct rig;
struct translation;
struct vswitch;

/* Valid until the next call. */
const char *ops_text(const struct vswitch *sw, const struct flow_op *op, uint32_t n_ops);
/* What becomes of a packet that comes by the rig's first port. The job has actions and trace; out->frame is set, too. */
const char *ops_translated(struct rig *rig, struct frame *packet, struct translate_job job,
			   struct translation *out);
