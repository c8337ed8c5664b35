/* emer-reset: a switch that a controller or its own settings made unreachable becomes a plain one. */
#include "base/own.h"
#include "replica.h"
#include "session.h"
#include "topology.h"

/* What is set back to its default. */
static const struct {
	const char *table, *column;
} settings[] = {
	{DATABASE_NAME, "manager_options"},
	{DATABASE_NAME, "ssl"},
	{"Bridge", "controller"},
	{"Bridge", "fail_mode"},
	{"Bridge", "mirrors"},
	{"Bridge", "netflow"},
	{"Bridge", "sflow"},
	{"Bridge", "ipfix"},
	{"Port", "other_config"},
	{"Interface", "ingress_policing_rate"},
	{"Interface", "ingress_policing_burst"},
};

/* Of these no record stays. */
static const char *const tables[] = {
	"Mirror", "Controller", "Manager", "NetFlow",
	"SSL",    "sFlow",      "IPFIX",   "Flow_Sample_Collector_Set"};

#define N_SETTINGS (sizeof(settings) / sizeof(settings[0]))
#define N_TABLES   (sizeof(tables) / sizeof(tables[0]))

static int prepare_reset(struct command *command, struct err *err)
{
	struct replica *replica = command->replica;

	topology_prepare(command);
	for (size_t i = 0; i < N_SETTINGS; i++)
		replica_want(replica, replica_table(replica, settings[i].table),
			     settings[i].column);
	for (size_t i = 0; i < N_TABLES; i++)
		replica_want_table(replica, replica_table(replica, tables[i]));
	replica_want(replica, replica_table(replica, "Bridge"), "other_config");
	return 0;
}

/* Of a bridge's other settings only its address stays. */
static void reset_other_config(struct record *bridge)
{
	const struct column_schema *column = record_column(bridge, "other_config");
	const struct datum *old = record_get(bridge, column);
	union atom key = {.string = text_new("hwaddr", 6)};
	unsigned at = datum_find(old, &key);
	struct datum *kept = datum_alloc(ATOM_STRING, ATOM_STRING, at != DATUM_NONE);

	if (at != DATUM_NONE) {
		kept->atoms[0] = atom_copy(ATOM_STRING, &old->atoms[at]);
		kept->atoms[1] = atom_copy(ATOM_STRING, datum_value(old, at));
	}
	text_put(key.string);
	record_set(bridge, column, kept);
}

static int run_reset(struct command *command, struct err *err)
{
	struct replica *replica = command->replica;

	for (size_t i = 0; i < N_SETTINGS; i++)
		record_for_each (replica, replica_table(replica, settings[i].table), record)
			record_clear(record, settings[i].column);
	record_for_each (replica, replica_table(replica, "Bridge"), bridge)
		reset_other_config(bridge);
	for (size_t i = 0; i < N_TABLES; i++)
		record_for_each (replica, replica_table(replica, tables[i]), record)
			record_delete(record);
	return 0;
}

static const struct cli_action reset = {.prepare = prepare_reset, .run = run_reset};

const struct cli_command reset_commands[] = {
	{"emer-reset", "", "forget controllers, managers, mirrors and what else may lock one out",
	 0, &reset},
	{},
};
