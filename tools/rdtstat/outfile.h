/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_OUTFILE_H
#define RDTSTAT_OUTFILE_H

#include <stddef.h>

/* Can it be written, as far as can be known before? If not it is told on stderr. @return an exit status. */
int outfile_check(const char *path);

/* Write a file all at once: it is the old one, or none, until the new one is whole. A file that is
 * there keeps its mode. A symbolic link is followed. What is no regular file, or is named by a file
 * descriptor (/dev/stdout), is written into. What goes wrong is told on stderr. @return an exit status. */
int outfile_write(const char *path, const char *bytes, size_t size);

#endif
