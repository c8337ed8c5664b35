/* meter-mod, meter-dump, meter-stats: a bridge's meters, as text (flow/meter.h). */
#include <errno.h>
#include <json-c/json.h>

#include "base/err.h"
#include "base/own.h"
#include "base/print.h"
#include "control/method.h"
#include "path/meter.h"
#include "switch/meters.h"

static enum meter_command param_command(struct json_object *params)
{
	const char *word = param_string(params, "command");

	return !strcmp(word, "add")      ? METER_ADD
	       : !strcmp(word, "modify") ? METER_MODIFY
					 : METER_DELETE;
}

int method_meter_mod(struct method_context *context, struct json_object *params,
		     struct json_object **result, struct err *err)
{
	struct bridge *bridge = param_bridge(context, params, err);
	struct meter_mod mod;
	int rc;

	if (!bridge)
		return -ENOENT;
	rc = meter_mod_parse(slice_of(param_string(params, "meter")), param_command(params), &mod,
			     err);
	return rc ? rc : bridge_meter_mod(bridge, &mod, err);
}

static uint32_t param_meter(struct json_object *params)
{
	return (uint32_t)param_integer(params, "meter", METER_EVERY);
}

static int write_meter(const struct meter_row *row, void *ctx)
{
	struct print *text = ctx;

	meter_print(text, row->desc);
	print_char(text, '\n');
	return 0;
}

int method_meter_dump(struct method_context *context, struct json_object *params,
		      struct json_object **result, struct err *err)
{
	struct bridge *bridge = param_bridge(context, params, err);
	own(print_fini) struct print text = {0};

	if (!bridge)
		return -ENOENT;
	bridge_meters_for_each(bridge, param_meter(params), write_meter, &text);
	if (text.is_failed)
		return err_set(err, ENOMEM, "out of memory");
	*result = json_object_new_object();
	result_string(*result, "meters", print_text(&text));
	return 0;
}

static struct json_object *show_count(const struct meter_count *count)
{
	struct json_object *object = json_object_new_object();

	result_integer(object, "packets", count->n_packets);
	result_integer(object, "bytes", count->n_bytes);
	return object;
}

static int show_meter(const struct meter_row *row, void *ctx)
{
	struct json_object *object = show_count(&row->count), *bands = json_object_new_array();

	result_integer(object, "meter", row->desc->id);
	result_integer(object, "flows", row->n_flows);
	result_integer(object, "milliseconds", row->duration / 1000000);
	for (unsigned i = 0; i < row->desc->n_bands; i++)
		json_object_array_add(bands, show_count(&row->band[i]));
	json_object_object_add(object, "bands", bands);
	json_object_array_add(ctx, object);
	return 0;
}

int method_meter_stats(struct method_context *context, struct json_object *params,
		       struct json_object **result, struct err *err)
{
	struct bridge *bridge = param_bridge(context, params, err);

	if (!bridge)
		return -ENOENT;
	*result = json_object_new_array();
	return bridge_meters_for_each(bridge, param_meter(params), show_meter, *result);
}

int method_meter_features(struct method_context *context, struct json_object *params,
			  struct json_object **result, struct err *err)
{
	if (!param_bridge(context, params, err))
		return -ENOENT;
	*result = json_object_new_object();
	result_integer(*result, "max-meters", METERS_MAX);
	result_integer(*result, "max-bands", METER_BANDS_MAX);
	return 0;
}
