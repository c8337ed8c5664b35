#include "config/replica_requests.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>

struct request {
	struct cds_list_head node;
	int64_t id;
	replica_done_fn *done;
	void *ctx;
};

void replica_requests_init(struct replica_requests *requests)
{
	*requests = (struct replica_requests){.last_id = 0};
	CDS_INIT_LIST_HEAD(&requests->list);
}

bool replica_requests_empty(const struct replica_requests *requests)
{
	return requests->list.next == &requests->list;
}

int64_t replica_requests_add(struct replica_requests *requests, replica_done_fn *done, void *ctx)
{
	struct request *request = calloc(1, sizeof(*request));

	if (!request)
		return -ENOMEM;
	*request = (struct request){.id = ++requests->last_id, .done = done, .ctx = ctx};
	cds_list_add_tail(&request->node, &requests->list);
	return request->id;
}

static void finish(struct request *request, const char *error)
{
	cds_list_del(&request->node);
	request->done(request->ctx, error);
	free(request);
}

void replica_requests_fail(struct replica_requests *requests, const char *error)
{
	struct request *request, *next;

	cds_list_for_each_entry_safe (request, next, &requests->list, node)
		finish(request, error);
}

const char *replica_error(struct json_object *error)
{
	struct json_object *details = NULL;

	if (!error)
		return NULL;
	if (json_object_is_type(error, json_type_object) &&
	    !json_object_object_get_ex(error, "details", &details))
		json_object_object_get_ex(error, "error", &details);
	return json_object_get_string(details ? details : error);
}

/* The first error among the results of a transaction (an error ends it, null follows). */
static const char *results_error(struct json_object *results)
{
	for (size_t i = 0; i < json_object_array_length(results); i++) {
		struct json_object *result = json_object_array_get_idx(results, i);

		if (json_object_object_get_ex(result, "error", NULL))
			return replica_error(result);
	}
	return NULL;
}

void replica_requests_answer(struct replica_requests *requests, int64_t id,
			     struct json_object *message)
{
	const char *error = replica_error(json_object_object_get(message, "error"));
	struct json_object *results = json_object_object_get(message, "result");
	struct request *request;

	if (!error && json_object_is_type(results, json_type_array))
		error = results_error(results);
	cds_list_for_each_entry (request, &requests->list, node) {
		if (request->id == id) {
			finish(request, error);
			return;
		}
	}
}
