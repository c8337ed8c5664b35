#pragma once
/* Flows that were read here, to be sorted, compared or printed as JSON. */
#include <stddef.h>

#include "base/slice.h"
#include "flow/flow_text.h"

struct err;
struct flow_names;
struct json_object;

struct flow_item {
	struct flow_mod flow;
	struct flow_stats stats; /* zero if the text had none */
	char *text;              /* as it came, without comment; terminated */
	size_t order;            /* in which they came, from 0 */
};

struct flow_list {
	struct flow_item *item;
	size_t n, size;
};

void flow_list_fini(struct flow_list *list);
/* Reads one flow, with the counters that a dump has. 0 or -EINVAL. */
int flow_list_add(struct flow_list *list, struct slice text, const struct flow_names *names,
		  struct err *err);
/* Reads the lines of a file; errors begin with "NAME:LINE: ". 0 or -EINVAL. */
int flow_list_read(struct flow_list *list, const char *name, struct slice text,
		   const struct flow_names *names, struct err *err);

/* Sorts by `field`: a match field's name, or priority, table, cookie, n_packets, n_bytes, duration; flows
 * without the field come last; those that are equal there stand as they came. 0, or -EINVAL: there is no
 * such field. */
int flow_list_sort(struct flow_list *list, const char *field, bool is_descending, struct err *err);

/* The same flow at another place: an object to be put by the caller. */
struct json_object *flow_item_json(const struct flow_item *item, const struct flow_names *names);
