// SPDX-License-Identifier: GPL-2.0-or-later
#include "top_layout.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "top_canvas.h"
#include "top_rows.h"
#include "top_table.h"
#include "top_view.h"
#include "xalloc.h"

#define NAME_MIN 7
/* "1023.9 GiB/s": a number is not to be cut off. */
#define NUMBER_MIN 12
/* "4.6 GiB/s", the scale in the title. */
#define BAR_MIN 10
#define BAR_MAX 40
#define HISTORY_MIN 6
#define DOMAIN_TITLE "DOMAIN"

const char *top_row_name(const struct top_view *view, const struct top_rows *rows, size_t index)
{
	const struct top_row *row = &rows->rows[index];

	/* What lies in no group that is shown has to say where it is. */
	return view->tree && row->depth ? row->group->name : row->group->label;
}

int top_row_indent(const struct top_view *view, const struct top_rows *rows, size_t index)
{
	return view->tree ? 2 * (int)rows->rows[index].depth : 0;
}

static int larger(int a, int b)
{
	return a > b ? a : b;
}

static int smaller(int a, int b)
{
	return a < b ? a : b;
}

static int name_width(const struct top_view *view, const struct top_rows *rows)
{
	int width = (int)strlen("GROUP");
	size_t i;

	for (i = 0; i < rows->count; i++)
		width = larger(width, top_row_indent(view, rows, i) +
					      top_text_width(top_row_name(view, rows, i)));
	return width;
}

static int domain_width(const struct top_table *table)
{
	int width = (int)strlen(DOMAIN_TITLE);
	size_t i;

	for (i = 0; i < table->domain_count; i++)
		width = larger(width, top_text_width(table->domains[i]));
	return width;
}

/* Wide enough for all that stands in the column. */
static int column_width(const struct top_table *table, const struct top_rows *rows, size_t column)
{
	/* One place is for the arrow of the column that is sorted by. */
	int width = larger(NUMBER_MIN, 1 + top_text_width(table->columns[column].title));
	size_t i;

	for (i = 0; i < rows->count; i++) {
		const struct top_number *number =
			top_table_number(table, rows->rows[i].group, rows->rows[i].place, column);

		if (number->present)
			width = larger(width, top_text_width(number->text));
	}
	return width;
}

/* Give a column `width` places, if there are as many left with the one before it. */
static bool give(int *left, int *column, int width)
{
	if (*column || *left < width + 1)
		return false;
	*column = width;
	*left -= width + 1;
	return true;
}

/* Make a column that is shown wider, as far as it wants to be and there is room. */
static void grow(int *left, int *column, int wanted)
{
	int more = smaller(*left, wanted - *column);

	if (!*column || more <= 0)
		return;
	*column += more;
	*left -= more;
}

void top_layout_init(struct top_layout *layout, int width, const struct top_table *table,
		     const struct top_rows *rows, const struct top_view *view)
{
	int name = name_width(view, rows), left = width;
	size_t i, count = table->column_count;

	*layout = (struct top_layout){.columns = xcalloc(count, sizeof(*layout->columns))};
	layout->name = smaller(width, smaller(name, larger(NAME_MIN, width / 4)));
	left -= layout->name;
	if (count) {
		bool sorted = view->sort >= 0 && (size_t)view->sort < count;

		/* What is sorted by, then where from whom, what the bars are of, and the rest. */
		give(&left, &layout->columns[sorted ? (size_t)view->sort : view->meter % count],
		     NUMBER_MIN);
	}
	if (view->per_domain)
		give(&left, &layout->domain, domain_width(table));
	if (count) {
		give(&left, &layout->columns[view->meter % count], NUMBER_MIN);
		give(&left, &layout->bar, BAR_MIN);
	}
	for (i = 0; i < count; i++)
		give(&left, &layout->columns[i], NUMBER_MIN);
	if (count)
		give(&left, &layout->history, HISTORY_MIN);
	for (i = 0; i < count; i++)
		grow(&left, &layout->columns[i], column_width(table, rows, i));
	grow(&left, &layout->name, name);
	/* What is left goes to both, the history as far as it reaches. */
	if (layout->bar && layout->history)
		grow(&left, &layout->bar, smaller(BAR_MAX, BAR_MIN + left / 2));
	grow(&left, &layout->history, TOP_HISTORY);
	grow(&left, &layout->bar, BAR_MAX);
}

void top_layout_clear(struct top_layout *layout)
{
	free(layout->columns);
	layout->columns = NULL;
}
