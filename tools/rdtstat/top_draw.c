// SPDX-License-Identifier: GPL-2.0-or-later
#include "top_draw.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "top_canvas.h"
#include "top_layout.h"
#include "top_rows.h"
#include "top_table.h"
#include "top_view.h"
#include "units.h"
#include "xalloc.h"

static const wchar_t blocks[] = L" ▏▎▍▌▋▊▉█";
static const wchar_t levels[] = L"▁▂▃▄▅▆▇█";
static const wchar_t ascii_levels[] = L"_.:-=+*#";

static const char help_text[] =
	"q            quit\n"
	"h ?          this help\n"
	"space p      pause and go on\n"
	"< > arrows   sort by the column beside\n"
	"r            the other way round\n"
	"t            tree or flat\n"
	"d            a row for each domain\n"
	"/            filter by name (Enter keeps it, Esc drops it)\n"
	"m            bars and history of the next column\n"
	"j k arrows, PgUp PgDn Home End   scroll\n"
	"\n"
	"Rates are over the interval just past. A control group's numbers\n"
	"include its MON groups. - and a word: there is no number, and why.\n"
	"+ behind a number: there is at least so much. Bars are all to one\n"
	"scale, each history to its own; a gap is a missing number.\n";

static void draw_row_bar(struct top_canvas *canvas, int y, int x, int width, double part)
{
	int i, eighths;

	if (!(part > 0))
		return;
	if (part > 1)
		part = 1;
	eighths = (int)lround(part * width * 8);
	for (i = 0; i < width; i++, eighths -= 8) {
		if (canvas->utf8 && eighths > 0)
			top_canvas_put_char(canvas, y, x + i, TOP_LOOK_BAR,
					    blocks[eighths > 8 ? 8 : eighths]);
		else if (!canvas->utf8 && eighths >= 4)
			top_canvas_put_char(canvas, y, x + i, TOP_LOOK_BAR, L'#');
	}
}

static void draw_history(struct top_canvas *canvas, int y, int x, int width,
			 const struct top_table *table, const struct top_row *row, size_t column)
{
	const wchar_t *steps = canvas->utf8 ? levels : ascii_levels;
	float highest = 0, number;
	int age;

	for (age = 0; age < width; age++) {
		number = top_table_past(table, row->group, row->place, column, (size_t)age);
		if (number > highest)
			highest = number;
	}
	for (age = 0; age < width; age++) {
		long step = 0;

		number = top_table_past(table, row->group, row->place, column, (size_t)age);
		if (isnan(number))
			continue;
		if (highest > 0)
			step = lroundf(number / highest * 7);
		top_canvas_put_char(canvas, y, x + width - 1 - age, TOP_LOOK_HISTORY,
				    steps[step < 0 ? 0 : step]);
	}
}

/* The largest number in the column: a full bar. */
static double find_scale(const struct top_table *table, const struct top_rows *rows, size_t column)
{
	double scale = 0;
	size_t i;

	for (i = 0; i < rows->count; i++) {
		const struct top_number *number =
			top_table_number(table, rows->rows[i].group, rows->rows[i].place, column);

		if (number->known && number->number > scale)
			scale = number->number;
	}
	return scale;
}

static char *scale_title(const struct top_column *column, double scale, enum units units)
{
	struct rdtgrp_value value = {.status = RDTGRP_STATUS_OK, .integer = (uint64_t)scale};
	char *number = column->is_rate ? units_rate(scale, column->unit, units)
				       : units_value(&value, column->unit, units);
	char *title = xasprintf("%s %s", number, column->title);

	free(number);
	return title;
}

