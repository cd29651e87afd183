/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_COLOR_H
#define RDTSTAT_COLOR_H

#include <stdbool.h>

/* The same as in top: red and yellow of the terminal's own palette. */
#define COLOR_OF_MISSING "\033[31m"
#define COLOR_OF_PARTIAL "\033[33m"

enum color_when {
	COLOR_WHEN_AUTO,
	COLOR_WHEN_ALWAYS,
	COLOR_WHEN_NEVER,
};

/* Does standard output get color? */
bool color_wanted(enum color_when when);

#endif
