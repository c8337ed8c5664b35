/* What the kernel programs make of packets whose fields a flow sets, against a model that writes the
 * bytes and sums everything up anew: random packets, random sets, both hooks. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/pkt_cls.h>

#include "kernel_rig.h"
#include "support/random.h"

#define N_RANDOM   3000
#define FRAME_SIZE 512
#define OPS_MAX    40

/* A packet, and where in it things are. */
struct sample {
	uint8_t frame[FRAME_SIZE];
	uint32_t size;
	uint32_t l3;
	uint32_t l4; /* 0: a later fragment, or no protocol that we know */
	uint32_t n_tags;
	uint8_t proto;
	bool is_ipv6;
	bool has_no_sum; /* UDP without a checksum */
};

static uint64_t seed;

/* ---- sums, in full ---- */

static uint32_t add(uint32_t sum, const uint8_t *data, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++)
		sum += i % 2 ? data[i] : (uint32_t)data[i] << 8;
	return sum;
}

static uint16_t finish(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* Offset of the L4 checksum; 0: there is none that follows. */
static uint32_t sum_at(const struct sample *s)
{
	if (!s->l4)
		return 0;
	switch (s->proto) {
	case IP_PROTO_TCP:
		return s->l4 + 16;
	case IP_PROTO_UDP:
		return s->has_no_sum ? 0 : s->l4 + 6;
	case IP_PROTO_ICMPV6:
		return s->l4 + 2;
	}
	return 0;
}

static void sums_make(struct sample *s)
{
	uint8_t *ip = s->frame + s->l3;
	const uint32_t at = sum_at(s), size = s->size - s->l4;
	uint32_t sum = s->proto + size;

	if (!s->is_ipv6) {
		put16(ip + 10, 0);
		put16(ip + 10, finish(add(0, ip, (ip[0] & 15) * 4u)));
	}
	if (!at)
		return;
	sum = s->is_ipv6 ? add(sum, ip + 8, 32) : add(sum, ip + 12, 8);
	put16(s->frame + at, 0);
	sum = finish(add(sum, s->frame + s->l4, size));
	put16(s->frame + at, (uint16_t)(!sum && s->proto == IP_PROTO_UDP ? 0xffff : sum));
}

/* ---- packets ---- */

static void append(struct sample *s, const void *data, uint32_t size)
{
	memcpy(s->frame + s->size, data, size);
	s->size += size;
}

static void append_random(struct sample *s, uint32_t size)
{
	for (; size; size--)
		s->frame[s->size++] = (uint8_t)random_u64(&seed);
}

static void ethernet_make(struct sample *s)
{
	static const uint8_t macs[12] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
	const uint8_t tag[4] = {0x81, 0x00, 0x20, 0x05};
	const uint8_t type[2] = {s->is_ipv6 ? 0x86 : 0x08, s->is_ipv6 ? 0xdd : 0x00};

	append(s, macs, sizeof(macs));
	s->n_tags = random_below(&seed, 2);
	if (s->n_tags)
		append(s, tag, sizeof(tag));
	append(s, type, sizeof(type));
	s->l3 = s->size;
}

/* 0: whole, 1: the first, 2: a later one. */
static unsigned fragment_kind(void)
{
	const uint32_t kind = random_below(&seed, 6);

	return kind < 3 ? kind : 0;
}

static bool ipv4_make(struct sample *s)
{
	static const uint16_t offsets[] = {0, 0x2000, 0x2017};
	const uint32_t options = random_below(&seed, 3) ? 0 : 8;
	const unsigned kind = fragment_kind();
	const uint32_t at = s->size;

	append_random(s, 20);
	s->frame[at] = (uint8_t)(0x45 + options / 4);
	put16(s->frame + at + 6, offsets[kind]);
	s->frame[at + 9] = s->proto;
	append_random(s, options);
	return kind != 2;
}

static bool ipv6_make(struct sample *s)
{
	static const uint16_t offsets[] = {0, 0x0001, 0x0039};
	const unsigned kind = fragment_kind();
	const bool has_options = !kind && random_below(&seed, 2); /* more go up */
	const uint32_t at = s->size;
	uint8_t *next = s->frame + at + 6;

	append_random(s, 40);
	s->frame[at] = (uint8_t)(0x60 | (s->frame[at] & 15));
	if (has_options) {
		*next = IP_PROTO_DESTINATION;
		next = s->frame + s->size;
		append(s, (uint8_t[8]){0, 0, 1, 4}, 8);
	}
	if (kind) {
		*next = IP_PROTO_FRAGMENT;
		next = s->frame + s->size;
		append(s, (uint8_t[8]){0}, 8);
		put16(next + 2, offsets[kind]);
	}
	*next = s->proto;
	return kind != 2;
}

static void l4_make(struct sample *s)
{
	const uint32_t at = s->size;

	append_random(s, 20 + random_below(&seed, 60));
	s->l4 = at;
	if (s->proto == IP_PROTO_TCP)
		s->frame[at + 12] = 0x50;
	s->has_no_sum = s->proto == IP_PROTO_UDP && !random_below(&seed, 4);
	if (s->has_no_sum)
		put16(s->frame + at + 6, 0);
}

static void sample_make(struct sample *s)
{
	static const uint8_t protos[] = {IP_PROTO_TCP, IP_PROTO_UDP, IP_PROTO_ICMPV6, 47};
	bool has_l4;

	*s = (struct sample){.proto = protos[random_below(&seed, 4)]};
	s->is_ipv6 = random_below(&seed, 2);
	if (!s->is_ipv6 && s->proto == IP_PROTO_ICMPV6)
		s->proto = IP_PROTO_ICMP;
	ethernet_make(s);
	has_l4 = s->is_ipv6 ? ipv6_make(s) : ipv4_make(s);
	if (has_l4 && s->proto != 47)
		l4_make(s);
	else
		append_random(s, 40);
	put16(s->frame + s->l3 + (s->is_ipv6 ? 4 : 2),
	      (uint16_t)(s->size - s->l3 - (s->is_ipv6 ? 40 : 0)));
	sums_make(s);
}

/* ---- the model ---- */

static void write_bits(uint8_t *at, const uint8_t *value, const uint8_t *mask, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++)
		at[i] = (uint8_t)((at[i] & ~mask[i]) | (value[i] & mask[i]));
}

