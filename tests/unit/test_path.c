#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "packet/frame.h"
#include "path/miss.h"
#include "path/worker.h"
#include "port/port_fake.h"
#include "port/queue.h"
#include "support/ether.h"
#include "support/rig.h"
#include "switch/bridge.h"

#define A         0x020000000001
#define B         0x020000000002
#define BROADCAST 0xffffffffffff

static struct rig rig;
static uint8_t frame[PORT_FAKE_FRAME_MAX];
static struct bridge_port *p1, *p2, *p3;

static int setup(void **state)
{
	rig_init(&rig, &RIG_BRIDGE);
	p1 = rig_port(&rig, &RIG_PORT("p1"));
	p2 = rig_port(&rig, &RIG_PORT("p2"));
	p3 = rig_port(&rig, &RIG_PORT("p3"));
	return 0;
}

static int teardown(void **state)
{
	rig_fini(&rig);
	return 0;
}

static struct worker *worker(void)
{
	return rig.sw->workers[0];
}

static void put(struct bridge_port *port, uint64_t dst, uint64_t src)
{
	rig_put(port, frame, ether_frame(frame, dst, src, ETHER_UNTAGGED));
}

static unsigned take_all(struct bridge_port *port)
{
	unsigned n = 0;

	while (rig_take(port, frame))
		n++;
	return n;
}

static struct bridge_port_status status_of(const struct bridge_port *port)
{
	struct bridge_port_status status;

	bridge_port_status(port, &status);
	return status;
}

/* ---- drops ---- */

static void a_frame_without_a_whole_header_is_dropped(void **state)
{
	rig_put(p1, frame, 13);
	rig_turn(&rig);

	assert_int_equal(rig_drops(p1, DROP_TOO_SHORT), 1);
	assert_int_equal(take_all(p2), 0);
}

static void a_tag_that_is_cut_off_is_dropped(void **state)
{
	ether_frame(frame, BROADCAST, A, 10);
	rig_put(p1, frame, 15);
	rig_turn(&rig);

	assert_int_equal(rig_drops(p1, DROP_MALFORMED), 1);
	assert_int_equal(take_all(p2), 0);
}

static void what_is_broken_behind_ethernet_is_forwarded(void **state)
{
	ether_frame(frame, BROADCAST, A, ETHER_UNTAGGED);
	frame[12] = 0x08; /* says IPv4 */
	frame[13] = 0x00;
	rig_put(p1, frame, 20);
	rig_turn(&rig);

	assert_int_equal(rig_take(p2, frame), 20);
}

static void a_port_without_device_gets_nothing(void **state)
{
	port_fake_set_attached(p2->fake, false);
	put(p1, BROADCAST, A);
	rig_turn(&rig);

	assert_int_equal(rig_drops(p2, DROP_PORT_DOWN), 1);
	assert_int_equal(take_all(p3), 1);
}

static void a_frame_longer_than_the_mtu_is_dropped(void **state)
{
	ether_frame(frame, BROADCAST, A, ETHER_UNTAGGED);
	rig_put(p1, frame, 1500 + 18);
	rig_put(p1, frame, 1500 + 19);
	rig_turn(&rig);

	assert_int_equal(take_all(p2), 1);
	assert_int_equal(rig_drops(p2, DROP_TOO_BIG), 1);
}

static void a_full_queue_drops_and_counts(void **state)
{
	for (unsigned i = 0; i < PORT_FAKE_DEPTH + 10; i++) {
		put(p1, BROADCAST, A);
		rig_turn(&rig);
	}

	assert_int_equal(rig_drops(p2, DROP_TX_FULL), 10);
	assert_int_equal(status_of(p2).tx_packets, PORT_FAKE_DEPTH);
	assert_int_equal(take_all(p2), PORT_FAKE_DEPTH);
}

static void without_buffers_copies_are_dropped(void **state)
{
	struct frame_pool *pool = rig.sw->pools[0];
	uint32_t n_free = pool->n_free;

	/* One buffer for the packet, none for its copy. */
	pool->n_free = 1;
	put(p1, BROADCAST, A);
	rig_turn(&rig);
	pool->n_free = n_free;

	assert_int_equal(rig_drops(p2, DROP_NO_BUFFER) + rig_drops(p3, DROP_NO_BUFFER), 1);
	assert_int_equal(take_all(p2) + take_all(p3), 1);
}

