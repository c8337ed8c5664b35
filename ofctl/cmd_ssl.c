/* Commands about the certificates by which the database and controllers are spoken to. */
#include "output.h"
#include "replica.h"
#include "session.h"
#include "topology.h"

static const char *const files[] = {"private_key", "certificate", "ca_cert"};

static int prepare_ssl(struct command *command, struct err *err)
{
	const struct table_schema *ssl = replica_table(command->replica, "SSL");

	replica_want(command->replica, replica_table(command->replica, DATABASE_NAME), "ssl");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		replica_want(command->replica, ssl, files[i]);
	replica_want(command->replica, ssl, "bootstrap_ca_cert");
	return 0;
}

static struct record *find_ssl(struct command *command)
{
	const struct record *root = topology_root(command);
	const struct column_schema *column = record_column(root, "ssl");

	return record_get(root, column)->n ? record_reference(root, column, 0) : NULL;
}

static int run_get_ssl(struct command *command, struct err *err)
{
	const struct record *ssl = find_ssl(command);
	const struct datum *bootstrap;

	if (!ssl)
		return 0;
	bootstrap = record_get(ssl, record_column(ssl, "bootstrap_ca_cert"));
	output_line(command->output, "Private key: %s", record_text(ssl, "private_key"));
	output_line(command->output, "Certificate: %s", record_text(ssl, "certificate"));
	output_line(command->output, "CA Certificate: %s", record_text(ssl, "ca_cert"));
	output_line(command->output, "Bootstrap: %s",
		    bootstrap->n && bootstrap->atoms[0].boolean ? "true" : "false");
	return 0;
}

static int run_del_ssl(struct command *command, struct err *err)
{
	struct record *ssl = find_ssl(command);

	if (ssl)
		record_delete(ssl);
	record_clear(topology_root(command), "ssl");
	return 0;
}

static int run_set_ssl(struct command *command, struct err *err)
{
	bool is_bootstrap = command_option(command, OPTION_BOOTSTRAP);
	struct record *ssl;

	run_del_ssl(command, err);
	ssl = record_insert(command->replica, replica_table(command->replica, "SSL"), NULL);
	for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		record_set_text(ssl, files[i], command_arg(command, i));
	record_set(ssl, record_column(ssl, "bootstrap_ca_cert"),
		   datum_new_atom(ATOM_BOOLEAN, (union atom){.boolean = is_bootstrap}));
	record_set_uuid(topology_root(command), "ssl", &ssl->uuid);
	return 0;
}

static const struct cli_action get_ssl = {.prepare = prepare_ssl, .run = run_get_ssl};
static const struct cli_action del_ssl = {.prepare = prepare_ssl, .run = run_del_ssl};
static const struct cli_action set_ssl = {.prepare = prepare_ssl, .run = run_set_ssl};

const struct cli_command ssl_commands[] = {
	{"get-ssl", "", "print the files of key and certificates", 0, &get_ssl},
	{"del-ssl", "", "forget the files of key and certificates", 0, &del_ssl},
	{"set-ssl", "PRIVATE-KEY CERTIFICATE CA-CERT", "set the files of key and certificates",
	 1u << OPTION_BOOTSTRAP, &set_ssl},
	{},
};
