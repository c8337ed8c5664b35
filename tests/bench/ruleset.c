#include "ruleset.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

/* One row of a distribution: shares are of 100. Lengths are those given or, if `spread`, one less
 * or one to three more with falling probability (never above 32). */
struct length_pair {
	unsigned share, src_len, dst_len;
	bool spread;
};

struct port_shares {
	unsigned any, exact, ephemeral; /* ephemeral: 1024 to 65535; the rest: some other range */
};

#define N_PAIRS 12

struct statistics {
	const char *name;
	struct length_pair pairs[N_PAIRS];
	struct port_shares src_port, dst_port;
	unsigned tcp, udp, icmp; /* the rest: any protocol */
};

static const struct statistics statistics[N_RULESET_KINDS] =
	{
		[RULESET_ACL] =
			{
				.name = "acl",
				.pairs = {{26, 24, 32, false},
					  {14, 16, 24, false},
					  {10, 32, 24, false},
					  {10, 0, 32, false},
					  {8, 32, 32, false},
					  {7, 0, 24, true},
					  {7, 21, 26, true},
					  {6, 8, 32, false},
					  {5, 27, 16, false},
					  {4, 24, 24, false},
					  {2, 30, 0, false},
					  {1, 0, 0, false}},
				.src_port = {98, 1, 1},
				.dst_port = {30, 52, 8},
				.tcp = 70,
				.udp = 20,
				.icmp = 3,
			},
		[RULESET_FW] =
			{
				.name = "fw",
				.pairs = {{20, 0, 32, false},
					  {15, 32, 0, false},
					  {13, 0, 24, true},
					  {12, 24, 0, true},
					  {10, 32, 32, false},
					  {8, 16, 32, false},
					  {6, 24, 24, false},
					  {6, 32, 16, false},
					  {4, 16, 16, true},
					  {3, 4, 32, false},
					  {2, 8, 24, false},
					  {1, 0, 0, false}},
				.src_port = {62, 14, 20},
				.dst_port = {32, 46, 14},
				.tcp = 60,
				.udp = 25,
				.icmp = 5,
			},
		[RULESET_IPC] =
			{
				.name = "ipc",
				.pairs = {{26, 32, 32, false},
					  {12, 24, 24, false},
					  {11, 0, 32, false},
					  {10, 32, 0, false},
					  {9, 16, 32, false},
					  {8, 28, 28, true},
					  {7, 32, 16, false},
					  {6, 24, 0, false},
					  {5, 0, 24, false},
					  {3, 20, 20, true},
					  {2, 8, 16, false},
					  {1, 0, 0, false}},
				.src_port = {78, 12, 7},
				.dst_port = {40, 44, 8},
				.tcp = 55,
				.udp = 30,
				.icmp = 8,
			},
};

const char *ruleset_kind_name(enum ruleset_kind kind)
{
	return statistics[kind].name;
}

static void *must(void *memory)
{
	if (!memory) {
		fputs("no memory\n", stderr);
		exit(1);
	}
	return memory;
}

static uint32_t len_mask(unsigned len)
{
	return len ? ~0u << (32 - len) : 0;
}

/* Sites have 16 to 20 bits; within one, few subnets are busy, and in those low host numbers. */
static uint32_t pick_address(uint64_t *random, unsigned n_rules)
{
	unsigned n_sites = 16 + n_rules / 64, site = random_below(random, n_sites);
	uint64_t of_site = (uint64_t)site * 0x9e3779b97f4a7c15ull + 1;
	uint32_t network = (uint32_t)(random_u64(&of_site) >> 32) & len_mask(16 + site % 5);
	uint32_t subnet = random_below(random, 1 + random_below(random, 16));
	uint32_t host = random_below(random, 1 + random_below(random, 256));

	return network | (subnet << 8 & ~len_mask(20)) | host;
}

static unsigned pick_length(const struct length_pair *pair, unsigned len, uint64_t *random)
{
	static const signed char steps[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 3, -1, -1};

	if (!pair->spread || !len)
		return len;
	len += (unsigned)steps[random_below(random, 16)];
	return len > 32 ? 32 : len;
}

