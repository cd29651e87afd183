/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_TOP_CANVAS_H
#define RDTSTAT_TOP_CANVAS_H

#include <stdbool.h>
#include <wchar.h>

/* The screen in memory: what is drawn goes here first, so that drawing knows nothing of terminals. */

enum top_look {
	TOP_LOOK_NORMAL,
	TOP_LOOK_TITLE,
	TOP_LOOK_HEADER,
	TOP_LOOK_SORTED, /* the header of the column that is sorted by */
	TOP_LOOK_MISSING,
	TOP_LOOK_PARTIAL,
	TOP_LOOK_BAR,
	TOP_LOOK_HISTORY,
	TOP_LOOK_ALARM,
	TOP_LOOK_COUNT,
};

/* A character with what is combined with it. */
#define TOP_CELL_MAX 4

struct top_canvas_cell {
	/* Ends with NUL; empty: the second half of the wide character before. */
	wchar_t text[TOP_CELL_MAX + 1];
	enum top_look look;
};

struct top_canvas {
	int height, width;
	/* False: ASCII alone. */
	bool utf8;
	/* Row by row. */
	struct top_canvas_cell *cells;
};

void top_canvas_init(struct top_canvas *canvas, int height, int width, bool utf8);
void top_canvas_clear(struct top_canvas *canvas);

const struct top_canvas_cell *top_canvas_at(const struct top_canvas *canvas, int y, int x);

/* Write text in a field that begins at x; what does not fit is cut off, and a mark at the end says so.
 * What lies outside the canvas is left out. */
void top_canvas_put(struct top_canvas *canvas, int y, int x, int field, enum top_look look,
		    const char *text);
/* The same at the right end of the field. */
void top_canvas_put_right(struct top_canvas *canvas, int y, int x, int field, enum top_look look,
			  const char *text);
void top_canvas_put_char(struct top_canvas *canvas, int y, int x, enum top_look look, wchar_t c);

/* The places that text takes on the screen. */
int top_text_width(const char *text);

#endif
