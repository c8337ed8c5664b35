/* top: the busiest flows and ports, once a second. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/own.h"
#include "base/print.h"
#include "job.h"
#include "need.h"
#include "transport.h"

#define SHOWN_PORTS  8
#define SHOWN_FLOWS  10 /* where there is no terminal to say how many fit */
#define HEADING_SIZE 4  /* lines */

/* A flow or a port, from one picture to the next. */
struct thing {
	UT_hash_handle hh;
	uint64_t packets, bytes; /* so far */
	uint64_t packet_rate, bit_rate;
	bool is_seen; /* in this picture */
	char name[];
};

struct picture {
	struct thing *flows, *ports;
	double seconds; /* since the one before; 0: this is the first */
};

static void things_free(struct thing **things)
{
	struct thing *thing, *next;

	HASH_ITER (hh, *things, thing, next) {
		HASH_DEL(*things, thing);
		free(thing);
	}
}

static void note(struct thing **things, double seconds, struct slice name, uint64_t packets,
		 uint64_t bytes)
{
	struct thing *thing;

	HASH_FIND(hh, *things, name.at, name.len, thing);
	if (!thing) {
		thing = need(calloc(1, sizeof(*thing) + name.len + 1));
		memcpy(thing->name, name.at, name.len);
		HASH_ADD_KEYPTR(hh, *things, thing->name, name.len, thing);
		/* A flow that is new began with nothing; at first all are. */
		thing->packets = seconds > 0 ? 0 : packets;
		thing->bytes = seconds > 0 ? 0 : bytes;
	}
	if (seconds > 0 && packets >= thing->packets && bytes >= thing->bytes) {
		thing->packet_rate = (uint64_t)((double)(packets - thing->packets) / seconds + .5);
		thing->bit_rate = (uint64_t)((double)(bytes - thing->bytes) * 8 / seconds + .5);
	}
	thing->packets = packets;
	thing->bytes = bytes;
	thing->is_seen = true;
}

/* Those that are gone. */
static void forget(struct thing **things)
{
	struct thing *thing, *next;

	HASH_ITER (hh, *things, thing, next) {
		if (!thing->is_seen) {
			HASH_DEL(*things, thing);
			free(thing);
		} else {
			thing->is_seen = false;
		}
	}
}

/* ---- looking ---- */

static bool take_number(struct slice word, const char *name, uint64_t *out)
{
	size_t len = strlen(name);

	if (!slice_starts(word, name))
		return false;
	*out = strtoull(word.at + len, NULL, 10);
	return true;
}

static bool is_age(struct slice word)
{
	return slice_starts(word, "duration=") || slice_starts(word, "idle_age=") ||
	       slice_starts(word, "hard_age=");
}

/* The flow's counters go apart, so that what remains is its name. */
static int see_flow(struct slice flow, void *ctx)
{
	struct picture *picture = ctx;
	own(print_fini) struct print name = {0};
	uint64_t packets = 0, bytes = 0;

	while (flow.len && !slice_starts(flow, "actions=")) {
		size_t end = slice_find(flow, ' ');
		struct slice word = slice_first(flow, end);

		flow = slice_skip(flow, end < flow.len ? end + 1 : end);
		if (!take_number(word, "n_packets=", &packets) &&
		    !take_number(word, "n_bytes=", &bytes) && !is_age(word) &&
		    !slice_is(word, "cookie=0x0,")) {
			print_bytes(&name, word.at, word.len);
			print_char(&name, ' ');
		}
	}
	print_bytes(&name, flow.at, flow.len);
	note(&picture->flows, picture->seconds, (struct slice){print_text(&name), name.len},
	     packets, bytes);
	return 0;
}

static void see_port(struct picture *picture, struct json_object *row, bool is_rx)
{
	struct json_object *counts = json_object_object_get(row, "switched");
	const char *port = json_object_get_string(json_object_object_get(row, "name"));
	char name[64];

	snprintf(name, sizeof(name), "%s %s", port, is_rx ? "rx" : "tx");
	note(&picture->ports, picture->seconds, slice_of(name),
	     json_uint(counts, is_rx ? "rx_packets" : "tx_packets"),
	     json_uint(counts, is_rx ? "rx_bytes" : "tx_bytes"));
}