static void pick_addresses(struct ruleset_rule *rule, const struct statistics *stats,
			   uint64_t *random, unsigned n_rules)
{
	const struct length_pair *pair = stats->pairs;
	unsigned at = random_below(random, 100);

	while (at >= pair->share && pair < &stats->pairs[N_PAIRS - 1])
		at -= pair++->share;
	rule->src_len = pick_length(pair, pair->src_len, random);
	rule->dst_len = pick_length(pair, pair->dst_len, random);
	rule->src = pick_address(random, n_rules) & len_mask(rule->src_len);
	rule->dst = pick_address(random, n_rules) & len_mask(rule->dst_len);
}

static void pick_protocol(struct ruleset_rule *rule, const struct statistics *stats,
			  uint64_t *random)
{
	unsigned at = random_below(random, 100);

	rule->proto_mask = 0xff;
	if (at < stats->tcp)
		rule->proto = 6;
	else if (at < stats->tcp + stats->udp)
		rule->proto = 17;
	else if (at < stats->tcp + stats->udp + stats->icmp)
		rule->proto = 1;
	else
		rule->proto = rule->proto_mask = 0;
}

/* A range of ports; low > high: it is done. */
struct range {
	uint32_t low, high;
};

static struct range pick_range(const struct port_shares *shares, uint64_t *random)
{
	static const uint16_t well_known[] = {80,  443, 53,  22,   25,   110,  143,  123,  161, 389,
					      445, 993, 995, 1433, 1521, 3306, 3389, 5060, 8080};
	static const struct range ranges[] = {{137, 139},   {1024, 1279},   {5060, 5061},
					      {6660, 6669}, {49152, 65535}, {0, 1023}};
	unsigned at = random_below(random, 100), low;

	if (at < shares->any)
		return (struct range){0, 65535};
	if (at < shares->any + shares->exact) {
		low = at % 4 ? well_known[random_below(random, 19)] : random_below(random, 65536);
		return (struct range){low, low};
	}
	if (at < shares->any + shares->exact + shares->ephemeral)
		return (struct range){1024, 65535};
	return ranges[random_below(random, 6)];
}

/* The largest block of ports at the range's start, which is taken off. */
static void take_block(struct range *range, uint16_t *port, uint16_t *mask)
{
	uint32_t size = 1;

	while (!(range->low & size) && size < 65536 && range->low + size * 2 - 1 <= range->high)
		size *= 2;
	*port = (uint16_t)range->low;
	*mask = (uint16_t) ~(size - 1);
	range->low += size;
}

struct seen {
	struct ruleset_rule rule;
	UT_hash_handle hh;
};

struct maker {
	struct ruleset *set;
	unsigned n_wanted;
	struct seen *seen, *memory;
};

static void keep(struct maker *maker, const struct ruleset_rule *rule)
{
	struct seen *seen, *mine = &maker->memory[maker->set->n_rules];

	HASH_FIND(hh, maker->seen, rule, sizeof(*rule), seen);
	if (seen || maker->set->n_rules == maker->n_wanted)
		return;
	mine->rule = *rule;
	HASH_ADD(hh, maker->seen, rule, sizeof(*rule), mine);
	maker->set->rules[maker->set->n_rules++] = *rule;
}

static void make_rules(struct maker *maker, const struct statistics *stats, uint64_t *random)
{
	struct ruleset_rule rule;
	struct range src, dst, left;

	memset(&rule, 0, sizeof(rule));
	pick_addresses(&rule, stats, random, maker->n_wanted);
	pick_protocol(&rule, stats, random);
	src = dst = (struct range){0, 65535};
	if (rule.proto == 6 || rule.proto == 17) {
		src = pick_range(&stats->src_port, random);
		dst = pick_range(&stats->dst_port, random);
	}
	while (src.low <= src.high) {
		take_block(&src, &rule.src_port, &rule.src_port_mask);
		for (left = dst; left.low <= left.high;) {
			take_block(&left, &rule.dst_port, &rule.dst_port_mask);
			keep(maker, &rule);
		}
	}
}

