/* Flow tables against a list of rows that is searched from end to end: random flow mods, alone and in
 * bundles that may fail, real packets in between, and time that passes. After every step the flows must
 * be the same, in the same order, with the same ages and, to the packet and byte, the same counters,
 * although entries of the cache go stale, expire, and are translated again all the time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/print.h"
#include "port/port_fake.h"
#include "support/ether.h"
#include "support/flows.h"
#include "support/random.h"
#include "support/rig.h"
#include "switch/bridge.h"
#include "switch/flows.h"

#define N_STEPS  6000
#define N_ROWS   256
#define N_PORTS  3
#define N_TABLES 2
#define N_BUNDLE 4

struct row {
	uint64_t id; /* 0: no row */
	unsigned table, priority, in_port, dst, dst_mask, src, src_mask;
	unsigned out; /* 0: drop */
	bool goes_on; /* to table 1 */
	unsigned cookie, idle, hard, importance;
	uint64_t created_at, modified_at, used_at, n_packets, n_bytes;
};

struct model {
	uint64_t last_id;
	bool is_limited; /* table 1, to this many */
	unsigned max_flows;
	struct row row[N_ROWS];
};

static struct rig rig;
static struct bridge_port *ports[N_PORTS + 1]; /* by number */
static struct model model;
static uint64_t seed, now;

static unsigned below(unsigned n)
{
	return random_below(&seed, n);
}

/* ---- the stupid side ---- */

static bool bits_match(unsigned value, unsigned mask, unsigned key)
{
	return !((value ^ key) & mask);
}

static bool row_matches(const struct row *row, unsigned in_port, unsigned dst, unsigned src)
{
	return row->id && (!row->in_port || row->in_port == in_port) &&
	       bits_match(row->dst, row->dst_mask, dst) && bits_match(row->src, row->src_mask, src);
}

static bool is_same_match(const struct row *a, const struct row *b)
{
	return a->in_port == b->in_port && a->dst == b->dst && a->dst_mask == b->dst_mask &&
	       a->src == b->src && a->src_mask == b->src_mask;
}

static bool is_within(const struct row *narrow, const struct row *wide)
{
	return (!wide->in_port || narrow->in_port == wide->in_port) &&
	       (narrow->dst_mask & wide->dst_mask) == wide->dst_mask &&
	       (narrow->src_mask & wide->src_mask) == wide->src_mask &&
	       bits_match(wide->dst, wide->dst_mask, narrow->dst) &&
	       bits_match(wide->src, wide->src_mask, narrow->src);
}

