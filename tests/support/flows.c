#include "support/flows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <string.h>

#include "base/err.h"
#include "base/print.h"
#include "base/slice.h"
#include "switch/flows.h"

struct flow_mod flow_of(enum flow_command command, const char *text)
{
	struct flow_mod mod = {0};
	struct err err = ERR_INIT;

	if (flow_mod_parse(slice_of(text), command, NULL, &mod, &err))
		fail_msg("%s: %s", text, err.text);
	return mod;
}

int flows_try(struct bridge *bridge, enum flow_command command, const char *text)
{
	struct flow_mod mod = flow_of(command, text);
	int rc = bridge_flow_mods(bridge, &mod, 1, NULL, NULL);

	flow_mod_fini(&mod);
	return rc;
}

void flows_do(struct bridge *bridge, enum flow_command command, const char *text)
{
	int rc = flows_try(bridge, command, text);

	if (rc)
		fail_msg("%s: %s", text, strerror(-rc));
}

void flows_add(struct bridge *bridge, const char *text)
{
	flows_do(bridge, FLOW_ADD, text);
}

static int show(const struct flow_row *row, void *ctx)
{
	struct print *out = ctx;

	flow_print(out, row->flow, NULL, NULL);
	print_char(out, '\n');
	return 0;
}

const char *flows_text(struct bridge *bridge, const char *filter)
{
	static char text[1 << 16];
	struct flow_mod mod = flow_of(FLOW_DELETE, filter);
	struct print out = {0};

	assert_int_equal(bridge_flows_for_each(bridge, &mod, show, &out), 0);
	assert_true(out.len < sizeof(text) && !out.is_failed);
	strcpy(text, print_text(&out));
	print_fini(&out);
	return text;
}

struct only {
	struct flow_stats stats;
	unsigned n;
};

static int take(const struct flow_row *row, void *ctx)
{
	struct only *only = ctx;

	only->stats = row->stats;
	only->n++;
	return 0;
}

struct flow_stats flows_stats(struct bridge *bridge, const char *filter)
{
	struct flow_mod mod = flow_of(FLOW_DELETE, filter);
	struct only only = {.n = 0};

	assert_int_equal(bridge_flows_for_each(bridge, &mod, take, &only), 0);
	assert_int_equal(only.n, 1);
	return only.stats;
}
