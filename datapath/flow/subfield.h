#pragma once
/* A field or a part of it, as text: "reg0", "reg0[]", "reg0[3]", "NXM_NX_REG0[0..15]". */
#include <stdint.h>

#include "base/slice.h"

struct err;
struct print;

struct subfield {
	uint8_t field; /* enum field_id */
	uint8_t low;   /* its lowest bit */
	uint8_t n_bits;
};

/* 0, -ENOENT: there is no such field, or -EINVAL: no such bits; the error is said in both cases. */
int subfield_parse(struct slice text, struct subfield *out, struct err *err);
/* With the number's name, and all of a field as "[]": "NXM_NX_REG0[]". */
void subfield_print(struct print *out, struct subfield sub);
