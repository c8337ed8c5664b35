#include "model/stupid_bridge.h"

#include <assert.h>
#include <string.h>

/* ---- VLANs ---- */

static bool is_listed(const struct stupid_port *port, uint16_t vlan)
{
	const uint64_t *bits = port->config.trunks.bits;
	bool is_empty = true;

	for (unsigned i = 0; i < 64; i++)
		is_empty &= !bits[i];
	return is_empty || (bits[vlan / 64] >> (vlan % 64) & 1);
}

static bool is_plain_trunk(const struct stupid_port *port)
{
	return port->config.vlan_mode == VLAN_TRUNK || port->config.tag == VLAN_NONE;
}

static bool is_member(const struct stupid_port *port, uint16_t vlan)
{
	if (is_plain_trunk(port))
		return is_listed(port, vlan);
	if (vlan == port->config.tag)
		return true;
	return port->config.vlan_mode != VLAN_ACCESS && is_listed(port, vlan);
}

static bool leaves_untagged(const struct stupid_port *port, uint16_t vlan)
{
	if (!vlan)
		return true;
	if (is_plain_trunk(port) || port->config.vlan_mode == VLAN_NATIVE_TAGGED)
		return false;
	return vlan == port->config.tag;
}

static bool is_tagged(const struct stupid_packet *packet)
{
	return packet->len >= 18 && ((packet->data[12] == 0x81 && packet->data[13] == 0x00) ||
				     (packet->data[12] == 0x88 && packet->data[13] == 0xa8));
}

static unsigned tci_of(const struct stupid_packet *packet)
{
	return is_tagged(packet) ? packet->data[14] << 8 | packet->data[15] : 0;
}

int stupid_classify(const struct stupid_port *port, const struct stupid_packet *packet)
{
	unsigned vid = tci_of(packet) & 0xfff;

	if (!vid && !is_plain_trunk(port))
		vid = port->config.tag;
	else if (vid && !is_plain_trunk(port) && port->config.vlan_mode == VLAN_ACCESS)
		return -1;
	return is_member(port, (uint16_t)vid) ? (int)vid : -1;
}

void stupid_retag(const struct stupid_port *port, uint16_t vlan, const struct stupid_packet *in,
		  struct stupid_packet *out)
{
	unsigned tci = tci_of(in) & 0xf000;
	bool has_tag = true;

	if (!leaves_untagged(port, vlan))
		tci |= vlan;
	else if (port->config.priority_tags == PRIORITY_TAGS_NEVER)
		has_tag = false;
	else if (port->config.priority_tags == PRIORITY_TAGS_IF_NONZERO)
		has_tag = tci >> 13;
	*out = *in;
	if (is_tagged(in) && !has_tag) {
		memmove(out->data + 12, out->data + 16, out->len - 16);
		out->len -= 4;
	} else if (!is_tagged(in) && has_tag) {
		memmove(out->data + 16, out->data + 12, out->len - 12);
		out->len += 4;
		memcpy(out->data + 12, (uint8_t[]){0x81, 0x00}, 2);
	}
	if (has_tag)
		memcpy(out->data + 14, (uint8_t[]){(uint8_t)(tci >> 8), (uint8_t)tci}, 2);
}

/* ---- addresses ---- */

struct stupid_row *stupid_row_find(struct stupid_bridge *bridge, const uint8_t *mac, uint16_t vlan)
{
	for (unsigned i = 0; i < bridge->n_rows; i++)
		if (!memcmp(bridge->rows[i].mac, mac, 6) && bridge->rows[i].vlan == vlan)
			return &bridge->rows[i];
	return NULL;
}

void stupid_row_del(struct stupid_bridge *bridge, struct stupid_row *row)
{
	*row = bridge->rows[--bridge->n_rows];
}

struct stupid_row *stupid_row_add(struct stupid_bridge *bridge, const uint8_t *mac, uint16_t vlan)
{
	struct stupid_row *row = &bridge->rows[bridge->n_rows++];

	assert(bridge->n_rows < STUPID_ROWS);
	*row = (struct stupid_row){.vlan = vlan};
	memcpy(row->mac, mac, 6);
	return row;
}

void stupid_forget(struct stupid_bridge *bridge, const struct stupid_port *port, bool with_static)
{
	for (unsigned i = bridge->n_rows; i-- > 0;)
		if ((!port || bridge->rows[i].port == port) &&
		    (with_static || !bridge->rows[i].is_static))
			stupid_row_del(bridge, &bridge->rows[i]);
}

void stupid_learn(struct stupid_port *port, const uint8_t *mac, uint16_t vlan, uint64_t now_s)
{
	struct stupid_row *row = stupid_row_find(port->bridge, mac, vlan);

	if (mac[0] & 1)
		return;
	if (row && row->is_static)
		return;
	if (!row)
		row = stupid_row_add(port->bridge, mac, vlan);
	row->port = port;
	row->seen_s = now_s;
}

unsigned stupid_age(struct stupid_bridge *bridge, uint64_t now_s)
{
	unsigned n = 0;

	for (unsigned i = bridge->n_rows; i-- > 0;) {
		struct stupid_row *row = &bridge->rows[i];

		if (row->is_static || !bridge->config.mac_aging_s ||
		    now_s - row->seen_s <= bridge->config.mac_aging_s)
			continue;
		stupid_row_del(bridge, row);
		n++;
	}
	return n;
}

/* ---- forwarding ---- */

static bool may_talk(const struct stupid_port *from, const struct stupid_port *to)
{
	return !(from->config.is_protected && to->config.is_protected);
}

enum drop_reason stupid_decide(struct stupid_port *from, const struct stupid_packet *packet,
			       int vlan, bool gets[STUPID_PORTS])
{
	static const uint8_t reserved[5] = {0x01, 0x80, 0xc2, 0x00, 0x00};
	struct stupid_bridge *bridge = from->bridge;
	const uint8_t *dst = packet->data;
	const struct stupid_row *row;
	unsigned n = 0;

	if (bridge->config.fail_mode == FAIL_SECURE)
		return DROP_FAIL_SECURE;
	if (vlan < 0)
		return DROP_VLAN_NOT_ALLOWED;
	if (!memcmp(dst, reserved, 5) && dst[5] < 16 && !bridge->config.forward_bpdu)
		return DROP_RESERVED_MULTICAST;
	row = stupid_row_find(bridge, dst, (uint16_t)vlan);
	if (row && row->port == from)
		return DROP_HAIRPIN;
	if (row && !may_talk(from, row->port))
		return DROP_NOT_FORWARDED;
	for (unsigned i = 0; i < STUPID_PORTS; i++) {
		struct stupid_port *to = &bridge->ports[i];

		gets[i] = to->real && to != from && may_talk(from, to) &&
			  is_member(to, (uint16_t)vlan) && (!row || row->port == to);
		n += gets[i];
	}
	return n ? DROP_NONE : DROP_NO_OUTPUT;
}
