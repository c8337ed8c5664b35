/* Commands about mirrors. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "names.h"
#include "need.h"
#include "output.h"
#include "replica.h"
#include "session.h"
#include "topology.h"

#define MIRRORS_MAX 32 /* of a bridge: what switchd does */
#define VLAN_MAX    4095
#define SNAPLEN_MIN 14
#define SNAPLEN_MAX 65535

#define FIRST_WORD 2 /* argument of add-mirror */

static const char *const columns[] = {
	"name",        "select_all",  "select_src_port", "select_dst_port",
	"select_vlan", "output_port", "output_vlan",     "snaplen"};

static int prepare_mirrors(struct command *command, struct err *err)
{
	topology_prepare(command);
	replica_want(command->replica, replica_table(command->replica, "Bridge"), "mirrors");
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		replica_want(command->replica, replica_table(command->replica, "Mirror"),
			     columns[i]);
	return 0;
}

/* NULL: the bridge has none of that name. */
static struct record *find_mirror(const struct record *bridge, const char *name)
{
	const struct column_schema *mirrors = record_column(bridge, "mirrors");

	for (unsigned i = 0; i < record_get(bridge, mirrors)->n; i++) {
		struct record *mirror = record_reference(bridge, mirrors, i);

		if (mirror && !strcmp(record_text(mirror, "name"), name))
			return mirror;
	}
	return NULL;
}

/* ---- add-mirror ---- */

static int read_number(const char *what, const char *text, long min, long max, long *out,
		       struct err *err)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end || n < min || n > max)
		return err_set(err, EINVAL, "%s '%s' is not a number from %ld to %ld", what, text,
			       min, max);
	*out = n;
	return 0;
}

static void add_number(struct record *mirror, const char *column, long n)
{
	const struct column_schema *schema = record_column(mirror, column);
	own(datum_drop) struct datum *one =
		datum_new_atom(ATOM_INTEGER, (union atom){.integer = n});

	record_set(mirror, schema, datum_union(record_get(mirror, schema), one));
}

static int find_port(struct command *command, const struct record *bridge, const char *name,
		     struct record **port, struct err *err)
{
	int ret = topology_port(command, name, port, err);

	if (!ret && topology_bridge_of(command, *port) != bridge)
		return err_set(err, ENOENT,
			       "port '%s' is not on bridge %s: a mirror has ports of its bridge",
			       name, record_text(bridge, "name"));
	return ret;
}

/* A word of add-mirror under way. */
struct setting {
	struct command *command;
	const struct record *bridge;
	struct record *mirror;
};

static int add_port(const struct setting *setting, const char *column, const char *name,
		    struct err *err)
{
	struct record *port;
	int ret = find_port(setting->command, setting->bridge, name, &port, err);

	if (!ret)
		record_add_uuid(setting->mirror, column, &port->uuid);
	return ret;
}

static int add_vlan(const struct setting *setting, const char *column, const char *text,
		    struct err *err)
{
	long vlan = 0;
	int ret = read_number("select-vlan", text, 0, VLAN_MAX, &vlan, err);

	if (!ret)
		add_number(setting->mirror, column, vlan);
	return ret;
}

/* Each of "a,b,c". */
static int add_list(const struct setting *setting, const char *column, const char *list,
		    int (*add)(const struct setting *, const char *, const char *, struct err *),
		    struct err *err)
{
	own(mem_free) char *copy = need(strdup(list));
	char *rest = copy, *word;
	int ret = 0;

	while (!ret && (word = strsep(&rest, ",")))
		ret = add(setting, column, word, err);
	return ret;
}

/* A port may have a number for a name. */
static int set_output(const struct setting *setting, const char *text, struct err *err)
{
	struct record *port;
	long vlan = 0;

	if (strspn(text, "0123456789") != strlen(text) || !*text ||
	    !find_port(setting->command, setting->bridge, text, &port, NULL))
		return add_port(setting, "output_port", text, err);
	if (read_number("output", text, 1, VLAN_MAX, &vlan, err))
		return -EINVAL;
	add_number(setting->mirror, "output_vlan", vlan);
	return 0;
}

