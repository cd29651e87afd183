/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_TOP_DRAW_H
#define RDTSTAT_TOP_DRAW_H

#include <stdbool.h>

struct top_canvas;
struct top_rows;
struct top_table;
struct top_view;

/* What stands around the table. */
struct top_scene {
	/* The tree that is looked at, made harmless, and whether it is not resctrl. */
	const char *root;
	bool foreign;
	/* The time of the report, and over how long it is; "": there is none yet. */
	char when[16];
	double interval_s;
	/* The time between two samples. */
	double delay_s;
	/* What was in the way last, made harmless; NULL: nothing. */
	const char *trouble;
};

/* Draw the screen of whatever size. It sets the view's page and keeps its scroll in bounds. */
void top_draw(struct top_canvas *canvas, const struct top_scene *scene,
	      const struct top_table *table, const struct top_rows *rows, struct top_view *view);

#endif
