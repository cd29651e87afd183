/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_UNPACK_H
#define RDTSTAT_UNPACK_H

#include <stdbool.h>
#include <sys/types.h>

/* What rdtstat capture has packed, unpacked in a directory of its own. That is removed in the end, however
 * the program ends: a process that does nothing else waits for it. */
struct unpacked {
	/* NULL: nothing is unpacked. */
	char *directory;
	pid_t remover;
	/* The remover waits for the end of this pipe. */
	int pipe;
};

/* Is it a file, which an archive has to be, and no directory? */
bool unpack_is_archive(const char *path);

/* Unpack directories and regular files; an archive with anything else in it, with a path that leads out of
 * it or with more than a capture can have is refused. What is wrong is told.
 * @return an exit status; if it is none of success there is nothing to remove. */
int unpack_open(const char *path, struct unpacked *unpacked);

/* Remove the directory. Also of an all-zero struct. */
void unpack_close(struct unpacked *unpacked);

#endif
