#pragma once
/* The printing half of learn(), for ofaction_print.c. */
#include <stdint.h>

struct flow_names;
struct ofactions;
struct print;

/* The LEARN at `at` with what is inside it. */
void learn_print(struct print *out, const struct ofactions *list, uint32_t at,
		 const struct flow_names *names);
