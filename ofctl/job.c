#include "job.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/own.h"
#include "client.h"
#include "need.h"
#include "transport.h"

int job_transport(struct job *job, struct transport **out, struct err *err)
{
	int ret = 0;

	if (!job->transport)
		ret = job->transport_ops->open(&job->transport, job->address, job->timeout_s, err);
	*out = job->transport;
	return ret;
}

int job_client(struct job *job, struct client **out, struct err *err)
{
	int ret = 0;

	if (!job->client)
		ret = client_open(&job->client, job->address, job->timeout_s, err);
	*out = job->client;
	return ret;
}

int job_call(struct job *job, const char *method, struct json_object *params,
	     struct json_object **result, struct err *err)
{
	struct json_object *array = need(json_object_new_array());
	struct client *client;
	int ret = job_client(job, &client, err);

	json_object_array_add(array, params);
	if (!ret)
		return client_call(client, method, array, result, err);
	json_object_put(array);
	return ret;
}

void job_fini(struct job *job)
{
	if (job->transport)
		job->transport->ops->close(job->transport);
	client_free(&job->client);
	free(job->address);
}

struct json_object *job_params(const char *bridge)
{
	struct json_object *params = need(json_object_new_object());

	json_object_object_add(params, "bridge", need(json_object_new_string(bridge)));
	return params;
}

void job_param(struct json_object *params, const char *name, const char *text)
{
	json_object_object_add(params, name, need(json_object_new_string(text)));
}

void job_print_json(struct json_object *value)
{
	puts(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN |
							   JSON_C_TO_STRING_NOSLASHESCAPE));
}
