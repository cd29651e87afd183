/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_SCREEN_H
#define RDTSTAT_SCREEN_H

#include <stddef.h>

/* The size of the terminal on standard output, as it is now; SIZE_MAX where it is none. */
size_t screen_lines(void);
size_t screen_columns(void);

#endif
