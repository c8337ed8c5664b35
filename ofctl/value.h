#pragma once
/* Values of the database as people write and read them. */

struct err;

enum value_style { VALUE_STRING, VALUE_BARE, VALUE_JSON };

/* Parses string, bare or json. Returns 0 or -EINVAL. */
int value_style_parse(const char *text, enum value_style *style, struct err *err);
