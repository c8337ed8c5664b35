#pragma once
/* HELLO: which versions somebody speaks (OpenFlow 1.3.5 section 7.5.1). Versions are sets: bit V is version V. */
#include "openflow/message.h"

#define OF_VERSIONS_ALL 0x7e

/* Of a HELLO. Bits for versions that nobody knows yet may be among them. What is no element counts for nothing. */
uint32_t of_hello_read(const struct of_message *message);
void of_hello_write(struct wire_writer *w, uint32_t versions, uint32_t xid);
/* The best that both speak; 0: there is none. */
uint8_t of_version_best(uint32_t ours, uint32_t theirs);
