/* How many flows of a table have a cookie, for learn(limit=...), which asks for each flow that it would add.
 *
 * A cookie that was asked about is counted from then on, until its last flow has gone; tables without such
 * cookies pay nothing. Control thread only.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "switch/flow_store.h"

struct cookie_count {
	UT_hash_handle hh;
	uint64_t cookie;
	uint32_t n;
};

static struct cookie_count *find(struct flow_table *table, uint64_t cookie)
{
	struct cookie_count *count;

	HASH_FIND(hh, table->counted, &cookie, sizeof(cookie), count);
	return count;
}

static void forget(struct flow_table *table, struct cookie_count *count)
{
	HASH_DEL(table->counted, count);
	free(count);
}

void flow_count_follow(struct flow_table *table, uint64_t cookie, int by)
{
	struct cookie_count *count = table->counted ? find(table, cookie) : NULL;

	if (!count)
		return;
	count->n += (uint32_t)by;
	if (!count->n)
		forget(table, count);
}

struct sum {
	uint64_t cookie;
	uint32_t n;
};

static int add_up(struct rule *rule, void *ctx)
{
	const struct flow_entry *entry = rule->data;
	struct sum *sum = ctx;

	sum->n += entry->flow.cookie == sum->cookie;
	return 0;
}

static uint32_t count_all(const struct flow_table *table, uint64_t cookie)
{
	struct sum sum = {cookie, 0};

	for (unsigned kind = 0; kind < N_FLOW_KINDS; kind++)
		if (table->of_kind[kind])
			classifier_for_each(table->of_kind[kind], add_up, &sum);
	return sum.n;
}

uint32_t flow_count_cookie(struct flow_tables *tables, uint8_t number, uint64_t cookie)
{
	struct flow_table *table = &tables->table[number];
	struct cookie_count *count = find(table, cookie);
	uint32_t n;

	if (count)
		return count->n;
	n = count_all(table, cookie);
	count = n ? malloc(sizeof(*count)) : NULL; /* without memory it is counted anew each time */
	if (count) {
		count->cookie = cookie;
		count->n = n;
		HASH_ADD(hh, table->counted, cookie, sizeof(cookie), count);
	}
	return n;
}

void flow_count_fini(struct flow_table *table)
{
	struct cookie_count *count, *next;

	HASH_ITER (hh, table->counted, count, next)
		forget(table, count);
}
