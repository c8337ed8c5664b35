/* trace: what would happen to a packet. */
#include <ctype.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/json.h"
#include "base/own.h"
#include "base/print.h"
#include "bridge_names.h"
#include "input.h"
#include "job.h"
#include "need.h"
#include "packet_file.h"

#define HEADER_DIGITS 28 /* of an Ethernet header, the least that a packet has */

/* Only digits and what may stand between them, and enough of them? */
static bool is_hex(const char *text)
{
	unsigned n = 0;

	for (; *text; text++) {
		if (isxdigit((unsigned char)*text))
			n++;
		else if (*text != ' ' && *text != ':' && *text != '\n')
			return false;
	}
	return n >= HEADER_DIGITS;
}

/* What is asked for; NULL: it was not said. */
struct question {
	const char *in_port, *flow, *packet;
};

/* Asks for one packet and prints the answer. */
static int trace_one(struct job *job, const char *bridge, const struct question *question,
		     struct err *err)
{
	const char *in_port = question->in_port, *flow = question->flow;
	struct json_object *params = job_params(bridge);
	own(json_free) struct json_object *result = NULL;
	own(print_fini) struct print text = {0};
	int ret;

	if (in_port)
		print_fmt(&text, "in_port=%s%s", in_port, flow ? "," : "");
	if (flow)
		print_add(&text, flow);
	if (flow || in_port)
		json_object_object_add(params, "flow",
				       need(json_object_new_string(print_text(&text))));
	if (question->packet)
		json_object_object_add(params, "packet",
				       need(json_object_new_string(question->packet)));
	ret = job_call(job, "trace", params, &result, err);
	if (ret)
		return ret;
	if (job->is_json)
		job_print_json(result);
	else
		fputs(json_object_get_string(json_object_object_get(result, "text")), stdout);
	return 0;
}

/* The packet that was read last. It came in by the port that it was captured at, if the bridge has one of that
 * name, and nobody says otherwise. */
static int trace_read(struct job *job, const struct cli_invocation *inv, struct bridge_names *names,
		      const struct packet_file *reader, struct err *err)
{
	struct question question = {.in_port = inv->options.value[OPTION_IN_PORT]};
	const struct flow_names known = bridge_names_of(names);
	own(print_fini) struct print hex = {0};
	uint16_t port;
	char number[8];

	for (size_t i = 0; i < reader->packet.len; i++)
		print_fmt(&hex, "%02x", (uint8_t)reader->packet.at[i]);
	question.packet = print_text(&hex);
	if (!question.in_port && reader->interface.len &&
	    !known.port_number(known.ctx, reader->interface, &port)) {
		snprintf(number, sizeof(number), "%u", port);
		question.in_port = number;
	}
	return trace_one(job, inv->args[0], &question, err);
}

/* Each packet of the file, an empty line between them. */
static int trace_file(struct job *job, const struct cli_invocation *inv, struct slice file,
		      struct err *err)
{
	own(bridge_names_free) struct bridge_names *names = NULL;
	struct packet_file reader = {.file = file};
	int ret = bridge_names_new(&names, job, inv->args[0], err);

	if (ret)
		return ret;
	for (unsigned n = 0; (ret = packet_file_next(&reader, err)) > 0; n++) {
		if (n && !job->is_json)
			putchar('\n');
		ret = trace_read(job, inv, names, &reader, err);
		if (ret)
			break;
	}
	if (ret)
		err_prefix(err, "%s", inv->args[1]);
	return ret;
}

/* "./a.pcap", not "ip,nw_src=10.0.0.0/8". */
static bool is_path(const char *text)
{
	return !access(text, R_OK) || (strchr(text, '/') && !strchr(text, '='));
}

static int run_trace(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	const char *what = inv->args[1];
	struct question question = {.in_port = inv->options.value[OPTION_IN_PORT]};
	struct slice file;
	int ret;

	if (is_hex(what)) {
		question.packet = what;
		return trace_one(job, inv->args[0], &question, err);
	}
	if (strcmp(what, "-") && !is_path(what)) {
		question.flow = what;
		return trace_one(job, inv->args[0], &question, err);
	}
	ret = input_read(what, &file, err);
	if (ret)
		return ret;
	if (packet_file_is_one(file))
		ret = trace_file(job, inv, file, err);
	else
		ret = err_set(err, EINVAL, "%s is no file of packets: use pcap or pcapng",
			      input_name(what));
	free((char *)file.at);
	return ret;
}

const struct cli_action trace = {run_trace};
