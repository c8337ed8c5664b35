/* coverage/show and coverage/read-counter: what has happened, and how often lately. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/print.h"
#include "control/appctl.h"
#include "control/coverage.h"
#include "control/method.h"

static void print_row(struct print *out, const struct coverage_row *row)
{
	print_fmt(out, "%-24s %5.1f/sec %9.3f/sec %13.4f/sec   total: %" PRIu64 "\n", row->name,
		  (double)row->last_5s / 5, (double)row->last_minute / 60,
		  (double)row->last_hour / 3600, row->total);
}

int appctl_coverage_show(struct appctl_call *call)
{
	struct coverage *coverage = call->context->coverage;
	struct coverage_row row;
	unsigned n = coverage_look(coverage), n_silent = 0;

	print_add(call->out,
		  "Event coverage, avg rate over last: 5 seconds, last minute, last hour:\n");
	for (unsigned i = 0; i < n; i++) {
		coverage_row(coverage, i, &row);
		if (row.total)
			print_row(call->out, &row);
		else
			n_silent++;
	}
	print_fmt(call->out, "%u events never hit\n", n_silent);
	return 0;
}

int appctl_coverage_read(struct appctl_call *call)
{
	struct coverage *coverage = call->context->coverage;
	unsigned n = coverage_look(coverage);
	struct coverage_row row;

	for (unsigned i = 0; i < n; i++) {
		coverage_row(coverage, i, &row);
		if (strcmp(row.name, call->args[0]))
			continue;
		print_fmt(call->out, "%" PRIu64 "\n", row.total);
		return 0;
	}
	return err_set(call->err, ENOENT, "No such counter");
}
