#pragma once
/* Fields as TLVs: OXM (OpenFlow 1.3.5 section 7.2.3.2), and NXM, its older form.
 *
 *	class:16 number:7 hasmask:1 length:8 [experimenter:32] value [mask]
 *
 * Which field has which number flow/field_table.c says. What is read may be of either form; what is written prefers
 * the one that the version knows. No state; any thread.
 */
#include "flow/field.h"
#include "openflow/message.h"

enum of_oxm_form { OF_NXM, OF_OXM, OF_OXM15 };

/* The form that a version prefers: NXM is what OpenFlow 1.0 was extended by. 1.5 has numbers of its own for fields that
 * were ONF's extension. */
static inline enum of_oxm_form of_oxm_form(uint8_t version)
{
	return version < OF12 ? OF_NXM : version < OF15 ? OF_OXM : OF_OXM15;
}

struct of_oxm {
	const struct field *field;  /* NULL: the cookie, of an NXM match */
	bool has_mask, is_openflow; /* one of OpenFlow's own numbers */
	size_t size;                /* of the header */
	size_t n_bytes;             /* of the value, and again of the mask */
};

/* Reads a header. BMC_BAD_LEN: bytes are missing, or it claims a length that the field does not have;
 * BMC_BAD_FIELD: there is no such field. */
enum of_error of_oxm_read(struct wire_bytes bytes, struct of_oxm *out);

field_bits of_bits_read(const uint8_t *at, size_t n_bytes);
void of_bits_write(struct wire_writer *w, field_bits bits, size_t n_bytes);

/* Has it a number at all? Those without can be matched by text only. */
static inline bool of_oxm_has_number(const struct field *field)
{
	return field->nxm.name || field->oxm.name;
}

/* Has it a number in this very form? */
static inline bool of_oxm_is_native(const struct field *field, enum of_oxm_form form)
{
	return form == OF_NXM ? field->nxm.name != NULL : field->oxm.name != NULL;
}

/* Of a field that has a number. */
void of_oxm_write_header(struct wire_writer *w, const struct field *field, enum of_oxm_form form,
			 bool has_mask);
/* With value, and mask unless it is all of the field. */
void of_oxm_write(struct wire_writer *w, const struct field *field, enum of_oxm_form form,
		  field_bits value, field_bits mask);
