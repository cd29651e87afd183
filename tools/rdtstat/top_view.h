/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_TOP_VIEW_H
#define RDTSTAT_TOP_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct top_table;

/* How the table is to be shown, and what keys do to that. */

/* What is sorted by, beside the columns of the table, which count from 0. */
enum {
	TOP_SORT_GROUP = -1,
	TOP_SORT_DOMAIN = -2,
};

/* Keys that are no characters. Characters are themselves. */
enum top_key {
	TOP_KEY_NONE = 0,
	TOP_KEY_UP = 0x110000,
	TOP_KEY_DOWN,
	TOP_KEY_LEFT,
	TOP_KEY_RIGHT,
	TOP_KEY_PAGE_UP,
	TOP_KEY_PAGE_DOWN,
	TOP_KEY_HOME,
	TOP_KEY_END,
	TOP_KEY_BACKSPACE,
	TOP_KEY_HELP,
};

struct top_view {
	ssize_t sort;
	bool reverse;
	bool tree;
	bool per_domain;
	bool paused;
	bool help;
	/* The filter is being typed. */
	bool typing;
	/* In the terminal's characters, and matched with names as they are shown. */
	char filter[128];
	/* The column of bars and history. */
	size_t meter;
	/* The first row on the screen. */
	size_t scroll;
	/* The rows that the screen has room for; drawing sets it. */
	size_t page;
	bool quit;
};

void top_view_key(struct top_view *view, const struct top_table *table, uint32_t key);

#endif
