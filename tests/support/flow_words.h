#pragma once
/* Words for flows that a test makes: of every prerequisite, and of every action. */
#include "flow/field.h"

/* Two ways to promise what a field needs; "" for none. */
extern const char *const need_words[N_FIELD_NEEDS][2];

/* All actions, but conjunction. */
extern const char *const action_words[];
extern const unsigned n_action_words;