static void one_port_cannot_cause_misses_without_limit(void **state)
{
	for (uint64_t i = 0; i < MISS_BURST + 100; i++) {
		put(p1, BROADCAST, A + i);
		rig_turn(&rig);
		take_all(p2);
		take_all(p3);
	}
	assert_int_equal(rig_drops(p1, DROP_MISS_LIMIT), 100);

	/* Others are not touched, and time heals. */
	put(p2, BROADCAST, B);
	rig_turn(&rig);
	assert_int_equal(take_all(p3), 1);
	clock_advance(&rig.clock, CLOCK_NS_PER_SEC);
	put(p1, BROADCAST, B);
	rig_turn(&rig);
	assert_int_equal(take_all(p3), 1);
}

static unsigned n_misses_dropped(unsigned n, uint64_t first)
{
	const uint64_t before = rig_drops(p1, DROP_MISS_LIMIT);

	for (unsigned i = 0; i < n; i++) {
		put(p1, BROADCAST, first + i);
		rig_turn(&rig);
		take_all(p2);
		take_all(p3);
	}
	return (unsigned)(rig_drops(p1, DROP_MISS_LIMIT) - before);
}

static void a_port_that_is_alone_has_no_limit(void **state)
{
	put(p1, BROADCAST, A);
	rig_turn(&rig);
	take_all(p2);
	take_all(p3);
	clock_advance(&rig.clock, MISS_ALONE);
	assert_int_equal(n_misses_dropped(MISS_BURST + 100, A + 1), 0);

	/* Until another one comes. */
	put(p2, BROADCAST, B);
	rig_turn(&rig);
	take_all(p3);
	assert_int_equal(n_misses_dropped(MISS_BURST + 100, A + 2 * MISS_BURST), 100);
}

/* A turn takes longer than a token needs to come, but not by a whole number. */
static void misses_are_as_many_as_the_rate_says(void **state)
{
	uint64_t address = A, n_dropped;

	for (unsigned i = 0; i < MISS_BURST; i++) {
		put(p1, BROADCAST, address++);
		rig_turn(&rig);
		take_all(p2);
		take_all(p3);
	}
	for (unsigned i = 0; i < 1000; i++) {
		clock_advance(&rig.clock, CLOCK_NS_PER_SEC / MISS_RATE * 3 / 2);
		put(p1, BROADCAST, address++);
		put(p1, BROADCAST, address++);
		rig_turn(&rig);
		take_all(p2);
		take_all(p3);
	}
	n_dropped = rig_drops(p1, DROP_MISS_LIMIT);
	assert_in_range(n_dropped, 499, 501);
}

/* ---- counters ---- */

static void packets_and_bytes_are_counted(void **state)
{
	size_t len = ether_frame(frame, BROADCAST, A, ETHER_UNTAGGED);

	for (unsigned i = 0; i < 5; i++)
		rig_put(p1, frame, len);
	rig_turn(&rig);

	assert_int_equal(status_of(p1).rx_packets, 5);
	assert_int_equal(status_of(p1).rx_bytes, 5 * len);
	assert_int_equal(status_of(p1).tx_packets, 0);
	assert_int_equal(status_of(p2).tx_packets, 5);
	assert_int_equal(status_of(p2).tx_bytes, 5 * len);
}

static void hits_and_misses_are_counted(void **state)
{
	struct cache_stats stats;

	for (unsigned i = 0; i < 3; i++)
		put(p1, BROADCAST, A);
	rig_turn(&rig);
	vswitch_cache_stats(rig.sw, &stats);
	assert_int_equal(stats.n_miss, 1);
	assert_int_equal(stats.n_hit, 2);
	assert_int_equal(stats.n_entries, 1);

	/* The address is known by now: that is news for the entry. */
	put(p1, BROADCAST, A);
	rig_turn(&rig);
	vswitch_cache_stats(rig.sw, &stats);
	assert_int_equal(stats.n_stale, 1);
}

static void an_idle_entry_leaves_the_cache(void **state)
{
	struct cache_stats stats;

	put(p1, BROADCAST, A);
	rig_turn(&rig);
	for (unsigned i = 0; i < 12; i++) {
		clock_advance(&rig.clock, CLOCK_NS_PER_SEC);
		rig_turn(&rig);
	}

	vswitch_cache_stats(rig.sw, &stats);
	assert_int_equal(stats.n_entries, 0);
	assert_int_equal(stats.n_expired, 1);
}

/* A second is not over, no packet has come, and nobody was idle for long. */
static void what_a_change_makes_stale_leaves_the_cache(void **state)
{
	struct cache_stats stats;

	put(p1, BROADCAST, A);
	rig_turn(&rig);
	version_bump(rig.sw->versions, VERSION_CONFIG);
	for (unsigned i = 0; i < 4; i++) {
		clock_advance(&rig.clock, 100 * CLOCK_NS_PER_MS);
		rig_turn(&rig);
	}

	vswitch_cache_stats(rig.sw, &stats);
	assert_int_equal(stats.n_entries, 0);
}

