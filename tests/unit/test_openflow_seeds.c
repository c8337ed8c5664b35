/* Seeds of fuzz_openflow_wire: every message that the reader knows, in every version and both directions, is among
 * them. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/own.h"
#include "openflow/message.h"

#define TYPES_MAX 4096 /* numbers of messages lie below */

/* How a message says what it is: its type, and the two numbers that may follow. */
struct name {
	uint8_t version, type;
	uint16_t multipart;
	uint32_t vendor, number;
};

enum { EXPERIMENTER = 4, MULTIPART_EXPERIMENTER = 0xffff };

static bool is_seed[OF15 + 1][OF_ONF_MULTIPART_REPLY + 1][TYPES_MAX];

static void take_message(struct wire_bytes bytes)
{
	struct of_message message;

	if (of_message_read(bytes, &message))
		return;
	assert_in_range(message.form->number, 0, TYPES_MAX - 1);
	is_seed[message.version][message.form->kind][message.form->number] = true;
}

static void take_file(const char *folder, const char *name)
{
	static uint8_t buffer[1 << 20];
	char path[4400];
	FILE *file;
	size_t size, at = 1; /* behind the byte that says how to read flows */

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	assert_non_null(file);
	size = fread(buffer, 1, sizeof(buffer), file);
	fclose(file);
	while (size >= at + OF_HEADER_SIZE && of_message_length(buffer + at) >= OF_HEADER_SIZE &&
	       of_message_length(buffer + at) <= size - at) {
		take_message((struct wire_bytes){buffer + at, of_message_length(buffer + at)});
		at += of_message_length(buffer + at);
	}
}

static int setup(void **state)
{
	const char *srcdir = getenv("srcdir");
	char folder[4000];
	DIR *dir;

	snprintf(folder, sizeof(folder), "%s/tests/fuzz/corpus/openflow_wire",
		 srcdir ? srcdir : ".");
	dir = opendir(folder);
	assert_non_null(dir);
	for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
		if (entry->d_name[0] != '.')
			take_file(folder, entry->d_name);
	closedir(dir);
	return 0;
}

static size_t put32(uint8_t *at, uint32_t number)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(number >> (24 - 8 * i));
	return 4;
}

/* Does the reader know it? Then its form; NULL: no. Lengths are tried until one is right. */
static const struct of_form *known(const struct name *name)
{
	static uint8_t buffer[2048];
	const bool is_multipart = name->type != EXPERIMENTER && name->multipart != TYPES_MAX;
	size_t head = OF_HEADER_SIZE;
	struct of_message message;

	memset(buffer, 0, sizeof(buffer));
	buffer[0] = name->version;
	buffer[1] = name->type;
	if (is_multipart) {
		buffer[head] = (uint8_t)(name->multipart >> 8);
		buffer[head + 1] = (uint8_t)name->multipart;
		head += name->version == OF10 ? 4 : 8;
	}
	if (name->vendor) {
		put32(buffer + head, name->vendor);
		put32(buffer + head + 4, name->number);
	}
	for (size_t size = head; size < head + 1100; size++) {
		enum of_error error;

		buffer[2] = (uint8_t)(size >> 8);
		buffer[3] = (uint8_t)size;
		error = of_message_read((struct wire_bytes){buffer, size}, &message);
		if (!error)
			return message.form;
		if (error != OF_BRC_BAD_LEN)
			return NULL;
	}
	return NULL;
}

/* Complains of one that is known and no seed. */
static unsigned count_missing(const struct name *name)
{
	const struct of_form *form = known(name);

	if (!form || is_seed[name->version][form->kind][form->number])
		return 0;
	print_error(
		"OpenFlow 1.%u: no seed has type %u, multipart %u, experimenter %#x, number %u\n",
		name->version - 1u, name->type, name->multipart, name->vendor, name->number);
	return 1;
}

static unsigned count_experimenters(struct name name)
{
	static const uint32_t vendors[] = {VENDOR_NICIRA, VENDOR_ONF};
	unsigned n = 0;

	for (unsigned i = 0; i < 2; i++) {
		name.vendor = vendors[i];
		for (name.number = 0; name.number < TYPES_MAX; name.number++)
			n += count_missing(&name);
	}
	return n;
}

static unsigned count_multiparts(struct name name)
{
	unsigned n = 0;

	for (name.multipart = 0; name.multipart < TYPES_MAX; name.multipart++)
		n += count_missing(&name);
	name.multipart = MULTIPART_EXPERIMENTER;
	return n + count_experimenters(name);
}

static void test_every_message_is_a_seed(void **state)
{
	unsigned n = 0;

	for (uint8_t version = OF10; version <= OF15; version++) {
		const uint8_t request = version == OF10 ? 16 : 18;

		for (unsigned type = 0; type <= UINT8_MAX; type++) {
			const struct name name = {version, (uint8_t)type, TYPES_MAX, 0, 0};

			if (type == EXPERIMENTER)
				n += count_experimenters(name);
			else if (type == request || type == request + 1u)
				n += count_multiparts(name);
			else
				n += count_missing(&name);
		}
	}
	assert_int_equal(n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_message_is_a_seed)};

	return cmocka_run_group_tests(tests, setup, NULL);
}
