/* packet-out: a packet is sent, by actions that come with it. */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "control/method.h"
#include "control/packet_text.h"
#include "flow/match.h"
#include "flow/ofaction_text.h"
#include "flow/port_text.h"
#include "switch/flows.h"
#include "switch/packet_out.h"
#include "switch/translate.h"
#include "switch/vswitch.h"

int method_packet_out(struct method_context *context, struct json_object *params,
		      struct json_object **result, struct err *err)
{
	struct bridge *bridge = param_bridge(context, params, err);
	own(ofactions_fini) struct ofactions actions = {0};
	const char *port = param_string(params, "in_port");
	const struct match any = {0};
	uint8_t bytes[PACKET_TEXT_MAX];
	struct flow_key from = {.packet.in_port = OFPORT_CONTROLLER};
	struct flow_names names;
	size_t n_bytes;
	int rc;

	if (!bridge)
		return -ENOENT;
	names = bridge_flow_names(bridge);
	rc = port ? port_parse(slice_of(port), &names, &from.packet.in_port, err) : 0;
	if (!rc)
		rc = ofactions_parse(slice_of(param_string(params, "actions")), &names, &actions,
				     err);
	if (!rc)
		rc = ofactions_check(&actions, &any, 0, err);
	if (!rc)
		rc = translate_check(&actions, err);
	if (!rc)
		rc = packet_text_read(param_string(params, "packet"), bytes, &n_bytes, err);
	if (!rc)
		rc = bridge_packet_out(bridge, &from, &actions, bytes, n_bytes, err);
	return rc;
}