static unsigned n_bits(const struct ruleset_rule *rule)
{
	return rule->src_len + rule->dst_len + (unsigned)__builtin_popcount(rule->src_port_mask) +
	       (unsigned)__builtin_popcount(rule->dst_port_mask) + (rule->proto_mask ? 8 : 0);
}

static int by_priority(const void *a, const void *b)
{
	uint32_t x = ((const struct ruleset_rule *)a)->priority;
	uint32_t y = ((const struct ruleset_rule *)b)->priority;

	return (x > y) - (x < y);
}

/* More bits, more priority, but not strictly; spread over OpenFlow's 16 bits; a random order. */
static void rank(struct ruleset *set, uint64_t *random)
{
	struct ruleset_rule *rules = set->rules, other;

	for (unsigned i = 0; i < set->n_rules; i++)
		rules[i].priority = n_bits(&rules[i]) * 16 + random_below(random, 512);
	qsort(rules, set->n_rules, sizeof(*rules), by_priority);
	for (unsigned i = 0; i < set->n_rules; i++)
		rules[i].priority = (uint32_t)((uint64_t)i * 65536 / set->n_rules);
	for (unsigned i = set->n_rules; i > 1; i--) {
		unsigned j = random_below(random, i);

		other = rules[i - 1];
		rules[i - 1] = rules[j];
		rules[j] = other;
	}
}

void ruleset_make(struct ruleset *set, enum ruleset_kind kind, unsigned n_rules, uint64_t seed)
{
	struct maker maker = {.set = set, .n_wanted = n_rules};
	uint64_t random = seed * 0x9e3779b97f4a7c15ull + 1;

	set->n_rules = 0;
	set->rules = must(calloc(n_rules, sizeof(*set->rules)));
	maker.memory = must(calloc(n_rules + 1, sizeof(*maker.memory)));
	while (set->n_rules < n_rules)
		make_rules(&maker, &statistics[kind], &random);
	HASH_CLEAR(hh, maker.seen);
	free(maker.memory);
	rank(set, &random);
}

void ruleset_fini(struct ruleset *set)
{
	free(set->rules);
	*set = (struct ruleset){0};
}

void ruleset_match(const struct ruleset_rule *rule, struct flow_key *value, struct flow_key *mask)
{
	memset(value, 0, sizeof(*value));
	memset(mask, 0, sizeof(*mask));
	value->packet.eth_type = to_be16(0x0800);
	mask->packet.eth_type = to_be16(0xffff);
	value->packet.ip_proto = rule->proto;
	mask->packet.ip_proto = rule->proto_mask;
	value->packet.ipv4_src = to_be32(rule->src);
	mask->packet.ipv4_src = to_be32(len_mask(rule->src_len));
	value->packet.ipv4_dst = to_be32(rule->dst);
	mask->packet.ipv4_dst = to_be32(len_mask(rule->dst_len));
	value->packet.l4_src = to_be16(rule->src_port);
	mask->packet.l4_src = to_be16(rule->src_port_mask);
	value->packet.l4_dst = to_be16(rule->dst_port);
	mask->packet.l4_dst = to_be16(rule->dst_port_mask);
}

void ruleset_packet(const struct ruleset_rule *rule, struct flow_key *key, uint64_t *random)
{
	struct flow_key value, mask;

	ruleset_match(rule, &value, &mask);
	memset(key, 0, sizeof(*key));
	key->packet.in_port = (uint16_t)(1 + random_below(random, 64));
	key->packet.ip_ttl = 64;
	key->packet.ip_proto = random_below(random, 2) ? 6 : 17;
	key->packet.ipv4_src.be = (uint32_t)random_u64(random);
	key->packet.ipv4_dst.be = (uint32_t)random_u64(random);
	key->packet.l4_src = to_be16((uint16_t)(1024 + random_below(random, 64512)));
	key->packet.l4_dst = to_be16((uint16_t)random_below(random, 65536));
	for (unsigned i = 0; i < FLOW_KEY_WORDS; i++)
		key->word[i] = (key->word[i] & ~mask.word[i]) | value.word[i];
}
