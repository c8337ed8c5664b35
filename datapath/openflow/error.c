#include "openflow/error.h"

#include "openflow/message.h"

/* OpenFlow 1.0.1 section 5.4.4, 1.3.5 section 7.4.4, 1.5.1 section 7.5.4; the extensions' numbers are those
 * that clients of Open vSwitch know. */

#define TYPE_EXTENSION    0xb0c2 /* 1.0 and 1.1: vendor, type and code follow */
#define TYPE_EXPERIMENTER 0xffff

/* In versions `since` to `until`. */
struct span {
	uint8_t since, until;
	uint8_t vendor; /* enum vendor */
	uint16_t type, code;
};

enum vendor { OF, NX, ONF };

#define SPANS_MAX 4

struct row {
	const char *name;
	struct span span[SPANS_MAX];
};

#define E(name, ...) [OF_##name] = {#name, {__VA_ARGS__}}
#define ALL(t, c) \
	{ \
		OF10, OF15, OF, t, c \
	}
#define S10(t, c) \
	{ \
		OF10, OF10, OF, t, c \
	}
#define S11(t, c) \
	{ \
		OF11, OF15, OF, t, c \
	}
#define S12(t, c) \
	{ \
		OF12, OF15, OF, t, c \
	}
#define S13(t, c) \
	{ \
		OF13, OF15, OF, t, c \
	}
#define S14(t, c) \
	{ \
		OF14, OF15, OF, t, c \
	}
#define N10(t, c) \
	{ \
		OF10, OF10, NX, t, c \
	}
#define N11(t, c) \
	{ \
		OF10, OF11, NX, t, c \
	}
#define N12(t) \
	{ \
		OF12, OF15, NX, t, 0 \
	}
#define B13(c) \
	{OF13, OF13, ONF, 2300 + (c), 0}, \
	{ \
		OF14, OF15, OF, 17, c \
	}
#define BPC(n, c) \
	{OF10, OF11, NX, (c) < 3 ? 13 : 14, (c) < 3 ? (c) + 2 : (c)}, {OF12, OF12, NX, n, 0}, \
		{OF13, OF13, (c) < 3 ? OF : ONF, (c) < 3 ? 13 : 4440 + (c), \
		 (c) < 3 ? (c) + 2 : 0}, \
	{ \
		OF14, OF15, OF, 14, c \
	}

