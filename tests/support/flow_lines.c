/* Reads flows, one a line, and prints for each what Shunt makes of it:
 *
 *	+ MATCH <tab> WHOLE FLOW
 *	- why it was refused
 */
#include <stdio.h>

#include "base/err.h"
#include "base/own.h"
#include "base/print.h"
#include "flow/flow_text.h"
#include "flow/match_text.h"

static void say(struct slice text)
{
	own(flow_mod_fini) struct flow_mod flow = {0};
	own(print_fini) struct print out = {0};
	struct err err = ERR_INIT;

	if (flow_mod_parse(text, FLOW_ADD, NULL, &flow, &err)) {
		printf("- %s\n", err.text);
		return;
	}
	match_print(&out, &flow.match, NULL);
	print_char(&out, '\t');
	flow_print(&out, &flow, NULL, NULL);
	printf("+ %s\n", print_text(&out));
}

int main(void)
{
	own(mem_free) char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while ((len = getline(&line, &size, stdin)) > 0)
		say(slice_trim((struct slice){line, (size_t)len}));
	return 0;
}
