#pragma once
/* Numbers as RFC 8259 section 6 writes them, for json.c. */
#include <stdbool.h>
#include <stddef.h>

struct json_object;

/* Where the number at `text` ends; NULL: it is none. *is_real: it has a fraction or an exponent. */
const char *number_end(const char *text, const char *end, bool *is_real);

/* The value of the number of `len` bytes: an integer if it is one and fits into int64_t, however it is written ("1.0",
 * "1e2"), else a real. -ERANGE: beyond double. -E2BIG: it has too many digits to be of use. */
int number_value(const char *text, size_t len, bool is_real, struct json_object **out);
