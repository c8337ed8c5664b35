#include "openflow/match.h"

#include <string.h>

enum { TYPE_STRUCT = 0, TYPE_OXM = 1, HEADER_SIZE = 4 };

/* ---- reading ---- */

bool of_match_may_be(const struct field *field, field_bits value)
{
	const bool is_port = field->order == FIELD_PORT;

	return !(value & ~field_all(field)) && !(is_port && value >= 0xff00 && value < 0xffffff00);
}

static enum of_error check_field(const struct of_oxm *oxm, field_bits *value, field_bits *mask,
				 const struct match *match)
{
	const struct field *field = oxm->field;
	bool needs_tag = field_id(field) == FIELD_VLAN_PCP;

	if (*mask & ~field_all(field) || (*value & *mask & ~field_all(field)))
		return OF_BMC_BAD_VALUE;
	/* OpenFlow's own fields have a mask, or they have none; NXM's may have one that leaves all or nothing */
	if (oxm->has_mask && !(field->flags & FIELD_MASKABLE) &&
	    (oxm->is_openflow || (*mask && *mask != field_all(field))))
		return OF_BMC_BAD_MASK;
	if (*value & ~*mask)
		return OF_BMC_BAD_WILDCARDS;
	*value &= *mask;
	if (!of_match_may_be(field, *value))
		return OF_BMC_BAD_VALUE;
	if (!field_need_is_met(field->need, &match->key, &match->mask))
		return OF_BMC_BAD_PREREQ;
	if (needs_tag && !(match_value(match, field_of(FIELD_VLAN_VID)) &
			   match_mask(match, field_of(FIELD_VLAN_VID)) & VLAN_PRESENT))
		return OF_BMC_BAD_PREREQ;
	return OF_OK;
}

static enum of_error read_field(const struct of_oxm *oxm, const uint8_t *at, struct match *match)
{
	const struct field *field = oxm->field;
	field_bits value = of_bits_read(at, oxm->n_bytes), mask = field_all(field);
	enum of_error error;

	if (oxm->has_mask)
		mask = of_bits_read(at + oxm->n_bytes, oxm->n_bytes);
	else if (value & ~mask)
		return OF_BMC_BAD_VALUE;
	/* all ones is how a mask says "all" */
	if (mask == field_ones(8 * oxm->n_bytes) && !(value & ~field_all(field)))
		mask = field_all(field);
	error = check_field(oxm, &value, &mask, match);
	if (error)
		return error;
	if (match_mask(match, field))
		return OF_BMC_DUP_FIELD;
	return match_set(match, field, value, mask) ? OF_BMC_DUP_FIELD : OF_OK;
}

enum of_error of_fields_read(struct wire_bytes fields, struct match *out, struct of_cookie *cookie)
{
	struct match match = {0};

	while (fields.len) {
		struct of_oxm oxm;
		enum of_error error = of_oxm_read(fields, &oxm);
		size_t payload;

		if (error)
			return error;
		payload = oxm.n_bytes << oxm.has_mask;
		if (fields.len < oxm.size + payload)
			return OF_BMC_BAD_LEN;
		fields = wire_skip(fields, oxm.size);
		if (oxm.field) {
			error = read_field(&oxm, fields.at, &match);
		} else if (!cookie) {
			error = OF_BMC_BAD_FIELD;
		} else if (cookie->mask) {
			error = OF_BMC_DUP_FIELD;
		} else {
			cookie->mask = oxm.has_mask ? wire_get64(fields.at + 8) : UINT64_MAX;
			cookie->value = wire_get64(fields.at) & cookie->mask;
		}
		if (error)
			return error;
		fields = wire_skip(fields, payload);
	}
	*out = match;
	return OF_OK;
}

static enum of_error read_struct(struct wire_bytes *rest, struct match *out)
{
	enum of_error error;

	if (wire_get16(rest->at) != TYPE_STRUCT)
		return OF_BMC_BAD_TYPE;
	if (wire_get16(rest->at + 2) != OF_MATCH11_SIZE || rest->len < OF_MATCH11_SIZE)
		return OF_BMC_BAD_LEN;
	error = of_match11_read(rest->at, out);
	if (!error)
		*rest = wire_skip(*rest, OF_MATCH11_SIZE);
	return error;
}

enum of_error of_match_read(uint8_t version, struct wire_bytes *rest, struct match *out)
{
	enum of_error error;
	size_t len;

