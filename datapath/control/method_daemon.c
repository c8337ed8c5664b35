/* status, cache-stats, log-set, restart, stop: the daemon itself. */
#include <errno.h>
#include <event2/event.h>
#include <json-c/json.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "config.h"
#include "control/detach.h"
#include "control/method.h"
#include "nl/netlink.h"
#include "stream/server.h"
#include "switch/vswitch.h"

static struct json_object *server_counters(const struct server_stats *stats)
{
	struct json_object *object = json_object_new_object();

	result_integer(object, "accepted", stats->n_accepted);
	result_integer(object, "refused", stats->n_refused);
	result_integer(object, "messages", stats->n_messages);
	result_integer(object, "failed", stats->n_failed);
	result_integer(object, "buffered-bytes", stats->n_buffered);
	return object;
}

static struct json_object *netlink_counters(const struct netlink *netlink)
{
	struct json_object *object = json_object_new_object();
	struct netlink_stats stats;

	netlink_stats(netlink, &stats);
	result_integer(object, "messages", stats.n_messages);
	result_integer(object, "refused", stats.n_refused);
	result_integer(object, "lost", stats.n_lost);
	result_integer(object, "peers", stats.n_peers);
	result_integer(object, "bundles", stats.n_bundles);
	result_integer(object, "bundled", stats.n_bundled);
	return object;
}

int method_status(struct method_context *context, struct json_object *params,
		  struct json_object **result, struct err *err)
{
	const struct clock clock = {.is_manual = false};
	struct server_stats stats;

	server_stats(context->server, &stats);
	*result = json_object_new_object();
	result_integer(*result, "pid", (uint64_t)getpid());
	result_string(*result, "version", PACKAGE_VERSION);
	result_string(*result, "instance", context->instance);
	result_string(*result, "run-dir", context->run_dir);
	result_string(*result, "database", context->database);
	if (context->waits_for)
		result_string(*result, "waits-for", context->waits_for);
	result_integer(*result, "uptime",
		       (clock_now(&clock) - context->started_ns) / CLOCK_NS_PER_SEC);
	result_integer(*result, "startup",
		       context->ready_ns
			       ? (context->ready_ns - context->started_ns) / CLOCK_NS_PER_US
			       : 0);
	result_integer(*result, "workers", vswitch_n_workers(context->sw));
	result_integer(*result, "clients", stats.n_clients);
	result_string(*result, "log-level", log_level_name(log_level()));
	json_object_object_add(*result, "server", server_counters(&stats));
	if (context->netlink)
		json_object_object_add(*result, "netlink", netlink_counters(context->netlink));
	return 0;
}

int method_cache_stats(struct method_context *context, struct json_object *params,
		       struct json_object **result, struct err *err)
{
	struct cache_stats stats;

	vswitch_cache_stats(context->sw, &stats);
	*result = json_object_new_object();
	result_integer(*result, "hits", stats.n_hit);
	result_integer(*result, "misses", stats.n_miss);
	result_integer(*result, "stale", stats.n_stale);
	result_integer(*result, "evicted", stats.n_evicted);
	result_integer(*result, "expired", stats.n_expired);
	result_integer(*result, "full", stats.n_full);
	result_integer(*result, "entries", stats.n_entries);
	result_integer(*result, "masks", stats.n_masks);
	result_integer(*result, "kernel-entries", stats.n_kernel_entries);
	result_integer(*result, "kernel-stale", stats.n_kernel_stale);
	result_integer(*result, "kernel-standby", stats.n_kernel_standby);
	result_integer(*result, "kernel-packets", stats.n_kernel_packets);
	result_integer(*result, "kernel-full", stats.n_kernel_full);
	return 0;
}

int method_log_set(struct method_context *context, struct json_object *params,
		   struct json_object **result, struct err *err)
{
	enum log_level level;

	if (log_level_parse(param_string(params, "level"), &level))
		return err_set(err, EINVAL, "unknown log level %s", param_string(params, "level"));
	log_set_level(level);
	return 0;
}

static void end(struct method_context *context, enum ending ending)
{
	static const struct timeval soon = {.tv_usec = 20000}; /* the answer goes out first */

	context->ending = ending;
	event_base_loopexit(context->base, &soon);
}

int method_restart(struct method_context *context, struct json_object *params,
		   struct json_object **result, struct err *err)
{
	int ret = restart_check(err);

	if (ret)
		return ret;
	log_info("switchd", "asked to start anew");
	end(context, ENDING_RESTART);
	return 0;
}

int method_stop(struct method_context *context, struct json_object *params,
		struct json_object **result, struct err *err)
{
	log_info("switchd", "asked to stop");
	end(context, ENDING_STOP);
	return 0;
}
