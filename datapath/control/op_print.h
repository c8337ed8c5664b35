#pragma once
/* What a cached flow does, and which packets it is about, for people. Control thread. */
#include <stdint.h>

struct bridge;
struct flow_key;
struct flow_op;
struct print;
struct vswitch;

/* "set(ip_dst=10.0.0.2),push_vlan(vid=5),c2": ports by name. "drop(REASON)" where nothing leaves. */
void op_print(struct print *out, struct vswitch *sw, const struct flow_op *ops, uint32_t n_ops);

/* "tcp": a packet class (enum packet_class) as a match calls it; "other", "any". */
const char *class_name(unsigned packet_class);

/* The bridge that a packet with this key is on, NULL: none any more. `key` and `mask` are changed into a
 * match of it: in_port becomes its number there. */
struct bridge *key_localise(struct vswitch *sw, struct flow_key *key, struct flow_key *mask);
