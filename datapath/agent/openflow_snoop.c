#include "agent/openflow_snoop.h"

#include <errno.h>
#include <event2/buffer.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <urcu/list.h>

#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "openflow/hello.h"
#include "openflow/message.h"
#include "stream/listener.h"
#include "stream/stream.h"

#define BACKLOG_MAX ((size_t)1 << 20)

struct snooper {
	struct cds_list_head node; /* snoop's */
	struct openflow_snoop *snoop;
	const void *whom;
	char name[64];
	struct stream *stream;
	bool is_ready;     /* it has said HELLO */
	uint64_t n_missed; /* bytes */
};

struct openflow_snoop {
	struct openflow_snoop_options options;
	struct listener *listener;
	struct cds_list_head snoopers;
};

/* ---- one of them ---- */

static void snooper_free(struct snooper *snooper)
{
	if (snooper->n_missed)
		log_info("openflow", "%s: missed %llu bytes: it did not read them", snooper->name,
			 (unsigned long long)snooper->n_missed);
	cds_list_del(&snooper->node);
	--*snooper->snoop->options.n_all;
	stream_free(&snooper->stream);
	free(snooper);
}

/* The stream frees itself. */
static void closed(void *ctx, const char *why)
{
	struct snooper *snooper = ctx;

	if (why[0])
		log_info("openflow", "%s: closed: %s", snooper->name, why);
	snooper->stream = NULL;
	snooper_free(snooper);
}

/* Only its HELLO counts, and only that it is one: it is to understand any version. */
static int take(void *ctx, struct evbuffer *input)
{
	struct snooper *snooper = ctx;
	uint8_t header[OF_HEADER_SIZE];

	if (!snooper->is_ready) {
		if (evbuffer_copyout(input, header, sizeof(header)) < (ev_ssize_t)sizeof(header))
			return 0;
		if (header[1] != OF_TYPE_HELLO) {
			stream_close(snooper->stream, "it began without a HELLO");
			return -EPROTO;
		}
		snooper->is_ready = true;
	}
	evbuffer_drain(input, evbuffer_get_length(input));
	return 0;
}

static void say_hello(struct snooper *snooper)
{
	own(wire_fini) struct wire_writer w = {.at = NULL};

	of_hello_write(&w, OF_VERSIONS_ALL, 0);
	if (w.is_lost)
		stream_cut(snooper->stream, "out of memory");
	else
		stream_send(snooper->stream, w.at, w.len);
}

static int snooper_new(struct openflow_snoop *snoop, int fd, const char *name, const void *whom,
		       struct err *err)
{
	static const struct stream_ops ops = {.take = take, .closed = closed};
	own(mem_free) struct snooper *snooper = calloc(1, sizeof(*snooper));
	const struct stream_options options = {
		.base = snoop->options.base,
		.messages_per_turn = 1,
		.ops = &ops,
		.ctx = snooper,
	};
	int rc;

	if (!snooper) {
		close(fd);
		return err_set(err, ENOMEM, "out of memory");
	}
	snooper->snoop = snoop;
	snooper->whom = whom;
	snprintf(snooper->name, sizeof(snooper->name), "%s", name);
	rc = stream_new(&snooper->stream, fd, &options, err);
	if (rc)
		return rc;
	cds_list_add_tail(&snooper->node, &snoop->snoopers);
	++*snoop->options.n_all;
	say_hello(take_ptr(snooper));
	return 0;
}

/* ---- all of them ---- */

static int accepted(void *ctx, int fd, const char *name, struct err *err)
{
	struct openflow_snoop *snoop = ctx;
	const void *whom = snoop->options.whom(snoop->options.ctx);

	if (whom && *snoop->options.n_all < OPENFLOW_SNOOPERS_MAX)
		return snooper_new(snoop, fd, name, whom, err);
	log_info("openflow", "%s: closed: %s", name,
		 whom ? "too many snoop already" : "there is no controller to snoop on");
	close(fd);
	return 0;
}

void openflow_snoop_copy(struct openflow_snoop *snoop, const void *whom, const void *bytes,
			 size_t n)
{
	struct snooper *snooper;

	if (!snoop)
		return;
	cds_list_for_each_entry (snooper, &snoop->snoopers, node) {
		if (snooper->whom != whom || !snooper->is_ready)
			continue;
		if (stream_backlog(snooper->stream) > BACKLOG_MAX)
			snooper->n_missed += n;
		else
			stream_send(snooper->stream, bytes, n);
	}
}

void openflow_snoop_end(struct openflow_snoop *snoop, const void *whom)
{
	struct snooper *snooper, *next;

	if (!snoop)
		return;
	cds_list_for_each_entry_safe (snooper, next, &snoop->snoopers, node)
		if (snooper->whom == whom)
			snooper_free(snooper);
}

int openflow_snoop_new(struct openflow_snoop **out, const struct openflow_snoop_options *options,
		       struct err *err)
{
	own(mem_free) struct openflow_snoop *snoop = calloc(1, sizeof(*snoop));
	const struct listener_options listener = {
		.base = options->base,
		.path = options->path,
		.mode = options->mode,
		.accepted = accepted,
		.ctx = snoop,
	};
	int rc;

	if (!snoop)
		return err_set(err, ENOMEM, "out of memory");
	snoop->options = *options;
	CDS_INIT_LIST_HEAD(&snoop->snoopers);
	rc = listener_new(&snoop->listener, &listener, err);
	if (rc)
		return rc;
	listener_admit(snoop->listener);
	*out = take_ptr(snoop);
	return 0;
}

void openflow_snoop_free(struct openflow_snoop **snoop)
{
	struct openflow_snoop *s = *snoop;
	struct snooper *snooper, *next;

	if (!s)
		return;
	cds_list_for_each_entry_safe (snooper, next, &s->snoopers, node)
		snooper_free(snooper);
	listener_free(&s->listener);
	mem_free(snoop);
}
