#pragma once
/* Translation: from a packet's key to what happens to all packets like it.
 *
 * A function of (snapshot, version of the rules, key, FDB): struct path_host calls it in workers, for
 * packets that no cache entry knows.
 */
#include <stdbool.h>
#include <stdint.h>

struct bridge_view;
struct err;
struct flow_key;
struct ofactions;
struct path_view;
struct translate_trace;
struct translation;

/* struct path_host.translate and .refresh. `out` was begun (translation_begin()), with deps and frame. */
void translate(const struct path_view *path, const struct flow_key *key, uint64_t now,
	       struct translation *out);
void translate_refresh(const struct path_view *path, const struct flow_key *key, uint64_t now,
		       struct translation *scratch);

/* The general form: for packets that come from elsewhere, and for those who want to watch. */
struct translate_job {
	const struct path_view *path;
	const struct bridge_view *bridge; /* of the same snapshot */
	const struct flow_key *key;       /* in_port: switch-wide number, or PORT_ID_NONE */
	uint16_t
		in_port; /* what flows see: an OpenFlow number, OFPORT_CONTROLLER, OFPORT_NONE ... */
	const struct ofactions *actions;     /* to do; NULL: what the tables say */
	const struct translate_trace *trace; /* NULL: nobody watches */
	uint64_t now;
};

/* A thread that reads under RCU. What `out` says is learned is for the caller to send on, or not. */
void translate_run(const struct translate_job *job, struct translation *out);

/* Adds the bits of a packet that these actions look at (in_port, which always counts, is not
 * among them). True: they may say NORMAL, so that normal_mask() counts, too. A function of the
 * actions alone, whatever rule they belong to. Any thread. */
bool translate_reads(const struct ofactions *actions, struct flow_key *bits);

/* May they learn from packets (NORMAL, learn())? Any thread. */
bool translate_teaches(const struct ofactions *actions);

/* Can this switch do all of these actions? 0, or -EINVAL and what it cannot. What ofactions_check()
 * asks for is another thing. Any thread. */
int translate_check(const struct ofactions *actions, struct err *err);
