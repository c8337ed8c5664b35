/* monitor: prints what happens to flows, or the packets that they send to controllers. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/own.h"
#include "client.h"
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

/* ---- packets ---- */

static void print_packet(struct json_object *news)
{
	int64_t n_lost = json_int(news, "lost");

	if (!json_object_is_type(news, json_type_object))
		return;
	if (n_lost)
		printf("%" PRId64 " packets lost: too many at once\n", n_lost);
	printf("packet-in");
	json_object_object_foreach(news, name, value)
	{
		if (strcmp(name, "bridge") && strcmp(name, "lost"))
			printf(" %s=%s", name, json_object_get_string(value));
	}
	putchar('\n');
}

static int watch_packets(struct job *job, const char *bridge, struct err *err)
{
	own(json_free) struct json_object *result = NULL;
	struct client *client;
	int ret = job_call(job, "packet-watch", job_params(bridge), &result, err);

	if (!ret)
		ret = job_client(job, &client, err);
	if (!ret)
		say_started(job);
	while (!ret) {
		own(json_free) struct json_object *message = NULL;
		struct json_object *news;

		ret = client_receive(client, &message, err);
		if (ret)
			break;
		news = json_array_at(json_object_object_get(message, "params"), 0);
		if (job->is_json)
			job_print_json(news);
		else
			print_packet(news);
		if (fflush(stdout))
			break;
	}
	return ret;
}

static int run_monitor(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	const struct flow_query query = {
		.bridge = inv->args[0],
		.filter = job_arg(inv, 1),
		.has_names = job->has_names,
	};
	struct transport *transport;
	int ret;

	if (option_is_given(inv, OPTION_PACKETS))
		return watch_packets(job, inv->args[0], err);
	ret = job_transport(job, &transport, err);
	return ret ? ret : transport->ops->watch(transport, &query, say_started, visit, job, err);
}

static const struct cli_action monitor = {run_monitor};

const struct cli_command packet_commands[] = {
	{"monitor", "BRIDGE [FLOW]", "tell of changes to flows, or of packets for controllers",
	 1u << OPTION_PACKETS, &monitor},
	{"capture", "BRIDGE [MATCH]",
	 "write packets as they come in to a file for Wireshark and tcpdump",
	 1u << OPTION_WRITE | 1u << OPTION_COUNT | 1u << OPTION_SNAPLEN | 1u << OPTION_FOR,
	 &capture},
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
