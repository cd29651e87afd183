// SPDX-License-Identifier: GPL-2.0-or-later
/* What rdtstat top makes of reports, without a terminal: the table, its rows, the screen. */
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report.h"
#include "top_canvas.h"
#include "top_draw.h"
#include "top_layout.h"
#include "top_rows.h"
#include "top_table.h"
#include "top_view.h"

#define GROUPS 6

/* A report by hand: two domains, a gauge and a rate. */
static char resource[] = "L3";
static char events[][16] = {"llc_occupancy", "mbm_total_bytes"};
static char domain_names[][16] = {"mon_L3_00", "mon_L3_01"};
static struct domain domains[] = {{.path = domain_names[0]}, {.path = domain_names[1]}};
static struct column columns[2];
static struct slot slots[] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
static struct plan plan;
static struct sample_group sampled[GROUPS];
static struct report_group groups[GROUPS];
static struct cell totals[GROUPS][2], cells[GROUPS][4];
static struct report report;

/* Nobody writes to it. */
static char *literal(const char *text)
{
	return (char *)(uintptr_t)text;
}

static void set_cell(struct cell *cell, uint64_t gauge, double rate)
{
	*cell = (struct cell){.present = true, .has_rate = true, .rate = rate};
	cell->value = (struct rdtgrp_value){.status = RDTGRP_STATUS_OK, .integer = gauge};
}

static void add_group(const char *path, uint64_t inode, enum rdtgrp_type type, uint64_t gauge,
		      double rate)
{
	size_t i, at = report.group_count++;

	sampled[at] = (struct sample_group){
		.path = literal(path), .inode = inode, .type = type, .shown = true};
	for (i = 0; i < 2; i++)
		set_cell(&totals[at][i], gauge, rate);
	for (i = 0; i < 4; i++)
		set_cell(&cells[at][i], gauge / 2, rate / 2);
	groups[at] = (struct report_group){
		.group = &sampled[at], .totals = totals[at], .cells = cells[at]};
}

static int begin(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++)
		columns[i] = (struct column){.resource = resource,
					     .event = events[i],
					     .kind = rdtgrp_event_get_kind(events[i])};
	plan = (struct plan){.domains = domains,
			     .domain_count = 2,
			     .columns = columns,
			     .column_count = 2,
			     .slots = slots,
			     .slot_count = 4};
	report = (struct report){.plan = &plan, .groups = groups, .interval_s = 1};
	add_group("/", 1, RDTGRP_TYPE_CTRL_MON, 100, 1);
	add_group("mon_groups/m0", 2, RDTGRP_TYPE_MON, 200, 9e9);
	add_group("web", 3, RDTGRP_TYPE_CTRL_MON, 300, 5e9);
	add_group("web/mon_groups/api", 4, RDTGRP_TYPE_MON, 400, 7e9);
	add_group("zz", 5, RDTGRP_TYPE_CTRL_MON, 500, 6e9);
	return 0;
}

/* The rows' groups, in one string. */
static void assert_rows(const struct top_table *table, const struct top_view *view,
			const char *wanted)
{
	struct top_rows rows = {0};
	char found[400] = "";
	size_t i;

	top_rows_fill(&rows, table, view);
	for (i = 0; i < rows.count; i++) {
		size_t length = strlen(found);

		snprintf(found + length, sizeof(found) - length, "%s%u:%s", i ? " " : "",
			 rows.rows[i].depth, rows.rows[i].group->path);
	}
	top_rows_clear(&rows);
	assert_string_equal(found, wanted);
}

