#pragma once
/* The bytes of a packet as people write them. Any thread. */
#include <stddef.h>
#include <stdint.h>

struct err;

#define PACKET_TEXT_MAX 4096 /* bytes */

/* Hexadecimal digits, with blanks or colons between them. 0 or -EINVAL: no digits, not whole bytes, or more
 * than PACKET_TEXT_MAX. */
int packet_text_read(const char *text, uint8_t bytes[PACKET_TEXT_MAX], size_t *n, struct err *err);
