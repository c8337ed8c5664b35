#include "ofctl/grid.h"

#include <errno.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/own.h"
#include "ofctl/natural.h"

static struct grid *make_grid(void)
{
	struct grid *grid = grid_new();

	grid_add_column(grid, "name", GRID_LEFT);
	grid_add_column(grid, "n", GRID_RIGHT);
	grid_add_column(grid, "note", GRID_LEFT);
	grid_add_text(grid, "veth1");
	grid_add_format(grid, "%d", 1234);
	grid_add_text(grid, "a, \"b\"");
	grid_add_text(grid, "\xc3\xa4");
	grid_add_text(grid, "5");
	grid_add_text(grid, "<&>");
	return grid;
}

static void prints(const struct grid *grid, const struct grid_style *style, const char *expected)
{
	own(mem_free) char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	grid_print(grid, style, to);
	fclose(to);
	assert_string_equal(text, expected);
}

static void test_formats(void **state)
{
	own(grid_free) struct grid *grid = make_grid();

	prints(grid, &(struct grid_style){.format = GRID_TABLE},
	       "name     n note\n"
	       "----- ---- ------\n"
	       "veth1 1234 a, \"b\"\n"
	       "\xc3\xa4        5 <&>\n");
	prints(grid, &(struct grid_style){.format = GRID_LIST},
	       "name                : veth1\n"
	       "n                   : 1234\n"
	       "note                : a, \"b\"\n"
	       "\n"
	       "name                : \xc3\xa4\n"
	       "n                   : 5\n"
	       "note                : <&>\n");
	prints(grid, &(struct grid_style){.format = GRID_CSV},
	       "name,n,note\nveth1,1234,\"a, \"\"b\"\"\"\n\xc3\xa4,5,<&>\n");
	prints(grid, &(struct grid_style){.format = GRID_HTML, .no_headings = true},
	       "<table border=1>\n"
	       "  <tr>\n    <td>veth1</td>\n    <td>1234</td>\n"
	       "    <td>a, &quot;b&quot;</td>\n  </tr>\n"
	       "  <tr>\n    <td>\xc3\xa4</td>\n    <td>5</td>\n    <td>&lt;&amp;&gt;</td>\n  </tr>\n"
	       "</table>\n");
	prints(grid, &(struct grid_style){.format = GRID_JSON},
	       "{\"data\":[[\"veth1\",\"1234\",\"a, \\\"b\\\"\"],[\"\xc3\xa4\",\"5\",\"<&>\"]],"
	       "\"headings\":[\"name\",\"n\",\"note\"]}\n");
}

static void test_cut_cells(void **state)
{
	own(grid_free) struct grid *grid = make_grid();

	prints(grid, &(struct grid_style){.format = GRID_TABLE, .max_width = 3},
	       "name   n note\n"
	       "---- --- ----\n"
	       "veth 123 a, \"\n"
	       "\xc3\xa4      5 <&>\n");
}

static void test_empty(void **state)
{
	own(grid_free) struct grid *grid = grid_new();

	grid_add_column(grid, "name", GRID_LEFT);
	prints(grid, &(struct grid_style){.format = GRID_TABLE}, "name\n----\n");
	prints(grid, &(struct grid_style){.format = GRID_LIST}, "");
	prints(grid, &(struct grid_style){.format = GRID_JSON},
	       "{\"data\":[],\"headings\":[\"name\"]}\n");
}

static void test_values_stay_json(void **state)
{
	own(grid_free) struct grid *grid = grid_new();

	grid_add_column(grid, "x", GRID_LEFT);
	grid_add_json(grid, json_object_new_int(7));
	prints(grid, &(struct grid_style){.format = GRID_JSON},
	       "{\"data\":[[7]],\"headings\":[\"x\"]}\n");
}

static void test_natural_order(void **state)
{
	assert_true(natural_compare("veth2", "veth10") < 0);
	assert_true(natural_compare("veth10", "veth2") > 0);
	assert_true(natural_compare("a", "ab") < 0);
	assert_true(natural_compare("a07", "a7") != 0);
	assert_true(natural_compare("p1.20", "p1.3") > 0);
	assert_true(natural_compare("a9", "b1") < 0);
	assert_int_equal(natural_compare("x1y", "x1y"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),       cmocka_unit_test(test_cut_cells),
		cmocka_unit_test(test_empty),         cmocka_unit_test(test_values_stay_json),
		cmocka_unit_test(test_natural_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
