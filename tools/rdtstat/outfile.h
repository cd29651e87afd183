/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_OUTFILE_H
#define RDTSTAT_OUTFILE_H

#include <stddef.h>

/* Write a file all at once: it is the old one, or none, until the new one is whole. A file that is
 * there keeps its mode. What goes wrong is told on stderr. @return an exit status. */
int outfile_write(const char *path, const char *bytes, size_t size);

#endif
