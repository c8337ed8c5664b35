#pragma once
/* Text that goes into JSON must be UTF-8. */
#include <stdbool.h>
#include <stddef.h>

/* RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF. */
bool utf8_is_valid(const char *text, size_t len);