static const struct row rows[N_OF_ERRORS] = {
	[OF_OK] = {"OK", {{0}}},
	E(HFC_INCOMPATIBLE, ALL(0, 0)),
	E(BRC_BAD_VERSION, ALL(1, 0)),
	E(BRC_BAD_TYPE, ALL(1, 1)),
	E(BRC_BAD_MULTIPART, ALL(1, 2)),
	E(BRC_BAD_EXPERIMENTER, ALL(1, 3)),
	E(BRC_BAD_EXP_TYPE, ALL(1, 4)),
	E(BRC_EPERM, ALL(1, 5)),
	E(BRC_BAD_LEN, ALL(1, 6)),
	E(BRC_BUFFER_UNKNOWN, ALL(1, 8)),
	E(BRC_BAD_TABLE_ID, N10(1, 512), S11(1, 9)),
	E(BRC_IS_SLAVE, S12(1, 10)),
	E(BRC_BAD_PORT, N11(1, 514), S12(1, 11)),
	E(BRC_BAD_PACKET, {OF10, OF11, OF, 1, 6}, S12(1, 12)),
	E(BRC_MULTIPART_OVERFLOW, {OF10, OF12, OF, 1, 6}, S13(1, 13)),
	E(BRC_PIPELINE_FIELDS_ONLY, {OF15, OF15, OF, 1, 17}),
	E(BRC_NXM_INVALID, N11(1, 256), N12(2)),
	E(BRC_MUST_BE_ZERO, N11(1, 515), N12(4)),
	E(BAC_BAD_TYPE, ALL(2, 0)),
	E(BAC_BAD_LEN, ALL(2, 1)),
	E(BAC_BAD_EXPERIMENTER, ALL(2, 2)),
	E(BAC_BAD_EXP_TYPE, ALL(2, 3)),
	E(BAC_BAD_OUT_PORT, ALL(2, 4)),
	E(BAC_BAD_ARGUMENT, ALL(2, 5)),
	E(BAC_TOO_MANY, ALL(2, 7)),
	E(BAC_BAD_QUEUE, ALL(2, 8)),
	E(BAC_BAD_OUT_GROUP, N10(2, 9), S11(2, 9)),
	E(BAC_MATCH_INCONSISTENT, N10(1, 522), S11(2, 10)),
	E(BAC_UNSUPPORTED_ORDER, S10(3, 5), S11(2, 11)),
	E(BAC_BAD_TAG, {OF10, OF10, OF, 2, 5}, S11(2, 12)),
	E(BAC_BAD_SET_TYPE, N11(1, 523), S12(2, 13)),
	E(BAC_BAD_SET_LEN, N11(1, 524), S12(2, 14)),
	E(BAC_BAD_SET_ARGUMENT, N11(1, 525), S12(2, 15)),
	E(BAC_BAD_SET_MASK, {OF10, OF11, OF, 2, 5}, {OF12, OF14, OF, 2, 13},
	  {OF15, OF15, OF, 2, 16}),
	E(BAC_BAD_METER, {OF13, OF14, OF, 12, 2}, {OF15, OF15, OF, 2, 17}),
	E(BAC_MUST_BE_ZERO, N11(2, 256), N12(11)),
	E(BAC_BAD_CONJUNCTION, N11(2, 526), N12(15)),
	E(BIC_UNKNOWN_INST, {OF10, OF10, OF, 2, 0}, S11(3, 0)),
	E(BIC_UNSUP_INST, N10(2, 257), S11(3, 1)),
	E(BIC_BAD_TABLE_ID, {OF10, OF10, OF, 2, 5}, S11(3, 2)),
	E(BIC_BAD_EXPERIMENTER, {OF10, OF10, OF, 2, 2}, S11(3, 5)),
	E(BIC_BAD_LEN, {OF10, OF10, OF, 2, 1}, {OF11, OF11, OF, 3, 0}, S12(3, 7)),
	E(BIC_DUP_INST, {OF10, OF10, OF, 2, 5}, {OF11, OF11, NX, 3, 256},
	  {OF12, OF13, ONF, 2600, 0}, S14(3, 9)),
	E(BMC_BAD_TYPE, {OF10, OF10, NX, 1, 257}, S11(4, 0)),
	E(BMC_BAD_LEN, {OF10, OF10, NX, 1, 256}, S11(4, 1)),
	E(BMC_BAD_DL_ADDR_MASK, {OF10, OF10, NX, 1, 259}, S11(4, 3)),
	E(BMC_BAD_NW_ADDR_MASK, {OF10, OF10, NX, 1, 259}, S11(4, 4)),
	E(BMC_BAD_WILDCARDS, N10(1, 262), S11(4, 5)),
	E(BMC_BAD_FIELD, N10(0, 263), S11(4, 6)),
	E(BMC_BAD_VALUE, N10(1, 258), S11(4, 7)),
	E(BMC_BAD_MASK, N11(1, 259), S12(4, 8)),
	E(BMC_BAD_PREREQ, N11(1, 260), S12(4, 9)),
	E(BMC_DUP_FIELD, N11(1, 261), S12(4, 10)),
	E(FMFC_UNKNOWN, S10(3, 5), S11(5, 0)),
	E(FMFC_TABLE_FULL, S10(3, 0), S11(5, 1)),
	E(FMFC_BAD_TABLE_ID, {OF10, OF10, NX, 5, 257}, S11(5, 2)),
	E(FMFC_OVERLAP, S10(3, 1), S11(5, 3)),
	E(FMFC_BAD_EMERG_TIMEOUT, S10(3, 3)),
	E(FMFC_BAD_COMMAND, S10(3, 4), S11(5, 6)),
	E(FMFC_BAD_FLAGS, N10(3, 258), {OF11, OF11, NX, 5, 258}, S12(5, 7)),
	E(GMFC_GROUP_EXISTS, N10(6, 0), S11(6, 0)),
	E(GMFC_INVALID_GROUP, N10(6, 1), S11(6, 1)),
	E(GMFC_OUT_OF_GROUPS, N10(6, 3), S11(6, 3)),
	E(GMFC_OUT_OF_BUCKETS, N10(6, 4), S11(6, 4)),
	E(GMFC_LOOP, N10(6, 7), S11(6, 7)),
	E(GMFC_UNKNOWN_GROUP, N10(6, 8), S11(6, 8)),
	E(GMFC_CHAINED_GROUP, N10(6, 9), {OF11, OF11, OF, 6, 1}, S12(6, 9)),
	E(GMFC_BAD_TYPE, N10(6, 10), {OF11, OF11, OF, 6, 1}, S12(6, 10)),
	E(GMFC_BAD_COMMAND, N10(6, 11), {OF11, OF11, OF, 6, 1}, S12(6, 11)),
	E(GMFC_BAD_BUCKET, N10(6, 12), {OF11, OF11, OF, 6, 1}, S12(6, 12)),
	E(GMFC_BAD_WATCH, N10(6, 13), {OF11, OF11, OF, 6, 6}, S12(6, 13)),
	E(GMFC_UNKNOWN_BUCKET, N10(6, 15), {OF11, OF14, OF, 6, 1}, {OF15, OF15, OF, 6, 15}),
	E(GMFC_BUCKET_EXISTS, N10(6, 16), {OF11, OF14, OF, 6, 1}, {OF15, OF15, OF, 6, 16}),
	E(PMFC_BAD_PORT, S10(4, 0), S11(7, 0)),
	E(PMFC_BAD_HW_ADDR, S10(4, 1), S11(7, 1)),
	E(PMFC_BAD_CONFIG, S11(7, 2)),
	E(PMFC_BAD_ADVERTISE, S11(7, 3)),
	E(TMFC_BAD_TABLE, {OF10, OF10, NX, 1, 512}, S11(8, 0)),
	E(TMFC_BAD_CONFIG, S11(8, 1)),
	E(QOFC_BAD_PORT, S10(5, 0), S11(9, 0)),
	E(QOFC_BAD_QUEUE, S10(5, 1), S11(9, 1)),
	E(SCFC_BAD_FLAGS, S11(10, 0)),
	E(RRFC_STALE, S12(11, 0)),
	E(RRFC_BAD_ROLE, N11(1, 513), S12(11, 2)),
	E(MMFC_METER_EXISTS, S13(12, 1)),
	E(MMFC_INVALID_METER, S13(12, 2)),
	E(MMFC_UNKNOWN_METER, S13(12, 3)),
	E(MMFC_BAD_COMMAND, S13(12, 4)),
	E(MMFC_BAD_FLAGS, S13(12, 5)),
	E(MMFC_BAD_RATE, S13(12, 6)),
	E(MMFC_BAD_BAND, S13(12, 8)),
	E(MMFC_OUT_OF_METERS, S13(12, 10)),
	E(MMFC_OUT_OF_BANDS, S13(12, 11)),
	E(TFFC_BAD_TABLE, S13(13, 0)),
	E(TFFC_BAD_TYPE, {OF13, OF13, OF, 13, 2}, {OF14, OF15, OF, 14, 0}),
	E(TFFC_BAD_LEN, {OF13, OF13, OF, 13, 3}, {OF14, OF15, OF, 14, 1}),
	E(TFFC_BAD_ARGUMENT, {OF13, OF13, OF, 13, 4}, {OF14, OF15, OF, 14, 2}),
	E(TFFC_EPERM, S13(13, 5)),
	E(TFFC_BAD_CAPA, {OF13, OF14, OF, 13, 5}, {OF15, OF15, OF, 13, 6}),
	E(TFFC_BAD_MAX_ENT, {OF13, OF14, OF, 13, 5}, {OF15, OF15, OF, 13, 7}),
	E(TFFC_BAD_FEATURES, {OF13, OF14, OF, 13, 5}, {OF15, OF15, OF, 13, 8}),
	E(TFFC_BAD_COMMAND, {OF13, OF14, OF, 13, 5}, {OF15, OF15, OF, 13, 9}),
	E(BPC_BAD_TYPE, BPC(25, 0)),
	E(BPC_BAD_LEN, BPC(26, 1)),
	E(BPC_BAD_VALUE, BPC(27, 2)),
	E(BPC_DUP_TYPE, BPC(29, 4)),
	E(BPC_BAD_EXPERIMENTER, BPC(30, 5)),
	E(BPC_BAD_EXP_TYPE, BPC(31, 6)),
	E(ACFC_INVALID, S14(15, 0)),
	E(ACFC_UNSUPPORTED, S14(15, 1)),
	E(BFC_UNKNOWN, B13(0)),
	E(BFC_BAD_ID, B13(2)),
	E(BFC_BUNDLE_EXIST, B13(3)),
	E(BFC_BUNDLE_CLOSED, B13(4)),
	E(BFC_OUT_OF_BUNDLES, B13(5)),
	E(BFC_BAD_TYPE, B13(6)),
	E(BFC_BAD_FLAGS, B13(7)),
	E(BFC_MSG_BAD_LEN, B13(8)),
	E(BFC_MSG_BAD_XID, B13(9)),
	E(BFC_MSG_UNSUP, B13(10)),
	E(BFC_MSG_CONFLICT, B13(11)),
	E(BFC_MSG_TOO_MANY, B13(12)),
	E(BFC_MSG_FAILED, B13(13)),
	E(BFC_TIMEOUT, B13(14)),
	E(MOFC_MONITOR_EXISTS, N11(1, 517), {OF12, OF13, NX, 6, 0}, S14(16, 1)),
	E(MOFC_UNKNOWN_MONITOR, N11(1, 519), {OF12, OF13, NX, 8, 0}, S14(16, 3)),
	E(MOFC_BAD_COMMAND, S14(16, 4)),
	E(MOFC_BAD_FLAGS, N11(1, 518), {OF12, OF13, NX, 7, 0}, S14(16, 5)),
	E(MOFC_BAD_TABLE_ID, N10(1, 512), {OF11, OF13, OF, 1, 9}, S14(16, 6)),
	E(MOFC_BAD_OUT, S14(16, 7)),
};

