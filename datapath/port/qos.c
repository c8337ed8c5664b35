#include "port/qos.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "port/port_life.h"
#include "port/qdisc.h"
#include "port/table.h"

#define HANDLE     0x10000
#define ALL        0xfffe /* the class above the queues' */
#define ETH_SIZE   14
#define RATE_MIN   1500               /* bytes/s: htb wants one */
#define RATE_GUESS (100000000ull / 8) /* of a device that does not say, as Open vSwitch has it */
#define BURST_HZ   100                /* a burst lasts for a timer's tick at the least */

/* ---- whose the root is ---- */

struct look {
	bool has_all, has_any;
};

static void look_at(void *ctx, const struct class_stats *stats)
{
	struct look *look = ctx;

	look->has_any = true;
	look->has_all |= stats->minor == ALL;
}

/* htb, made as we make it: by us, by Open vSwitch, or by a daemon before us that could not take a note. */
static bool is_alike(struct qdiscs *qdiscs, uint32_t ifindex, const struct qdisc_root *root)
{
	struct look look = {.has_all = false};

	if (root->handle != HANDLE || strcmp(root->kind, "htb") != 0)
		return false;
	qdisc_classes(qdiscs, ifindex, look_at, &look);
	return look.has_all;
}

/* The one that we have noted? Not if somebody has made another since: its handle says little, its classes more. We may
 * have ended before there were any. */
static bool can_be_ours(struct qdiscs *qdiscs, uint32_t ifindex, const struct qdisc_root *root)
{
	struct look look = {.has_all = false};

	if (root->handle != HANDLE)
		return false;
	if (!strcmp(root->kind, "tbf"))
		return true;
	if (strcmp(root->kind, "htb") != 0)
		return false;
	qdisc_classes(qdiscs, ifindex, look_at, &look);
	return look.has_all || !look.has_any;
}

static void ours_set(struct port *port, bool is_ours)
{
	if (port->is_qdisc_ours == is_ours)
		return;
	port->is_qdisc_ours = is_ours;
	port_note_write(port);
}

/* 0: the root is of this kind, or free; else -errno with a text. */
static int root_claim(struct port *port, const char *kind, bool *is_there, struct err *err)
{
	struct qdiscs *qdiscs = port->table->qdiscs;
	struct qdisc_root root;
	int rc = qdisc_root_get(qdiscs, port->ifindex, &root);

	*is_there = false;
	if (rc)
		return err_set(err, -rc, "looking for its qdisc: %s", strerror(-rc));
	if (!root.handle)
		return 0;
	if (!(port->is_qdisc_ours && can_be_ours(qdiscs, port->ifindex, &root)) &&
	    !is_alike(qdiscs, port->ifindex, &root)) {
		ours_set(port, false);
		return err_set(err, EEXIST,
			       "device %s has a qdisc already, %s %x:: remove it (tc qdisc del dev "
			       "%s root), or clear the port's qos",
			       port->device, root.kind, root.handle >> 16, port->device);
	}
	*is_there = !strcmp(root.kind, kind);
	rc = *is_there ? 0 : qdisc_root_del(qdiscs, port->ifindex);
	return rc ? err_set(err, -rc, "removing qdisc %s: %s", root.kind, strerror(-rc)) : 0;
}

void qos_undo(struct qdiscs *qdiscs, uint32_t ifindex)
{
	struct qdisc_root root;

	if (!qdisc_root_get(qdiscs, ifindex, &root) && can_be_ours(qdiscs, ifindex, &root))
		qdisc_root_del(qdiscs, ifindex);
}

/* ---- htb ---- */

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* In bytes/s. */
static uint64_t rate_of_all(const struct port *port)
{
	const uint64_t said = port->qos->config.max_rate / 8;
	const uint64_t link = port->status.link_speed / 8;

	return most(said ? said : link ? link : RATE_GUESS, RATE_MIN);
}

static uint32_t burst_for(const struct port *port, uint64_t rate, uint64_t said)
{
	const uint64_t needed = rate / BURST_HZ + port->status.mtu + ETH_SIZE;

	return (uint32_t)least(most(said / 8, needed), UINT32_MAX);
}

static int class_set(const struct port *port, struct htb_class *class, uint64_t burst)
{
	class->burst = burst_for(port, class->rate, burst);
	class->ceil_burst = burst_for(port, class->ceil, burst);
	class->quantum = port->status.mtu + ETH_SIZE;
	return htb_class_set(port->table->qdiscs, port->ifindex, class);
}

