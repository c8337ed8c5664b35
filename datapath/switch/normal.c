#include "switch/normal.h"

#include <string.h>

#include "flow/fdb.h"
#include "flow/key.h"
#include "packet/header.h"
#include "switch/snapshot.h"

#define TCI_VID 0x0fff
#define TCI_PCP 0xe000

#define TPID_8021Q 0x8100

/* The outer tag of a packet as it came. */
struct tag {
	bool is_present;
	uint16_t vid;
	uint16_t pcp; /* in place; known only where a port asks for it: see normal_mask() */
};

/* How a packet leaves a port. */
enum egress {
	EGRESS_UNTAGGED,
	EGRESS_PRIORITY, /* with a tag of VLAN 0 */
	EGRESS_TAGGED,
	N_EGRESS
};

void normal_mask(const struct bridge_view *bridge, struct flow_key *bits)
{
	uint16_t tci = VLAN_PRESENT | TCI_VID;

	memset(bits, 0, sizeof(*bits));
	for (unsigned i = 0; i < bridge->n_ports; i++)
		if (bridge->ports[i].priority_tags == PRIORITY_TAGS_IF_NONZERO)
			tci |= TCI_PCP;
	bits->packet.in_port = UINT16_MAX;
	bits->packet.vlan.tci = to_be16(tci);
	memset(&bits->packet.eth_dst, 0xff, sizeof(bits->packet.eth_dst));
	memset(&bits->packet.eth_src, 0xff, sizeof(bits->packet.eth_src));
}

void normal_flood_mask(const struct bridge_view *bridge, struct flow_key *bits)
{
	bool has_vlans = false;

	normal_mask(bridge, bits);
	memset(&bits->packet.eth_dst, 0, sizeof(bits->packet.eth_dst));
	memset(&bits->packet.eth_src, 0, sizeof(bits->packet.eth_src));
	for (unsigned i = 0; i < bridge->n_ports; i++)
		has_vlans |= bridge->ports[i].vlan_mode != VLAN_TRUNK ||
			     bridge->ports[i].has_trunks ||
			     bridge->ports[i].priority_tags != PRIORITY_TAGS_NEVER;
	if (!has_vlans)
		bits->packet.vlan.tci = to_be16(0);
}

static struct tag tag_of(struct packet_vlan vlan)
{
	uint16_t tci = from_be16(vlan.tci);

	return (struct tag){
		.is_present = tci & VLAN_PRESENT,
		.vid = tci & TCI_VID,
		.pcp = tci & TCI_PCP,
	};
}

/* ---- which VLAN a port carries ---- */

static bool is_trunked(const struct port_view *port, uint16_t vlan)
{
	return !port->has_trunks || (port->trunks.bits[vlan / 64] >> (vlan % 64) & 1);
}

static bool carries(const struct port_view *port, uint16_t vlan)
{
	switch (port->vlan_mode) {
	case VLAN_ACCESS:
		return vlan == port->tag;
	case VLAN_NATIVE_TAGGED:
	case VLAN_NATIVE_UNTAGGED:
		return vlan == port->tag || is_trunked(port, vlan);
	case VLAN_TRUNK:
		break;
	}
	return is_trunked(port, vlan);
}

/* The VLAN that a packet with this tag is in when it comes by the port. A tag of VLAN 0 carries
 * only a priority: 802.1Q treats the packet as untagged. False: the port does not take it. */
static bool admit(const struct port_view *port, const struct tag *tag, uint16_t *vlan)
{
	if (port->vlan_mode == VLAN_TRUNK)
		*vlan = tag->vid;
	else if (!tag->vid)
		*vlan = port->tag;
	else if (port->vlan_mode == VLAN_ACCESS)
		return false;
	else
		*vlan = tag->vid;
	return carries(port, *vlan);
}

/* How a packet of `vlan`, received with the tag `in`, leaves the port. */
static enum egress egress_of(const struct port_view *port, uint16_t vlan, const struct tag *in)
{
	bool is_native = port->vlan_mode == VLAN_ACCESS ||
			 (port->vlan_mode == VLAN_NATIVE_UNTAGGED && vlan == port->tag);

	if (vlan && !is_native)
		return EGRESS_TAGGED;
	if (port->priority_tags == PRIORITY_TAGS_ALWAYS ||
	    (port->priority_tags == PRIORITY_TAGS_IF_NONZERO && in->pcp))
		return EGRESS_PRIORITY;
	return EGRESS_UNTAGGED;
}

/* ---- learning ---- */

