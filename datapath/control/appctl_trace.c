/* ofproto/trace: what would happen to a packet, told as Open vSwitch tells it. */
#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/own.h"
#include "base/print.h"
#include "control/appctl.h"
#include "control/method.h"

static void print_line(struct print *out, size_t n, char c)
{
	while (n--)
		print_char(out, c);
	print_char(out, '\n');
}

static void print_answer(struct print *out, const char *bridge, struct json_object *result)
{
	const char *flow = param_string(result, "flow"), *final = param_string(result, "final");

	print_fmt(out, "Flow: %s\n\nbridge(\"%s\")\n", flow, bridge);
	print_line(out, strlen(bridge) + strlen("bridge(\"\")"), '-');
	print_add(out, param_string(result, "story"));
	print_fmt(out, "\nFinal flow: %s\n", strcmp(flow, final) ? final : "unchanged");
	print_fmt(out, "Megaflow: recirc_id=0,eth,%s\n", param_string(result, "alike"));
	print_fmt(out, "Datapath actions: %s\n", param_string(result, "datapath"));
}

int appctl_trace(struct appctl_call *call)
{
	own(json_free) struct json_object *params = json_object_new_object();
	own(json_free) struct json_object *result = NULL;
	int rc;

	if (strchr(call->args[0], '('))
		return err_set(call->err, ENOTSUP,
			       "flows of a datapath cannot be traced: name a bridge and a flow");
	if (!appctl_bridge(call, call->args[0]))
		return err_set(call->err, ENOENT, "%s: unknown bridge", call->args[0]);
	result_string(params, "bridge", call->args[0]);
	result_string(params, "flow", call->args[1]);
	if (call->n_args == 3)
		result_string(params, "packet", call->args[2]);
	rc = method_trace(call->context, params, &result, call->err);
	if (rc)
		err_prefix(call->err, "Bad openflow flow syntax: %s", call->args[1]);
	else
		print_answer(call->out, call->args[0], result);
	return rc;
}
