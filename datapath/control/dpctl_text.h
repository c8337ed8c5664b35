#pragma once
/* Cached flows as ovs-dpctl(8) writes them: "in_port(2),eth(src=...),eth_type(0x0800),ipv4(frag=no)". Ports are
 * switch-wide numbers, or names. Control thread. */
#include <stdbool.h>
#include <stdint.h>

struct flow_key;
struct flow_op;
struct print;
struct vswitch;

/* A key and the mask of its bits that count, as struct cache_row has them. */
void dpctl_match_print(struct print *out, struct vswitch *sw, const struct flow_key *key,
		       const struct flow_key *mask, bool with_names);
/* "drop" where nothing leaves. */
void dpctl_actions_print(struct print *out, struct vswitch *sw, const struct flow_op *ops,
			 uint32_t n_ops, bool with_names);