static void write_tos(struct sample *s, uint8_t value, uint8_t mask)
{
	uint8_t *ip = s->frame + s->l3;
	uint8_t tos = s->is_ipv6 ? (uint8_t)(ip[0] << 4 | ip[1] >> 4) : ip[1];

	tos = (uint8_t)((tos & ~mask) | (value & mask));
	if (s->is_ipv6) {
		ip[0] = (uint8_t)(0x60 | tos >> 4);
		ip[1] = (uint8_t)(tos << 4 | (ip[1] & 15));
	} else {
		ip[1] = tos;
	}
}

static void model_set(struct sample *s, uint8_t field, const uint8_t *value, const uint8_t *mask)
{
	uint8_t *ip = s->frame + s->l3, *l4 = s->frame + s->l4;
	const bool has_ports = s->l4 && (s->proto == IP_PROTO_TCP || s->proto == IP_PROTO_UDP);

	if (field == SET_ETH_DST || field == SET_ETH_SRC)
		write_bits(s->frame + (field == SET_ETH_DST ? 0 : 6), value, mask, 6);
	else if (field == SET_IP_TOS)
		write_tos(s, *value, *mask);
	else if (field == SET_IP_TTL)
		write_bits(ip + (s->is_ipv6 ? 7 : 8), value, mask, 1);
	else if (field == SET_IPV4_SRC || field == SET_IPV4_DST)
		write_bits(ip + (field == SET_IPV4_SRC ? 12 : 16), value, mask, s->is_ipv6 ? 0 : 4);
	else if (field == SET_IPV6_SRC || field == SET_IPV6_DST)
		write_bits(ip + (field == SET_IPV6_SRC ? 8 : 24), value, mask, s->is_ipv6 ? 16 : 0);
	else
		write_bits(l4 + (field == SET_L4_SRC ? 0 : 2), value, mask, has_ports ? 2 : 0);
}

/* Behind the addresses, `n` bytes more or less. */
static void model_tags(struct sample *s, int n)
{
	const uint32_t from = n < 0 ? 12 + (uint32_t)-n : 12;

	memmove(s->frame + (int)from + n, s->frame + from, s->size - from);
	s->size = (uint32_t)((int)s->size + n);
	s->l3 = (uint32_t)((int)s->l3 + n);
	if (s->l4)
		s->l4 = (uint32_t)((int)s->l4 + n);
}

/* ---- ops ---- */

struct ops {
	struct flow_op op[OPS_MAX];
	uint32_t n;
};

static void op_add(struct ops *ops, struct flow_op op)
{
	ops->op[ops->n++] = op;
}

