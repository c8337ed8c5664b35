/* capture: packets as a bridge receives them, to a file that Wireshark and tcpdump read. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/json.h"
#include "base/own.h"
#include "client.h"
#include "job.h"
#include "need.h"
#include "order_time.h"
#include "pcapng.h"

#define SNAPLEN_MAX 65535

struct recording {
	const char *bridge, *match;
	uint32_t snaplen; /* 0: whole packets */
	uint64_t n_max;   /* 0: no limit */
	uint32_t seconds; /* 0: no limit */
	/* while it goes on */
	const char *path;
	FILE *out;
	struct pcapng *file;
	char *name; /* of the order */
	uint64_t n, n_lost;
	bool is_over;
	uint8_t *bytes;
};

/* ---- what was asked for ---- */

static int read_number(const char *option, const char *text, uint64_t max, uint64_t *out,
		       struct err *err)
{
	char *end;

	if (!text)
		return 0;
	errno = 0;
	*out = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || !*out || *out > max)
		return err_set(err, EINVAL, "--%s=%s is not a number from 1 to %" PRIu64, option,
			       text, max);
	return 0;
}

static int read_options(const struct cli_invocation *inv, struct recording *recording,
			struct err *err)
{
	const char *const *value = inv->options.value;
	uint64_t snaplen = 0;
	int ret = read_number("snaplen", value[OPTION_SNAPLEN], SNAPLEN_MAX, &snaplen, err);

	if (!ret)
		ret = read_number("count", value[OPTION_COUNT], UINT32_MAX, &recording->n_max, err);
	if (!ret)
		ret = order_time_read(value[OPTION_FOR], &recording->seconds, err);
	recording->snaplen = (uint32_t)snaplen;
	recording->path = value[OPTION_WRITE];
	if (!ret && !recording->path)
		return err_set(err, EINVAL,
			       "where to? Say -w FILE, or -w - for a pipe: ofctl capture %s -w - | "
			       "tcpdump -n -r -",
			       recording->bridge);
	if (!ret && !strcmp(recording->path, "-") && isatty(STDOUT_FILENO))
		return err_set(err, EINVAL,
			       "-w -: a terminal cannot show packets: add | tcpdump -n -r -");
	return ret;
}

static int open_file(struct recording *recording, struct err *err)
{
	recording->out = strcmp(recording->path, "-") ? fopen(recording->path, "we") : stdout;
	if (!recording->out)
		return err_set(err, errno, "%s: %s", recording->path, strerror(errno));
	return 0;
}

/* ---- packets ---- */

