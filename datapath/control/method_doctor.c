/* doctor: what this kernel and its devices can do. */
#include <json-c/json.h>

#include "base/json.h"
#include "base/own.h"
#include "control/method.h"
#include "port/probe.h"

static void show_row(void *ctx, const struct probe_row *row)
{
	struct json_object *rows = ctx, *object = json_object_new_object();

	result_string(object, "subject", row->subject);
	result_string(object, "item", row->item);
	result_string(object, "verdict", probe_verdict_name(row->verdict));
	result_string(object, "text", row->text);
	json_object_array_add(rows, object);
}

int method_doctor(struct method_context *context, struct json_object *params,
		  struct json_object **result, struct err *err)
{
	const char *device = param_string(params, "device");
	own(json_free) struct json_object *rows = json_object_new_array();
	int rc;

	probe_kernel(show_row, rows);
	rc = device ? probe_device(device, show_row, rows, err) : probe_all_devices(show_row, rows);
	if (rc)
		return rc;
	*result = take_ptr(rows);
	return 0;
}
