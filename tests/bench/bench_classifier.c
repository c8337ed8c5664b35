/* The classifier against plain tuple-space search: look-ups, updates, memory, on rule sets in the
 * manner of ClassBench. Prints a table; run it alone on the machine.
 *
 *	bench_classifier [N_RULES...]		default: 1000 10000 64000 256000
 *
 * Look-ups are uniform over the rules (no locality: the flow cache has taken that off) and come in
 * bursts of 32; the key is copied into a hot buffer first, as a parser would leave it (both pay for
 * that). `p99` is of single look-ups, one key per call, in wall-clock time with the clock's own
 * cost (some 25 ns); everything else is in the thread's CPU time. Updates are
 * a removal and an addition of a random rule in a full set, counted as two. The last rows are rules
 * with nearly all different masks: what a look-up costs at worst.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/rcu.h"
#include "flow/rule-classifier.h"
#include "flow/rule-layout.h"
#include "ruleset.h"
#include "tss.h"

#define N_KEYS         16384
#define N_ROUNDS       5
#define N_UPDATES      50000
#define BURST          32
#define MAX_SIZES      8
#define N_HOSTILE_KEYS 1024

static const struct clock wall;

/* What this thread has used: others may be running. */
static uint64_t cpu_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * CLOCK_NS_PER_SEC + (uint64_t)ts.tv_nsec;
}

/* Either of the two under one handle. */
struct subject {
	struct classifier *cls;
	struct tss *tss;
};

struct result {
	double build_ns, lookup_ns, update_ns, bytes;
	unsigned p50, p99, n_tables;
	size_t n_tree;
};

static struct rule *subject_add(struct subject *subject, const struct ruleset_rule *from)
{
	struct flow_key value, mask;
	struct rule_spec spec = {{value.word, mask.word}, from->priority, NULL};
	struct rule *rule;

	ruleset_match(from, &value, &mask);
	if (subject->tss)
		return tss_add(subject->tss, &spec.match, from->priority);
	if (classifier_add(subject->cls, &spec, 0, &rule))
		abort();
	return rule;
}

static void subject_remove(struct subject *subject, struct rule *rule)
{
	if (subject->tss)
		tss_remove(subject->tss, rule);
	else
		classifier_remove(subject->cls, rule);
}

static void subject_lookup(const struct subject *subject, const uint64_t *const *keys, unsigned n,
			   const struct rule **rules)
{
	if (subject->tss)
		tss_lookup(subject->tss, keys, n, rules);
	else
		classifier_lookup(subject->cls, 0, keys, n, rules);
}

/* Nanoseconds of CPU time per key, in calls with `burst` keys. */
static double lookup_all(const struct subject *subject, const struct flow_key *keys, unsigned n,
			 unsigned burst, uint64_t *sum)
{
	struct flow_key hot[BURST];
	const uint64_t *pointers[BURST];
	const struct rule *rules[BURST];
	uint64_t begin = cpu_now();

	for (unsigned i = 0; i < BURST; i++)
		pointers[i] = hot[i].word;
	for (unsigned i = 0; i + burst <= n; i += burst) {
		memcpy(hot, &keys[i], burst * sizeof(hot[0]));
		subject_lookup(subject, pointers, burst, rules);
		for (unsigned k = 0; k < burst; k++)
			*sum += rules[k] ? rules[k]->priority : 0;
	}
	return (double)(cpu_now() - begin) / n;
}

/* Nanoseconds of each single look-up, by the clock on the wall: the best of N_ROUNDS passes over all
 * keys. Between two look-ups of a key lie all others, so that its cache lines are as cold as ever;
 * what the best of them leaves out is the machine's: interrupts and other processes. */
static void lookup_singly(const struct subject *subject, const struct flow_key *keys,
			  unsigned *times)
{
	memset(times, 0xff, N_KEYS * sizeof(*times));
	for (unsigned n = 0; n < N_ROUNDS * N_KEYS; n++) {
		unsigned i = n % N_KEYS, time;
		struct flow_key hot = keys[i];
		const uint64_t *pointer = hot.word;
		const struct rule *rule;
		uint64_t begin = clock_now(&wall);

		subject_lookup(subject, &pointer, 1, &rule);
		time = (unsigned)(clock_now(&wall) - begin);
		if (time < times[i])
			times[i] = time;
	}
}

