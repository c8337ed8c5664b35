/* Groups as text: what is read, what is printed, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/print.h"
#include "flow/group_text.h"

static char text[1024];

/* As it is printed again; what is wrong with it, behind "- ". */
static const char *read_by(enum group_command command, const char *line)
{
	struct group_mod mod = {0};
	struct print out = {0};
	struct err err = ERR_INIT;

	if (group_mod_parse(slice_of(line), command, NULL, &mod, &err)) {
		snprintf(text, sizeof(text), "- %s", err.text);
		return text;
	}
	group_print(&out, &mod.desc, NULL);
	snprintf(text, sizeof(text), "%s", print_text(&out));
	print_fini(&out);
	group_mod_fini(&mod);
	return text;
}

static const char *read(const char *line)
{
	return read_by(GROUP_ADD, line);
}

static void is_printed_as_read(void **state)
{
	static const char *const lines[] = {
		"group_id=1,type=all",
		"group_id=4294967040,type=all",
		"group_id=1,type=all,bucket=actions=drop",
		"group_id=6,type=all,bucket=bucket_id:3,actions=output:3,bucket=bucket_id:0,actions="
		"output:1",
		"group_id=2,type=all,bucket=actions=output:1,bucket=actions=mod_dl_dst:00:00:00:00:00:"
		"01,output:2,bucket=actions=group:1",
		"group_id=3,type=ff,bucket=bucket_id:0,watch_port:1,actions=output:1,bucket=bucket_id:"
		"1,watch_group:2,actions=output:2",
		"group_id=1,type=select,selection_method=hash,fields(ip_dst,tcp_dst),bucket=actions="
		"output:1,bucket=weight:5,actions=set_field:0x1->reg0,output:2",
		"group_id=20,type=select,selection_method=hash,fields(ip_dst=255.255.0.0,tcp_dst),"
		"bucket=actions=output:1",
		"group_id=15,type=select,selection_method=hash,fields=ip_dst,bucket=actions=output:1",
		"group_id=5,type=select,selection_method=dp_hash,selection_method_param=3,bucket="
		"bucket_id:5,actions=output:1",
		"group_id=5,type=select,selection_method_param=7,bucket=bucket_id:5,actions=output:1",
		"group_id=10,type=select,bucket=weight:0,actions=output:1",
		"group_id=4,type=indirect,bucket=actions=output:1",
		"group_id=4,type=indirect,bucket=actions=CONTROLLER:65535",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_string_equal(read(lines[i]), lines[i]);
}

static void settings_and_actions_mix(void **state)
{
	assert_string_equal(read("group_id=1,type=select,bucket=output:1,weight:5,pop_vlan"),
			    "group_id=1,type=select,bucket=weight:5,actions=output:1,pop_vlan");
	assert_string_equal(
		read("group_id=1, type=ff, bucket=watch_port=2,actions=1,2 bucket=watch_group=7,3"),
		"group_id=1,type=ff,bucket=watch_port:2,actions=output:1,output:2,bucket=watch_group:"
		"7,actions=output:3");
	assert_string_equal(read("group_id=1,type=fast_failover"), "group_id=1,type=ff");
	assert_string_equal(
		read("group_id=1,type=select,selection_method=hash,fields=tcp_dst,bucket=1"),
		"group_id=1,type=select,selection_method=hash,fields=tcp_dst,bucket=actions=output:1");
	/* in the order of fields, whatever the order in which they came */
	assert_string_equal(
		read("group_id=1,type=select,selection_method=hash,fields(tcp_dst,ip_dst),bucket=1"),
		"group_id=1,type=select,selection_method=hash,fields(ip_dst,tcp_dst),bucket=actions="
		"output:1");
}

static void is_refused(const char *line, const char *why)
{
	const char *got = read(line);

	if (strncmp(got, "- ", 2) != 0 || !strstr(got, why))
		fail_msg("%s: %s, and not %s", line, got, why);
}

static void what_cannot_be_is_refused(void **state)
{
	is_refused("type=all,bucket=output:1", "group_id=NUMBER");
	is_refused("group_id=1,bucket=output:1", "type is missing");
	is_refused("group_id=0xffffff01,type=all", "group_id");
	is_refused("group_id=1,type=some", "type=some");
	is_refused("group_id=1,type=all,colour=red", "colour");
	is_refused("group_id=1,type=all,command_bucket_id=1", "does not take it");
	is_refused("group_id=1,type=indirect", "one bucket");
	is_refused("group_id=1,type=indirect,bucket=1,bucket=2", "one bucket");
	is_refused("group_id=1,type=all,bucket=weight:2,1", "weight");
	is_refused("group_id=1,type=ff,bucket=1", "watch_port");
	is_refused("group_id=1,type=all,bucket=bucket_id:1,1,bucket=bucket_id:1,2", "bucket_id 1");
	is_refused("group_id=1,type=all,bucket=goto_table:1", "goto_table cannot be in a bucket");
	is_refused("group_id=1,type=all,bucket=controller(id=7)", "controller cannot be");
	is_refused("group_id=1,type=all,bucket=1,bucket=nonsense", "bucket 1");
	is_refused("group_id=1,type=all,selection_method=hash", "selection_method");
	is_refused("group_id=1,type=select,selection_method=coin", "hash or dp_hash");
	is_refused("group_id=1,type=select,selection_method=dp_hash,fields=ip_dst", "fields");
	is_refused("group_id=1,type=select,selection_method=hash,fields=colour", "colour");
}

static void commands_have_their_own_words(void **state)
{
	assert_string_equal(read_by(GROUP_INSERT_BUCKETS,
				    "group_id=6,command_bucket_id=last,bucket=bucket_id:0,1"),
			    "group_id=6,type=all,bucket=bucket_id:0,actions=output:1");
	assert_non_null(strstr(read_by(GROUP_INSERT_BUCKETS, "group_id=6,bucket=1"), "place"));
	assert_non_null(
		strstr(read_by(GROUP_INSERT_BUCKETS, "group_id=6,command_bucket_id=1"), "bucket"));
	assert_non_null(
		strstr(read_by(GROUP_REMOVE_BUCKETS, "group_id=6,command_bucket_id=1,bucket=1"),
		       "bucket"));
	assert_non_null(strstr(read_by(GROUP_DELETE, "group_id=6,type=all"), "type"));
	assert_string_equal(read_by(GROUP_BY_WORD, "group_id=6,type=ff"), "group_id=6,type=ff");
}

static void lines_begin_with_commands(void **state)
{
	static const struct {
		const char *line;
		uint8_t command;
		uint32_t id, bucket;
	} rows[] = {
		{"group_id=1,type=all", GROUP_ADD, 1, (uint32_t)BUCKET_EVERY},
		{"add group_id=1,type=all", GROUP_ADD, 1, (uint32_t)BUCKET_EVERY},
		{"modify group_id=1,type=all", GROUP_MODIFY, 1, (uint32_t)BUCKET_EVERY},
		{"add_or_mod group_id=1,type=all", GROUP_MODIFY_OR_ADD, 1, (uint32_t)BUCKET_EVERY},
		{"delete group_id=2", GROUP_DELETE, 2, (uint32_t)BUCKET_EVERY},
		{"delete group_id=all", GROUP_DELETE, GROUP_EVERY, (uint32_t)BUCKET_EVERY},
		{"delete", GROUP_DELETE, GROUP_EVERY, (uint32_t)BUCKET_EVERY},
		{"insert_bucket group_id=1,command_bucket_id=first,bucket=1", GROUP_INSERT_BUCKETS,
		 1, (uint32_t)BUCKET_FIRST},
		{"remove_bucket group_id=1,command_bucket_id=4", GROUP_REMOVE_BUCKETS, 1, 4},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct group_mod mod;

		assert_int_equal(
			group_mod_parse(slice_of(rows[i].line), GROUP_BY_WORD, NULL, &mod, NULL),
			0);
		assert_int_equal(mod.command, rows[i].command);
		assert_int_equal(mod.desc.id, rows[i].id);
		assert_int_equal(mod.bucket, rows[i].bucket);
		group_mod_fini(&mod);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_printed_as_read),
		cmocka_unit_test(settings_and_actions_mix),
		cmocka_unit_test(what_cannot_be_is_refused),
		cmocka_unit_test(commands_have_their_own_words),
		cmocka_unit_test(lines_begin_with_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
