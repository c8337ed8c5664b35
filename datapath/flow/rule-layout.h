#pragma once
/* What the classifier knows of struct flow_key: where fields begin and end, and which are
 * addresses. IPv6 addresses are listed in pieces, because IPv4's share their first words; a cut
 * piece is as good as a cut address. */
#include "flow/rule.h"

extern const struct rule_layout rule_layout_flow;
