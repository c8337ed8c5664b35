#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "base/own.h"

static char path[] = "/tmp/shunt-log-XXXXXX";

static int setup(void **state)
{
	own(fd_close) int fd = mkstemp(path);

	return fd < 0 ? -1 : log_open(path);
}

static int teardown(void **state)
{
	log_open(NULL);
	return unlink(path);
}

/* What came in after the last call, without the time. */
static const char *written(void)
{
	static char text[4096];
	FILE *file = fopen(path, "re");
	size_t n;

	assert_non_null(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	assert_int_equal(truncate(path, 0), 0);
	text[n] = '\0';
	assert_non_null(strstr(text, "Z "));
	return strstr(text, "Z ") + 2;
}

static void an_event_is_a_line(void **state)
{
	log_warn("port", "%s: device is gone", "veth7");
	assert_string_equal(written(), "warn port: veth7: device is gone\n");
}

static void a_name_cannot_forge_a_line(void **state)
{
	log_warn("port", "%s: gone", "a\n2026-01-31 error\x7f\t\xc3\xa4");
	assert_string_equal(written(),
			    "warn port: a\\x0a2026-01-31 error\\x7f\\x09\xc3\xa4: gone\n");
}

static void what_is_too_long_is_cut(void **state)
{
	char name[2000];
	const char *text;

	for (unsigned first = 0; first < 8; first++) {
		memset(name, '\n', sizeof(name));
		memset(name, 'a', first);
		name[sizeof(name) - 1] = '\0';
		log_warn("port", "%s", name);
		text = written();
		assert_in_range(strlen(text), 900, 1000);
		assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_a_line),
		cmocka_unit_test(a_name_cannot_forge_a_line),
		cmocka_unit_test(what_is_too_long_is_cut),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