static uint32_t field_size(uint8_t field)
{
	static const uint8_t sizes[N_KERNEL_SETS] = {
		[SET_ETH_DST] = 6,   [SET_ETH_SRC] = 6,   [SET_IPV4_SRC] = 4, [SET_IPV4_DST] = 4,
		[SET_IPV6_SRC] = 16, [SET_IPV6_DST] = 16, [SET_IP_TOS] = 1,   [SET_IP_TTL] = 1,
		[SET_L4_SRC] = 2,    [SET_L4_DST] = 2,
	};

	return sizes[field];
}

/* Adds a random set, and does it to the model. */
static void set_add(struct ops *ops, struct sample *model)
{
	const uint8_t field = (uint8_t)random_below(&seed, N_KERNEL_SETS);
	const uint32_t size = field_size(field), n_words = (size + 7) / 8;
	const bool is_whole = random_below(&seed, 2);
	uint8_t value[16] = {0}, mask[16] = {0};

	for (uint32_t i = 0; i < size; i++) {
		mask[i] = is_whole ? 0xff : (uint8_t)random_u64(&seed);
		value[i] = (uint8_t)random_u64(&seed) & mask[i];
	}
	op_add(ops, (struct flow_op){
			    .type = OP_SET, .field = field, .n_words = (uint16_t)(2 * n_words)});
	memcpy(&ops->op[ops->n], value, n_words * 8);
	memcpy(&ops->op[ops->n + n_words], mask, n_words * 8);
	ops->n += 2 * n_words;
	model_set(model, field, value, mask);
}

/* At tc the last tag that was pushed stays beside the packet, where a test run does not show it. */
static void tags_add(struct ops *ops, struct sample *model, bool is_tc)
{
	const uint32_t n = random_below(&seed, 3);

	if (!n && model->n_tags) {
		op_add(ops, (struct flow_op){.type = OP_POP_VLAN});
		model_tags(model, -4);
	}
	for (uint32_t i = 0; i < n; i++)
		op_add(ops, (struct flow_op){.type = OP_PUSH_VLAN, .tpid = 0x88a8, .tci = 7});
	for (uint32_t i = is_tc ? 1 : 0; i < n; i++) {
		model_tags(model, 4);
		memcpy(model->frame + 12, (uint8_t[4]){0x88, 0xa8, 0, 7}, 4);
	}
}

/* Ones' complement has two zeroes: a sum that was changed by a difference may be the other one. */
static void zero_normalise(struct sample *s)
{
	const uint32_t at = sum_at(s);

	if (at && s->proto != IP_PROTO_UDP && s->frame[at] == 0xff && s->frame[at + 1] == 0xff)
		put16(s->frame + at, 0);
	if (!s->is_ipv6 && s->frame[s->l3 + 10] == 0xff && s->frame[s->l3 + 11] == 0xff)
		put16(s->frame + s->l3 + 10, 0);
}

static void check(struct fixture *f, bool is_tc)
{
	const struct bpf_program *program =
		is_tc ? f->kernel->progs.port_tc : f->kernel->progs.port_xdp;
	struct sample sample, model, result;
	struct ops ops = {.n = 0};
	uint8_t out[4096];
	uint32_t size;

	sample_make(&sample);
	model = sample;
	tags_add(&ops, &model, is_tc);
	for (uint32_t n = 1 + random_below(&seed, 4); n; n--)
		set_add(&ops, &model);
	op_add(&ops, (struct flow_op){.type = OP_OUTPUT, .port = OUT});
	sums_make(&model);
	flow_install(f, sample.frame, ops.op, ops.n);
	assert_int_equal(run(program, sample.frame, sample.size, out, &size),
			 is_tc ? TC_ACT_REDIRECT : XDP_REDIRECT);
	assert_int_equal(n_flow_packets(f), 1);
	assert_int_equal(size, model.size);
	result = model;
	memcpy(result.frame, out, size);
	zero_normalise(&result);
	zero_normalise(&model);
	assert_memory_equal(result.frame, model.frame, size);
}

static void test_tc_sets_fields_and_sums(void **state)
{
	for (unsigned i = 0; i < N_RANDOM; i++)
		check(*state, true);
}

static void test_xdp_sets_fields_and_sums(void **state)
{
	for (unsigned i = 0; i < N_RANDOM; i++)
		check(*state, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(test_tc_sets_fields_and_sums),
		RIG_TEST(test_xdp_sets_fields_and_sums),
	};

	if (geteuid())
		return rig_skips("needs root");
	random_init(&seed);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
