#pragma once
/* What may be wrong with a message, by one name for all versions.
 *
 * Which type and code it has in a version a table says (error.c). Names are those of the OpenFlow
 * specifications without "OFP", of the latest one that has them. A version that knows no code for something
 * gets the one that Open vSwitch's extension gives it, as its clients know.
 *
 * Constant; any thread.
 */
#include <stdint.h>

#include "openflow/wire.h"

enum of_error {
	OF_OK,
	OF_HFC_INCOMPATIBLE,
	OF_BRC_BAD_VERSION,
	OF_BRC_BAD_TYPE,
	OF_BRC_BAD_MULTIPART,
	OF_BRC_BAD_EXPERIMENTER,
	OF_BRC_BAD_EXP_TYPE,
	OF_BRC_EPERM,
	OF_BRC_BAD_LEN,
	OF_BRC_BUFFER_UNKNOWN,
	OF_BRC_BAD_TABLE_ID,
	OF_BRC_IS_SLAVE,
	OF_BRC_BAD_PORT,
	OF_BRC_BAD_PACKET,
	OF_BRC_MULTIPART_OVERFLOW,
	OF_BRC_NXM_INVALID,
	OF_BRC_MUST_BE_ZERO,
	OF_BAC_BAD_TYPE,
	OF_BAC_BAD_LEN,
	OF_BAC_BAD_EXPERIMENTER,
	OF_BAC_BAD_EXP_TYPE,
	OF_BAC_BAD_OUT_PORT,
	OF_BAC_BAD_ARGUMENT,
	OF_BAC_TOO_MANY,
	OF_BAC_BAD_QUEUE,
	OF_BAC_BAD_OUT_GROUP,
	OF_BAC_MATCH_INCONSISTENT,
	OF_BAC_UNSUPPORTED_ORDER,
	OF_BAC_BAD_TAG,
	OF_BAC_BAD_SET_TYPE,
	OF_BAC_BAD_SET_LEN,
	OF_BAC_BAD_SET_ARGUMENT,
	OF_BAC_BAD_SET_MASK,
	OF_BAC_MUST_BE_ZERO,
	OF_BAC_BAD_CONJUNCTION,
	OF_BIC_UNKNOWN_INST,
	OF_BIC_UNSUP_INST,
	OF_BIC_BAD_TABLE_ID,
	OF_BIC_BAD_EXPERIMENTER,
	OF_BIC_BAD_LEN,
	OF_BIC_DUP_INST,
	OF_BMC_BAD_TYPE,
	OF_BMC_BAD_LEN,
	OF_BMC_BAD_DL_ADDR_MASK,
	OF_BMC_BAD_NW_ADDR_MASK,
	OF_BMC_BAD_WILDCARDS,
	OF_BMC_BAD_FIELD,
	OF_BMC_BAD_VALUE,
	OF_BMC_BAD_MASK,
	OF_BMC_BAD_PREREQ,
	OF_BMC_DUP_FIELD,
	OF_FMFC_UNKNOWN,
	OF_FMFC_TABLE_FULL,
	OF_FMFC_BAD_TABLE_ID,
	OF_FMFC_OVERLAP,
	OF_FMFC_BAD_COMMAND,
	OF_FMFC_BAD_FLAGS,
	OF_GMFC_GROUP_EXISTS,
	OF_GMFC_INVALID_GROUP,
	OF_GMFC_OUT_OF_GROUPS,
	OF_GMFC_OUT_OF_BUCKETS,
	OF_GMFC_LOOP,
	OF_GMFC_UNKNOWN_GROUP,
	OF_GMFC_CHAINED_GROUP,
	OF_GMFC_BAD_TYPE,
	OF_GMFC_BAD_COMMAND,
	OF_GMFC_BAD_BUCKET,
	OF_GMFC_BAD_WATCH,
	OF_GMFC_UNKNOWN_BUCKET,
	OF_GMFC_BUCKET_EXISTS,
	OF_PMFC_BAD_PORT,
	OF_PMFC_BAD_HW_ADDR,
	OF_PMFC_BAD_CONFIG,
	OF_PMFC_BAD_ADVERTISE,
	OF_TMFC_BAD_TABLE,
	OF_TMFC_BAD_CONFIG,
	OF_QOFC_BAD_PORT,
	OF_QOFC_BAD_QUEUE,
	OF_SCFC_BAD_FLAGS,
	OF_RRFC_STALE,
	OF_RRFC_BAD_ROLE,
	OF_MMFC_METER_EXISTS,
	OF_MMFC_INVALID_METER,
	OF_MMFC_UNKNOWN_METER,
	OF_MMFC_BAD_COMMAND,
	OF_MMFC_BAD_FLAGS,
	OF_MMFC_BAD_RATE,
	OF_MMFC_BAD_BAND,
	OF_MMFC_OUT_OF_METERS,
	OF_MMFC_OUT_OF_BANDS,
	OF_TFFC_BAD_TABLE,
	OF_TFFC_EPERM,
	OF_BPC_BAD_TYPE,
	OF_BPC_BAD_LEN,
	OF_BPC_BAD_VALUE,
	OF_BPC_DUP_TYPE,
	OF_BPC_BAD_EXPERIMENTER,
	OF_BPC_BAD_EXP_TYPE,
	OF_ACFC_INVALID,
	OF_BFC_UNKNOWN,
	OF_BFC_BAD_ID,
	OF_BFC_BUNDLE_EXIST,
	OF_BFC_BUNDLE_CLOSED,
	OF_BFC_OUT_OF_BUNDLES,
	OF_BFC_BAD_TYPE,
	OF_BFC_BAD_FLAGS,
	OF_BFC_MSG_BAD_LEN,
	OF_BFC_MSG_BAD_XID,
	OF_BFC_MSG_UNSUP,
	OF_BFC_MSG_TOO_MANY,
	OF_BFC_MSG_FAILED,
	OF_BFC_TIMEOUT,
	OF_MOFC_MONITOR_EXISTS,
	OF_MOFC_UNKNOWN_MONITOR,
	OF_MOFC_BAD_COMMAND,
	OF_MOFC_BAD_FLAGS,
	OF_MOFC_BAD_TABLE_ID,
	N_OF_ERRORS
};

/* "BRC_BAD_TYPE". */
const char *of_error_name(enum of_error error);

/* How much of a message goes with its error at most: all that there is room for. At least 64 bytes (the
 * specification), of large ones no more: who sent it knows it by its transaction id. */
#define OF_ERROR_DATA_MAX 64

struct of_error_code {
	uint32_t vendor; /* 0: OpenFlow's own */
	uint16_t type, code;
};
/* Of an error in a version. */
struct of_error_code of_error_code(enum of_error error, uint8_t version);

/* Appends an error message about `about`, the offending message (or for HFC_INCOMPATIBLE, text). */
void of_error_write(struct wire_writer *w, enum of_error error, uint8_t version, uint32_t xid,
		    struct wire_bytes about);
