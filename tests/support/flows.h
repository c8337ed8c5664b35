#pragma once
/* Flows by their text, for tests: what is wrong with the text fails the test. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flow/flow_text.h"

struct bridge;

/* One flow mod: `command`, unless the text begins with a word for one. Ends with flow_mod_fini(). */
struct flow_mod flow_of(enum flow_command command, const char *text);
/* Applies one mod. What bridge_flow_mods() returns. */
int flows_try(struct bridge *bridge, enum flow_command command, const char *text);
/* The same, and must succeed. */
void flows_do(struct bridge *bridge, enum flow_command command, const char *text);
void flows_add(struct bridge *bridge, const char *text);

/* The flows that the filter ("" for all) selects as dump-flows --no-stats prints them, a line each, in
 * order. Valid until the next call. */
const char *flows_text(struct bridge *bridge, const char *filter);
/* The only flow that the filter selects. */
struct flow_stats flows_stats(struct bridge *bridge, const char *filter);
