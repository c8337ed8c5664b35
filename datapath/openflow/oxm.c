#include "openflow/oxm.h"

enum { CLASS_EXPERIMENTER = 0xffff, HEADER_SIZE = 4, EXPERIMENTER_SIZE = 4 };
enum { NX_COOKIE = 30 }; /* beside MPLS_TTL, which is shorter */

/* ONF's numbers of fields that OpenFlow 1.5 has by itself: the same. */
static bool is_onf(uint8_t number)
{
	return number == 42 || number == 43;
}

enum of_error of_oxm_read(struct wire_bytes bytes, struct of_oxm *out)
{
	struct of_oxm oxm = {.size = HEADER_SIZE};
	uint16_t oxm_class;
	uint8_t number;
	size_t len;

	if (bytes.len < HEADER_SIZE)
		return OF_BMC_BAD_LEN;
	oxm_class = wire_get16(bytes.at);
	number = bytes.at[2] >> 1;
	oxm.has_mask = bytes.at[2] & 1;
	oxm.is_openflow = oxm_class >= OXM_CLASS_OPENFLOW;
	len = bytes.at[3];
	if (oxm_class == CLASS_EXPERIMENTER) {
		if (bytes.len < HEADER_SIZE + EXPERIMENTER_SIZE || len < EXPERIMENTER_SIZE)
			return OF_BMC_BAD_LEN;
		if (wire_get32(bytes.at + HEADER_SIZE) == VENDOR_ONF && is_onf(number))
			oxm.field = field_by_number(OXM_CLASS_OPENFLOW, number);
		oxm.size += EXPERIMENTER_SIZE;
		len -= EXPERIMENTER_SIZE;
	} else {
		oxm.field = field_by_number(oxm_class, number);
	}
	oxm.n_bytes = oxm.field ? oxm.field->n_bytes : 0;
	if (oxm_class == OXM_CLASS_NX && number == NX_COOKIE && len >= 8) {
		oxm.field = NULL;
		oxm.n_bytes = 8;
	} else if (!oxm.field) {
		return OF_BMC_BAD_FIELD;
	}
	if (len != oxm.n_bytes << oxm.has_mask)
		return OF_BMC_BAD_LEN;
	*out = oxm;
	return OF_OK;
}

field_bits of_bits_read(const uint8_t *at, size_t n_bytes)
{
	field_bits bits = 0;

	for (size_t i = 0; i < n_bytes; i++)
		bits = bits << 8 | at[i];
	return bits;
}

void of_bits_write(struct wire_writer *w, field_bits bits, size_t n_bytes)
{
	uint8_t *at = wire_put(w, n_bytes);

	for (size_t i = n_bytes; at && i-- > 0; bits >>= 8)
		at[i] = (uint8_t)bits;
}

void of_oxm_write_header(struct wire_writer *w, const struct field *field, enum of_oxm_form form,
			 bool has_mask)
{
	const struct field_number *number =
		of_oxm_is_native(field, form) == (form != OF_NXM) ? &field->oxm : &field->nxm;
	const bool is_extension = form == OF_OXM && number == &field->oxm && is_onf(number->number);
	const unsigned size = is_extension ? EXPERIMENTER_SIZE : 0;

	wire_put16(w, is_extension ? CLASS_EXPERIMENTER : number->oxm_class);
	wire_put8(w, (uint8_t)(number->number << 1 | has_mask));
	wire_put8(w, (uint8_t)(size + (field->n_bytes << has_mask)));
	if (is_extension)
		wire_put32(w, VENDOR_ONF);
}

void of_oxm_write(struct wire_writer *w, const struct field *field, enum of_oxm_form form,
		  field_bits value, field_bits mask)
{
	bool has_mask = mask != field_all(field);

	of_oxm_write_header(w, field, form, has_mask);
	of_bits_write(w, value, field->n_bytes);
	if (has_mask)
		of_bits_write(w, mask, field->n_bytes);
}
