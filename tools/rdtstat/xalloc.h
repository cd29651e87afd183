/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_XALLOC_H
#define RDTSTAT_XALLOC_H

#include <stdarg.h>
#include <stddef.h>

/* Allocation that ends the program where there is no memory: a tool has nothing to save. */

void *xcalloc(size_t count, size_t size);
/* An array with room for at least one element more than `count`: it doubles, so that appending one
 * by one is cheap. `*capacity` is the room there is. */
void *xgrow(void *array, size_t count, size_t *capacity, size_t size);
char *xstrdup(const char *text);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

/* What is left to do when a library says that there is no memory. */
void out_of_memory(void) __attribute__((noreturn));

#endif
