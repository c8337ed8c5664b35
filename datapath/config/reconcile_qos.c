/* Rows of QoS and Queue: what they ask for, and what is wrong with them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "config/reconcile.h"
#include "config/replica.h"
#include "config/settings.h"
#include "port/qos.h"

static const struct row *qos_row(const struct reconcile *reconcile,
				 const struct interface_record *record)
{
	const char *uuid = row_uuid_at(record->port_row, "qos", 0);

	return uuid ? replica_row(reconcile->replica, TABLE_QOS, uuid) : NULL;
}

static const struct row *queue_row(const struct reconcile *reconcile, const struct row *qos,
				   size_t i, int64_t *id)
{
	return replica_row(reconcile->replica, TABLE_QUEUE, row_map_uuid_at(qos, "queues", i, id));
}

/* Another number when any of the rows is another. */
static uint64_t version_of(const struct reconcile *reconcile, const struct row *qos)
{
	uint64_t version = qos ? row_version(qos) : 1;

	for (size_t i = 0; qos && i < row_map_size(qos, "queues"); i++) {
		int64_t id = 0;
		const struct row *queue = queue_row(reconcile, qos, i, &id);

		version = (version ^ (queue ? row_version(queue) : 0)) * 0x9e3779b97f4a7c15u;
		version ^= version >> 32 ^ (uint64_t)id;
	}
	return version ? version : 1;
}

static int read_type(const struct row *row, enum qos_type *out, struct err *err)
{
	const char *type = row_string(row, "type");

	*out = QOS_NONE;
	/* linux-noop: somebody else sees to the device's qdisc. */
	if (!type || !type[0] || !strcmp(type, "linux-noop"))
		return 0;
	if (!strcmp(type, "linux-htb"))
		*out = QOS_HTB;
	else if (!strcmp(type, "linux-tbf"))
		*out = QOS_TBF;
	else
		return err_set(
			err, EINVAL,
			"qos: type %s is not supported: use linux-htb, linux-tbf or linux-noop",
			type);
	return 0;
}

/* Rates and bursts have the same names in both tables. */
static void read_rates(const struct row *row, uint64_t *max_rate, uint64_t *burst, struct err *err)
{
	settings_number(row, "other_config", "max-rate", INT64_MAX, max_rate, err);
	settings_number(row, "other_config", "burst", INT64_MAX, burst, err);
}

static void read_queue(const struct row *row, struct qos_queue *queue, struct err *err)
{
	struct err wrong = ERR_INIT;
	uint64_t priority = 0;

	read_rates(row, &queue->max_rate, &queue->burst, &wrong);
	settings_number(row, "other_config", "min-rate", INT64_MAX, &queue->min_rate, &wrong);
	settings_number(row, "other_config", "priority", UINT32_MAX, &priority, &wrong);
	queue->priority = (uint32_t)priority;
	if (wrong.code)
		err_add(err, wrong.code, "queue %u: %s", queue->id, wrong.text);
}

static int compare(const void *a, const void *b)
{
	const struct qos_queue *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static void read_queues(const struct reconcile *reconcile, const struct row *row,
			struct qos_config *config, struct qos_queue *queues, struct err *err)
{
	config->queues = queues;
	for (size_t i = 0; i < row_map_size(row, "queues"); i++) {
		struct qos_queue *queue = &queues[config->n_queues];
		int64_t id;
		const struct row *queue_is = queue_row(reconcile, row, i, &id);

		if (!queue_is)
			continue;
		*queue = (struct qos_queue){.id = (uint32_t)id};
		read_queue(queue_is, queue, err);
		config->n_queues++;
	}
	qsort(queues, config->n_queues, sizeof(*queues), compare);
}

/* What keeps nothing else of it away. */
static void dscp_missing(const struct reconcile *reconcile, const struct row *row, struct err *err)
{
	for (size_t i = 0; i < row_map_size(row, "queues"); i++) {
		int64_t id;
		const struct row *queue = queue_row(reconcile, row, i, &id);

		if (queue && row_size(queue, "dscp"))
			err_add(err, EINVAL,
				"qos: queue %lld: dscp: queues do not mark packets: let flows do it "
				"(mod_nw_tos)",
				(long long)id);
	}
}

static int qos_set(const struct reconcile *reconcile, struct interface_record *record,
		   const struct row *row, struct err *err)
{
	own(mem_free) struct qos_queue *queues = NULL;
	struct qos_config config = {.type = QOS_NONE};
	struct err wrong = ERR_INIT;
	int rc = row ? read_type(row, &config.type, err) : 0;

	if (rc)
		return rc;
	if (config.type == QOS_NONE)
		return bridge_port_qos_set(record->port, &config, err);
	queues = calloc(row_map_size(row, "queues") + 1, sizeof(*queues));
	if (!queues)
		return err_set(err, ENOMEM, "qos: out of memory");
	read_rates(row, &config.max_rate, &config.burst, &wrong);
	read_queues(reconcile, row, &config, queues, &wrong);
	if (wrong.code)
		return err_set(err, wrong.code, "qos: %s", wrong.text);
	rc = bridge_port_qos_set(record->port, &config, err);
	if (!rc)
		dscp_missing(reconcile, row, err);
	return rc;
}

bool qos_make(struct reconcile *reconcile, struct interface_record *record, struct err *err)
{
	const struct qos_config none = {.type = QOS_NONE};
	const struct row *row = qos_row(reconcile, record);
	const uint64_t version = version_of(reconcile, row);

	if (version == record->qos_version)
		return false;
	record->qos_version = version;
	/* What cannot be done is not done by halves. */
	if (qos_set(reconcile, record, row, err))
		bridge_port_qos_set(record->port, &none, NULL);
	return true;
}
