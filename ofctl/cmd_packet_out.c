/* packet-out: sends a packet, in either of the two ways that ovs-ofctl(8) knows. */
#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/own.h"
#include "base/slice.h"
#include "job.h"
#include "need.h"

static void add_slice(struct json_object *params, const char *name, struct slice text)
{
	json_object_object_add(params, name,
			       need(json_object_new_string_len(text.at, (int)text.len)));
}

/* "in_port=1 packet=0200... actions=output:2": blanks or commas between; the actions come last. */
static int read_words(const char *text, struct json_object *params, struct err *err)
{
	struct slice rest = slice_trim(slice_of(text));

	while (rest.len) {
		size_t end = strcspn(rest.at, " ,");
		struct slice word = slice_first(rest, end < rest.len ? end : rest.len);

		if (slice_starts(rest, "actions=")) {
			add_slice(params, "actions", slice_skip(rest, 8));
			return 0;
		}
		if (slice_starts(word, "in_port="))
			add_slice(params, "in_port", slice_skip(word, 8));
		else if (slice_starts(word, "packet="))
			add_slice(params, "packet", slice_skip(word, 7));
		else if (word.len)
			return err_set(err, EINVAL,
				       "\"%.*s\" is none of in_port=PORT, packet=HEX, "
				       "actions=ACTIONS",
				       SLICE_SHOWN(word));
		rest = slice_skip(rest, word.len < rest.len ? word.len + 1 : word.len);
	}
	return 0;
}

static int run_packet_out(struct job *job, const struct cli_invocation *inv, struct err *err)
{
	own(json_free) struct json_object *params = job_params(inv->args[0]);
	own(json_free) struct json_object *result = NULL;
	int ret = 0;

	if (inv->n_args == 2) {
		ret = read_words(inv->args[1], params, err);
	} else if (inv->n_args == 4) {
		add_slice(params, "in_port", slice_of(inv->args[1]));
		add_slice(params, "actions", slice_of(inv->args[2]));
		add_slice(params, "packet", slice_of(inv->args[3]));
	} else {
		return err_set(err, EOPNOTSUPP,
			       "packet-out takes one text, or PORT ACTIONS HEX: see ofctl help "
			       "packet-out");
	}
	if (!ret && !json_object_object_get_ex(params, "packet", NULL))
		ret = err_set(err, EINVAL, "the packet is missing: add packet=HEX");
	else if (!ret && !json_object_object_get_ex(params, "actions", NULL))
		ret = err_set(err, EINVAL,
			      "what to do with it is missing: end with actions=ACTIONS");
	return ret ? ret : job_call(job, "packet-out", take_ptr(params), &result, err);
}

const struct cli_action packet_out = {run_packet_out};
