/* Groups as bytes: what of a GROUP_MOD is refused, and with which error; what is written reads as the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/own.h"
#include "base/print.h"
#include "flow/group_text.h"
#include "openflow/group.h"

/* Hexadecimal bytes, blanks aside; the length of the message is filled in. */
static size_t bytes_of(const char *hex, uint8_t *out)
{
	unsigned byte;
	size_t n = 0;

	for (; *hex; hex += *hex ? 2 : 0) {
		while (*hex == ' ')
			hex++;
		if (sscanf(hex, "%2x", &byte) != 1)
			break;
		out[n++] = (uint8_t)byte;
	}
	out[2] = (uint8_t)(n >> 8);
	out[3] = (uint8_t)n;
	return n;
}

static enum of_error mod_read(const char *hex, struct group_mod *out)
{
	static uint8_t bytes[512];
	struct of_message message;
	enum of_error error;
	size_t n = bytes_of(hex, bytes);

	error = of_message_read((struct wire_bytes){bytes, n}, &message);
	return error ? error : of_group_mod_read(&message, out);
}

#define MOD13(command, type, group) "040f0000 00000001 " command type "00 " group
#define MOD15(command, type, group, n, bucket) \
	"060f0000 00000001 " command type "00 " group n "0000 " bucket

#define OUTPUT1         "0000 0010 00000001 ffff 000000000000"
#define ANY             "ffffffff"
#define BUCKET13(watch) "0020 0000" watch ANY "00000000" OUTPUT1

static const struct {
	const char *hex;
	uint8_t error; /* enum of_error */
} rows[] = {
	{MOD13("0000", "00", "00000001") BUCKET13(ANY), OF_OK},
	{MOD13("0003", "00", "00000001"), OF_GMFC_BAD_COMMAND}, /* of 1.5 */
	{MOD13("0009", "00", "00000001"), OF_GMFC_BAD_COMMAND},
	{MOD13("0000", "04", "00000001"), OF_GMFC_BAD_TYPE},
	{MOD13("0000", "00", "ffffff01"), OF_GMFC_INVALID_GROUP},
	{MOD13("0002", "00", "fffffffc"), OF_OK},
	{MOD13("0002", "00", "fffffffd"), OF_GMFC_INVALID_GROUP},
	{MOD13("0000", "02", "00000001"), OF_GMFC_INVALID_GROUP}, /* indirect, empty */
	{MOD13("0000", "03", "00000001") BUCKET13(ANY), OF_GMFC_BAD_WATCH},
	{MOD13("0000", "03", "00000001") BUCKET13("00000001"), OF_OK},
	{MOD13("0000", "03", "00000001") BUCKET13("000fffff"), OF_GMFC_BAD_WATCH},
	/* a weight where there is none */
	{MOD13("0000", "00", "00000001") "0010 0005" ANY ANY "00000000", OF_GMFC_INVALID_GROUP},
	{MOD13("0000", "01", "00000001") "0010 0005" ANY ANY "00000000", OF_OK},
	/* lengths */
	{MOD13("0000", "00", "00000001") "0008 0000 00000000", OF_GMFC_BAD_BUCKET},
	{MOD13("0000", "00", "00000001") "0018 0000" ANY ANY "00000000", OF_GMFC_BAD_BUCKET},
	{MOD13("0000", "00", "00000001") "0000 0000" ANY ANY "00000000", OF_GMFC_BAD_BUCKET},
	{MOD13("0000", "00", "00000001") "0018 0000" ANY ANY "00000000 0000 0009 00000000",
	 OF_BAC_BAD_LEN},
	/* an action that is none of a set's: learn() */
	{MOD13("0000", "00", "00000001") "0020 0000" ANY ANY
					 "00000000 ffff 0010 00002320 0008 0000 00000000",
	 OF_BAC_BAD_TYPE},
	{MOD15("0000", "00", "00000001", "0000", ANY), OF_OK},
	{MOD15("0000", "00", "00000001", "0008", ANY), OF_GMFC_BAD_BUCKET},
	{MOD15("0000", "00", "00000001", "0008", ANY) "0008 0000 00000001", OF_OK},
	{MOD15("0000", "00", "00000001", "0008", ANY) "0008 0000 fffffffd", OF_GMFC_BAD_BUCKET},
	{MOD15("0000", "00", "00000001", "0008", ANY) "0008 0010 00000001", OF_GMFC_BAD_BUCKET},
	{MOD15("0000", "00", "00000001", "0010", ANY) "0008 0000 00000001 0008 0000 00000001",
	 OF_GMFC_BAD_BUCKET},
	/* properties of buckets */
	{MOD15("0000", "01", "00000001", "0010", ANY) "0010 0000 00000001 0000 0008 00050000",
	 OF_OK},
	{MOD15("0000", "01", "00000001", "0010", ANY) "0010 0000 00000001 0000 0009 00050000",
	 OF_BPC_BAD_LEN},
	{MOD15("0000", "01", "00000001", "0010", ANY) "0010 0000 00000001 0007 0008 00050000",
	 OF_BPC_BAD_TYPE},
	/* of the group: a length; an experimenter's; a method that nobody knows */
	{MOD15("0000", "01", "00000001", "0000", ANY) "ffff 0003 00000000", OF_BPC_BAD_LEN},
	{MOD15("0000", "01", "00000001", "0000", ANY) "ffff 000c 00012345 00000001 00000000",
	 OF_BPC_BAD_EXPERIMENTER},
	{MOD15("0000", "01", "00000001", "0000", ANY) "ffff 000c 0000154d 00000009 00000000",
	 OF_BPC_BAD_EXP_TYPE},
	{MOD15("0000", "01", "00000001", "0000",
	       ANY) "ffff 0028 0000154d 00000001 00000000 666f6f00000000000000000000000000 "
		    "0000000000000000",
	 OF_BPC_BAD_VALUE},
	/* places */
	{MOD15("0003", "00", "00000001", "0000", "ffffffff"), OF_GMFC_BAD_BUCKET},
	{MOD15("0003", "00", "00000001", "0000", "fffffffe"), OF_OK},
	{MOD15("0005", "00", "00000001", "0000", "ffffffff"), OF_OK},
	{MOD15("0005", "00", "00000001", "0000", "ffffff10"), OF_GMFC_BAD_BUCKET},
};