static uint8_t digit(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static void take_packet(struct recording *recording, struct json_object *news)
{
	const char *hex = json_text(news, "packet");
	const size_t len = strlen(hex) / 2;

	if (recording->n_max && recording->n == recording->n_max)
		return;
	recording->bytes = need(realloc(recording->bytes, len + 1));
	for (size_t i = 0; i < len; i++)
		recording->bytes[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
	pcapng_packet(recording->file, json_text(news, "port"), json_uint(news, "time"),
		      recording->bytes, (uint32_t)len, (uint32_t)json_uint(news, "len"));
	recording->n++;
}

static void take(struct recording *recording, struct json_object *message)
{
	const char *method = json_text(message, "method");
	struct json_object *news = json_array_at(json_object_object_get(message, "params"), 0);

	if (!strcmp(method, "captured")) {
		take_packet(recording, news);
	} else if (!strcmp(method, "capture-end")) {
		recording->n_lost = json_uint(news, "lost");
		recording->is_over = true;
	}
}

/* ---- while it goes on ---- */

static void let_in(int number)
{
}

/* Signals that end it come while it waits, and only then. */
static void signals_begin(const struct recording *recording, sigset_t *waiting)
{
	const struct itimerval timer = {.it_value.tv_sec = (time_t)recording->seconds};
	const struct sigaction action = {.sa_handler = let_in};
	static const int numbers[] = {SIGINT, SIGTERM, SIGALRM};
	sigset_t blocked;

	sigemptyset(&blocked);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		sigaddset(&blocked, numbers[i]);
		sigaction(numbers[i], &action, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &blocked, waiting);
	if (recording->seconds)
		setitimer(ITIMER_REAL, &timer, NULL);
}

/* -errno of writing, whatever was to be written. */
static int flush(struct recording *recording, struct err *err)
{
	if (!fflush(recording->out) && !ferror(recording->out))
		return 0;
	return err_set(err, errno, "%s: %s", recording->path, strerror(errno));
}

/* Until it is enough, or over, or a signal comes. */
static int receive(struct recording *recording, struct client *client, struct err *err)
{
	int ret = 0;

	while (!ret && !recording->is_over &&
	       !(recording->n_max && recording->n == recording->n_max)) {
		own(json_free) struct json_object *message = NULL;

		ret = client_receive(client, &message, err);
		if (ret == -EINTR)
			return 0;
		if (!ret)
			take(recording, message);
		if (!ret)
			ret = flush(recording, err);
	}
	return ret;
}

/* Undoes the order, and takes what is still on its way. */
static int finish(struct job *job, struct recording *recording, struct client *client,
		  struct err *err)
{
	struct json_object *params = job_params(recording->bridge);
	struct json_object *names = need(json_object_new_array());
	own(json_free) struct json_object *result = NULL;
	int ret = 0;

	json_object_array_add(names, need(json_object_new_string(recording->name)));
	json_object_object_add(params, "names", names);
	if (recording->is_over)
		json_object_put(params);
	else
		ret = job_call(job, "order-del", params, &result, err);
	while (!ret && !recording->is_over) {
		own(json_free) struct json_object *message = NULL;

		ret = client_receive(client, &message, err);
		if (!ret)
			take(recording, message);
	}
	return ret;
}

static int begin(struct job *job, struct recording *recording, struct err *err)
{
	struct json_object *params = job_params(recording->bridge);
	own(json_free) struct json_object *result = NULL;
	int ret;

	json_object_object_add(params, "match", need(json_object_new_string(recording->match)));
	if (recording->snaplen)
		json_object_object_add(params, "snaplen",
				       json_object_new_int64(recording->snaplen));
	ret = job_call(job, "capture", params, &result, err);
	if (!ret)
		recording->name = need(strdup(json_text(result, "name")));
	return ret;
}

static int go_on(struct job *job, struct recording *recording, struct err *err)
{
	struct timespec now;
	struct client *client;
	sigset_t waiting;
	int ret = job_client(job, &client, err);

	if (ret)
		return ret;
	recording->file = pcapng_new(recording->out, recording->snaplen);
	signals_begin(recording, &waiting);
	client_let_in(client, &waiting);
	ret = flush(recording, err);
	if (!ret)
		ret = receive(recording, client, err);
	client_let_in(client, NULL);
	if (!ret)
		ret = finish(job, recording, client, err);
	clock_gettime(CLOCK_REALTIME, &now);
	pcapng_finish(recording->file, recording->bridge,
		      (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec,
		      recording->n_lost);
	return ret ? ret : flush(recording, err);
}

static int run_capture(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	struct recording recording = {.bridge = inv->args[0], .match = job_arg(inv, 1)};
	int ret = read_options(inv, &recording, err);

	if (!ret)
		ret = open_file(&recording, err);
	if (!ret)
		ret = begin(job, &recording, err);
	if (!ret)
		ret = go_on(job, &recording, err);
	if (!ret)
		fprintf(stderr, "%" PRIu64 " packets captured, %" PRIu64 " lost\n", recording.n,
			recording.n_lost);
	pcapng_free(&recording.file);
	if (recording.out && recording.out != stdout)
		fclose(recording.out);
	free(recording.name);
	free(recording.bytes);
	return ret;
}

const struct cli_action capture = {run_capture};
