#include "flow_list.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "base/print.h"
#include "flow/match_text.h"
#include "flow/ofaction_text.h"
#include "need.h"

void flow_list_fini(struct flow_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		flow_mod_fini(&list->item[i].flow);
		free(list->item[i].text);
	}
	free(list->item);
	*list = (struct flow_list){0};
}

/* What stands behind "NAME=", in front of the actions; "": there is none. */
static const char *value_in(const char *text, const char *name)
{
	const char *actions = strstr(text, "actions=");
	const char *at = strstr(text, name);

	return at && (!actions || at < actions) ? at + strlen(name) : "";
}

static uint64_t number_in(const char *text, const char *name)
{
	return strtoull(value_in(text, name), NULL, 10);
}

static void read_stats(struct flow_item *item)
{
	double seconds = strtod(value_in(item->text, "duration="), NULL);

	item->stats.duration = (uint64_t)(seconds * 1000 + 0.5) * 1000000;
	item->stats.n_packets = number_in(item->text, "n_packets=");
	item->stats.n_bytes = number_in(item->text, "n_bytes=");
	item->stats.idle_age = (uint32_t)number_in(item->text, "idle_age=");
	item->stats.hard_age = (uint32_t)number_in(item->text, "hard_age=");
}

int flow_list_add(struct flow_list *list, struct slice text, const struct flow_names *names,
		  struct err *err)
{
	struct flow_item item = {.order = list->n};
	int ret = flow_mod_parse(text, FLOW_ADD, names, &item.flow, err);

	if (ret)
		return ret;
	if (item.flow.table == FLOW_TABLE_ANY)
		item.flow.table = 0;
	item.text = need(strndup(text.at, text.len));
	read_stats(&item);
	if (list->n == list->size) {
		list->size = list->size ? list->size * 2 : 64;
		list->item = need(realloc(list->item, list->size * sizeof(*list->item)));
	}
	list->item[list->n++] = item;
	return 0;
}

int flow_list_read(struct flow_list *list, const char *name, struct slice text,
		   const struct flow_names *names, struct err *err)
{
	struct slice line;
	unsigned n_line = 0;

	while (flow_line_next(&text, &line, &n_line)) {
		int ret = flow_list_add(list, line, names, err);

		if (ret) {
			err_prefix(err, "%s:%u", name, n_line);
			return ret;
		}
	}
	return 0;
}

/* ---- order ---- */

/* What to sort by: a field, or one of these. */
static const char *const columns[] = {"priority",  "table",   "cookie",
				      "n_packets", "n_bytes", "duration"};
#define N_COLUMNS (sizeof(columns) / sizeof(*columns))

struct order {
	const struct field *field; /* NULL: `column` */
	unsigned column;
	bool is_descending;
};

static field_bits column_of(const struct flow_item *item, unsigned column)
{
	const uint64_t value[N_COLUMNS] = {
		item->flow.priority,   item->flow.table,    item->flow.cookie,
		item->stats.n_packets, item->stats.n_bytes, item->stats.duration,
	};

	return value[column];
}

static bool has_field(const struct flow_item *item, const struct field *field)
{
	const struct match *match = &item->flow.match;

	return match_mask(match, field) &&
	       field_need_is_met(field->need, &match->key, &match->mask);
}

static int compare_items(const void *a, const void *b, void *ctx)
{
	const struct flow_item *left = a, *right = b;
	const struct order *order = ctx;
	field_bits x, y;

	if (order->field) {
		bool has_x = has_field(left, order->field);
		bool has_y = has_field(right, order->field);

		if (has_x != has_y)
			return has_x ? -1 : 1;
		x = match_value(&left->flow.match, order->field);
		y = match_value(&right->flow.match, order->field);
	} else {
		x = column_of(left, order->column);
		y = column_of(right, order->column);
	}
	if (x != y)
		return (x < y) != order->is_descending ? -1 : 1;
	return left->order < right->order ? -1 : left->order > right->order;
}

static int order_find(const char *name, struct order *order, struct err *err)
{
	for (order->column = 0; order->column < N_COLUMNS; order->column++)
		if (!strcmp(columns[order->column], name))
			return 0;
	order->field = field_lookup(slice_of(name));
	if (order->field)
		return 0;
	return err_set(err, EINVAL,
		       "cannot sort by '%s': use a field (like in_port, nw_src), or priority, "
		       "table, cookie, n_packets, n_bytes, duration",
		       name);
}

int flow_list_sort(struct flow_list *list, const char *field, bool is_descending, struct err *err)
{
	struct order order = {.is_descending = is_descending};
	int ret = order_find(field, &order, err);

	if (!ret)
		qsort_r(list->item, list->n, sizeof(*list->item), compare_items, &order);
	return ret;
}

/* ---- JSON ---- */

static void add_number(struct json_object *object, const char *name, uint64_t number)
{
	json_object_object_add(object, name, need(json_object_new_uint64(number)));
}

static void add_printed(struct json_object *object, const char *name, struct print *text)
{
	json_object_object_add(object, name, need(json_object_new_string(print_text(text))));
	print_clear(text);
}

struct json_object *flow_item_json(const struct flow_item *item, const struct flow_names *names)
{
	struct json_object *object = need(json_object_new_object());
	const struct flow_mod *flow = &item->flow;
	own(print_fini) struct print text = {0};

	add_number(object, "table", flow->table);
	add_number(object, "priority", flow->priority);
	print_fmt(&text, "0x%" PRIx64, flow->cookie);
	add_printed(object, "cookie", &text);
	match_print(&text, &flow->match, names);
	add_printed(object, "match", &text);
	ofactions_print(&text, &flow->actions, names);
	add_printed(object, "actions", &text);
	add_number(object, "packets", item->stats.n_packets);
	add_number(object, "bytes", item->stats.n_bytes);
	print_fmt(&text, "%.3f", (double)item->stats.duration / 1e9);
	json_object_object_add(object, "duration",
			       need(json_object_new_double_s((double)item->stats.duration / 1e9,
							     print_text(&text))));
	add_number(object, "idle_timeout", flow->idle_timeout);
	add_number(object, "hard_timeout", flow->hard_timeout);
	add_number(object, "idle_age", item->stats.idle_age);
	add_number(object, "hard_age", item->stats.hard_age);
	add_number(object, "importance", flow->importance);
	json_object_object_add(object, "send_flow_rem",
			       json_object_new_boolean(flow->flags & FLOW_SEND_FLOW_REM));
	return object;
}