static void test_sort(void **state)
{
	struct top_table table = {0};
	struct top_view view = {.sort = 1};

	(void)state;
	top_table_update(&table, &report);
	assert_rows(&table, &view, "0:mon_groups/m0 0:web/mon_groups/api 0:zz 0:web 0:/");
	view.reverse = true;
	assert_rows(&table, &view, "0:/ 0:web 0:zz 0:web/mon_groups/api 0:mon_groups/m0");
	/* What is missing is last both ways. */
	totals[4][1].has_rate = false;
	snprintf(totals[4][1].rate_missing, sizeof(totals[4][1].rate_missing), "was error");
	top_table_update(&table, &report);
	assert_rows(&table, &view, "0:/ 0:web 0:web/mon_groups/api 0:mon_groups/m0 0:zz");
	view.reverse = false;
	assert_rows(&table, &view, "0:mon_groups/m0 0:web/mon_groups/api 0:web 0:/ 0:zz");
	assert_string_equal(top_table_number(&table, table.groups[4], 0, 1)->text, "- was error");
	view.sort = TOP_SORT_GROUP;
	assert_rows(&table, &view, "0:/ 0:mon_groups/m0 0:web 0:web/mon_groups/api 0:zz");
	/* The same numbers: by name. */
	totals[4][0] = totals[2][0];
	top_table_update(&table, &report);
	view.sort = 0;
	assert_rows(&table, &view, "0:web/mon_groups/api 0:web 0:zz 0:mon_groups/m0 0:/");
	top_table_clear(&table);
}

static void test_tree(void **state)
{
	struct top_table table = {0};
	struct top_view view = {.sort = 1, .tree = true};

	(void)state;
	/* Not the group's MON group, though the name begins so. */
	add_group("we", 6, RDTGRP_TYPE_CTRL_MON, 1, 8e9);
	top_table_update(&table, &report);
	assert_rows(&table, &view, "0:/ 1:mon_groups/m0 1:we 1:zz 1:web 2:web/mon_groups/api");
	snprintf(view.filter, sizeof(view.filter), "API");
	assert_rows(&table, &view, "0:/ 1:web 2:web/mon_groups/api");
	view.tree = false;
	assert_rows(&table, &view, "0:web/mon_groups/api");
	snprintf(view.filter, sizeof(view.filter), "nothing");
	assert_rows(&table, &view, "");
	view.tree = true;
	assert_rows(&table, &view, "");
	top_table_clear(&table);
}

static void test_domains(void **state)
{
	struct top_table table = {0};
	struct top_view view = {.sort = TOP_SORT_DOMAIN, .per_domain = true, .filter = "we"};
	struct top_rows rows = {0};
	size_t i;

	(void)state;
	/* No file of this group in domain 1, none at all of "zz". */
	cells[2][2].present = cells[2][3].present = false;
	for (i = 0; i < 4; i++)
		cells[4][i].present = false;
	top_table_update(&table, &report);
	top_rows_fill(&rows, &table, &view);
	assert_int_equal(rows.count, 3);
	assert_int_equal(rows.rows[0].place, 1);
	assert_string_equal(rows.rows[0].group->path, "web");
	assert_int_equal(rows.rows[1].place, 1);
	assert_int_equal(rows.rows[2].place, 2);
	assert_string_equal(rows.rows[2].group->path, "web/mon_groups/api");
	snprintf(view.filter, sizeof(view.filter), "zz");
	top_rows_fill(&rows, &table, &view);
	assert_int_equal(rows.count, 1);
	assert_int_equal(rows.rows[0].place, 0);
	top_rows_clear(&rows);
	top_table_clear(&table);
}

static void test_history(void **state)
{
	struct top_table table = {0};
	const struct top_group *web;
	size_t i;

	(void)state;
	for (i = 0; i < TOP_HISTORY + 5; i++) {
		totals[2][1].has_rate = i != TOP_HISTORY;
		totals[2][1].rate = (double)i;
		top_table_update(&table, &report);
	}
	web = table.groups[2];
	assert_true(top_table_past(&table, web, 0, 1, 0) == TOP_HISTORY + 4);
	assert_true(top_table_past(&table, web, 0, 1, TOP_HISTORY - 1) == 5);
	/* A gap, and no 0. */
	assert_true(isnan(top_table_past(&table, web, 0, 1, 4)));
	assert_true(isnan(top_table_past(&table, web, 0, 1, TOP_HISTORY)));
	/* A group that is made again under its name begins anew; a renamed one does not. */
	sampled[2].inode = 77;
	sampled[4].path = literal("renamed");
	top_table_update(&table, &report);
	for (i = 0; i < table.group_count; i++) {
		const struct top_group *group = table.groups[i];

		if (group->inode == 77)
			assert_true(isnan(top_table_past(&table, group, 0, 0, 1)));
		if (group->inode == 5) {
			assert_string_equal(group->label, "renamed");
			assert_false(isnan(top_table_past(&table, group, 0, 0, 1)));
		}
		assert_int_not_equal(group->inode, 3);
	}
	assert_int_equal(table.group_count, 5);
	top_table_clear(&table);
}

