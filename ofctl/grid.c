#include "grid.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "base/err.h"
#include "base/json.h"
#include "base/own.h"
#include "need.h"

#define LIST_HEADING_WIDTH 20

struct column {
	char *heading;
	enum grid_align align;
};

/* Cells lie in `cells` row by row. A cell has a text, or a value if it is for JSON. */
struct cell {
	char *text;
	struct json_object *value;
};

struct grid {
	size_t n_columns, n_cells;
	struct column *columns;
	struct cell *cells;
};

static const char *const format_names[] = {
	[GRID_LIST] = "list", [GRID_TABLE] = "table", [GRID_CSV] = "csv",
	[GRID_HTML] = "html", [GRID_JSON] = "json",
};

int grid_format_parse(const char *text, enum grid_format *format, struct err *err)
{
	for (size_t i = 0; i < sizeof(format_names) / sizeof(format_names[0]); i++) {
		if (!strcmp(text, format_names[i])) {
			*format = (enum grid_format)i;
			return 0;
		}
	}
	return err_set(err, EINVAL, "unknown format '%s': use list, table, csv, html or json",
		       text);
}

/* Makes room for one more: the array has as many slots as the power of two that holds it. */
static void *grow(void *array, size_t n, size_t size)
{
	if (n & (n - 1))
		return array;
	return need(reallocarray(array, n ? n * 2 : 1, size));
}

struct grid *grid_new(void)
{
	return need(calloc(1, sizeof(struct grid)));
}

void grid_free(struct grid **grid)
{
	struct grid *g = *grid;

	if (!g)
		return;
	for (size_t i = 0; i < g->n_columns; i++)
		free(g->columns[i].heading);
	for (size_t i = 0; i < g->n_cells; i++) {
		free(g->cells[i].text);
		json_object_put(g->cells[i].value);
	}
	free(g->columns);
	free(g->cells);
	free(g);
	*grid = NULL;
}

void grid_add_column(struct grid *grid, const char *heading, enum grid_align align)
{
	grid->columns = grow(grid->columns, grid->n_columns, sizeof(*grid->columns));
	grid->columns[grid->n_columns++] =
		(struct column){.heading = need(strdup(heading)), .align = align};
}

static void add_cell(struct grid *grid, char *text, struct json_object *value)
{
	grid->cells = grow(grid->cells, grid->n_cells, sizeof(*grid->cells));
	grid->cells[grid->n_cells++] = (struct cell){.text = text, .value = value};
}

void grid_add_text(struct grid *grid, const char *text)
{
	add_cell(grid, need(strdup(text)), NULL);
}

void grid_add_format(struct grid *grid, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = need(NULL);
	va_end(args);
	add_cell(grid, text, NULL);
}

void grid_add_json(struct grid *grid, struct json_object *value)
{
	add_cell(grid, NULL, value);
}

static size_t count_rows(const struct grid *grid)
{
	return grid->n_columns ? grid->n_cells / grid->n_columns : 0;
}

static const struct cell *cell_at(const struct grid *grid, size_t row, size_t column)
{
	return &grid->cells[row * grid->n_columns + column];
}

static const char *cell_text(const struct cell *cell)
{
	return cell->text ? cell->text
			  : json_object_to_json_string_ext(cell->value,
							   JSON_C_TO_STRING_PLAIN |
								   JSON_C_TO_STRING_NOSLASHESCAPE);
}

/* ---- aligned columns ---- */

