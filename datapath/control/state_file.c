#include "control/state_file.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/own.h"
#include "base/print.h"
#include "packet/mac.h"
#include "control/state_lines.h"
#include "flow/flow_text.h"
#include "flow/group_text.h"
#include "flow/match_text.h"
#include "flow/port_text.h"
#include "switch/flow_cursor.h"
#include "switch/flow_table.h"
#include "switch/flows.h"
#include "switch/group.h"
#include "switch/meters.h"
#include "switch/order.h"
#include "switch/port_mod.h"
#include "switch/vswitch.h"

#define PERIOD_S   2
#define SLICE_NS   (1 * CLOCK_NS_PER_MS) /* of writing, between which others have their turn */
#define SLICE_OVER -1
#define REST       20 /* of its own time that writing rests, at least */
#define HALVES_MAX 5  /* attempts that a change of many flows may spoil */
#define PATH_SIZE  4096

static const struct clock clock_real;

struct state_file {
	/* fixed after create */
	struct vswitch *sw;
	char *path, *new_path;
	struct event *timer;
	bool is_failing;            /* and that was said */
	char boot[STATE_BOOT_SIZE]; /* once it is read */
	/* while it is being written */
	FILE *out;
	uint64_t hash;
	struct print line;
	char (*bridges)[IFNAMSIZ];
	unsigned n_bridges, next_bridge;
	struct flow_cursor *cursor;
	uint64_t group_changes; /* of the bridge, when its groups were written */
	uint64_t slice_end;     /* UINT64_MAX: there is none */
	uint64_t spent;         /* ns */
	bool is_half;           /* it has a part of a change */
	/* of attempts */
	unsigned n_halves;
};

/* ---- writing ---- */

static void line_end(struct state_file *file)
{
	print_char(&file->line, '\n');
	file->hash = state_hash(file->hash, print_text(&file->line), file->line.len);
	fwrite(print_text(&file->line), 1, file->line.len, file->out);
	print_clear(&file->line);
}

static int bridge_add_name(struct bridge *bridge, void *ctx)
{
	struct state_file *file = ctx;
	void *more = realloc(file->bridges, (file->n_bridges + 1) * sizeof(file->bridges[0]));

	if (!more)
		return -ENOMEM;
	file->bridges = more;
	snprintf(file->bridges[file->n_bridges++], IFNAMSIZ, "%s", bridge_name(bridge));
	return 0;
}

static void write_end(struct state_file *file)
{
	flow_cursor_free(&file->cursor);
	if (file->out)
		fclose(file->out);
	file->out = NULL;
	file->n_bridges = file->next_bridge = 0;
	mem_free(&file->bridges);
	print_clear(&file->line);
}