static bool overlaps(const struct row *a, const struct row *b)
{
	return (!a->in_port || !b->in_port || a->in_port == b->in_port) &&
	       bits_match(a->dst, a->dst_mask & b->dst_mask, b->dst) &&
	       bits_match(a->src, a->src_mask & b->src_mask, b->src);
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t expires_at(const struct row *row)
{
	uint64_t hard = row->modified_at + row->hard * CLOCK_NS_PER_SEC;
	uint64_t idle = later(row->created_at, row->used_at) + row->idle * CLOCK_NS_PER_SEC;

	if (!row->hard)
		return row->idle ? idle : UINT64_MAX;
	return row->idle && idle < hard ? idle : hard;
}

static void model_expire(void)
{
	for (unsigned i = 0; i < N_ROWS; i++)
		if (model.row[i].id && expires_at(&model.row[i]) <= now)
			model.row[i].id = 0;
}

static struct row *row_find(const struct row *like)
{
	for (unsigned i = 0; i < N_ROWS; i++) {
		struct row *row = &model.row[i];

		if (row->id && row->table == like->table && row->priority == like->priority &&
		    is_same_match(row, like))
			return row;
	}
	return NULL;
}

static int model_make_room(unsigned table)
{
	struct row *victim = NULL;
	unsigned n = 0;

	for (unsigned i = 0; i < N_ROWS; i++) {
		struct row *row = &model.row[i];

		if (!row->id || row->table != table)
			continue;
		n++;
		if ((row->idle || row->hard) && (!victim || row->importance < victim->importance ||
						 (row->importance == victim->importance &&
						  expires_at(row) < expires_at(victim))))
			victim = row;
	}
	if (table != 1 || !model.is_limited || n < model.max_flows)
		return 0;
	if (!victim)
		return -ENOSPC;
	victim->id = 0;
	return 0;
}

static int model_add(const struct row *like, uint8_t flags)
{
	struct row *row = row_find(like), new = *like;

	for (unsigned i = 0; !row && flags & FLOW_CHECK_OVERLAP && i < N_ROWS; i++)
		if (model.row[i].id && model.row[i].table == like->table &&
		    model.row[i].priority == like->priority && overlaps(&model.row[i], like))
			return -EEXIST;
	if (row && flags & FLOW_SINCE_12 && !(flags & FLOW_RESET_COUNTS)) {
		new.n_packets = row->n_packets;
		new.n_bytes = row->n_bytes;
		new.used_at = row->used_at;
	}
	if (!row) {
		int rc = model_make_room(like->table);

		if (rc)
			return rc;
		for (row = model.row; row->id; row++)
			assert_true(row < &model.row[N_ROWS]);
	}
	new.id = ++model.last_id;
	new.created_at = new.modified_at = now;
	*row = new;
	return 0;
}

struct order {
	enum flow_command command;
	struct row like;
	uint8_t flags;
	bool any_table, sets_cookie;
	unsigned cookie, cookie_mask; /* filter */
	unsigned out_port;            /* filter; 0: none */
};

static bool is_meant(const struct row *row, const struct order *order)
{
	bool is_strict =
		order->command == FLOW_MODIFY_STRICT || order->command == FLOW_DELETE_STRICT;

	if (!row->id || (!order->any_table && row->table != order->like.table) ||
	    !bits_match(order->cookie, order->cookie_mask, row->cookie))
		return false;
	if (order->out_port && row->out != order->out_port)
		return false;
	return is_strict ? row->priority == order->like.priority && is_same_match(row, &order->like)
			 : is_within(row, &order->like);
}

static int model_modify(const struct order *order)
{
	bool is_found = false;

	for (unsigned i = 0; i < N_ROWS; i++) {
		struct row *row = &model.row[i];

		if (!is_meant(row, order))
			continue;
		is_found = true;
		row->out = order->like.out;
		row->goes_on = order->like.goes_on;
		row->modified_at = now;
		if (order->sets_cookie)
			row->cookie = order->like.cookie;
		if (order->flags & FLOW_RESET_COUNTS)
			row->n_packets = row->n_bytes = row->used_at = 0;
	}
	if (is_found || order->cookie_mask || order->flags & FLOW_SINCE_12)
		return 0;
	return model_add(&order->like, order->flags);
}

static int model_apply(const struct order *order)
{
	switch (order->command) {
	case FLOW_ADD:
		return model_add(&order->like, order->flags);
	case FLOW_MODIFY:
	case FLOW_MODIFY_STRICT:
		return model_modify(order);
	default:
		for (unsigned i = 0; i < N_ROWS; i++)
			if (is_meant(&model.row[i], order))
				model.row[i].id = 0;
		return 0;
	}
}

/* n_out: how often it leaves by each port, it and others before. */
static void model_packet(unsigned in_port, unsigned dst, unsigned src, size_t len,
			 unsigned n_out[N_PORTS + 1])
{
	bool goes_on = true;

	for (unsigned table = 0; goes_on && table < N_TABLES; table++) {
		struct row *best = NULL;

		for (unsigned i = 0; i < N_ROWS; i++) {
			struct row *row = &model.row[i];

			if (row->table == table && row_matches(row, in_port, dst, src) &&
			    (!best || row->priority > best->priority))
				best = row;
		}
		if (!best)
			break;
		best->n_packets++;
		best->n_bytes += len;
		best->used_at = now;
		n_out[best->out] += best->out != in_port;
		goes_on = best->goes_on;
	}
}

/* Several of one priority may match, and which one wins is nobody's business: such flows are not
 * added. */
static bool is_ambiguous(const struct row *like)
{
	for (unsigned i = 0; i < N_ROWS; i++)
		if (model.row[i].id && model.row[i].table == like->table &&
		    model.row[i].priority == like->priority && overlaps(&model.row[i], like) &&
		    !is_same_match(&model.row[i], like))
			return true;
	return false;
}

/* ---- the real side ---- */

static void print_match(struct print *out, const struct row *row)
{
	if (row->in_port)
		print_fmt(out, "in_port=%u,", row->in_port);
	if (row->dst_mask)
		print_fmt(out, "dl_dst=02:00:00:00:00:%02x/ff:ff:ff:ff:ff:%02x,", row->dst,
			  row->dst_mask);
	if (row->src_mask)
		print_fmt(out, "dl_src=02:00:00:00:00:%02x/ff:ff:ff:ff:ff:%02x,", row->src,
			  row->src_mask);
}

/* The masks above have the upper bytes always; a row without any mask matches all. */
static void print_actions(struct print *out, const struct row *row)
{
	if (row->out && row->goes_on)
		print_fmt(out, "actions=output:%u,goto_table:1", row->out);
	else if (row->out)
		print_fmt(out, "actions=output:%u", row->out);
	else
		print_add(out, row->goes_on ? "actions=goto_table:1" : "actions=drop");
}

static struct flow_mod mod_of(const struct order *order)
{
	const struct row *like = &order->like;
	bool is_deletion = order->command == FLOW_DELETE || order->command == FLOW_DELETE_STRICT;
	struct print out = {0};
	struct flow_mod mod;

	if (!order->any_table)
		print_fmt(&out, "table=%u,", like->table);
	if (order->command != FLOW_DELETE)
		print_fmt(&out, "priority=%u,", like->priority);
	print_match(&out, like);
	if (order->out_port)
		print_fmt(&out, "out_port=%u,", order->out_port);
	if (!is_deletion)
		print_actions(&out, like);
	mod = flow_of(order->command, print_text(&out));
	print_fini(&out);
	mod.idle_timeout = (uint16_t)like->idle;
	mod.hard_timeout = (uint16_t)like->hard;
	mod.importance = (uint16_t)like->importance;
	mod.flags = order->flags;
	mod.cookie = like->cookie;
	mod.has_cookie = order->sets_cookie;
	mod.cookie_value = order->cookie;
	mod.cookie_mask = order->cookie_mask;
	return mod;
}

/* ---- steps ---- */

static struct row random_row(void)
{
	static const unsigned masks[] = {0, 0, 0x7, 0x6, 0x4, 0x3};
	struct row row = {
		.table = below(N_TABLES),
		.priority = below(6),
		.in_port = below(3) ? 0 : 1 + below(N_PORTS),
		.dst_mask = masks[below(6)],
		.src_mask = masks[below(6)],
		.out = below(N_PORTS + 1),
		.cookie = below(8),
		.idle = below(3) ? 0 : 1 + below(9),
		.hard = below(3) ? 0 : 1 + below(9),
		.importance = below(60000),
	};

	/* The upper bits of the byte are always zero in packets: they may as well count. */
	row.dst_mask |= row.dst_mask ? 0xf8 : 0;
	row.src_mask |= row.src_mask ? 0xf8 : 0;
	row.dst = below(8) & row.dst_mask;
	row.src = below(8) & row.src_mask;
	row.goes_on = !row.table && below(2);
	return row;
}

static struct order random_order(void)
{
	static const enum flow_command commands[] = {
		FLOW_ADD,           FLOW_ADD,    FLOW_ADD,    FLOW_ADD,           FLOW_MODIFY,
		FLOW_MODIFY_STRICT, FLOW_DELETE, FLOW_DELETE, FLOW_DELETE_STRICT,
	};
	struct order order = {.command = commands[below(9)], .like = random_row()};
	const struct row *some = &model.row[below(N_ROWS)];
	bool is_modification = order.command == FLOW_MODIFY || order.command == FLOW_MODIFY_STRICT;

	if (some->id && below(2)) {
		order.like.table = some->table;
		order.like.priority = some->priority;
		order.like.in_port = some->in_port;
		order.like.dst = some->dst;
		order.like.dst_mask = some->dst_mask;
		order.like.src = some->src;
		order.like.src_mask = some->src_mask;
		order.like.goes_on &= !some->table;
	}
	if (order.command == FLOW_ADD && !below(4))
		order.flags |= FLOW_CHECK_OVERLAP;
	if (order.command == FLOW_ADD || is_modification) {
		order.flags |= below(2) ? FLOW_SINCE_12 : 0;
		order.flags |= below(4) ? 0 : FLOW_RESET_COUNTS;
	}
	if (order.command != FLOW_ADD && !below(2)) {
		order.cookie_mask = below(8);
		order.cookie = below(8) & order.cookie_mask;
	}
	if (is_modification)
		order.sets_cookie = below(2);
	else if (order.command != FLOW_ADD) {
		order.any_table = below(2);
		order.out_port = below(2) ? 0 : below(N_PORTS + 1);
	}
	return order;
}

static bool may_be_applied(const struct order *order)
{
	bool adds = order->command == FLOW_ADD || order->command == FLOW_MODIFY ||
		    order->command == FLOW_MODIFY_STRICT;

	return !adds || order->flags & FLOW_CHECK_OVERLAP || !is_ambiguous(&order->like);
}

static void step_mods(void)
{
	static struct model before;
	struct flow_mod mods[N_BUNDLE];
	unsigned n = 0, n_wanted = 1 + (below(3) ? 0 : below(N_BUNDLE));
	size_t which = SIZE_MAX;
	int expected = 0, rc;

	before = model;
	while (n < n_wanted && !expected) {
		struct order order = random_order();

		if (!may_be_applied(&order))
			continue;
		mods[n++] = mod_of(&order);
		expected = model_apply(&order);
	}
	rc = bridge_flow_mods(rig.bridge, mods, n, &which, NULL);
	assert_int_equal(rc, expected);
	if (rc) {
		assert_int_equal(which, n - 1);
		model = before;
	}
	while (n)
		flow_mod_fini(&mods[--n]);
}

static void step_packet(void)
{
	unsigned in_port = 1 + below(N_PORTS), dst = below(8), src = below(8);
	unsigned n_out[N_PORTS + 1] = {0};
	uint8_t frame[PORT_FAKE_FRAME_MAX];
	size_t len = ether_frame(frame, 0x020000000000 | dst, 0x020000000000 | src, ETHER_UNTAGGED);

	for (unsigned n = 1 + below(4); n; n--) {
		rig_put(ports[in_port], frame, len);
		model_packet(in_port, dst, src, len, n_out);
	}
	rig_turn(&rig);
	for (unsigned i = 1; i <= N_PORTS; i++) {
		while (rig_take(ports[i], frame))
			n_out[i]--;
		assert_int_equal(n_out[i], 0);
	}
}

static void step_time(void)
{
	clock_advance(&rig.clock, (below(4) ? below(2000) : below(12000)) * CLOCK_NS_PER_MS);
	now = clock_now(&rig.clock);
	model_expire();
	vswitch_tick(rig.sw);
}

static void step_limit(void)
{
	struct flow_table_config config = {.eviction = FLOW_EVICT};
	unsigned n = 0;

	for (unsigned i = 0; i < N_ROWS; i++)
		n += model.row[i].id && model.row[i].table == 1;
	model.is_limited = config.is_limited = below(3);
	model.max_flows = config.max_flows = n + below(3);
	assert_int_equal(bridge_table_set(rig.bridge, 1, &config, NULL), 0);
}

/* ---- comparing ---- */

static const struct row *next_row(const struct row *after)
{
	const struct row *next = NULL;

	for (unsigned i = 0; i < N_ROWS; i++) {
		const struct row *row = &model.row[i];
		uint64_t rank = (uint64_t)row->table << 56 | (255ull - row->priority) << 48;

		if (!row->id)
			continue;
		rank |= row->id;
		if (after && rank <= ((uint64_t)after->table << 56 |
				      (255ull - after->priority) << 48 | after->id))
			continue;
		if (!next || rank < ((uint64_t)next->table << 56 | (255ull - next->priority) << 48 |
				     next->id))
			next = row;
	}
	return next;
}

static int compare(const struct flow_row *real, void *ctx)
{
	const struct row **at = ctx, *row = next_row(*at);
	struct order order = {.command = FLOW_ADD};
	struct flow_mod expected;

	assert_non_null(row);
	order.like = *row;
	expected = mod_of(&order);
	assert_int_equal(real->flow->table, row->table);
	assert_int_equal(real->flow->priority, row->priority);
	assert_true(match_is_equal(&real->flow->match, &expected.match));
	assert_true(ofactions_are_equal(&real->flow->actions, &expected.actions));
	assert_int_equal(real->flow->cookie, row->cookie);
	assert_int_equal(real->flow->idle_timeout, row->idle);
	assert_int_equal(real->flow->hard_timeout, row->hard);
	assert_int_equal(real->flow->importance, row->importance);
	assert_int_equal(real->stats.n_packets, row->n_packets);
	assert_int_equal(real->stats.n_bytes, row->n_bytes);
	assert_int_equal(real->stats.duration, now - row->created_at);
	assert_int_equal(real->stats.idle_age,
			 (now - later(row->created_at, row->used_at)) / CLOCK_NS_PER_SEC);
	assert_int_equal(real->stats.hard_age, (now - row->modified_at) / CLOCK_NS_PER_SEC);
	flow_mod_fini(&expected);
	*at = row;
	return 0;
}

static void compare_all(void)
{
	struct flow_mod all = flow_of(FLOW_DELETE, "");
	const struct row *at = NULL;

	assert_int_equal(bridge_flows_for_each(rig.bridge, &all, compare, &at), 0);
	assert_null(next_row(at));
}

static void tables_do_as_the_list(void **state)
{
	random_init(&seed);
	rig_init(&rig, &RIG_BRIDGE);
	flows_do(rig.bridge, FLOW_DELETE, "");
	rig_ports(&rig, N_PORTS, ports);
	now = clock_now(&rig.clock);
	for (unsigned i = 0; i < N_STEPS; i++) {
		unsigned kind = below(32);

		if (kind < 16)
			step_mods();
		else if (kind < 29)
			step_packet();
		else if (kind < 31)
			step_time();
		else
			step_limit();
		compare_all();
	}
	rig_fini(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_do_as_the_list),
	};

	hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