static int compare_unsigned(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return (x > y) - (x < y);
}

static int compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, unsigned n)
{
	qsort(values, n, sizeof(*values), compare_double);
	return values[n / 2];
}

static double update_all(struct subject *subject, const struct ruleset *set, struct rule **rules,
			 uint64_t random)
{
	uint64_t begin = cpu_now();

	for (unsigned i = 0; i < N_UPDATES; i++) {
		unsigned at = random_below(&random, set->n_rules);

		subject_remove(subject, rules[at]);
		rules[at] = subject_add(subject, &set->rules[at]);
		if (i % 64 == 0)
			rcu_rest();
	}
	return (double)(cpu_now() - begin) / (2 * N_UPDATES);
}

static void build(struct subject *subject, const struct ruleset *set, struct rule **rules,
		  struct result *result)
{
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
	uint64_t begin = clock_now(&wall);

	for (unsigned i = 0; i < set->n_rules; i++) {
		rules[i] = subject_add(subject, &set->rules[i]);
		if (i % 64 == 0)
			rcu_rest();
	}
	result->build_ns = (double)(clock_now(&wall) - begin) / set->n_rules;
	if (subject->cls) {
		struct classifier_stats stats;

		classifier_stats(subject->cls, &stats);
		result->n_tables = stats.n_tables;
		result->n_tree = stats.n_in_tree;
	} else {
		result->n_tables = tss_n_tables(subject->tss);
	}
	result->bytes = (double)(mallinfo2().uordblks + mallinfo2().hblkhd - before);
}

static uint64_t measure(struct subject subject[2], const struct flow_key *keys,
			struct result result[2])
{
	static unsigned times[N_KEYS];
	double rounds[2][N_ROUNDS];
	uint64_t sums[2] = {0, 0};

	for (unsigned round = 0; round < N_ROUNDS; round++)
		for (unsigned s = 0; s < 2; s++)
			rounds[s][round] = lookup_all(&subject[s], keys, N_KEYS, BURST, &sums[s]);
	for (unsigned s = 0; s < 2; s++) {
		result[s].lookup_ns = median(rounds[s], N_ROUNDS);
		lookup_singly(&subject[s], keys, times);
		qsort(times, N_KEYS, sizeof(times[0]), compare_unsigned);
		result[s].p50 = times[N_KEYS / 2];
		result[s].p99 = times[N_KEYS - N_KEYS / 100];
	}
	return sums[0] ^ sums[1];
}

static void print(const char *name, unsigned n_rules, const struct result result[2])
{
	const struct result *tm = &result[0], *tss = &result[1];

	printf("%-4s %7u | %4u +%-6zu %5u | %7.0f %7.0f %6.1fx | %6u %6u | %6.0f %6.0f %5.2fx | %5.0f %5.0f\n",
	       name, n_rules, tm->n_tables, tm->n_tree, tss->n_tables, tm->lookup_ns,
	       tss->lookup_ns, tss->lookup_ns / tm->lookup_ns, tm->p50, tm->p99, tm->update_ns,
	       tss->update_ns, tss->update_ns / tm->update_ns, tm->bytes / n_rules,
	       tss->bytes / n_rules);
	fflush(stdout);
}

