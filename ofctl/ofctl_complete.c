/* What the shell may offer as arguments of ofctl's commands: names of the running switch. */
#include <json-c/json.h>
#include <string.h>

#include "base/json.h"
#include "base/own.h"
#include "complete.h"
#include "job.h"
#include "need.h"

/* Prints the member of each row once: rows of a bridge stand together. */
static void print_member(const char *word, struct json_object *rows, const char *member)
{
	const char *last = "";

	for (size_t i = 0; i < json_array_size(rows); i++) {
		struct json_object *row = json_array_at(rows, i);
		const char *text = json_object_get_string(json_object_object_get(row, member));

		if (text && strcmp(text, last))
			complete_print(word, text, "");
		last = text ? text : last;
	}
}

static void print_names(const struct completion *c, struct job *job, const char *bridge,
			const char *member)
{
	own(json_free) struct json_object *rows = NULL;
	struct json_object *params = bridge ? job_params(bridge) : need(json_object_new_object());

	if (!job_call(job, "port-show", params, &rows, NULL))
		print_member(c->word, rows, member);
}

static void print_tables(const struct completion *c, struct job *job, const char *bridge)
{
	own(json_free) struct json_object *rows = NULL;

	complete_print(c->word, "all", "");
	if (job_call(job, "table-dump", job_params(bridge), &rows, NULL))
		return;
	print_member(c->word, rows, "name");
	print_member(c->word, rows, "table");
}

static void print_orders(const struct completion *c, struct job *job)
{
	own(json_free) struct json_object *rows = NULL;

	if (!job_call(job, "order-list", job_params(c->args[0]), &rows, NULL))
		print_member(c->word, rows, "name");
}

static void print_meters(const struct completion *c, struct job *job)
{
	own(json_free) struct json_object *rows = NULL;

	if (!job_call(job, "meter-stats", job_params(c->args[0]), &rows, NULL))
		print_member(c->word, rows, "meter");
}

static void print_groups(const struct completion *c, struct job *job)
{
	own(json_free) struct json_object *page = NULL;

	if (!job_call(job, "group-stats", job_params(c->args[0]), &page, NULL))
		print_member(c->word, json_object_object_get(page, "groups"), "group");
}

void ofctl_complete(const struct completion *c, struct job *job)
{
	if (!strcmp(c->kind, "BRIDGE") || !strcmp(c->kind, "SOURCE"))
		print_names(c, job, NULL, "bridge");
	else if (!strncmp(c->kind, "PORT", 4) && c->n_args)
		print_names(c, job, c->args[0], "name");
	else if (!strcmp(c->kind, "SETTING"))
		complete_print_choices(c->word, "up|down|receive|no-receive|receive-stp|"
						"no-receive-stp|forward|no-forward|flood|no-flood|"
						"packet-in|no-packet-in|stp|no-stp");
	else if (!strcmp(c->kind, "TABLE") && c->n_args)
		print_tables(c, job, c->args[0]);
	else if (!strcmp(c->kind, "DOES"))
		complete_print_choices(c->word,
				       "drop|continue|controller|default|evict|noevict|name:");
	else if (!strcmp(c->kind, "MODE"))
		complete_print_choices(c->word, "normal|drop|nx-match");
	else if (!strcmp(c->kind, "GROUP") && c->n_args)
		print_groups(c, job);
	else if (!strcmp(c->kind, "METER") && c->n_args)
		print_meters(c, job);
	else if (!strcmp(c->kind, "NAME") && c->n_args)
		print_orders(c, job);
	else if (!strcmp(c->kind, "to"))
		complete_print(c->word, c->kind, "");
}
