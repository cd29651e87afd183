// SPDX-License-Identifier: GPL-2.0-or-later
#include "top_canvas.h"

#include <stdlib.h>
#include <string.h>

#include "xalloc.h"

void top_canvas_init(struct top_canvas *canvas, int height, int width, bool utf8)
{
	size_t i, count = (size_t)height * (size_t)width;

	*canvas = (struct top_canvas){.height = height, .width = width, .utf8 = utf8};
	canvas->cells = xcalloc(count, sizeof(*canvas->cells));
	for (i = 0; i < count; i++)
		canvas->cells[i].text[0] = L' ';
}

void top_canvas_clear(struct top_canvas *canvas)
{
	free(canvas->cells);
	canvas->cells = NULL;
}

static struct top_canvas_cell *cell_at(const struct top_canvas *canvas, int y, int x)
{
	if (y < 0 || y >= canvas->height || x < 0 || x >= canvas->width)
		return NULL;
	return &canvas->cells[(size_t)y * (size_t)canvas->width + (size_t)x];
}

const struct top_canvas_cell *top_canvas_at(const struct top_canvas *canvas, int y, int x)
{
	return cell_at(canvas, y, x);
}

/* Take the next character. What is none, or would move the cursor, becomes a question mark: names have
 * been made harmless before, and this is the last door. @return its width, or -1 at the end. */
static int next_char(const char **text, mbstate_t *state, wchar_t *ret_char)
{
	size_t length;
	int width;

	if (!**text)
		return -1;
	length = mbrtowc(ret_char, *text, strlen(*text), state);
	if (length == (size_t)-1 || length == (size_t)-2 || length == 0) {
		memset(state, 0, sizeof(*state));
		*ret_char = L'?';
		length = 1;
	}
	*text += length;
	width = wcwidth(*ret_char);
	if (width < 0) {
		*ret_char = L'?';
		width = 1;
	}
	return width;
}

int top_text_width(const char *text)
{
	mbstate_t state = {0};
	int width, sum = 0;
	wchar_t c;

	while ((width = next_char(&text, &state, &c)) >= 0)
		sum += width;
	return sum;
}

void top_canvas_put_char(struct top_canvas *canvas, int y, int x, enum top_look look, wchar_t c)
{
	struct top_canvas_cell *cell = cell_at(canvas, y, x);

	if (cell)
		*cell = (struct top_canvas_cell){.text = {c}, .look = look};
}

/* Add a character of no width to the one before. */
static void combine(struct top_canvas *canvas, int y, int x, wchar_t c)
{
	struct top_canvas_cell *cell = cell_at(canvas, y, x);
	size_t length;

	if (!cell || !cell->text[0])
		return;
	length = wcslen(cell->text);
	if (length < TOP_CELL_MAX)
		cell->text[length] = c;
}

void top_canvas_put(struct top_canvas *canvas, int y, int x, int field, enum top_look look,
		    const char *text)
{
	mbstate_t state = {0};
	int width, at = 0, last = 0;
	bool cut;
	wchar_t c;

	if (field > canvas->width - x)
		field = canvas->width - x;
	if (field <= 0)
		return;
	cut = top_text_width(text) > field;
	while ((width = next_char(&text, &state, &c)) >= 0 && at + width <= field - cut) {
		if (width == 0) {
			combine(canvas, y, x + last, c);
			continue;
		}
		top_canvas_put_char(canvas, y, x + at, look, c);
		if (width == 2)
			top_canvas_put_char(canvas, y, x + at + 1, look, L'\0');
		last = at;
		at += width;
	}
	if (cut) {
		/* A wide character may have left one place more. */
		for (; at < field - 1; at++)
			top_canvas_put_char(canvas, y, x + at, look, L' ');
		top_canvas_put_char(canvas, y, x + at, look, canvas->utf8 ? L'…' : L'~');
	}
}

void top_canvas_put_right(struct top_canvas *canvas, int y, int x, int field, enum top_look look,
			  const char *text)
{
	int left = field - top_text_width(text);

	if (left < 0)
		left = 0;
	top_canvas_put(canvas, y, x + left, field - left, look, text);
}
