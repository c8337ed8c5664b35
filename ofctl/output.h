#pragma once
/* What one command prints: lines, or a table, or a JSON value. Kept back until the commit. */
#include <stdbool.h>

struct grid;
struct grid_style;
struct json_object;
struct output;

struct output *output_new(void);
void output_free(struct output **output);

/* Adds a line; the newline comes by itself. */
void output_line(struct output *output, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The table is the whole output. Taken over. */
void output_grid(struct output *output, struct grid *grid);
/* With --json this value stands for the lines. Taken over. */
void output_json(struct output *output, struct json_object *value);
/* The same for one more element of an array. */
void output_json_add(struct output *output, struct json_object *value);

struct output_style {
	const struct grid_style *grid;
	bool is_oneline;
	bool is_json;
	bool is_first_grid; /* out: tables after the first are set off by an empty line */
};

/* Prints to stdout. With is_json: one JSON text per command that has something to say. */
void output_print(const struct output *output, struct output_style *style);