/* ---- checksums ---- */

/* UDP of 8 bytes payload; in the checksum field the sum of the pseudo-header, not inverted. */
static size_t udp_partial(uint8_t *out)
{
	static const uint8_t packet[] = {
		0x45, 0, 0, 36, 0, 0,  0,    0,    64, 17, 0, 0, 10, 0, 0, 1,
		10,   0, 0, 2, /* IPv4 */
		0,    1, 0, 2,  0, 16, 0x14, 0x24, 1,  2,  3, 4, 5,  6, 7, 8,
	};

	ether_frame(out, BROADCAST, A, ETHER_UNTAGGED);
	memcpy(out + 12, "\x08\x00", 2);
	memcpy(out + 14, packet, sizeof(packet));
	return 14 + sizeof(packet);
}

static uint16_t udp_checksum_sum(const uint8_t *packet)
{
	uint32_t sum = 17 + 16;

	for (unsigned i = 14 + 12; i < 14 + 36; i += 2)
		sum += (uint32_t)(packet[i] << 8 | packet[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void a_partial_checksum_is_completed(void **state)
{
	size_t len = udp_partial(frame);

	assert_true(port_fake_put_flags(p1->fake, 0, frame, len, FRAME_CSUM_PARTIAL));
	rig_turn(&rig);

	assert_int_equal(rig_take(p2, frame), len);
	assert_int_equal(udp_checksum_sum(frame), 0xffff);
}

static void without_the_flag_a_checksum_is_left_alone(void **state)
{
	uint8_t before[PORT_FAKE_FRAME_MAX];
	size_t len = udp_partial(before);

	rig_put(p1, before, len);
	rig_turn(&rig);

	assert_int_equal(rig_take(p2, frame), len);
	assert_memory_equal(frame, before, len);
}

/* ---- queues ---- */

/* An rx queue that always has packets, of a port that nobody knows. */
struct spring {
	struct rxq rxq;
	unsigned n_asked;
	unsigned last_max;
};

static unsigned spring_burst(struct rxq *rxq, struct frame *frames, unsigned max)
{
	struct spring *spring = (struct spring *)rxq;

	spring->n_asked++;
	spring->last_max = max;
	for (unsigned i = 0; i < max; i++) {
		assert_int_equal(frame_alloc(rxq->pool, &frames[i]), 0);
		frames[i].len = (uint32_t)ether_frame(frames[i].data, B, A, ETHER_UNTAGGED);
		frames[i].in_port = rxq->port;
	}
	return max;
}

static bool spring_arm(struct rxq *rxq)
{
	return true;
}

static const struct rxq_ops spring_ops = {.burst = spring_burst, .arm = spring_arm};

static void spring_init(struct spring *spring, uint16_t port)
{
	*spring = (struct spring){
		.rxq = {.ops = &spring_ops, .pool = rig.sw->pools[0], .fd = -1, .port = port},
	};
	assert_int_equal(worker_rxq_add(worker(), &spring->rxq), 0);
}

static void a_busy_queue_leaves_the_others_their_turn(void **state)
{
	struct spring springs[3];

	for (unsigned i = 0; i < 3; i++)
		spring_init(&springs[i], 77);
	for (unsigned i = 0; i < 10; i++)
		worker_turn(worker());
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(springs[i].n_asked, 10);
		assert_int_equal(springs[i].last_max, QUEUE_BURST);
		worker_rxq_del(worker(), &springs[i].rxq);
	}
}

static void packets_of_an_unknown_port_are_dropped(void **state)
{
	struct spring unknown, impossible;

	spring_init(&unknown, 77);
	spring_init(&impossible, UINT16_MAX);
	worker_turn(worker());
	worker_rxq_del(worker(), &unknown.rxq);
	worker_rxq_del(worker(), &impossible.rxq);

	assert_int_equal(worker()->port_counts[77].drops[DROP_PORT_UNKNOWN], QUEUE_BURST);
	assert_int_equal(worker()->port_counts[PORT_ID_NONE].drops[DROP_PORT_UNKNOWN], QUEUE_BURST);
}

static void a_queue_that_was_taken_away_is_not_asked(void **state)
{
	struct spring springs[2];

	spring_init(&springs[0], 77);
	spring_init(&springs[1], 77);
	worker_rxq_del(worker(), &springs[0].rxq);
	worker_turn(worker());
	worker_rxq_del(worker(), &springs[1].rxq);
	worker_turn(worker());

	assert_int_equal(springs[0].n_asked, 0);
	assert_int_equal(springs[1].n_asked, 1);
}

/* A tx queue that swallows everything. */
struct drain {
	struct txq txq;
	unsigned n_sends, n_flushes;
	unsigned n_refused; /* by the kernel, with each flush */
};

static unsigned drain_send(struct txq *txq, uint16_t port, const struct frame *frames, unsigned n)
{
	((struct drain *)txq)->n_sends++;
	for (unsigned i = 0; i < n; i++)
		frame_free(&frames[i]);
	return n;
}

static void drain_flush(struct txq *txq)
{
	struct drain *drain = (struct drain *)txq;

	drain->n_flushes++;
	txq->n_error += drain->n_refused;
}

static const struct txq_ops drain_ops = {.send = drain_send, .flush = drain_flush};

static void a_shared_txq_is_flushed_once_per_turn(void **state)
{
	struct drain drain = {.txq = {.ops = &drain_ops, .pool = rig.sw->pools[0]}};

	port_fake_set_attached(p2->fake, false);
	port_fake_set_attached(p3->fake, false);
	worker_output_set(worker(), p2->id, &drain.txq, UINT32_MAX);
	worker_output_set(worker(), p3->id, &drain.txq, UINT32_MAX);
	put(p1, BROADCAST, A);
	put(p1, BROADCAST, A);
	worker_turn(worker());
	assert_int_equal(drain.n_sends, 2);
	assert_int_equal(drain.n_flushes, 1);

	/* Not without need, but as long as something is pending. */
	worker_turn(worker());
	assert_int_equal(drain.n_flushes, 1);
	drain.txq.n_pending = 1;
	worker_turn(worker());
	assert_int_equal(drain.n_flushes, 2);

	worker_output_set(worker(), p2->id, NULL, 0);
	worker_output_set(worker(), p3->id, NULL, 0);
	worker_turn(worker());
	assert_int_equal(drain.n_flushes, 2);
}

static void what_is_refused_at_the_flush_is_counted(void **state)
{
	struct drain drain = {.txq = {.ops = &drain_ops, .pool = rig.sw->pools[0]}, .n_refused = 2};
	uint64_t drops[N_DROP_REASONS];

	port_fake_set_attached(p2->fake, false);
	port_fake_set_attached(p3->fake, false);
	worker_output_set(worker(), p2->id, &drain.txq, UINT32_MAX);
	put(p1, BROADCAST, A);
	worker_turn(worker());
	assert_int_equal(rig_drops(p2, DROP_TX_ERROR), 2);

	/* Of a txq that ports share it is not known whose it was. */
	worker_output_set(worker(), p3->id, &drain.txq, UINT32_MAX);
	put(p1, BROADCAST, A);
	worker_turn(worker());
	assert_int_equal(rig_drops(p2, DROP_TX_ERROR), 2);
	assert_int_equal(rig_drops(p3, DROP_TX_ERROR), 0);
	vswitch_drops(rig.sw, drops);
	assert_int_equal(drops[DROP_TX_ERROR], 2);

	worker_output_set(worker(), p2->id, NULL, 0);
	worker_output_set(worker(), p3->id, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		TEST(a_frame_without_a_whole_header_is_dropped),
		TEST(a_tag_that_is_cut_off_is_dropped),
		TEST(what_is_broken_behind_ethernet_is_forwarded),
		TEST(a_port_without_device_gets_nothing),
		TEST(a_frame_longer_than_the_mtu_is_dropped),
		TEST(a_full_queue_drops_and_counts),
		TEST(without_buffers_copies_are_dropped),
		TEST(one_port_cannot_cause_misses_without_limit),
		TEST(a_port_that_is_alone_has_no_limit),
		TEST(misses_are_as_many_as_the_rate_says),
		TEST(packets_and_bytes_are_counted),
		TEST(hits_and_misses_are_counted),
		TEST(an_idle_entry_leaves_the_cache),
		TEST(what_a_change_makes_stale_leaves_the_cache),
		TEST(a_partial_checksum_is_completed),
		TEST(without_the_flag_a_checksum_is_left_alone),
		TEST(a_busy_queue_leaves_the_others_their_turn),
		TEST(packets_of_an_unknown_port_are_dropped),
		TEST(a_queue_that_was_taken_away_is_not_asked),
		TEST(a_shared_txq_is_flushed_once_per_turn),
		TEST(what_is_refused_at_the_flush_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
