/* What the kernel's programs cannot do. */
#include <stddef.h>

#include "flow/action.h"
#include "flow/mask.h"
#include "packet/header.h"
#include "switch/offload.h"

static const char *set_refusal(const struct packet_key *key, const struct flow_op *op)
{
	static const char *const fields[N_PACKET_FIELDS] = {
		[SET_IPV6_LABEL] = "it sets the IPv6 flow label",
		[SET_ICMP_TYPE] = "it sets the ICMP type",
		[SET_ICMP_CODE] = "it sets the ICMP code",
		[SET_ARP_OP] = "it sets the ARP operation",
		[SET_ARP_SPA] = "it sets an ARP address",
		[SET_ARP_TPA] = "it sets an ARP address",
		[SET_ARP_SHA] = "it sets an ARP address",
		[SET_ARP_THA] = "it sets an ARP address",
		[SET_ND_TARGET] = "it sets an address of neighbour discovery",
		[SET_ND_SLL] = "it sets an address of neighbour discovery",
		[SET_ND_TLL] = "it sets an address of neighbour discovery",
		[SET_MPLS_ENTRY] = "it sets MPLS fields",
		[SET_MPLS_INNER_TTL] = "it sets MPLS fields",
		[SET_PBB_ISID] = "it sets PBB fields",
		[SET_PBB_UCA] = "it sets PBB fields",
	};

	if (op->field >= N_KERNEL_SETS)
		return fields[op->field];
	if ((op->field == SET_L4_SRC || op->field == SET_L4_DST) && key->ip_proto == IP_PROTO_SCTP)
		return "it sets an SCTP port, which SCTP's checksum covers with all of the packet";
	return NULL;
}

static const char *op_refusal(const struct packet_key *key, const struct flow_op *op)
{
	static const char *const types[N_OP_TYPES] = {
		[OP_TRUNCATE] = "it truncates packets",
		[OP_PUSH_MPLS] = "it pushes an MPLS label",
		[OP_POP_MPLS] = "it pops an MPLS label",
		[OP_PUSH_PBB] = "it pushes a PBB header",
		[OP_POP_PBB] = "it pops a PBB header",
		[OP_CONTROLLER] = "it sends packets to a controller",
		[OP_CAPTURE] = "somebody captures its packets",
		[OP_CLONE] = "it goes on with a packet as it was before it was changed",
		[OP_TRANSLATE] = "each of its packets is decided by itself",
	};

	return op->type == OP_SET ? set_refusal(key, op) : types[op->type];
}

const char *offload_refusal(const struct flow_mask *mask, const struct packet_key *key,
			    const struct flow_op *ops, uint32_t n_ops)
{
	if (mask->n_words && mask->word[mask->n_words - 1] >= PACKET_KEY_WORDS)
		return "its bridge's flows look at fields that the kernel's parser does not read";
	for (const struct flow_op *op = ops; op < ops + n_ops; op += 1 + op->n_words) {
		const char *why = op_refusal(key, op);

		if (why)
			return why;
	}
	return n_ops > KERNEL_FLOW_OPS ? "it has more actions than an entry has room for" : NULL;
}