static int set_snaplen(const struct setting *setting, const char *text, struct err *err)
{
	long n = 0;
	int ret = read_number("snaplen", text, SNAPLEN_MIN, SNAPLEN_MAX, &n, err);

	if (!ret)
		add_number(setting->mirror, "snaplen", n);
	return ret;
}

/* What stands behind "KEY="; NULL: another word. */
static const char *value_of(const char *word, const char *key)
{
	size_t len = strlen(key);

	return !strncmp(word, key, len) && word[len] == '=' ? word + len + 1 : NULL;
}

static int apply(const struct setting *setting, const char *word, struct err *err)
{
	const char *value;

	if (!strcmp(word, "select-all")) {
		record_set(setting->mirror, record_column(setting->mirror, "select_all"),
			   datum_new_atom(ATOM_BOOLEAN, (union atom){.boolean = true}));
		return 0;
	}
	value = value_of(word, "select-src");
	if (value)
		return add_list(setting, "select_src_port", value, add_port, err);
	value = value_of(word, "select-dst");
	if (value)
		return add_list(setting, "select_dst_port", value, add_port, err);
	value = value_of(word, "select-vlan");
	if (value)
		return add_list(setting, "select_vlan", value, add_vlan, err);
	value = value_of(word, "output");
	if (value)
		return set_output(setting, value, err);
	value = value_of(word, "snaplen");
	if (value)
		return set_snaplen(setting, value, err);
	return err_set(err, EINVAL,
		       "'%s' says nothing about a mirror: use select-all, select-src=PORTS, "
		       "select-dst=PORTS, select-vlan=VLANS, output=PORT|VLAN, snaplen=BYTES",
		       word);
}

static size_t n_of(const struct record *mirror, const char *column)
{
	return record_get(mirror, record_column(mirror, column))->n;
}

static bool selects_all(const struct record *mirror)
{
	const struct datum *all = record_get(mirror, record_column(mirror, "select_all"));

	return all->n && all->atoms[0].boolean;
}

static int check(const struct record *mirror, struct err *err)
{
	const char *name = record_text(mirror, "name");
	const size_t n_outputs = n_of(mirror, "output_port") + n_of(mirror, "output_vlan");

	if (n_outputs != 1)
		return err_set(err, EINVAL,
			       "mirror '%s' has %s: say output=PORT or output=VLAN, once", name,
			       n_outputs ? "two outputs" : "no output");
	if (!selects_all(mirror) && !n_of(mirror, "select_src_port") &&
	    !n_of(mirror, "select_dst_port"))
		return err_set(err, EINVAL,
			       "mirror '%s' would get nothing: say select-all, select-src=PORTS or "
			       "select-dst=PORTS",
			       name);
	return 0;
}

static int run_add_mirror(struct command *command, struct err *err)
{
	const char *name = command_arg(command, 1);
	struct setting setting = {.command = command};
	struct record *bridge;
	int ret = topology_bridge(command, command_arg(command, 0), &bridge, err);

	if (ret)
		return ret;
	if (find_mirror(bridge, name))
		return err_set(err, EEXIST, "bridge %s has a mirror '%s' already",
			       record_text(bridge, "name"), name);
	if (n_of(bridge, "mirrors") >= MIRRORS_MAX)
		return err_set(err, ENOSPC,
			       "bridge %s has %d mirrors, and can have no more: "
			       "delete one with del-mirror",
			       record_text(bridge, "name"), MIRRORS_MAX);
	setting.bridge = bridge;
	setting.mirror =
		record_insert(command->replica, replica_table(command->replica, "Mirror"), NULL);
	record_set_text(setting.mirror, "name", name);
	for (unsigned i = FIRST_WORD; !ret && i < command->invocation->n_args; i++)
		ret = apply(&setting, command_arg(command, i), err);
	if (!ret)
		ret = check(setting.mirror, err);
	if (!ret)
		record_add_uuid(bridge, "mirrors", &setting.mirror->uuid);
	return ret;
}

