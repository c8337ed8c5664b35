/* Actions for which a version has no form, but several others that do the same. */
#include "flow/match.h"
#include "openflow/action_form.h"

/* Are packets known to have a tag there? By the match, and by what was done to them in front of it. */
static bool has_tag(const struct action_writer *aw, uint32_t at)
{
	const struct flow_key *key = aw->match ? &aw->match->key : NULL;
	bool has = key && from_be16(key->packet.vlan.tci) & VLAN_PRESENT;

	for (uint32_t i = 0; i < at; i++) {
		const struct ofaction *a = &aw->list->item[i];

		if (a->type == OFACTION_PUSH_VLAN ||
		    ((a->type == OFACTION_SET_VLAN_VID || a->type == OFACTION_SET_VLAN_PCP) &&
		     a->how))
			has = true;
		else if (a->type == OFACTION_POP_VLAN)
			has = false;
	}
	return has;
}

static void write_tag(struct action_writer *aw, uint32_t i)
{
	const struct ofaction *a = &aw->list->item[i];
	const struct ofaction push = {.type = OFACTION_PUSH_VLAN, .number = ETH_TYPE_VLAN};
	bool is_vid = a->type == OFACTION_SET_VLAN_VID;
	const struct field *field = field_of(is_vid ? FIELD_VLAN_VID : FIELD_VLAN_PCP);
	struct ofaction set = {.type = OFACTION_SET, .how = SET_AS_FIELD};

	if (a->how && !has_tag(aw, i))
		action_write_as(aw, &push);
	set.set.to = (struct subfield){(uint8_t)field_id(field), 0, field->n_bits};
	ofaction_set_bits(&set, a->number | (is_vid ? VLAN_PRESENT : 0), field_all(field));
	action_write_as(aw, &set);
}

/* The field that set_field has for what a mod_ action writes. */
static uint8_t exact_field(const struct action_writer *aw, uint8_t field)
{
	bool is_src = field == FIELD_TCP_SRC;

	if (field != FIELD_TCP_SRC && field != FIELD_TCP_DST)
		return field;
	switch (aw->match ? aw->match->key.packet.ip_proto : 0) {
	case IP_PROTO_UDP:
		return is_src ? FIELD_UDP_SRC : FIELD_UDP_DST;
	case IP_PROTO_SCTP:
		return is_src ? FIELD_SCTP_SRC : FIELD_SCTP_DST;
	case IP_PROTO_ICMP:
		return is_src ? FIELD_ICMP_TYPE : FIELD_ICMP_CODE;
	case IP_PROTO_ICMPV6:
		return is_src ? FIELD_ICMPV6_TYPE : FIELD_ICMPV6_CODE;
	}
	return field;
}

static void write_exact(struct action_writer *aw, uint32_t i)
{
	struct ofaction set = aw->list->item[i];
	field_bits value = ofaction_value(&set);
	const struct field *field = field_of(exact_field(aw, set.set.to.field));

	if (field_id(field) == FIELD_IP_TOS && of_oxm_form(aw->version) != OF_NXM) {
		field = field_of(FIELD_IP_DSCP);
		value >>= 2;
	}
	set.how = SET_AS_FIELD;
	set.set.to = (struct subfield){(uint8_t)field_id(field), 0, field->n_bits};
	ofaction_set_bits(&set, value & field_all(field), field_all(field));
	action_write_as(aw, &set);
}

static void write_queue(struct action_writer *aw, uint32_t i)
{
	const struct ofaction *a = &aw->list->item[i];
	const struct ofaction steps[] = {
		{.type = OFACTION_SET_QUEUE, .number = a->output.queue},
		{.type = OFACTION_OUTPUT, .output = {.port = a->output.port}},
		{.type = OFACTION_POP_QUEUE},
	};

	for (unsigned k = 0; k < 3; k++)
		action_write_as(aw, &steps[k]);
}

bool action_write_several(struct action_writer *aw, uint32_t i)
{
	const struct ofaction *a = &aw->list->item[i];

	if (a->type == OFACTION_SET_VLAN_VID || a->type == OFACTION_SET_VLAN_PCP)
		write_tag(aw, i);
	else if (a->type == OFACTION_SET && a->how == SET_AS_MOD)
		write_exact(aw, i);
	else if (a->type == OFACTION_ENQUEUE)
		write_queue(aw, i);
	else
		return false;
	return true;
}
