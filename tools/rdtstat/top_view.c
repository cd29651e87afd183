// SPDX-License-Identifier: GPL-2.0-or-later
#include "top_view.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "top_table.h"

#define KEY_ESCAPE 0x1b
#define KEY_DELETE 0x7f

/* One character less, of however many bytes. */
static void shorten(char *filter)
{
	mbstate_t state = {0};
	size_t last = 0, at = 0;

	while (filter[at]) {
		size_t length = mbrlen(filter + at, strlen(filter + at), &state);

		if (length == (size_t)-1 || length == (size_t)-2) {
			memset(&state, 0, sizeof(state));
			length = 1;
		}
		last = at;
		at += length;
	}
	filter[last] = '\0';
}

static void lengthen(struct top_view *view, wchar_t c)
{
	size_t length = strlen(view->filter), more;
	mbstate_t state = {0};
	char bytes[16];

	if (wcwidth(c) <= 0)
		return;
	more = wcrtomb(bytes, c, &state);
	if (more == (size_t)-1 || length + more >= sizeof(view->filter))
		return;
	memcpy(view->filter + length, bytes, more);
	view->filter[length + more] = '\0';
}

static void type(struct top_view *view, uint32_t key)
{
	switch (key) {
	case '\r':
	case '\n':
		view->typing = false;
		break;
	case KEY_ESCAPE:
		view->typing = false;
		view->filter[0] = '\0';
		break;
	case '\b':
	case KEY_DELETE:
	case TOP_KEY_BACKSPACE:
		shorten(view->filter);
		break;
	case 'U' - '@':
		view->filter[0] = '\0';
		break;
	default:
		if (key < TOP_KEY_UP)
			lengthen(view, (wchar_t)key);
	}
	view->scroll = 0;
}

/* The columns as they stand on the screen, from left to right: group, domain, then the table's. */
static void choose_sort(struct top_view *view, const struct top_table *table, int step)
{
	ssize_t first = view->per_domain ? 2 : 1;
	ssize_t count = first + (ssize_t)table->column_count;
	ssize_t at = view->sort >= 0 ? view->sort + first : -1 - view->sort;

	at = (at + step + count) % count;
	view->sort = at >= first ? at - first : -1 - at;
	view->reverse = false;
}

static void turn_per_domain(struct top_view *view)
{
	view->per_domain = !view->per_domain;
	if (!view->per_domain && view->sort == TOP_SORT_DOMAIN)
		view->sort = TOP_SORT_GROUP;
	view->scroll = 0;
}

static void scroll(struct top_view *view, ssize_t rows)
{
	/* Drawing knows how many rows there are, and goes back where this is too far. */
	if (rows < 0 && view->scroll < (size_t)-rows)
		view->scroll = 0;
	else if (rows >= 0 && view->scroll > SIZE_MAX / 2)
		return;
	else
		view->scroll = (size_t)((ssize_t)view->scroll + rows);
}

void top_view_key(struct top_view *view, const struct top_table *table, uint32_t key)
{
	if (view->typing) {
		type(view, key);
		return;
	}
	if (view->help) {
		/* Any key closes the help; this one ends the program all the same. */
		view->help = false;
		view->quit = key == 'q';
		return;
	}
	switch (key) {
	case 'q':
		view->quit = true;
		break;
	case 'h':
	case '?':
	case TOP_KEY_HELP:
		view->help = true;
		break;
	case ' ':
	case 'p':
		view->paused = !view->paused;
		break;
	case 't':
		view->tree = !view->tree;
		view->scroll = 0;
		break;
	case 'd':
		turn_per_domain(view);
		break;
	case '/':
		view->typing = true;
		break;
	case KEY_ESCAPE:
		view->filter[0] = '\0';
		break;
	case '<':
	case TOP_KEY_LEFT:
		choose_sort(view, table, -1);
		break;
	case '>':
	case TOP_KEY_RIGHT:
		choose_sort(view, table, 1);
		break;
	case 'r':
		view->reverse = !view->reverse;
		break;
	case 'm':
		if (table->column_count)
			view->meter = (view->meter + 1) % table->column_count;
		break;
	case 'k':
	case TOP_KEY_UP:
		scroll(view, -1);
		break;
	case 'j':
	case TOP_KEY_DOWN:
		scroll(view, 1);
		break;
	case TOP_KEY_PAGE_UP:
		scroll(view, -(ssize_t)view->page);
		break;
	case TOP_KEY_PAGE_DOWN:
		scroll(view, (ssize_t)view->page);
		break;
	case 'g':
	case TOP_KEY_HOME:
		view->scroll = 0;
		break;
	case 'G':
	case TOP_KEY_END:
		view->scroll = SIZE_MAX;
		break;
	default:
		break;
	}
}