/* A domain and an event that are new leave the rest of the history where it is. */
static void test_growth(void **state)
{
	struct top_table table = {0};

	(void)state;
	plan.domain_count = 1;
	plan.slot_count = 2;
	top_table_update(&table, &report);
	totals[2][1].rate = 4e9;
	plan.domain_count = 2;
	plan.slot_count = 4;
	top_table_update(&table, &report);
	assert_int_equal(table.domain_count, 2);
	assert_true(top_table_past(&table, table.groups[2], 0, 1, 0) == 4e9F);
	assert_true(top_table_past(&table, table.groups[2], 0, 1, 1) == 5e9F);
	assert_true(isnan(top_table_past(&table, table.groups[2], 2, 1, 1)));
	top_table_clear(&table);
}

static void read_line(const struct top_canvas *canvas, int y, wchar_t *line)
{
	int x;

	*line = L'\0';
	for (x = 0; x < canvas->width; x++)
		wcscat(line, top_canvas_at(canvas, y, x)->text);
}

/* Every size is drawn within its bounds (the sanitizer looks), and a number is whole or marked as cut. */
static void test_sizes(void **state)
{
	struct top_scene scene = {.root = "/x", .foreign = true, .when = "12:00:00"};
	struct top_table table = {0};
	struct top_rows rows = {0};
	int height, width, flags;

	(void)state;
	totals[0][0].partial = true;
	totals[1][1].has_rate = false;
	sampled[2].path = literal("日本語と\xff\x1b[31m/mon_groups/x");
	top_table_update(&table, &report);
	for (flags = 0; flags < 32; flags++) {
		struct top_view view = {.sort = flags & 1 ? TOP_SORT_GROUP : 1,
					.tree = flags & 2,
					.per_domain = flags & 4,
					.typing = flags & 8,
					.meter = 1};

		top_rows_fill(&rows, &table, &view);
		for (height = 1; height < 14; height++) {
			for (width = 1; width < 230; width += width < 60 ? 1 : 7) {
				struct top_canvas canvas;
				wchar_t line[1200];
				int y;

				top_canvas_init(&canvas, height, width, flags & 16);
				view.help = height == 9;
				view.scroll = SIZE_MAX;
				top_draw(&canvas, &scene, &table, &rows, &view);
				assert_true(view.scroll < rows.count);
				for (y = 0; y < height; y++) {
					read_line(&canvas, y, line);
					assert_null(wcspbrk(line, L"\x1b\n\t"));
					/* The columns of 20 places are those of 20x5. */
					if (width == 20 && height > 4 && y == 2 && !flags &&
					    !view.help)
						assert_non_null(wcsstr(line, L"/s"));
				}
				top_canvas_clear(&canvas);
			}
		}
	}
	top_rows_clear(&rows);
	top_table_clear(&table);
}

static void assert_line(const struct top_canvas *canvas, const wchar_t *wanted)
{
	wchar_t line[200];

	read_line(canvas, 0, line);
	if (wcscmp(line, wanted) != 0)
		fail_msg("'%ls' is not '%ls'", line, wanted);
}

