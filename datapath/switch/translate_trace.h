#pragma once
/* Somebody watches a translation: what ofctl trace prints comes from the very code that decides.
 *
 * All functions are called in the thread that translates, in the order in which things happen; what they
 * are given is borrowed for the call. `level` is how deep the tables are nested: 0 for the first. In
 * keys, in_port is the OpenFlow number. A function that is NULL is not called.
 */
#include <stddef.h>
#include <stdint.h>

struct flow;
struct flow_key;
struct ofactions;
struct translation;

struct translate_trace {
	/* The packet was looked up in a table, and this flow was found; NULL: none. */
	void (*table)(void *ctx, unsigned level, uint8_t table, const struct flow *flow,
		      const struct flow_key *key);
	/* Element `at` of the list is about to be done (level + 1 of its table; in the action set: 0). */
	void (*action)(void *ctx, unsigned level, const struct ofactions *list, uint32_t at,
		       const struct flow_key *key);
	/* Something of note that no action says: a word or two. */
	void (*note)(void *ctx, unsigned level, const char *text);
	/* The end: the key as it is now, and the answer. */
	void (*result)(void *ctx, const struct flow_key *key, const struct translation *out);
	void *ctx;
};

static inline void trace_table(const struct translate_trace *trace, unsigned level, uint8_t table,
			       const struct flow *flow, const struct flow_key *key)
{
	if (trace && trace->table)
		trace->table(trace->ctx, level, table, flow, key);
}

static inline void trace_action(const struct translate_trace *trace, unsigned level,
				const struct ofactions *list, uint32_t at,
				const struct flow_key *key)
{
	if (trace && trace->action)
		trace->action(trace->ctx, level, list, at, key);
}

static inline void trace_note(const struct translate_trace *trace, unsigned level, const char *text)
{
	if (trace && trace->note)
		trace->note(trace->ctx, level, text);
}

static inline void trace_result(const struct translate_trace *trace, const struct flow_key *key,
				const struct translation *out)
{
	if (trace && trace->result)
		trace->result(trace->ctx, key, out);
}