static int queue_set(const struct port *port, const struct qos_queue *queue)
{
	const uint64_t all = rate_of_all(port);
	struct htb_class class = {
		.minor = (uint16_t)(queue->id + 1),
		.parent = ALL,
		.rate = least(most(queue->min_rate / 8, RATE_MIN), all),
		.ceil = queue->max_rate ? least(queue->max_rate / 8, all) : all,
		.priority = queue->priority,
	};

	class.ceil = most(class.ceil, class.rate);
	return class_set(port, &class, queue->burst);
}

/* Classes by number. */
struct classes {
	uint64_t bits[(UINT16_MAX + 1) / 64];
};

static void class_note(void *ctx, const struct class_stats *stats)
{
	struct classes *classes = ctx;

	classes->bits[stats->minor / 64] |= 1ull << stats->minor % 64;
}

static void class_forget(struct classes *classes, unsigned minor)
{
	classes->bits[minor / 64] &= ~(1ull << minor % 64);
}

static void stale_classes_del(struct port *port)
{
	const struct qos_config *config = &port->qos->config;
	struct qdiscs *qdiscs = port->table->qdiscs;
	struct classes stale = {.bits = {0}};

	qdisc_classes(qdiscs, port->ifindex, class_note, &stale);
	class_forget(&stale, ALL);
	for (unsigned i = 0; i < config->n_queues; i++)
		class_forget(&stale, config->queues[i].id + 1);
	for (unsigned minor = 1; minor < ALL; minor++)
		if (stale.bits[minor / 64] & 1ull << minor % 64)
			htb_class_del(qdiscs, port->ifindex, (uint16_t)minor);
}

static int htb_fill(struct port *port, struct err *err)
{
	const struct qos_config *config = &port->qos->config;
	const uint64_t rate = rate_of_all(port);
	struct htb_class all = {.minor = ALL, .rate = rate, .ceil = rate};
	int rc = class_set(port, &all, config->burst);

	if (rc)
		return err_set(err, -rc, "htb: %s", strerror(-rc));
	for (unsigned i = 0; i < config->n_queues; i++) {
		rc = queue_set(port, &config->queues[i]);
		if (rc)
			return err_set(err, -rc, "queue %u: %s", config->queues[i].id,
				       strerror(-rc));
	}
	return 0;
}

static int refused(struct port *port, const char *kind, int rc, struct err *err)
{
	ours_set(port, false);
	return err_set(err, -rc, "qdisc %s: %s", kind,
		       rc == -ENOENT ? "this kernel does not have it" : strerror(-rc));
}

static int htb_install(struct port *port, struct err *err)
{
	bool is_there;
	int rc = root_claim(port, "htb", &is_there, err);

	if (rc)
		return rc;
	ours_set(port, true);
	rc = is_there ? 0 : htb_add(port->table->qdiscs, port->ifindex);
	if (rc)
		return refused(port, "htb", rc, err);
	if (is_there)
		stale_classes_del(port);
	return htb_fill(port, err);
}

static int tbf_install(struct port *port, struct err *err)
{
	const uint64_t rate = rate_of_all(port);
	bool is_there;
	int rc = root_claim(port, "tbf", &is_there, err);

	if (rc)
		return rc;
	ours_set(port, true);
	rc = tbf_set(port->table->qdiscs, port->ifindex, rate,
		     burst_for(port, rate, port->qos->config.burst));
	return rc ? refused(port, "tbf", rc, err) : 0;
}

/* ---- outside ---- */

static void undo(struct port *port)
{
	if (!port->is_qdisc_ours)
		return;
	qos_undo(port->table->qdiscs, port->ifindex);
	ours_set(port, false);
}

void port_qos_release(struct port *port)
{
	if (!port->table->is_left)
		undo(port);
}

void port_qos_apply(struct port *port)
{
	struct err err = ERR_INIT;

	if (!port->qos)
		undo(port);
	else if (port->qos->config.type == QOS_HTB)
		htb_install(port, &err);
	else
		tbf_install(port, &err);
	if (err.text[0] && strncmp(err.text, port->qos_error, sizeof(port->qos_error) - 1) != 0)
		log_warn("port", "%s: qos: %s", port->config.name, err.text);
	snprintf(port->qos_error, sizeof(port->qos_error), "%s", err.text);
}

