#include "report.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "base/json.h"
#include "base/own.h"
#include "natural.h"
#include "need.h"

#define N_SORT_COLUMNS 3

static struct json_object *member_at(struct json_object *object, const char *path)
{
	for (;;) {
		size_t len = strcspn(path, ".");
		own(mem_free) char *name = need(strndup(path, len));

		object = json_object_object_get(object, name);
		if (!object || !path[len])
			return object;
		path += len + 1;
	}
}

static const char *value_text(struct json_object *value)
{
	const char *text = value ? json_object_get_string(value) : NULL;

	return text ? text : "";
}

/* ---- cells ---- */

void report_fdb_age(struct grid *grid, struct json_object *row, struct json_object *value)
{
	bool is_static = json_object_get_boolean(json_object_object_get(row, "static"));

	grid_add_text(grid, is_static ? "static" : value_text(value));
}

void report_speed(struct grid *grid, struct json_object *row, struct json_object *value)
{
	static const char units[] = "\0kMGT";
	int64_t speed = json_object_get_int64(value);
	size_t unit = 0;

	while (speed >= 10000 || (speed >= 1000 && speed % 1000 == 0)) {
		if (unit == sizeof(units) - 2)
			break;
		speed /= 1000;
		unit++;
	}
	if (speed)
		grid_add_format(grid, "%" PRId64 "%.1s", speed, units + unit);
	else
		grid_add_text(grid, "");
}

void report_sum(struct grid *grid, struct json_object *row, struct json_object *value)
{
	grid_add_format(grid, "%" PRId64, json_sum(value));
}

/* ---- rows ---- */

static int compare_rows(const void *a, const void *b, void *ctx)
{
	struct json_object *const *row_a = a, *const *row_b = b;
	const struct report_column *columns = ctx;

	for (int i = 0; i < N_SORT_COLUMNS && columns[i].heading; i++) {
		int order = natural_compare(value_text(member_at(*row_a, columns[i].member)),
					    value_text(member_at(*row_b, columns[i].member)));

		if (order)
			return order;
	}
	return 0;
}

static bool says_something(struct json_object **rows, size_t n, const char *member)
{
	for (size_t i = 0; i < n; i++)
		if (*value_text(member_at(rows[i], member)))
			return true;
	return n == 0;
}

void report_rows(struct json_object *array, const struct report *report,
		 const struct grid_style *style)
{
	const struct report_column *columns = report->columns;
	struct grid_style table = *style;
	size_t n = json_array_size(array);
	own(mem_free) struct json_object **rows = need(calloc(n + 1, sizeof(struct json_object *)));
	own(grid_free) struct grid *grid = grid_new();
	const struct report_column *c;

	for (size_t i = 0; i < n; i++)
		rows[i] = json_array_at(array, i);
	if (!report->keeps_order)
		qsort_r(rows, n, sizeof(struct json_object *), compare_rows, (void *)columns);
	for (c = columns; c->heading; c++)
		if (says_something(rows, n, c->member))
			grid_add_column(grid, c->heading, c->align);
	for (size_t i = 0; i < n; i++) {
		for (c = columns; c->heading; c++) {
			struct json_object *value = member_at(rows[i], c->member);

			if (!says_something(rows, n, c->member))
				continue;
			if (c->format)
				c->format(grid, rows[i], value);
			else
				grid_add_text(grid, value_text(value));
		}
	}
	/* One cell per line is the default for records of the database only. */
	if (table.format == GRID_LIST)
		table.format = GRID_TABLE;
	grid_print(grid, &table, stdout);
}

/* ---- members ---- */

static void print_members(struct json_object *object, int indent)
{
	int width = 0;

	json_object_object_foreach(object, n, v)
	{
		(void)v;
		width = MAX(width, (int)strlen(n));
	}
	json_object_object_foreach(object, name, value)
	{
		if (json_object_is_type(value, json_type_object)) {
			printf("%*s%s:\n", indent, "", name);
			print_members(value, indent + 2);
		} else if (json_object_is_type(value, json_type_array)) {
			printf("%*s%s:\n", indent, "", name);
			for (size_t i = 0; i < json_array_size(value); i++) {
				struct json_object *item = json_array_at(value, i);

				if (i && json_object_is_type(item, json_type_object))
					putchar('\n');
				if (json_object_is_type(item, json_type_object))
					print_members(item, indent + 2);
				else
					printf("%*s%s\n", indent + 2, "", value_text(item));
			}
		} else {
			printf("%*s%s:%*s %s\n", indent, "", name, width - (int)strlen(name), "",
			       value_text(value));
		}
	}
}

void report_members(struct json_object *object)
{
	if (json_object_is_type(object, json_type_object))
		print_members(object, 0);
}
