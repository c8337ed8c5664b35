/* Meters as bytes: what of a METER_MOD is refused, and with which error. What is written ovs-ofctl reads
 * (tests/system/openflow-meters.test). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "openflow/meter.h"

#define DROP(rate) 0, 1, 0, 16, 0, 0, 0, rate, 0, 0, 0, 9, 0, 0, 0, 0

static void is_refused(void **state)
{
	static const struct {
		uint8_t error; /* enum of_error */
		uint8_t size;  /* of the body */
		uint8_t body[64];
	} rows[] = {
		{OF_OK, 24, {0, 0, 0, 1, 0, 0, 0, 1, DROP(5)}},
		{OF_OK, 8, {0, 0, 0, 1, 0, 0, 0, 1}}, /* it counts, and no more */
		{OF_OK, 8, {0, 2, 0, 0, 255, 255, 255, 255}},
		{OF_MMFC_BAD_COMMAND, 8, {0, 3, 0, 1, 0, 0, 0, 1}},
		{OF_MMFC_BAD_COMMAND, 8, {1, 0, 0, 1, 0, 0, 0, 1}},
		{OF_MMFC_INVALID_METER, 8, {0, 0, 0, 1, 0, 0, 0, 0}},
		{OF_MMFC_INVALID_METER, 8, {0, 0, 0, 1, 255, 255, 255, 255}},
		{OF_MMFC_INVALID_METER, 8, {0, 0, 0, 1, 255, 255, 255, 253}},
		{OF_MMFC_BAD_FLAGS, 8, {0, 0, 0, 3, 0, 0, 0, 1}},
		{OF_MMFC_BAD_FLAGS, 8, {0, 0, 0, 16, 0, 0, 0, 1}},
		{OF_MMFC_BAD_RATE, 24, {0, 0, 0, 1, 0, 0, 0, 1, DROP(0)}},
		{OF_MMFC_BAD_BAND, 24, {0, 0, 0, 1, 0, 0, 0, 1, 0, 7, 0, 16, 0, 0, 0, 1}},
		{OF_BRC_BAD_LEN, 24, {0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 8, 0, 0, 0, 1}},
		{OF_BRC_BAD_LEN, 24, {0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 24, 0, 0, 0, 1}},
		{OF_BRC_BAD_LEN, 24, {0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1}},
		{OF_BRC_BAD_LEN, 16, {0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 8, 0, 0, 0, 1}},
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t bytes[80] = {4, 29, 0, (uint8_t)(8 + rows[i].size)};
		struct of_message message;
		struct meter_mod mod;
		enum of_error error;

		memcpy(bytes + 8, rows[i].body, rows[i].size);
		assert_int_equal(
			of_message_read((struct wire_bytes){bytes, 8u + rows[i].size}, &message),
			OF_OK);
		error = of_meter_mod_read(&message, &mod);
		if (error != rows[i].error)
			fail_msg("row %u: %s, and not %s", i, of_error_name(error),
				 of_error_name(rows[i].error));
	}
}

static void bands_are_read_in_their_order(void **state)
{
	static const uint8_t bytes[] = {4, 29, 0, 48, 0, 0, 0, 1, 0, 1, 0, 4, 0, 0, 0, 7, DROP(5),
					0, 2,  0, 16, 0, 0, 1, 0, 0, 0, 0, 0, 3, 0, 0, 0};
	struct of_message message;
	struct meter_mod mod;

	assert_int_equal(of_message_read((struct wire_bytes){bytes, sizeof(bytes)}, &message),
			 OF_OK);
	assert_int_equal(of_meter_mod_read(&message, &mod), OF_OK);
	assert_int_equal(mod.command, METER_MODIFY);
	assert_int_equal(mod.desc.id, 7);
	/* neither unit: kilobits */
	assert_int_equal(mod.desc.flags, METER_BURST | METER_KBPS);
	assert_int_equal(mod.desc.n_bands, 2);
	assert_int_equal(mod.desc.band[0].rate, 5);
	assert_int_equal(mod.desc.band[0].burst, 9);
	assert_int_equal(mod.desc.band[1].type, METER_DSCP_REMARK);
	assert_int_equal(mod.desc.band[1].rate, 256);
	assert_int_equal(mod.desc.band[1].level, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_refused),
		cmocka_unit_test(bands_are_read_in_their_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