/* ---- del-mirror ---- */

static int run_del_mirror(struct command *command, struct err *err)
{
	const char *name = command_arg(command, 1);
	struct record *bridge, *mirror;
	int ret = topology_bridge(command, command_arg(command, 0), &bridge, err);

	if (ret)
		return ret;
	mirror = find_mirror(bridge, name);
	if (!mirror && command_option(command, OPTION_IF_EXISTS))
		return 0;
	if (!mirror)
		return err_set(err, ENOENT,
			       "bridge %s has no mirror '%s': see switchctl list-mirrors %s",
			       record_text(bridge, "name"), name, record_text(bridge, "name"));
	record_remove_uuid(bridge, "mirrors", &mirror->uuid);
	record_delete(mirror);
	return 0;
}

/* ---- list-mirrors ---- */

static void print_ports(FILE *to, const struct record *mirror, const char *column, const char *key)
{
	const struct column_schema *schema = record_column(mirror, column);

	for (unsigned i = 0; i < record_get(mirror, schema)->n; i++) {
		const struct record *port = record_reference(mirror, schema, i);

		fprintf(to, "%s%s", i ? "," : key, port ? record_text(port, "name") : "?");
	}
}

static void print_numbers(FILE *to, const struct record *mirror, const char *column,
			  const char *key)
{
	const struct datum *numbers = record_get(mirror, record_column(mirror, column));

	for (unsigned i = 0; i < numbers->n; i++)
		fprintf(to, "%s%lld", i ? "," : key, (long long)numbers->atoms[i].integer);
}

/* As add-mirror would take it. */
static char *describe(const struct record *mirror)
{
	size_t size;
	char *text = NULL;
	FILE *to = need(open_memstream(&text, &size));

	fputs(record_text(mirror, "name"), to);
	if (selects_all(mirror))
		fputs(" select-all", to);
	print_ports(to, mirror, "select_src_port", " select-src=");
	print_ports(to, mirror, "select_dst_port", " select-dst=");
	print_numbers(to, mirror, "select_vlan", " select-vlan=");
	print_ports(to, mirror, "output_port", " output=");
	print_numbers(to, mirror, "output_vlan", " output=");
	print_numbers(to, mirror, "snaplen", " snaplen=");
	fclose(to);
	return need(text);
}

static int run_list_mirrors(struct command *command, struct err *err)
{
	own(names_fini) struct names lines = {};
	const struct column_schema *mirrors;
	struct record *bridge;
	int ret = topology_bridge(command, command_arg(command, 0), &bridge, err);

	if (ret)
		return ret;
	mirrors = record_column(bridge, "mirrors");
	for (unsigned i = 0; i < record_get(bridge, mirrors)->n; i++) {
		const struct record *mirror = record_reference(bridge, mirrors, i);
		own(mem_free) char *line = mirror ? describe(mirror) : NULL;

		if (line)
			names_add(&lines, line);
	}
	names_output(&lines, command->output);
	return 0;
}

static const struct cli_action add_mirror = {.prepare = prepare_mirrors, .run = run_add_mirror};
static const struct cli_action del_mirror = {.prepare = prepare_mirrors, .run = run_del_mirror};
static const struct cli_action list_mirrors = {.prepare = prepare_mirrors, .run = run_list_mirrors};

const struct cli_command mirror_commands[] = {
	{"add-mirror", "BRIDGE NAME SETTING...",
	 "copy packets: select-all, select-src=PORTS, select-dst=PORTS, select-vlan=VLANS, "
	 "output=PORT|VLAN, snaplen=BYTES",
	 0, &add_mirror},
	{"del-mirror", "BRIDGE MIRROR", "delete a mirror", 1u << OPTION_IF_EXISTS, &del_mirror},
	{"list-mirrors", "BRIDGE", "print the mirrors of a bridge as add-mirror takes them", 0,
	 &list_mirrors},
	{},
};
