#pragma once
/* MAC addresses as people write them: 02:00:00:00:00:01. Any thread. */
#include "packet/header.h"

struct err;

#define MAC_TEXT_SIZE 18

/* Six bytes of one or two hexadecimal digits. Returns 0 or -EINVAL with a text. */
int mac_parse(const char *text, struct eth_addr *out, struct err *err);
void mac_print(struct eth_addr mac, char text[MAC_TEXT_SIZE]);