static int look(struct job *job, const char *bridge, struct picture *picture, struct err *err)
{
	const struct flow_query query = {.bridge = bridge, .has_names = true};
	own(json_free) struct json_object *ports = NULL;
	struct transport *transport;
	int ret = job_transport(job, &transport, err);

	if (!ret)
		ret = transport->ops->dump(transport, &query, see_flow, picture, err);
	if (!ret)
		ret = job_call(job, "port-show", job_params(bridge), &ports, err);
	for (size_t i = 0; !ret && i < json_array_size(ports); i++) {
		see_port(picture, json_array_at(ports, i), true);
		see_port(picture, json_array_at(ports, i), false);
	}
	forget(&picture->flows);
	forget(&picture->ports);
	return ret;
}

/* ---- showing ---- */

static int busiest_first(struct thing *a, struct thing *b)
{
	if (a->packet_rate != b->packet_rate)
		return a->packet_rate < b->packet_rate ? 1 : -1;
	if (a->packets != b->packets)
		return a->packets < b->packets ? 1 : -1;
	return strcmp(a->name, b->name);
}

static void show_things(struct thing **things, unsigned n, unsigned width)
{
	HASH_SORT(*things, busiest_first);
	for (struct thing *t = *things; t && n; t = t->hh.next, n--)
		printf("%12" PRIu64 " %12.1f  %.*s\n", t->packet_rate, (double)t->bit_rate / 1e3,
		       (int)(width > 28 ? width - 28 : 1), t->name);
}

static void show(struct picture *picture, bool is_terminal)
{
	struct winsize size = {0};
	unsigned width = 10000, n_flows = SHOWN_FLOWS;

	if (is_terminal && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col) {
		width = size.ws_col;
		n_flows = size.ws_row > SHOWN_PORTS + HEADING_SIZE + 1
				  ? size.ws_row - SHOWN_PORTS - HEADING_SIZE
				  : 1;
	}
	if (is_terminal)
		printf("\033[H\033[J");
	printf("   packets/s       kbit/s  port\n");
	show_things(&picture->ports, SHOWN_PORTS, width);
	printf("\n   packets/s       kbit/s  flow\n");
	show_things(&picture->flows, n_flows, width);
	if (!is_terminal)
		putchar('\n');
	fflush(stdout);
}

static void show_json(struct picture *picture)
{
	struct json_object *object = need(json_object_new_object());
	struct thing **sets[] = {&picture->ports, &picture->flows};

	for (unsigned i = 0; i < 2; i++) {
		struct json_object *rows = need(json_object_new_array());

		HASH_SORT(*sets[i], busiest_first);
		for (struct thing *t = *sets[i]; t; t = t->hh.next) {
			struct json_object *row = need(json_object_new_object());

			json_object_object_add(row, i ? "flow" : "port",
					       json_object_new_string(t->name));
			json_object_object_add(row, "packets_per_second",
					       json_object_new_uint64(t->packet_rate));
			json_object_object_add(row, "bits_per_second",
					       json_object_new_uint64(t->bit_rate));
			json_object_array_add(rows, row);
		}
		json_object_object_add(object, i ? "flows" : "ports", rows);
	}
	job_print_json(object);
	fflush(stdout);
	json_object_put(object);
}

static int run_top(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	bool is_once = option_is_given(inv, OPTION_ONCE);
	bool is_terminal = !is_once && isatty(STDOUT_FILENO);
	const struct clock clock = {.is_manual = false};
	struct picture picture = {0};
	uint64_t before = clock_now(&clock);
	int ret = look(job, inv->args[0], &picture, err);

	while (!ret) {
		uint64_t now;

		sleep(1);
		now = clock_now(&clock);
		picture.seconds = (double)(now - before) / 1e9;
		before = now;
		ret = look(job, inv->args[0], &picture, err);
		if (!ret && job->is_json)
			show_json(&picture);
		else if (!ret)
			show(&picture, is_terminal);
		if (is_once || ferror(stdout))
			break;
	}
	things_free(&picture.flows);
	things_free(&picture.ports);
	return ret;
}

const struct cli_action top = {run_top};
