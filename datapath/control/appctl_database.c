/* ovsdb-server/list-dbs, compact and remotes: which databases are served, and where; their files, made smaller. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "base/print.h"
#include "control/appctl.h"
#include "control/method.h"
#include "db/database.h"
#include "db/server.h"
#include "stream/remote.h"

#define NAMES_MAX 256

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void print_sorted(struct print *out, const char **names, unsigned n)
{
	qsort(names, n, sizeof(*names), compare);
	for (unsigned i = 0; i < n; i++)
		print_fmt(out, "%s\n", names[i]);
}

int appctl_list_dbs(struct appctl_call *call)
{
	const char *names[NAMES_MAX];
	const struct database *db;
	unsigned n = 0;

	for (; n < NAMES_MAX && (db = db_server_at(call->context->db, n)); n++)
		names[n] = database_name(db);
	print_sorted(call->out, names, n);
	return 0;
}

static int compact(struct appctl_call *call, struct database *db)
{
	int rc = database_compact(db, call->err);

	if (!rc)
		log_info("db", "%s: compacted, as ovs-appctl asked", database_name(db));
	return rc;
}

int appctl_compact(struct appctl_call *call)
{
	struct database *db;
	int rc = 0;

	if (call->n_args) {
		db = db_server_lookup(call->context->db, call->args[0]);
		if (!db)
			return err_set(call->err, ENOENT, "no database by that name");
		if (!database_has_file(db))
			return err_set(call->err, EINVAL, "cannot compact built-in databases");
		return compact(call, db);
	}
	for (unsigned i = 0; !rc && (db = db_server_at(call->context->db, i)); i++)
		if (database_has_file(db))
			rc = compact(call, db);
	return rc;
}

int appctl_list_remotes(struct appctl_call *call)
{
	const char *names[NAMES_MAX];
	char own[256];
	unsigned n = 0;

	snprintf(own, sizeof(own), "punix:%s/db.sock", call->context->run_dir);
	while (n < NAMES_MAX - 1 && (names[n] = remotes_target(call->context->remotes, n)))
		n++;
	names[n++] = own;
	print_sorted(call->out, names, n);
	return 0;
}

int appctl_add_remote(struct appctl_call *call)
{
	struct remotes *remotes = call->context->remotes;
	const char *target;

	for (unsigned i = 0; (target = remotes_target(remotes, i)); i++)
		if (!strcmp(target, call->args[0]))
			return 0;
	return remotes_add(remotes, call->args[0], call->err);
}

int appctl_remove_remote(struct appctl_call *call)
{
	if (remotes_remove(call->context->remotes, call->args[0]))
		return err_set(call->err, ENOENT, "no such remote");
	return 0;
}