static int config_check(const struct port *port, const struct qos_config *config, struct err *err)
{
	for (unsigned i = 0; i < config->n_queues; i++) {
		const uint32_t id = config->queues[i].id;

		if (config->type == QOS_TBF && id)
			return err_set(err, EINVAL,
				       "port %s: tbf has but one queue: use htb for queue %u",
				       port->config.name, id);
		if (id >= QUEUES_MAX)
			return err_set(err, EINVAL, "port %s: no queue can be %u: use 0 to %u",
				       port->config.name, id, QUEUES_MAX - 1);
	}
	return 0;
}

static uint64_t now(void)
{
	return clock_now(&(struct clock){.is_manual = false});
}

static int compare_ids(const void *a, const void *b)
{
	const struct qos_queue *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static const struct qos_queue *queue_find(const struct port_qos *qos, uint32_t id)
{
	const struct qos_queue key = {.id = id};

	if (!qos || !qos->config.n_queues)
		return NULL;
	return bsearch(&key, qos->queues, qos->config.n_queues, sizeof(key), compare_ids);
}

/* What was a queue before goes on being it. NULL: no memory. */
static struct port_qos *qos_new(const struct qos_config *config, const struct port_qos *before)
{
	const unsigned more =
		config->type == QOS_HTB && (!config->n_queues || config->queues[0].id);
	struct port_qos *qos =
		calloc(1, sizeof(*qos) + (config->n_queues + more) * sizeof(qos->queues[0]));

	if (!qos)
		return NULL;
	qos->config = *config;
	qos->config.queues = qos->queues;
	qos->config.n_queues += more;
	if (config->n_queues)
		memcpy(qos->queues + more, config->queues,
		       config->n_queues * sizeof(qos->queues[0]));
	for (unsigned i = 0; i < qos->config.n_queues; i++) {
		const struct qos_queue *same = queue_find(before, qos->queues[i].id);

		qos->queues[i].made_at = same ? same->made_at : now();
	}
	return qos;
}

int port_qos_set(struct port *port, const struct qos_config *config, struct err *err)
{
	struct port_qos *qos = NULL;
	int rc = config_check(port, config, err);

	if (!rc && config->type != QOS_NONE) {
		qos = qos_new(config, port->qos);
		if (!qos)
			rc = err_set(err, ENOMEM, "port %s: out of memory", port->config.name);
	}
	if (rc)
		return rc;
	free(port->qos);
	port->qos = qos;
	port_qos_changed(port);
	return 0;
}

const struct qos_config *port_qos(const struct port *port)
{
	return port->qos && port->is_qdisc_ours ? &port->qos->config : NULL;
}

/* ---- what queues did ---- */

static int compare(const void *a, const void *b)
{
	const struct class_stats *x = a, *y = b;

	return x->minor < y->minor ? -1 : x->minor > y->minor;
}

struct harvest {
	struct class_stats *stats;
	unsigned n, n_max;
};

static void class_keep(void *ctx, const struct class_stats *stats)
{
	struct harvest *harvest = ctx;

	if (harvest->n < harvest->n_max)
		harvest->stats[harvest->n++] = *stats;
}

/* With the class above the queues'. */
static void harvest_reap(const struct port *port, struct harvest *harvest)
{
	harvest->n_max = port->qos->config.n_queues + 1;
	harvest->stats = calloc(harvest->n_max, sizeof(harvest->stats[0]));
	if (!harvest->stats)
		return;
	qdisc_classes(port->table->qdiscs, port->ifindex, class_keep, harvest);
	qsort(harvest->stats, harvest->n, sizeof(harvest->stats[0]), compare);
}

void port_queues(const struct port *port, void (*visit)(void *ctx, const struct port_queue *queue),
		 void *ctx)
{
	struct harvest harvest = {.n = 0};

	if (!port_qos(port))
		return;
	harvest_reap(port, &harvest);
	for (unsigned i = 0; i < port->qos->config.n_queues; i++) {
		const struct qos_queue *queue = &port->qos->queues[i];
		const struct class_stats key = {.minor = (uint16_t)(queue->id + 1)};
		const struct class_stats *stats =
			harvest.n ? bsearch(&key, harvest.stats, harvest.n, sizeof(key), compare)
				  : NULL;

		visit(ctx, &(struct port_queue){
				   .config = queue,
				   .n_packets = stats ? stats->n_packets : 0,
				   .n_bytes = stats ? stats->n_bytes : 0,
				   .n_dropped = stats ? stats->n_dropped : 0,
				   .age = now() - queue->made_at,
			   });
	}
	free(harvest.stats);
}