static void learn(const struct port_view *port, const struct flow_key *key, uint16_t vlan,
		  uint64_t now, struct translation *out)
{
	struct eth_addr mac = key->packet.eth_src;

	if (eth_addr_is_multicast(mac) ||
	    fdb_refresh(port->bridge->fdb, vlan, mac, port->id, now, &out->deps) ||
	    out->n_learned == TRANSLATION_LEARNED_MAX)
		return;
	out->learned[out->n_learned++] =
		(struct path_learned){.port = port->id, .vlan = vlan, .mac = mac};
}

/* ---- sending ---- */

/* A packet on its way out: which steps it has behind it. */
struct outgoing {
	const struct bridge_view *bridge;
	const struct port_view *in_port; /* NULL: of another bridge, or a controller's */
	bool is_mirrored;
	uint16_t max_len; /* 0: whole */
	struct tag in;
	uint16_t vlan;
	/* the tag after the steps so far */
	bool is_tagged;
	uint16_t vid;
	struct flow_op_list *ops;
};

/* A tag that is there is rewritten, never replaced, so that it keeps its priority and TPID. */
static void retag(struct outgoing *outgoing, enum egress egress)
{
	uint16_t vid = egress == EGRESS_TAGGED ? outgoing->vlan : 0;

	if (egress == EGRESS_UNTAGGED && outgoing->is_tagged)
		flow_op_add(outgoing->ops, flow_op_pop_vlan());
	else if (egress != EGRESS_UNTAGGED && !outgoing->is_tagged)
		flow_op_add(outgoing->ops, flow_op_push_vlan(TPID_8021Q, vid));
	else if (egress != EGRESS_UNTAGGED && vid != outgoing->vid)
		flow_op_add(outgoing->ops, flow_op_set_vlan(vid, TCI_VID));
	outgoing->is_tagged = egress != EGRESS_UNTAGGED;
	outgoing->vid = vid;
}

/* max_len 0: whole. */
static void output(struct outgoing *outgoing, const struct port_view *port, enum egress egress,
		   uint16_t max_len)
{
	retag(outgoing, egress);
	if (max_len)
		flow_op_truncate(outgoing->ops, max_len);
	flow_op_add(outgoing->ops, flow_op_output(port->id));
}

static bool is_forbidden(const struct outgoing *outgoing, const struct port_view *port)
{
	return !port_view_forwards(port) || (!outgoing->is_mirrored && port->is_protected &&
					     outgoing->in_port && outgoing->in_port->is_protected);
}

/* Does it get what is for nobody in particular? */
static bool is_flooded(const struct outgoing *outgoing, const struct port_view *port)
{
	return port != outgoing->in_port && !port->is_mirror_only &&
	       (outgoing->is_mirrored || !(port->flags & PORT_MOD_NO_FLOOD)) &&
	       carries(port, outgoing->vlan) && !is_forbidden(outgoing, port);
}

/* To all ports that have the VLAN. First those that need the packet as it is, and a tag is taken
 * off last: a step cannot be undone. */
static enum drop_reason flood(struct outgoing *outgoing)
{
	static const enum egress order[][N_EGRESS] = {
		{EGRESS_UNTAGGED, EGRESS_PRIORITY, EGRESS_TAGGED},
		{EGRESS_TAGGED, EGRESS_PRIORITY, EGRESS_UNTAGGED},
	};
	const enum egress *next = order[outgoing->in.is_present];
	const struct bridge_view *bridge = outgoing->bridge;
	const uint32_t n_before = outgoing->ops->n_ops;

	for (unsigned pass = 0; pass < N_EGRESS; pass++) {
		for (unsigned i = 0; i < bridge->n_ports; i++) {
			const struct port_view *port = &bridge->ports[i];

			if (is_flooded(outgoing, port) &&
			    egress_of(port, outgoing->vlan, &outgoing->in) == next[pass])
				output(outgoing, port, next[pass], outgoing->max_len);
		}
	}
	if (outgoing->ops->is_full)
		return DROP_FLOOD_LIMIT;
	return outgoing->ops->n_ops > n_before ? DROP_NONE : DROP_NO_OUTPUT;
}

static enum drop_reason unicast(struct outgoing *outgoing, const struct port_view *port)
{
	if (port == outgoing->in_port)
		return DROP_HAIRPIN;
	if (is_forbidden(outgoing, port))
		return DROP_NOT_FORWARDED;
	if (!carries(port, outgoing->vlan))
		return DROP_NO_OUTPUT;
	output(outgoing, port, egress_of(port, outgoing->vlan, &outgoing->in), 0);
	return DROP_NONE;
}

