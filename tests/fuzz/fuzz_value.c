/* Values as people write them. The first byte chooses the type. What is understood is printed, and
 * what is printed must be understood as the same. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/utf8.h"
#include "ofctl/ids.h"
#include "ofctl/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct base_type bases[] = {
	{.type = ATOM_INTEGER, .integer = {INT64_MIN, INT64_MAX}},
	{.type = ATOM_REAL, .real = {-1e308, 1e308}},
	{.type = ATOM_BOOLEAN},
	{.type = ATOM_STRING, .len = {0, UINT_MAX}},
	{.type = ATOM_UUID},
	{.type = ATOM_VOID},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	own(ids_fini) struct ids ids = {};
	own(datum_drop) struct datum *datum = NULL;
	own(datum_drop) struct datum *again = NULL;
	own(mem_free) char *text = NULL;
	own(mem_free) char *printed = NULL;
	struct column_type type = {.max = TYPE_UNLIMITED};

	if (!size)
		return 0;
	type.key = bases[data[0] % 5];
	type.value = bases[data[0] / 5 % 6];
	text = strndup((const char *)data + 1, size - 1);
	if (!utf8_is_valid(text, strlen(text)) || value_parse(&type, text, &ids, &datum, NULL))
		return 0;
	printed = value_print(&type, datum, VALUE_STRING);
	if (value_parse(&type, printed, &ids, &again, NULL) || !datum_equals(datum, again))
		abort();
	return 0;
}
