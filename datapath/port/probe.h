#pragma once
/* What this kernel and its devices can do, for `switchctl doctor`: found by trying, not by version.
 *
 * Rows come in the order in which they should be read. Control thread; takes some 50 ms, most of it
 * for a pair of devices that is made, tried and removed in a network namespace of its own. */
#include <stdbool.h>

struct err;

enum probe_verdict {
	PROBE_GOOD, /* there */
	PROBE_LESS, /* not there: the switch works, but less well; the text says how */
	PROBE_BAD,  /* not there, and the switch cannot work */
	PROBE_INFO, /* neither good nor bad */
};

struct probe_row {
	const char *subject; /* "kernel", or a device's name */
	const char *item;    /* "tcx", "hook", ... */
	enum probe_verdict verdict;
	const char *text; /* one line for people */
};

/* `row` is borrowed until it returns. */
typedef void probe_fn(void *ctx, const struct probe_row *row);

/* "good", "less", "bad", "info". */
const char *probe_verdict_name(enum probe_verdict verdict);
void probe_kernel(probe_fn *emit, void *ctx);
/* One device. -ENODEV with a text: there is no such device here. */
int probe_device(const char *name, probe_fn *emit, void *ctx, struct err *err);
/* Every device of our namespace but the loopback. 0 or -errno of rtnetlink. */
int probe_all_devices(probe_fn *emit, void *ctx);
