#pragma once
/* A table of cells and the ways to print it: those of ovs-vsctl(8), byte for byte. */
#include <stdbool.h>
#include <stdio.h>

struct err;
struct grid;
struct json_object;

enum grid_format { GRID_LIST, GRID_TABLE, GRID_CSV, GRID_HTML, GRID_JSON };

struct grid_style {
	enum grid_format format;
	bool no_headings;
	unsigned max_width; /* GRID_TABLE: longer cells are cut; 0: none is */
};

enum grid_align { GRID_LEFT, GRID_RIGHT };

/* Parses list, table, csv, html or json. Returns 0 or -EINVAL. */
int grid_format_parse(const char *text, enum grid_format *format, struct err *err);

struct grid *grid_new(void);
void grid_free(struct grid **grid);
/* All columns are added before the first cell. */
void grid_add_column(struct grid *grid, const char *heading, enum grid_align align);
/* Adds the next cell, row by row. `text` is copied. */
void grid_add_text(struct grid *grid, const char *text);
void grid_add_format(struct grid *grid, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same with a value for GRID_JSON, which is taken over. */
void grid_add_json(struct grid *grid, struct json_object *value);

/* The table on its own, with a newline at the end; nothing before it. */
void grid_print(const struct grid *grid, const struct grid_style *style, FILE *to);

/* The same as JSON: {"data", "headings"}. The caller puts it. */
struct json_object *grid_to_json(const struct grid *grid);
