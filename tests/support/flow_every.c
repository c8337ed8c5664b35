/* Prints flows, one a line: a match on every field, whole and masked, every field read and written by an
 * action, and every action. So what is tested with them is tested with fields that are yet to come.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/own.h"
#include "base/print.h"
#include "flow/flow_text.h"
#include "flow/match_text.h"
#include "flow/port_text.h"
#include "support/flow_words.h"

/* With what the field needs in the match, by one of the two ways. */
static struct match match_for(const struct field *field, unsigned way)
{
	const char *tag = field->offset == field_of(FIELD_VLAN_TCI)->offset ? "dl_vlan=3," : "";
	struct match match;
	char text[128];

	snprintf(text, sizeof(text), "%s%s", tag, need_words[field->need][way]);
	if (match_parse(slice_of(text), NULL, &match, NULL))
		abort();
	return match;
}

static void say(const struct match *match, const char *actions)
{
	own(print_fini) struct print out = {0};

	match_print(&out, match, NULL);
	printf("%s%sactions=%s\n", print_text(&out), out.len ? "," : "", actions);
}

static void say_match(const struct field *field, unsigned way, field_bits mask)
{
	/* few bits, so that it is a value of most fields, and no contradiction to what they need */
	const field_bits value =
		field->format == FIELD_AS_PORT ? 2 : (field_bits)0x8000810100000104u;
	struct match match;

	if (match_parse(slice_of(need_words[field->need][way]), NULL, &match, NULL))
		abort();
	mask &= field_all(field);
	if (!match_set(&match, field, value & mask, mask) && !match_unmet(&match))
		say(&match, "drop");
}

static void say_actions(const struct field *field, unsigned way)
{
	const struct match match = match_for(field, way);
	const char *name = field_number_name(field);
	const unsigned last = field->n_bits - 1u, part = last > 2 ? 2 : 0;
	char text[256];

	if (!field->nxm.name && !field->oxm.name)
		return;
	snprintf(text, sizeof(text), "move:%s[%u..%u]->NXM_NX_%s[0..%u]", name, part, last,
		 field_id(field) == FIELD_XXREG1 ? "XXREG2" : "XXREG1", last - part);
	say(&match, text);
	if (!(field->flags & FIELD_WRITABLE))
		return;
	snprintf(text, sizeof(text), "load:0->%s[],load:1->%s[%u]", name, name, part);
	say(&match, text);
	snprintf(text, sizeof(text), "move:NXM_NX_XXREG0[%u..%u]->%s[%u..%u]", part, last, name,
		 part, last);
	say(&match, text);
}

int main(void)
{
	for (unsigned i = 0; i < N_FIELDS * 2; i++) {
		const struct field *field = field_of(i / 2);

		say_match(field, i % 2, field_all(field));
		if (field->flags & FIELD_MASKABLE)
			say_match(field, i % 2, (field_bits)0xfff0fff0fff0fff5u);
		say_actions(field, i % 2);
	}
	for (unsigned i = 0; i < n_action_words; i++)
		printf("actions=%s\n", action_words[i]);
	return 0;
}
