/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_FILE_H
#define RDTSTAT_FILE_H

#include <stddef.h>

/* Read all of a regular file, at most 64 MiB. `flags` go to openat(2) besides those for reading.
 * @param ret_bytes the caller's, to be freed; a NUL stands behind them.
 * @return 0 or a negative errno: -EINVAL: no regular file, -EFBIG: larger. */
int file_read(int dirfd, const char *path, int flags, char **ret_bytes, size_t *ret_size);

/* Write all of it. @return 0 or a negative errno. */
int file_write(int fd, const char *bytes, size_t size);

/* The next word of a text, separated by any of `separators`, cut out; NULL at the end. */
char *next_word(char **text, const char *separators);

#endif
