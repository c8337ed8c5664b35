#include "control/coverage.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "stream/server.h"
#include "path/drop.h"
#include "switch/vswitch.h"

#define PERIOD_SECONDS    5
#define PERIODS_A_MINUTE  12
#define MINUTES_AN_HOUR   60
#define N_CACHE_COUNTERS  8
#define N_SERVER_COUNTERS 4
#define N_COUNTERS        (N_CACHE_COUNTERS + N_SERVER_COUNTERS + N_DROP_REASONS)

static const char *const names[N_CACHE_COUNTERS + N_SERVER_COUNTERS] = {
	"cache_hit",     "cache_miss",  "cache_stale", "cache_evicted",
	"cache_expired", "cache_full",  "kernel_hit",  "kernel_cache_full",
	"rpc_client",    "rpc_refused", "rpc_message", "rpc_failed",
};

struct coverage {
	/* fixed after create */
	struct vswitch *sw;
	struct server *server;
	struct event *timer;
	/* control thread: totals at the ends of past periods and minutes, in rings */
	uint64_t periods[PERIODS_A_MINUTE + 1][N_COUNTERS];
	uint64_t minutes[MINUTES_AN_HOUR + 1][N_COUNTERS];
	unsigned n_periods;         /* since the first look */
	uint64_t first[N_COUNTERS]; /* at the first look */
	uint64_t seen[N_COUNTERS];  /* by the last look */
};

static int add_drops(struct bridge_port *port, void *ctx)
{
	uint64_t *totals = ctx;
	struct bridge_port_status status;

	bridge_port_status(port, &status);
	for (unsigned i = 0; i < N_DROP_REASONS; i++)
		totals[i] += status.drops[i];
	return 0;
}

static int add_bridge(struct bridge *bridge, void *ctx)
{
	return bridge_for_each_port(bridge, add_drops, ctx);
}

static void count(const struct coverage *coverage, uint64_t totals[N_COUNTERS])
{
	struct cache_stats cache;
	struct server_stats server;

	vswitch_cache_stats(coverage->sw, &cache);
	server_stats(coverage->server, &server);
	memcpy(totals,
	       (const uint64_t[]){cache.n_hit, cache.n_miss, cache.n_stale, cache.n_evicted,
				  cache.n_expired, cache.n_full, cache.n_kernel_packets,
				  cache.n_kernel_full, server.n_accepted, server.n_refused,
				  server.n_messages, server.n_failed},
	       (N_CACHE_COUNTERS + N_SERVER_COUNTERS) * sizeof(*totals));
	totals += N_CACHE_COUNTERS + N_SERVER_COUNTERS;
	vswitch_drops(coverage->sw, totals);
	vswitch_for_each_bridge(coverage->sw, add_bridge, totals);
}

static void period_cb(evutil_socket_t fd, short what, void *ctx)
{
	struct coverage *coverage = ctx;
	unsigned n = ++coverage->n_periods;
	uint64_t *now = coverage->periods[n % (PERIODS_A_MINUTE + 1)];

	count(coverage, now);
	if (n % PERIODS_A_MINUTE == 0)
		memcpy(coverage->minutes[n / PERIODS_A_MINUTE % (MINUTES_AN_HOUR + 1)], now,
		       sizeof(coverage->minutes[0]));
}

int coverage_new(struct coverage **out, struct event_base *base, struct vswitch *sw,
		 struct server *server)
{
	own(coverage_free) struct coverage *coverage = calloc(1, sizeof(*coverage));

	if (!coverage)
		return -ENOMEM;
	coverage->sw = sw;
	coverage->server = server;
	coverage->timer = event_new(base, -1, EV_PERSIST, period_cb, coverage);
	if (!coverage->timer)
		return -ENOMEM;
	*out = take_ptr(coverage);
	return 0;
}

void coverage_free(struct coverage **coverage)
{
	if (!*coverage)
		return;
	if ((*coverage)->timer)
		event_free((*coverage)->timer);
	mem_free(coverage);
}

/* Since so many periods ago; since the first look, if that is later. */
static uint64_t lately(const struct coverage *coverage, unsigned i, uint64_t now, unsigned n_ago)
{
	unsigned n = coverage->n_periods;

	return now - (n < n_ago ? coverage->first[i]
				: coverage->periods[(n - n_ago) % (PERIODS_A_MINUTE + 1)][i]);
}

static uint64_t last_hour(const struct coverage *coverage, unsigned i, uint64_t now)
{
	unsigned n = coverage->n_periods / PERIODS_A_MINUTE;

	if (n < MINUTES_AN_HOUR)
		return now - coverage->first[i];
	return now - coverage->minutes[(n - MINUTES_AN_HOUR) % (MINUTES_AN_HOUR + 1)][i];
}

unsigned coverage_look(struct coverage *coverage)
{
	static const struct timeval period = {.tv_sec = PERIOD_SECONDS};

	count(coverage, coverage->seen);
	if (!event_pending(coverage->timer, EV_TIMEOUT, NULL)) {
		memcpy(coverage->first, coverage->seen, sizeof(coverage->first));
		event_add(coverage->timer, &period);
	}
	return N_COUNTERS;
}

void coverage_row(const struct coverage *coverage, unsigned i, struct coverage_row *out)
{
	const unsigned n_named = N_CACHE_COUNTERS + N_SERVER_COUNTERS;
	uint64_t total = coverage->seen[i];

	*out = (struct coverage_row){
		.name = i < n_named ? names[i] : drop_name(i - n_named),
		.total = total,
		.last_5s = lately(coverage, i, total, 1),
		.last_minute = lately(coverage, i, total, PERIODS_A_MINUTE),
		.last_hour = last_hour(coverage, i, total),
	};
}
