#pragma once
/* Results of runtime methods as people like to read them. */
#include "grid.h"

struct json_object;

struct report_column {
	const char *heading;
	const char *member; /* of the row; "a.b": member b of object a */
	enum grid_align align;
	/* Writes what the cell says; NULL: the value itself. */
	void (*format)(struct grid *grid, struct json_object *row, struct json_object *value);
};

struct report {
	const struct report_column *columns; /* the last one has no heading */
	bool keeps_order;                    /* of the rows; else by the first columns' names */
};

/* An array of objects as a table. Columns that say nothing in any row are left out. */
void report_rows(struct json_object *rows, const struct report *report,
		 const struct grid_style *style);

/* An object, one member per line, objects in it indented. */
void report_members(struct json_object *object);

/* Formats for cells. */
void report_fdb_age(struct grid *grid, struct json_object *row, struct json_object *value);
void report_speed(struct grid *grid, struct json_object *row, struct json_object *value);
void report_sum(struct grid *grid, struct json_object *row, struct json_object *value);