static void is_refused(void **state)
{
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct group_mod mod = {0};
		enum of_error error = mod_read(rows[i].hex, &mod);

		if (error != rows[i].error)
			fail_msg("%s: %s, and not %s", rows[i].hex, of_error_name(error),
				 of_error_name(rows[i].error));
		group_mod_fini(&mod);
	}
}

/* What a switch lists has the form of what it is told, but for the header in front. */
static void is_written_as_it_is_read(void **state)
{
	static const char line[] =
		"group_id=7,type=select,selection_method=hash,selection_method_param=3,"
		"fields(ip_dst=255.255.0.0,tcp_dst),bucket=bucket_id:4,weight:9,watch_port:2,"
		"watch_group:5,actions=set_field:00:00:00:00:00:01->eth_dst,output:1,bucket="
		"bucket_id:5,actions=group:3";
	const uint8_t request_bytes[] = {6, 18, 0, 24, 0,   0,   0,   1,   0, 7, 0, 0,
					 0, 0,  0, 0,  255, 255, 255, 252, 0, 0, 0, 0};
	own(wire_fini) struct wire_writer desc = {.at = NULL}, mod_bytes = {.at = NULL};
	own(group_mod_fini) struct group_mod mod = {0}, again = {0};
	own(print_fini) struct print text = {0};
	struct of_message request, message;
	size_t start;

	assert_int_equal(group_mod_parse(slice_of(line), GROUP_ADD, NULL, &mod, NULL), 0);
	group_buckets_settle(&mod.desc);
	assert_int_equal(of_message_read((struct wire_bytes){request_bytes, sizeof(request_bytes)},
					 &request),
			 OF_OK);
	assert_int_equal(of_group_request_read(&request), GROUP_EVERY);
	of_group_desc_write(&desc, &request, &mod.desc);
	start = of_message_begin(&mod_bytes, OFM_GROUP_MOD, OF15, 1);
	wire_put16(&mod_bytes, 0);
	wire_put16(&mod_bytes, (uint16_t)(desc.at[2] << 8));
	wire_put_bytes(&mod_bytes, desc.at + 4, 6);
	wire_put16(&mod_bytes, 0);
	wire_put32(&mod_bytes, UINT32_MAX);
	wire_put_bytes(&mod_bytes, desc.at + 16, desc.len - 16);
	of_message_end(&mod_bytes, start);
	assert_int_equal(wire_get16(desc.at), desc.len);
	assert_int_equal(
		of_message_read((struct wire_bytes){mod_bytes.at, mod_bytes.len}, &message), OF_OK);
	assert_int_equal(of_group_mod_read(&message, &again), OF_OK);
	group_print(&text, &again.desc, NULL);
	assert_string_equal(print_text(&text), line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_refused),
		cmocka_unit_test(is_written_as_it_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
