#include "output.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/own.h"
#include "grid.h"
#include "need.h"

struct output {
	struct json_object *lines; /* array of strings */
	struct grid *grid;         /* NULL: none */
	struct json_object *json;  /* NULL: none */
};

struct output *output_new(void)
{
	struct output *output = need(calloc(1, sizeof(*output)));

	output->lines = need(json_object_new_array());
	return output;
}

void output_free(struct output **output)
{
	if (!*output)
		return;
	json_object_put((*output)->lines);
	json_object_put((*output)->json);
	grid_free(&(*output)->grid);
	free(*output);
	*output = NULL;
}

void output_line(struct output *output, const char *fmt, ...)
{
	own(mem_free) char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = need(NULL);
	va_end(args);
	json_object_array_add(output->lines, need(json_object_new_string(text)));
}

void output_grid(struct output *output, struct grid *grid)
{
	output->grid = grid;
}

void output_json(struct output *output, struct json_object *value)
{
	output->json = value;
}

void output_json_add(struct output *output, struct json_object *value)
{
	if (!output->json)
		output->json = need(json_object_new_array());
	json_object_array_add(output->json, value);
}

static const char *line_at(const struct output *output, size_t i)
{
	return json_object_get_string(json_array_at(output->lines, i));
}

/* All lines as one: newlines and backslashes escaped. */
static void print_oneline(const struct output *output)
{
	size_t n = json_array_size(output->lines);

	for (size_t i = 0; i < n; i++) {
		if (i)
			fputs("\\n", stdout);
		for (const char *p = line_at(output, i); *p; p++) {
			if (*p == '\n')
				fputs("\\n", stdout);
			else if (*p == '\\')
				fputs("\\\\", stdout);
			else
				putchar(*p);
		}
	}
	putchar('\n');
}

static void print_json(const struct output *output)
{
	own(json_free) struct json_object *value = NULL;

	if (output->grid)
		value = grid_to_json(output->grid);
	else if (output->json)
		value = json_object_get(output->json);
	else if (json_array_size(output->lines))
		value = json_object_get(output->lines);
	if (value)
		puts(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN |
								   JSON_C_TO_STRING_NOSLASHESCAPE));
}

void output_print(const struct output *output, struct output_style *style)
{
	if (style->is_json) {
		print_json(output);
	} else if (output->grid) {
		if (!style->is_first_grid)
			putchar('\n');
		style->is_first_grid = false;
		grid_print(output->grid, style->grid, stdout);
	} else if (style->is_oneline) {
		print_oneline(output);
	} else {
		for (size_t i = 0; i < json_array_size(output->lines); i++)
			puts(line_at(output, i));
	}
}