static void test_canvas(void **state)
{
	struct top_canvas canvas;

	(void)state;
	top_canvas_init(&canvas, 1, 10, true);
	top_canvas_put(&canvas, 0, 0, 4, TOP_LOOK_NORMAL, "abcd");
	top_canvas_put_right(&canvas, 0, 5, 5, TOP_LOOK_NORMAL, "xyz");
	assert_line(&canvas, L"abcd   xyz");
	top_canvas_put(&canvas, 0, 0, 4, TOP_LOOK_NORMAL, "abcde");
	assert_line(&canvas, L"abc…   xyz");
	/* Half a wide character does not fit. */
	top_canvas_put(&canvas, 0, 0, 4, TOP_LOOK_NORMAL, "日本語");
	assert_line(&canvas, L"日 …   xyz");
	/* e and an accent are one place; what would move the cursor is none. */
	top_canvas_put(&canvas, 0, 0, 4, TOP_LOOK_NORMAL, "e\xcc\x81\x1b\xff.");
	assert_line(&canvas, L"e\x301??.   xyz");
	top_canvas_put(&canvas, 0, 8, 50, TOP_LOOK_NORMAL, "12345");
	top_canvas_put(&canvas, 1, 0, 50, TOP_LOOK_NORMAL, "12345");
	top_canvas_put(&canvas, -1, -3, 50, TOP_LOOK_NORMAL, "12345");
	assert_line(&canvas, L"e\x301??.   x1…");
	top_canvas_clear(&canvas);
	top_canvas_init(&canvas, 1, 3, false);
	top_canvas_put(&canvas, 0, 0, 3, TOP_LOOK_NORMAL, "abcd");
	assert_line(&canvas, L"ab~");
	top_canvas_clear(&canvas);
}

static void press(struct top_view *view, const struct top_table *table, const char *keys)
{
	for (; *keys; keys++)
		top_view_key(view, table, (unsigned char)*keys);
}

static void test_keys(void **state)
{
	struct top_table table = {0};
	struct top_view view = {.sort = 1, .page = 10};

	(void)state;
	top_table_update(&table, &report);
	press(&view, &table, ">");
	assert_int_equal(view.sort, TOP_SORT_GROUP);
	press(&view, &table, ">>>");
	assert_int_equal(view.sort, TOP_SORT_GROUP);
	press(&view, &table, "d>");
	assert_int_equal(view.sort, TOP_SORT_DOMAIN);
	press(&view, &table, "<<");
	assert_int_equal(view.sort, 1);
	/* Without domains none is sorted by. */
	press(&view, &table, ">>d");
	assert_int_equal(view.sort, TOP_SORT_GROUP);
	press(&view, &table, "/aq");
	top_view_key(&view, &table, 0xe9);
	assert_string_equal(view.filter, "aqé");
	top_view_key(&view, &table, TOP_KEY_BACKSPACE);
	assert_string_equal(view.filter, "aq");
	top_view_key(&view, &table, TOP_KEY_UP);
	top_view_key(&view, &table, 1);
	assert_string_equal(view.filter, "aq");
	press(&view, &table, "\x7f\x7f\x7f");
	assert_string_equal(view.filter, "");
	/* It has its end. */
	for (size_t i = 0; i < 3 * sizeof(view.filter); i++)
		top_view_key(&view, &table, 0x65e5);
	assert_true(strlen(view.filter) < sizeof(view.filter));
	press(&view, &table, "\r");
	assert_false(view.typing);
	press(&view, &table, "\x1b");
	assert_string_equal(view.filter, "");
	press(&view, &table, "mm");
	assert_int_equal(view.meter, 0);
	top_view_key(&view, &table, TOP_KEY_UP);
	assert_int_equal(view.scroll, 0);
	top_view_key(&view, &table, TOP_KEY_END);
	top_view_key(&view, &table, TOP_KEY_PAGE_DOWN);
	assert_int_equal(view.scroll, SIZE_MAX);
	assert_false(view.quit);
	press(&view, &table, "hx");
	assert_false(view.help || view.quit);
	press(&view, &table, "hq");
	assert_true(view.quit);
	top_table_clear(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_sort, begin),
		cmocka_unit_test_setup(test_tree, begin),
		cmocka_unit_test_setup(test_domains, begin),
		cmocka_unit_test_setup(test_history, begin),
		cmocka_unit_test_setup(test_growth, begin),
		cmocka_unit_test_setup(test_sizes, begin),
		cmocka_unit_test_setup(test_canvas, begin),
		cmocka_unit_test_setup(test_keys, begin),
	};

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