/* Characters, not bytes. */
static size_t text_len(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

/* Bytes of the first `len` characters. */
static size_t text_prefix_size(const char *text, size_t len)
{
	const char *p = text;

	for (; *p; p++)
		if ((*p & 0xc0) != 0x80 && len-- == 0)
			break;
	return (size_t)(p - text);
}

static void print_padded(const struct grid *grid, size_t column, size_t width, const char *text,
			 FILE *to)
{
	size_t len = MIN(text_len(text), width);
	int pad = (int)(width - len);
	bool right = grid->columns[column].align == GRID_RIGHT;

	if (column)
		fputc(' ', to);
	if (right)
		fprintf(to, "%*s", pad, "");
	fwrite(text, 1, text_prefix_size(text, len), to);
	if (!right && column + 1 < grid->n_columns)
		fprintf(to, "%*s", pad, "");
}

static void print_table(const struct grid *grid, const struct grid_style *style, FILE *to)
{
	size_t n_rows = count_rows(grid);
	own(mem_free) size_t *widths = need(calloc(grid->n_columns + 1, sizeof(*widths)));

	for (size_t c = 0; c < grid->n_columns; c++) {
		for (size_t r = 0; r < n_rows; r++)
			widths[c] = MAX(widths[c], text_len(cell_text(cell_at(grid, r, c))));
		if (style->max_width)
			widths[c] = MIN(widths[c], style->max_width);
		if (!style->no_headings)
			widths[c] = MAX(widths[c], text_len(grid->columns[c].heading));
	}
	if (!style->no_headings) {
		for (size_t c = 0; c < grid->n_columns; c++)
			print_padded(grid, c, widths[c], grid->columns[c].heading, to);
		fputc('\n', to);
		for (size_t c = 0; c < grid->n_columns; c++) {
			if (c)
				fputc(' ', to);
			for (size_t i = 0; i < widths[c]; i++)
				fputc('-', to);
		}
		fputc('\n', to);
	}
	for (size_t r = 0; r < n_rows; r++) {
		for (size_t c = 0; c < grid->n_columns; c++)
			print_padded(grid, c, widths[c], cell_text(cell_at(grid, r, c)), to);
		fputc('\n', to);
	}
}

/* ---- one cell per line, CSV, HTML, JSON ---- */

static void print_list(const struct grid *grid, const struct grid_style *style, FILE *to)
{
	for (size_t r = 0; r < count_rows(grid); r++) {
		if (r)
			fputc('\n', to);
		for (size_t c = 0; c < grid->n_columns; c++) {
			if (!style->no_headings)
				fprintf(to, "%-*s: ", LIST_HEADING_WIDTH, grid->columns[c].heading);
			fprintf(to, "%s\n", cell_text(cell_at(grid, r, c)));
		}
	}
}

static void print_csv_cell(size_t column, const char *text, FILE *to)
{
	if (column)
		fputc(',', to);
	if (!text[strcspn(text, "\n\r\",")]) {
		fputs(text, to);
		return;
	}
	fputc('"', to);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', to);
		fputc(*text, to);
	}
	fputc('"', to);
}

static void print_csv(const struct grid *grid, const struct grid_style *style, FILE *to)
{
	if (!style->no_headings) {
		for (size_t c = 0; c < grid->n_columns; c++)
			print_csv_cell(c, grid->columns[c].heading, to);
		fputc('\n', to);
	}
	for (size_t r = 0; r < count_rows(grid); r++) {
		for (size_t c = 0; c < grid->n_columns; c++)
			print_csv_cell(c, cell_text(cell_at(grid, r, c)), to);
		fputc('\n', to);
	}
}

static void print_html_cell(const char *element, const char *text, FILE *to)
{
	fprintf(to, "    <%s>", element);
	for (; *text; text++) {
		switch (*text) {
		case '&':
			fputs("&amp;", to);
			break;
		case '<':
			fputs("&lt;", to);
			break;
		case '>':
			fputs("&gt;", to);
			break;
		case '"':
			fputs("&quot;", to);
			break;
		default:
			fputc(*text, to);
		}
	}
	fprintf(to, "</%s>\n", element);
}

static void print_html(const struct grid *grid, const struct grid_style *style, FILE *to)
{
	fputs("<table border=1>\n", to);
	if (!style->no_headings) {
		fputs("  <tr>\n", to);
		for (size_t c = 0; c < grid->n_columns; c++)
			print_html_cell("th", grid->columns[c].heading, to);
		fputs("  </tr>\n", to);
	}
	for (size_t r = 0; r < count_rows(grid); r++) {
		fputs("  <tr>\n", to);
		for (size_t c = 0; c < grid->n_columns; c++)
			print_html_cell("td", cell_text(cell_at(grid, r, c)), to);
		fputs("  </tr>\n", to);
	}
	fputs("</table>\n", to);
}

struct json_object *grid_to_json(const struct grid *grid)
{
	struct json_object *result = json_object_new_object();
	struct json_object *data = json_object_new_array();
	struct json_object *headings = json_object_new_array();

	for (size_t c = 0; c < grid->n_columns; c++)
		json_object_array_add(headings, json_object_new_string(grid->columns[c].heading));
	for (size_t r = 0; r < count_rows(grid); r++) {
		struct json_object *row = json_object_new_array();

		for (size_t c = 0; c < grid->n_columns; c++) {
			const struct cell *cell = cell_at(grid, r, c);

			json_object_array_add(row, cell->text ? json_object_new_string(cell->text)
							      : json_object_get(cell->value));
		}
		json_object_array_add(data, row);
	}
	json_object_object_add(result, "data", data);
	json_object_object_add(result, "headings", headings);
	return result;
}

static void print_json(const struct grid *grid, FILE *to)
{
	own(json_free) struct json_object *json = grid_to_json(grid);

	fprintf(to, "%s\n",
		json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN |
							     JSON_C_TO_STRING_NOSLASHESCAPE));
}

void grid_print(const struct grid *grid, const struct grid_style *style, FILE *to)
{
	switch (style->format) {
	case GRID_LIST:
		print_list(grid, style, to);
		break;
	case GRID_TABLE:
		print_table(grid, style, to);
		break;
	case GRID_CSV:
		print_csv(grid, style, to);
		break;
	case GRID_HTML:
		print_html(grid, style, to);
		break;
	case GRID_JSON:
		print_json(grid, to);
		break;
	}
}