/* The port that the destination was learned on; NULL: unknown, or not of this bridge any more. */
static const struct port_view *destination(const struct snapshot *snapshot,
					   const struct bridge_view *bridge, uint16_t vlan,
					   struct eth_addr mac, struct version_deps *deps)
{
	const struct port_view *port;

	if (eth_addr_is_multicast(mac))
		return NULL;
	port = snapshot_port(snapshot, fdb_lookup(bridge->fdb, vlan, mac, deps));
	return port && port->bridge == bridge && !port->is_mirror_only ? port : NULL;
}

/* What becomes of a packet where it comes in: the VLAN that it is in, and what is learned. */
static enum drop_reason receive(const struct port_view *port, const struct flow_key *key,
				uint64_t now, uint16_t *vlan, struct translation *out)
{
	const struct tag tag = tag_of(key->packet.vlan);

	if (port->is_mirror_only)
		return DROP_MIRROR_ONLY;
	if (!admit(port, &tag, vlan))
		return DROP_VLAN_NOT_ALLOWED;
	if (address_is_reserved(key->packet.eth_dst) && !port->bridge->forward_bpdu)
		return DROP_RESERVED_MULTICAST;
	learn(port, key, *vlan, now, out);
	return DROP_NONE;
}

enum drop_reason normal(const struct snapshot *snapshot, const struct normal_place *place,
			const struct flow_key *key, uint64_t now, struct translation *out)
{
	struct outgoing outgoing = {
		.bridge = place->bridge,
		.in_port = place->port,
		.in = tag_of(key->packet.vlan),
		.ops = &out->ops,
	};
	const uint32_t n_before = out->ops.n_ops;
	enum drop_reason reason = DROP_NONE;
	const struct port_view *to;

	outgoing.is_tagged = outgoing.in.is_present;
	outgoing.vlan = outgoing.vid = outgoing.in.vid;
	if (place->port)
		reason = receive(place->port, key, now, &outgoing.vlan, out);
	if (reason == DROP_NONE) {
		to = destination(snapshot, place->bridge, outgoing.vlan, key->packet.eth_dst,
				 &out->deps);
		reason = to ? unicast(&outgoing, to) : flood(&outgoing);
	}
	if (reason != DROP_NONE)
		out->ops.n_ops = n_before;
	return reason;
}

void normal_mirror(const struct bridge_view *bridge, const struct flow_key *key, uint16_t vlan,
		   uint16_t max_len, struct flow_op_list *ops)
{
	struct outgoing outgoing = {
		.bridge = bridge,
		.in = tag_of(key->packet.vlan),
		.is_mirrored = true,
		.max_len = max_len,
		.vlan = vlan,
		.ops = ops,
	};

	outgoing.is_tagged = outgoing.in.is_present;
	outgoing.vid = outgoing.in.vid;
	for (unsigned i = 0; i < bridge->n_ports; i++)
		if (bridge->ports[i].id == key->packet.in_port)
			outgoing.in_port = &bridge->ports[i];
	flood(&outgoing);
}

/* ---- copies for mirrors ---- */

bool normal_vlan(const struct port_view *port, struct packet_vlan tag, uint16_t *vlan)
{
	const struct tag in = tag_of(tag);

	return admit(port, &in, vlan);
}

bool normal_carries(const struct port_view *port, uint16_t vlan)
{
	return carries(port, vlan);
}

/* Only a tag that was taken off cannot be put back as it was: its priority and TPID may be any. */
void normal_send_copy(const struct port_view *port, const struct normal_copy *copy,
		      struct flow_op_list *ops)
{
	const struct tag in = tag_of(copy->tag);
	struct outgoing outgoing = {
		.in = in,
		.vlan = copy->vlan,
		.is_tagged = in.is_present,
		.vid = in.vid,
		.ops = ops,
	};
	const enum egress egress = egress_of(port, copy->vlan, &in);
	uint32_t clone = UINT32_MAX;

	if (in.is_present && egress == EGRESS_UNTAGGED)
		clone = flow_op_clone_begin(ops);
	output(&outgoing, port, egress, copy->max_len);
	if (clone != UINT32_MAX)
		flow_op_clone_end(ops, clone);
	else if (outgoing.is_tagged && !in.is_present)
		flow_op_add(ops, flow_op_pop_vlan());
	else if (outgoing.vid != in.vid)
		flow_op_add(ops, flow_op_set_vlan(in.vid, TCI_VID));
}