static void run(enum ruleset_kind kind, unsigned n_rules)
{
	static const struct classifier_options options;
	struct result result[2] = {0};
	struct subject subject[2] = {0};
	struct ruleset set;
	struct rule **rules[2];
	struct flow_key *keys = calloc(N_KEYS, sizeof(*keys));
	uint64_t random = n_rules + kind + 1;

	ruleset_make(&set, kind, n_rules, 7);
	for (unsigned i = 0; i < N_KEYS; i++)
		ruleset_packet(&set.rules[random_below(&random, set.n_rules)], &keys[i], &random);
	if (classifier_new(&subject[0].cls, &rule_layout_flow, &options))
		abort();
	tss_new(&subject[1].tss, rule_layout_flow.n_words);
	for (unsigned s = 0; s < 2; s++) {
		rules[s] = calloc(n_rules, sizeof(*rules[s]));
		build(&subject[s], &set, rules[s], &result[s]);
	}
	if (measure(subject, keys, result))
		fprintf(stderr, "%s %u: the two disagree\n", ruleset_kind_name(kind), n_rules);
	for (unsigned s = 0; s < 2; s++)
		result[s].update_ns = update_all(&subject[s], &set, rules[s], random);
	if (measure(subject, keys, (struct result[2]){0}))
		fprintf(stderr, "%s %u: the two disagree\n", ruleset_kind_name(kind), n_rules);
	print(ruleset_kind_name(kind), n_rules, result);
	classifier_free(&subject[0].cls);
	for (unsigned i = 0; i < n_rules; i++)
		tss_remove(subject[1].tss, rules[1][i]);
	tss_free(&subject[1].tss);
	free(rules[0]);
	free(rules[1]);
	free(keys);
	ruleset_fini(&set);
}

/* Rules with nearly all different masks, so that no table can serve many: any choice of a quarter
 * of the bits, or any lengths of addresses and ports (what tuple-space explosion is made of). */
static void run_hostile(bool is_prefix, unsigned n_rules)
{
	static const struct classifier_options options;
	struct subject subject = {0};
	struct classifier_stats stats;
	uint64_t random = n_rules, sum = 0;
	struct flow_key *keys = calloc(N_HOSTILE_KEYS, sizeof(*keys));

	if (!keys || classifier_new(&subject.cls, &rule_layout_flow, &options))
		abort();
	for (unsigned i = 0; i < n_rules; i++) {
		struct flow_key value = {0}, mask = {0};
		struct rule_spec spec = {{value.word, mask.word}, i & 0xffff, NULL};
		struct packet_key *packet = &mask.packet;
		struct rule *rule;

		for (unsigned w = 4; w < 6; w++) {
			value.word[w] = random_u64(&random);
			mask.word[w] = random_u64(&random) & random_u64(&random);
		}
		if (is_prefix) {
			packet->ipv4_src = to_be32(~0u << random_below(&random, 32));
			packet->ipv4_dst = to_be32(~0u << random_below(&random, 32));
			packet->l4_src = to_be16((uint16_t)(~0u << random_below(&random, 17)));
			packet->l4_dst = to_be16((uint16_t)(~0u << random_below(&random, 17)));
			packet->ipv6_label = to_be32(0);
		}
		if (classifier_add(subject.cls, &spec, 0, &rule))
			abort();
	}
	for (unsigned i = 0; i < N_HOSTILE_KEYS; i++)
		for (unsigned w = 4; w < 6; w++)
			keys[i].word[w] = random_u64(&random);
	classifier_stats(subject.cls, &stats);
	printf("%-4s %7u | %4u +%-6zu       | %7.0f\n", is_prefix ? "lens" : "bits", n_rules,
	       stats.n_tables, stats.n_in_tree,
	       lookup_all(&subject, keys, N_HOSTILE_KEYS, BURST, &sum));
	classifier_free(&subject.cls);
	free(keys);
}

int main(int argc, char **argv)
{
	unsigned sizes[MAX_SIZES] = {1000, 10000, 64000, 256000}, n = 4;

	if (argc > 1)
		for (n = 0; n < MAX_SIZES && n + 1 < (unsigned)argc; n++)
			sizes[n] = (unsigned)atoi(argv[n + 1]);

	hash_init();
	rcu_reader_begin();
	puts("              tables             |  look-up, ns per key    | one key, ns   |"
	     " update, ns          | bytes/rule");
	puts("set    rules | ours +tree     tss |    ours     tss   ratio |    p50    p99 |"
	     "   ours    tss ratio |  ours   tss");
	for (unsigned kind = 0; kind < N_RULESET_KINDS; kind++)
		for (unsigned i = 0; i < n; i++)
			run(kind, sizes[i]);
	for (unsigned kind = 0; kind < 2; kind++)
		for (unsigned i = 0; i < n; i++)
			run_hostile(kind, sizes[i]);
	rcu_reader_end();
	return 0;
}
