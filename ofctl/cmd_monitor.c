/* monitor: prints what happens to flows, as it happens. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>

#include "base/err.h"
#include "job.h"
#include "need.h"
#include "transport.h"

/* For whoever waits until nothing can be missed any more, such as a script. */
static void say_started(void *ctx)
{
	const struct job *job = ctx;

	if (!job->is_json)
		puts("watching");
	fflush(stdout);
}

static void print_news(const struct flow_news *news)
{
	if (news->n_lost)
		printf("%" PRIu64 " changes lost: too many at once, list the flows again\n",
		       news->n_lost);
	if (!*news->event)
		return;
	printf("event=%s ", news->event);
	if (*news->reason)
		printf("reason=%s ", news->reason);
	printf("%.*s\n", (int)news->flow.len, news->flow.at);
}

static void print_json_news(const struct flow_news *news)
{
	struct json_object *object = need(json_object_new_object());

	json_object_object_add(object, "event", json_object_new_string(news->event));
	json_object_object_add(object, "reason", json_object_new_string(news->reason));
	json_object_object_add(object, "flow",
			       json_object_new_string_len(news->flow.at, (int)news->flow.len));
	json_object_object_add(object, "lost", json_object_new_uint64(news->n_lost));
	job_print_json(object);
	json_object_put(object);
}

/* Whoever reads it has gone: so do we. */
static int visit(const struct flow_news *news, void *ctx)
{
	const struct job *job = ctx;

	if (job->is_json)
		print_json_news(news);
	else
		print_news(news);
	return fflush(stdout) ? 1 : 0;
}

static int run_monitor(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	const struct flow_query query = {
		.bridge = inv->args[0],
		.filter = job_arg(inv, 1),
		.has_names = job->has_names,
	};
	struct transport *transport;
	int ret = job_transport(job, &transport, err);

	return ret ? ret : transport->ops->watch(transport, &query, say_started, visit, job, err);
}

static const struct cli_action monitor = {run_monitor};

const struct cli_command packet_commands[] = {
	{"monitor", "BRIDGE [FLOW]", "tell of changes to flows, as they happen", 0, &monitor},
	{"packet-out", "BRIDGE PACKET [ACTIONS] [HEX]",
	 "send a packet: 'in_port=PORT packet=HEX actions=ACTIONS', or PORT ACTIONS HEX", 0,
	 &packet_out},
	{"trace", "BRIDGE FLOW|HEX|PCAP",
	 "tell what would happen to a packet: its fields, bytes, or a file of packets",
	 1u << OPTION_IN_PORT, &trace},
	{"dump-cache", "BRIDGE", "show the cached flows, and why some are not in the kernel", 0,
	 &dump_cache},
	{"top", "BRIDGE", "show the busiest ports and flows, once a second", 1u << OPTION_ONCE,
	 &top},
	{},
};
