#pragma once
/* How long an order lives: "90s", "10m", "2h", "1d". */
#include <stddef.h>
#include <stdint.h>

struct err;

/* `text` NULL: *seconds stays. 0 or -EINVAL; the text calls it --for. */
int order_time_read(const char *text, uint32_t *seconds, struct err *err);
/* The two largest units: "9m58s". */
void order_time_print(uint64_t seconds, char *text, size_t size);
