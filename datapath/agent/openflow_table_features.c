/* What controllers would like tables to be: names are set; the rest a table can do, or not (openflow/table.h). No table
 * goes, so a request that leaves tables out is refused, unless it says (OpenFlow 1.5) that the others stay. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "agent/openflow_handler.h"
#include "openflow/table.h"
#include "switch/flows.h"

/* Bytes of the messages that a request comes in: all that all tables can do is half of it. */
#define REQUEST_MAX ((size_t)1 << 20)

struct wanted {
	unsigned n;
	uint8_t command;                            /* the same of all of them */
	struct of_table_features *table[OF_TABLES]; /* in `all`; NULL: nothing is said of it */
	struct of_table_features all[OF_TABLES];
	struct flow_table_mod before[OF_TABLES];
	bool is_renamed[OF_TABLES];
};

/* ---- reading ---- */

static enum of_error add(struct wanted *wanted, const struct of_table_features *features)
{
	if (wanted->table[features->number])
		return OF_TFFC_BAD_TABLE;
	if (features->command > OF_TABLE_DISABLE ||
	    (wanted->n && features->command != wanted->command))
		return OF_TFFC_BAD_COMMAND;
	wanted->command = features->command;
	wanted->all[wanted->n] = *features;
	wanted->table[features->number] = &wanted->all[wanted->n++];
	return OF_OK;
}

static enum of_error read_all(uint8_t version, struct wire_bytes body, struct wanted *wanted)
{
	enum of_error error = OF_OK;

	while (!error && body.len) {
		struct of_table_features features;

		error = of_table_features_read(version, &body, &features);
		if (!error)
			error = add(wanted, &features);
	}
	return error;
}

/* ---- checking ---- */

static enum of_error check_one(struct openflow_session *session, struct wanted *wanted,
			       uint8_t number)
{
	const struct of_table_features *features = wanted->table[number];
	struct flow_table_config config;
	struct of_table table;
	enum of_error error;

	openflow_table_describe(session, number, &table);
	error = of_table_features_check(session->version, features, &table);
	if (error)
		return error;
	if (!memchr(features->name, 0, sizeof(features->name)))
		return OF_TFFC_BAD_ARGUMENT;
	if (!strcmp(features->name, table.name))
		return OF_OK;
	bridge_table_get(session->bridge, number, &config, &wanted->before[number]);
	wanted->is_renamed[number] = true;
	return config.name[0] ? OF_TFFC_EPERM : OF_OK; /* the database says what it is called */
}

static enum of_error check_all(struct openflow_session *session, struct wanted *wanted)
{
	enum of_error error = OF_OK;

	for (unsigned i = 0; !error && i < OF_TABLES; i++)
		if (wanted->table[i])
			error = check_one(session, wanted, (uint8_t)i);
	if (error)
		return error;
	return wanted->command == OF_TABLE_DISABLE ||
			       (wanted->command == OF_TABLE_REPLACE && wanted->n < OF_TABLES)
		       ? OF_TFFC_EPERM
		       : OF_OK;
}

/* ---- naming ---- */

/* `names` of those that are renamed; NULL: none. */
static int name_all(struct bridge *bridge, const struct wanted *wanted,
		    const char *(*name_of)(const struct wanted *wanted, unsigned number))
{
	int rc = 0;

	for (unsigned i = 0; !rc && i < OF_TABLES; i++) {
		struct flow_table_mod mod = wanted->before[i];

		if (!wanted->is_renamed[i])
			continue;
		memset(mod.name, 0, sizeof(mod.name));
		if (name_of)
			memcpy(mod.name, name_of(wanted, i), strlen(name_of(wanted, i)));
		rc = bridge_table_mod(bridge, (uint8_t)i, &mod, NULL);
	}
	return rc;
}

static const char *new_name(const struct wanted *wanted, unsigned number)
{
	return wanted->table[number]->name;
}

static const char *old_name(const struct wanted *wanted, unsigned number)
{
	return wanted->before[number].name;
}

/* Names may change places: nobody has one in between. */
static enum of_error rename_all(struct bridge *bridge, const struct wanted *wanted)
{
	int rc = name_all(bridge, wanted, NULL);

	if (!rc)
		rc = name_all(bridge, wanted, new_name);
	if (!rc)
		return OF_OK;
	name_all(bridge, wanted, NULL);
	name_all(bridge, wanted, old_name);
	return rc == -EINVAL ? OF_TFFC_BAD_ARGUMENT : OF_TFFC_EPERM;
}

/* ---- requests ---- */

static enum of_error set(struct openflow_session *session, struct wire_bytes body)
{
	own(mem_free) struct wanted *wanted = calloc(1, sizeof(*wanted));
	enum of_error error;

	if (!wanted)
		return OF_TFFC_EPERM;
	error = read_all(session->version, body, wanted);
	if (!error)
		error = check_all(session, wanted);
	return error ? error : rename_all(session->bridge, wanted);
}

/* ---- in pieces: one request at a time, another one's beginning ends it ---- */

static void drop(struct openflow_session *session)
{
	struct wire_writer *w = &session->features.bytes;

	session->options.peers->kept_size -= w->len;
	wire_fini(w);
}

void openflow_table_features_refuse(struct openflow_session *session, enum of_error error)
{
	drop(session);
	if (!session->features.error)
		session->features.error = error;
}

void openflow_table_features_forget(struct openflow_session *session)
{
	drop(session);
	session->features = (struct openflow_gathered){.is_begun = false};
}

bool openflow_table_features_are_begun(const struct openflow_session *session,
				       const struct of_message *message)
{
	return session->features.is_begun && session->features.xid == message->xid;
}

enum of_error openflow_table_features_gather(struct openflow_session *session,
					     const struct of_message *message)
{
	struct openflow_gathered *features = &session->features;
	size_t *kept = &session->options.peers->kept_size;
	const size_t len = message->body.len;
	size_t before;

	if (!openflow_table_features_are_begun(session, message)) {
		openflow_table_features_forget(session);
		features->is_begun = true;
		features->xid = message->xid;
	}
	if (features->error)
		return features->error;
	before = features->bytes.len;
	if (before + len <= REQUEST_MAX && *kept < OPENFLOW_KEPT_MAX)
		wire_put_bytes(&features->bytes, message->body.at, len);
	else
		features->bytes.is_lost = true;
	*kept += features->bytes.len - before;
	if (features->bytes.is_lost)
		openflow_table_features_refuse(session, OF_BRC_MULTIPART_OVERFLOW);
	return features->error;
}

enum of_error openflow_table_features_set(struct openflow_session *session,
					  const struct of_message *message)
{
	struct openflow_gathered *features = &session->features;
	struct wire_bytes body = message->body;
	enum of_error error = OF_OK;

	if (openflow_table_features_are_begun(session, message)) {
		error = openflow_table_features_gather(session, message);
		body = (struct wire_bytes){features->bytes.at, features->bytes.len};
	} else if (body.len) { /* what is begun cannot go on */
		openflow_table_features_refuse(session, OF_BRC_MULTIPART_OVERFLOW);
	}
	if (!error && body.len)
		error = set(session, body);
	if (openflow_table_features_are_begun(session, message))
		openflow_table_features_forget(session);
	return error;
}