	if (rest->len < HEADER_SIZE)
		return OF_BMC_BAD_LEN;
	if (version == OF11)
		return read_struct(rest, out);
	if (wire_get16(rest->at) != TYPE_OXM)
		return OF_BMC_BAD_TYPE;
	len = wire_get16(rest->at + 2);
	if (len < HEADER_SIZE || wire_padded(len) > rest->len)
		return OF_BMC_BAD_LEN;
	error = of_fields_read((struct wire_bytes){rest->at + HEADER_SIZE, len - HEADER_SIZE}, out,
			       NULL);
	if (!error)
		*rest = wire_skip(*rest, wire_padded(len));
	return error;
}

/* ---- writing ---- */

static bool is_of_other_family(const struct field *field, const struct match *match)
{
	bool is_ipv6 = match->key.tunnel.flags & FLOW_TUNNEL_IPV6;

	switch (field_id(field)) {
	case FIELD_TUN_SRC:
	case FIELD_TUN_DST:
		return is_ipv6;
	case FIELD_TUN_IPV6_SRC:
	case FIELD_TUN_IPV6_DST:
		return !is_ipv6;
	default:
		return false;
	}
}

/* A tag as OpenFlow sees it: a VLAN with PRESENT, or none; the whole priority, and only with a tag. What cannot be
 * said so is left for NXM's vlan_tci. */
static void write_tag(struct wire_writer *w, const struct match *match, struct flow_key *rest)
{
	const struct field *vid = field_of(FIELD_VLAN_VID), *pcp = field_of(FIELD_VLAN_PCP);
	field_bits value = match_value(match, vid), mask = match_mask(match, vid);
	field_bits pcp_mask = match_mask(match, pcp);
	bool is_tagged = value & VLAN_PRESENT;

	if (!mask || (pcp_mask && !(mask & VLAN_PRESENT)) ||
	    (pcp_mask && is_tagged && pcp_mask != field_all(pcp)))
		return;
	of_oxm_write(w, vid, OF_OXM, value, mask);
	if (pcp_mask && is_tagged)
		of_oxm_write(w, pcp, OF_OXM, match_value(match, pcp), pcp_mask);
	rest->packet.vlan.tci = to_be16(0);
}

static void write_field(struct wire_writer *w, const struct match *match, const struct field *field,
			enum of_oxm_form form, struct flow_key *rest)
{
	field_bits mask = field_read(field, rest);

	if (!mask || !of_oxm_has_number(field) || is_of_other_family(field, match) ||
	    !field_need_is_met(field->need, &match->key, &match->mask))
		return;
	if (!(field->flags & FIELD_MASKABLE) && mask != field_all(field))
		return;
	of_oxm_write(w, field, form, match_value(match, field) & mask, mask);
	field_write(field, rest, 0);
}

/* OpenFlow's own fields by number, as controllers have them: a field that another one needs has a lower one. */
static void write_openflow(struct wire_writer *w, const struct match *match, enum of_oxm_form form,
			   struct flow_key *rest)
{
	enum { LAST_NUMBER = 63 };

	for (uint8_t number = 0; number <= LAST_NUMBER; number++) {
		const struct field *field = field_by_number(OXM_CLASS_OPENFLOW, number);

		if (field == field_of(FIELD_VLAN_VID))
			write_tag(w, match, rest);
		else if (field && field != field_of(FIELD_VLAN_PCP))
			write_field(w, match, field, form, rest);
	}
}

/* Fields of the form that is wanted first; then what they leave. The table has fields behind those that they
 * need. */
void of_fields_write(struct wire_writer *w, const struct match *match, enum of_oxm_form form)
{
	struct flow_key rest = match->mask;

	if (form != OF_NXM)
		write_openflow(w, match, form, &rest);
	for (unsigned i = 0; i < N_FIELDS; i++) {
		const struct field *field = field_of(i);

		if (i != FIELD_VLAN_PCP && !(i == FIELD_VLAN_VID && form != OF_NXM) &&
		    of_oxm_is_native(field, form))
			write_field(w, match, field, form, &rest);
	}
	for (unsigned i = 0; i < N_FIELDS; i++)
		if (i != FIELD_VLAN_VID && i != FIELD_VLAN_PCP)
			write_field(w, match, field_of(i), form, &rest);
}

void of_match_write(struct wire_writer *w, uint8_t version, const struct match *match)
{
	size_t start = w->len;

	if (version == OF11) {
		of_match11_write(w, match);
		return;
	}
	wire_put16(w, TYPE_OXM);
	wire_put16(w, 0);
	of_fields_write(w, match, of_oxm_form(version));
	wire_patch16(w, start + 2, (uint16_t)(w->len - start));
	wire_pad(w, start);
}