static void draw_header(struct top_canvas *canvas, int y, const struct top_layout *layout,
			const struct top_table *table, const struct top_view *view, double scale)
{
	const char *down = canvas->utf8 ? "▼" : "v", *up = canvas->utf8 ? "▲" : "^";
	/* Names go up, numbers down, if nothing is turned round. */
	const char *arrow = (view->sort < 0) == view->reverse ? down : up;
	bool by_group = view->sort == TOP_SORT_GROUP, by_domain = view->sort == TOP_SORT_DOMAIN;
	char *title;
	size_t i;
	int x;

	for (x = 0; x < canvas->width; x++)
		top_canvas_put_char(canvas, y, x, TOP_LOOK_HEADER, L' ');
	title = xasprintf("GROUP%s", by_group ? arrow : "");
	top_canvas_put(canvas, y, 0, layout->name, by_group ? TOP_LOOK_SORTED : TOP_LOOK_HEADER,
		       title);
	free(title);
	x = layout->name + 1;
	if (layout->domain) {
		title = xasprintf("DOMAIN%s", by_domain ? arrow : "");
		top_canvas_put(canvas, y, x, layout->domain,
			       by_domain ? TOP_LOOK_SORTED : TOP_LOOK_HEADER, title);
		free(title);
		x += layout->domain + 1;
	}
	for (i = 0; i < table->column_count; i++) {
		bool sorted = view->sort == (ssize_t)i;

		if (!layout->columns[i])
			continue;
		title = xasprintf("%s%s", table->columns[i].title, sorted ? arrow : "");
		top_canvas_put_right(canvas, y, x, layout->columns[i],
				     sorted ? TOP_LOOK_SORTED : TOP_LOOK_HEADER, title);
		free(title);
		x += layout->columns[i] + 1;
	}
	if (layout->bar) {
		title = scale_title(&table->columns[view->meter], scale, table->units);
		top_canvas_put(canvas, y, x, layout->bar, TOP_LOOK_HEADER, title);
		free(title);
		x += layout->bar + 1;
	}
	if (layout->history)
		top_canvas_put(canvas, y, x, layout->history, TOP_LOOK_HEADER, "PAST");
}

static void draw_row(struct top_canvas *canvas, int y, const struct top_layout *layout,
		     const struct top_table *table, const struct top_rows *rows, size_t index,
		     const struct top_view *view, double scale)
{
	const struct top_row *row = &rows->rows[index];
	int x = layout->name + 1, indent = top_row_indent(view, rows, index);
	size_t i;

	top_canvas_put(canvas, y, indent, layout->name - indent, TOP_LOOK_NORMAL,
		       top_row_name(view, rows, index));
	if (layout->domain) {
		if (row->place)
			top_canvas_put(canvas, y, x, layout->domain, TOP_LOOK_NORMAL,
				       table->domains[row->place - 1]);
		x += layout->domain + 1;
	}
	for (i = 0; i < table->column_count; i++) {
		const struct top_number *number =
			top_table_number(table, row->group, row->place, i);

		if (!layout->columns[i])
			continue;
		if (number->present)
			top_canvas_put_right(canvas, y, x, layout->columns[i],
					     !number->known    ? TOP_LOOK_MISSING
					     : number->partial ? TOP_LOOK_PARTIAL
							       : TOP_LOOK_NORMAL,
					     number->text);
		x += layout->columns[i] + 1;
	}
	if (layout->bar) {
		const struct top_number *number =
			top_table_number(table, row->group, row->place, view->meter);

		if (number->known && scale > 0)
			draw_row_bar(canvas, y, x, layout->bar, number->number / scale);
		x += layout->bar + 1;
	}
	if (layout->history)
		draw_history(canvas, y, x, layout->history, table, row, view->meter);
}