const char *of_error_name(enum of_error error)
{
	return rows[error].name;
}

struct of_error_code of_error_code(enum of_error error, uint8_t version)
{
	static const uint32_t vendors[] = {[OF] = 0, [NX] = VENDOR_NICIRA, [ONF] = VENDOR_ONF};
	const struct span *span = rows[error].span;

	/* whoever speaks a version that is none yet reads it as the oldest */
	version = version < OF10 ? OF10 : version > OF15 ? OF15 : version;
	for (unsigned i = 0; i < SPANS_MAX; i++)
		if (span[i].since && version >= span[i].since && version <= span[i].until)
			return (struct of_error_code){vendors[span[i].vendor], span[i].type,
						      span[i].code};
	return (struct of_error_code){0, 1, 5}; /* BRC_EPERM, which every version has */
}

void of_error_write(struct wire_writer *w, enum of_error error, uint8_t version, uint32_t xid,
		    struct wire_bytes about)
{
	const struct of_error_code code = of_error_code(error, version);
	size_t start = w->len;

	wire_put8(w, version);
	wire_put8(w, OF_TYPE_ERROR);
	wire_put16(w, 0);
	wire_put32(w, xid);
	if (!code.vendor) {
		wire_put16(w, code.type);
		wire_put16(w, code.code);
	} else if (version < OF12) {
		wire_put16(w, TYPE_EXTENSION);
		wire_put16(w, 0);
		wire_put32(w, code.vendor);
		wire_put16(w, code.type);
		wire_put16(w, code.code);
	} else {
		wire_put16(w, TYPE_EXPERIMENTER);
		wire_put16(w, code.type);
		wire_put32(w, code.vendor);
	}
	wire_put_bytes(w, about.at, about.len < OF_ERROR_DATA_MAX ? about.len : OF_ERROR_DATA_MAX);
	wire_patch16(w, start + 2, (uint16_t)(w->len - start));
}