static int write_begin(struct state_file *file)
{
	int rc, fd;

	if (!file->boot[0] && (rc = state_boot(file->boot)))
		return rc;
	fd = open(file->new_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	file->out = fdopen(fd, "w");
	if (!file->out) {
		close(fd);
		return -ENOMEM;
	}
	file->hash = 0;
	file->spent = 0;
	file->is_half = false;
	print_fmt(&file->line, STATE_MAGIC " %s", file->boot);
	line_end(file);
	rc = vswitch_for_each_bridge(file->sw, bridge_add_name, file);
	if (rc)
		write_end(file);
	return rc;
}

static uint64_t seconds_before(uint64_t now, uint32_t age_s)
{
	return now - age_s * CLOCK_NS_PER_SEC;
}

static int write_flow(const struct flow_row *row, void *ctx)
{
	struct state_file *file = ctx;
	const struct flow_stats *stats = &row->stats;
	const uint64_t now = clock_now(&clock_real);

	print_fmt(&file->line,
		  "flow %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " ",
		  row->ledger, stats->n_packets, stats->n_bytes, now - stats->duration,
		  seconds_before(now, stats->idle_age), seconds_before(now, stats->hard_age));
	flow_print(&file->line, row->flow, NULL, NULL);
	line_end(file);
	return now > file->slice_end ? SLICE_OVER : 0;
}

/* What is as it was in the beginning is not said. */
static int write_port(struct bridge_port *port, void *ctx)
{
	struct state_file *file = ctx;
	const unsigned flags = bridge_port_flags(port) & ~(unsigned)PORT_MOD_DOWN;

	if (!flags)
		return 0;
	print_fmt(&file->line, "port %u %s", flags, bridge_port_name(port));
	line_end(file);
	return 0;
}

static void write_frags(struct state_file *file, const struct bridge *bridge)
{
	if (bridge_frags(bridge) == FLOW_FRAGS_NORMAL)
		return;
	print_fmt(&file->line, "frags %u", bridge_frags(bridge));
	line_end(file);
}

/* NORMAL itself is no flow of the bridge's, and none is written. */
static void write_stand_in(struct state_file *file, const struct bridge *bridge)
{
	if (!bridge_stands_in(bridge))
		return;
	print_fmt(&file->line, "stands-in");
	line_end(file);
}

static void write_tables(struct state_file *file, struct bridge *bridge)
{
	static const struct flow_table_mod nothing;

	for (unsigned i = 0; i < FLOW_TABLES; i++) {
		struct flow_table_mod mod;

		bridge_table_get(bridge, (uint8_t)i, NULL, &mod);
		if (!memcmp(&mod, &nothing, sizeof(mod)))
			continue;
		print_fmt(&file->line, "table %u %u %u %s", i, mod.eviction, mod.miss, mod.name);
		line_end(file);
	}
}

static int write_address(const struct fdb_row *row, void *ctx)
{
	struct state_file *file = ctx;
	const uint8_t *mac = row->mac.byte;

	print_fmt(&file->line, "fdb %u %02x:%02x:%02x:%02x:%02x:%02x %" PRIu64 " %s %s", row->vlan,
		  mac[0], mac[1], mac[2], mac[3], mac[4], mac[5],
		  seconds_before(clock_now(&clock_real), row->age_s),
		  row->is_static ? "static" : "learned", row->port_name);
	line_end(file);
	return 0;
}

static int write_order(const struct order_row *row, void *ctx)
{
	struct state_file *file = ctx;
	const struct ledger_row *counted = &row->past.counted;

	print_fmt(&file->line,
		  "order %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
		  " %s %s %s %u ",
		  counted->number, counted->n_packets, counted->n_bytes, counted->used_at,
		  row->past.created_at, row->past.ends_at,
		  row->kind == ORDER_MIRROR ? "mirror" : "drop", row->name,
		  row->port ? row->port : "-", row->vlan);
	match_print(&file->line, row->match, NULL);
	line_end(file);
	return 0;
}

static int write_meter(const struct meter_row *row, void *ctx)
{
	struct state_file *file = ctx;

	print_fmt(&file->line, "meter %" PRIu64 " %" PRIu64 " %" PRIu64, row->created_at,
		  row->count.n_packets, row->count.n_bytes);
	for (unsigned i = 0; i < METER_BANDS_MAX; i++)
		print_fmt(&file->line, " %" PRIu64 " %" PRIu64, row->band[i].n_packets,
			  row->band[i].n_bytes);
	print_char(&file->line, ' ');
	meter_print(&file->line, row->desc);
	line_end(file);
	return 0;
}

static void write_counted(struct state_file *file, const struct ledger_row *counted)
{
	print_fmt(&file->line, " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64, counted->number,
		  counted->n_packets, counted->n_bytes, counted->used_at);
}

static int write_group(const struct group_row *row, void *ctx)
{
	struct state_file *file = ctx;

	print_fmt(&file->line, "group %" PRIu64, row->created_at);
	write_counted(file, &row->count.past);
	print_fmt(&file->line, " %u", row->desc->n_buckets);
	for (uint32_t i = 0; i < row->desc->n_buckets; i++)
		write_counted(file, &row->bucket[i].past);
	print_char(&file->line, ' ');
	group_print(&file->line, row->desc, NULL);
	line_end(file);
	return 0;
}

/* Begins with the next bridge that is still there. 1: there is one, 0: there is none, or -ENOMEM. */
static int bridge_begin(struct state_file *file)
{
	const struct flow_mod all = {
		.command = FLOW_DELETE,
		.table = FLOW_TABLE_ANY,
		.out_port = OFPORT_NONE,
		.out_group = FLOW_GROUP_ANY,
	};

	while (file->next_bridge < file->n_bridges) {
		const char *name = file->bridges[file->next_bridge++];
		struct bridge *bridge = bridge_lookup(file->sw, name);

		if (!bridge)
			continue;
		print_fmt(&file->line, "bridge %s", name);
		line_end(file);
		write_frags(file, bridge);
		write_stand_in(file, bridge);
		write_tables(file, bridge);
		bridge_for_each_port(bridge, write_port, file);
		bridge_fdb_for_each(bridge, write_address, file);
		bridge_orders_for_each(bridge, write_order, file);
		bridge_meters_for_each(bridge, METER_EVERY, write_meter, file);
		if (bridge_groups_for_each(bridge, GROUP_EVERY, write_group, file))
			return -ENOMEM;
		file->group_changes = bridge_group_changes(bridge);
		return flow_cursor_new(&file->cursor, bridge, &all) ? -ENOMEM : 1;
	}
	return 0;
}

/* Flows behind them may need others. */
static bool groups_have_changed(const struct state_file *file)
{
	const struct bridge *bridge = bridge_lookup(file->sw, file->bridges[file->next_bridge - 1]);

	return bridge && bridge_group_changes(bridge) != file->group_changes;
}

/* 1: there is more to do, 0: all is written, or -errno. */
static int write_slice(struct state_file *file)
{
	const uint64_t begin = clock_now(&clock_real);
	int rc = 1;

	if (file->slice_end != UINT64_MAX)
		file->slice_end = begin + SLICE_NS;
	do {
		if (file->cursor) {
			if (flow_cursor_next(file->cursor, write_flow, file) == SLICE_OVER)
				continue;
			file->is_half |=
				flow_cursor_is_halved(file->cursor) || groups_have_changed(file);
			flow_cursor_free(&file->cursor);
		} else {
			rc = bridge_begin(file);
		}
	} while (rc > 0 && clock_now(&clock_real) < file->slice_end);
	file->spent += clock_now(&clock_real) - begin;
	return file->line.is_failed ? -ENOMEM : rc;
}

static int write_finish(struct state_file *file)
{
	int rc = 0;

	fprintf(file->out, "end %016" PRIx64 "\n", file->hash);
	if (fflush(file->out) || fsync(fileno(file->out)))
		rc = -errno;
	else if (ferror(file->out)) /* earlier, and it was passed over: there is a hole */
		rc = -EIO;
	else if (rename(file->new_path, file->path))
		rc = -errno;
	return rc;
}

static void arm(struct state_file *file, uint64_t ns)
{
	const struct timeval wait = {.tv_sec = (time_t)(ns / CLOCK_NS_PER_SEC),
				     .tv_usec = (suseconds_t)(ns % CLOCK_NS_PER_SEC / 1000)};

	event_add(file->timer, &wait);
}

static void timer_ready(evutil_socket_t fd, short what, void *ctx)
{
	struct state_file *file = ctx;
	uint64_t rest = PERIOD_S * CLOCK_NS_PER_SEC;
	int rc = 0;

	/* Where one change follows another, it is written in one go. */
	file->slice_end = file->n_halves < HALVES_MAX ? 0 : UINT64_MAX;
	if (!file->out)
		rc = write_begin(file);
	if (!rc)
		rc = write_slice(file);
	if (rc > 0) {
		arm(file, 1000);
		return;
	}
	if (!rc && !file->is_half)
		rc = write_finish(file);
	if (rc && !file->is_failing)
		log_warn("switchd", "%s: cannot write it: %s: trying again", file->new_path,
			 strerror(-rc));
	file->is_failing = rc;
	file->n_halves = !rc && file->is_half ? file->n_halves + 1 : 0;
	write_end(file);
	if (file->n_halves) {
		arm(file, 1000);
		return;
	}
	arm(file, file->spent * REST > rest ? file->spent * REST : rest);
}

int state_file_write(struct state_file *file)
{
	int rc;

	write_end(file);
	rc = write_begin(file);
	file->slice_end = UINT64_MAX;
	while (!rc && (rc = write_slice(file)) > 0)
		rc = 0;
	if (!rc)
		rc = write_finish(file);
	write_end(file);
	return rc;
}

void state_file_remove(struct state_file *file)
{
	write_end(file);
	unlink(file->path);
	unlink(file->new_path);
}

/* ---- reading ---- */

void state_file_read(struct state_file *file)
{
	own(mem_free) char *text = NULL;
	size_t size;

	if (!state_load(file->path, &text, &size))
		state_apply(file->sw, text, size);
	arm(file, PERIOD_S * CLOCK_NS_PER_SEC);
}

/* ---- life ---- */

int state_file_new(struct state_file **out, const char *path, struct event_base *base,
		   struct vswitch *sw)
{
	own(state_file_free) struct state_file *file = calloc(1, sizeof(*file));

	if (!file)
		return -ENOMEM;
	file->sw = sw;
	file->path = strdup(path);
	if (!file->path || asprintf(&file->new_path, "%s.new", path) < 0)
		return -ENOMEM;
	file->timer = event_new(base, -1, 0, timer_ready, file);
	if (!file->timer)
		return -ENOMEM;
	*out = take_ptr(file);
	return 0;
}

void state_file_free(struct state_file **p)
{
	struct state_file *file = *p;

	if (!file)
		return;
	write_end(file);
	print_fini(&file->line);
	if (file->timer)
		event_free(file->timer);
	free(file->path);
	free(file->new_path);
	mem_free(p);
}