/* What matters most stands first: a narrow screen cuts the rest off. */
static void draw_title(struct top_canvas *canvas, const struct top_scene *scene,
		       const struct top_table *table, const struct top_view *view)
{
	const char *mark = !scene->foreign	  ? ""
			   : canvas->width >= 120 ? "[not resctrl: a simulator or captured tree] "
						  : "[not resctrl] ";
	char *over = *scene->when ? xasprintf("over %.3f s", scene->interval_s) : xstrdup("");
	char *text = xasprintf("%s%s  %s  %zu %s  %s%s%s", mark, scene->when, over,
			       table->group_count, table->group_count == 1 ? "group" : "groups",
			       scene->root, *view->filter ? "  filter: " : "", view->filter);
	int x = 0;

	if (view->paused) {
		top_canvas_put(canvas, 0, 0, canvas->width, TOP_LOOK_ALARM, "PAUSED");
		x = 7;
	}
	top_canvas_put(canvas, 0, x, canvas->width - x, TOP_LOOK_TITLE, text);
	free(text);
	free(over);
}

static void draw_bottom(struct top_canvas *canvas, const struct top_scene *scene,
			const struct top_view *view, size_t row_count)
{
	int y = canvas->height - 1;
	char *text;

	if (view->typing) {
		text = xasprintf("filter: %s_", view->filter);
		top_canvas_put(canvas, y, 0, canvas->width, TOP_LOOK_ALARM, text);
		free(text);
	} else if (scene->trouble) {
		top_canvas_put(canvas, y, 0, canvas->width, TOP_LOOK_ALARM, scene->trouble);
	} else if (row_count > view->page) {
		text = xasprintf("rows %zu-%zu of %zu  q quit  h help", view->scroll + 1,
				 view->scroll + view->page, row_count);
		top_canvas_put(canvas, y, 0, canvas->width, TOP_LOOK_TITLE, text);
		free(text);
	} else {
		top_canvas_put(canvas, y, 0, canvas->width, TOP_LOOK_TITLE,
			       "q quit  h help  / filter  <> sort  r reverse  t tree  "
			       "d domains  m bars  p pause");
	}
}

static void draw_help(struct top_canvas *canvas)
{
	char *text = xstrdup(help_text), *line = text, *next;
	int y;

	for (y = 0; line && *line && y < canvas->height; y++, line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		top_canvas_put(canvas, y, 0, canvas->width, TOP_LOOK_NORMAL, line);
	}
	free(text);
	if (canvas->height > y)
		top_canvas_put(canvas, canvas->height - 1, 0, canvas->width, TOP_LOOK_TITLE,
			       "any key: back");
}

static void keep_in_bounds(struct top_view *view, size_t row_count)
{
	/* Where there is no room for rows, scroll goes as if there were some for one. */
	size_t page = view->page ? view->page : 1, last = row_count > page ? row_count - page : 0;

	if (view->scroll > last)
		view->scroll = last;
}

void top_draw(struct top_canvas *canvas, const struct top_scene *scene,
	      const struct top_table *table, const struct top_rows *rows, struct top_view *view)
{
	/* A low screen keeps the rows. */
	bool title = canvas->height >= 4, header = canvas->height >= 2;
	bool bottom = canvas->height >= 4 || view->typing;
	int y, room = canvas->height - title - header - bottom;
	struct top_layout layout;
	double scale;
	size_t i;

	view->page = room > 0 ? (size_t)room : 0;
	keep_in_bounds(view, rows->count);
	if (view->help) {
		draw_help(canvas);
		return;
	}
	if (title)
		draw_title(canvas, scene, table, view);
	if (table->column_count) {
		view->meter %= table->column_count;
		scale = find_scale(table, rows, view->meter);
		top_layout_init(&layout, canvas->width, table, rows, view);
		y = title;
		if (header)
			draw_header(canvas, y++, &layout, table, view, scale);
		for (i = 0; i < view->page && view->scroll + i < rows->count; i++)
			draw_row(canvas, y++, &layout, table, rows, view->scroll + i, view, scale);
		top_layout_clear(&layout);
	} else {
		char *text = xasprintf("the first numbers come after %.3g s", scene->delay_s);

		top_canvas_put(canvas, title, 0, canvas->width, TOP_LOOK_NORMAL, text);
		free(text);
	}
	if (bottom)
		draw_bottom(canvas, scene, view, rows->count);
}
