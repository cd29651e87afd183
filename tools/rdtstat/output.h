/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_OUTPUT_H
#define RDTSTAT_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Standard output is the result of this program: what does not arrive there is a failure, and it is
 * told, except where the reader has gone (EPIPE): then there is nobody to tell.
 *
 * What is printed is kept in memory until it is sent, so that a report goes out in one piece and the
 * errno of a failed write is not lost, as it is inside stdio.
 */

/* Print here. */
extern FILE *output;

/* Before anything else is opened: fill the gaps at fd 0 to 2, so that no file of ours is taken for one of
 * the three. @return an exit status. */
int output_open(void);

/* Refuse a closed stdout before any work is done for it. @return an exit status. */
int output_check(void);

/* Send what has been printed since the last time. @return an exit status. */
int output_send(void);

/* The same to another place, and nothing is told. @return 0 or a negative errno. */
int output_send_to(int fd);

/* Replace a file by all of it (outfile.h). @return an exit status. */
int output_replace(const char *path);

/* Send the rest, if `send`, and close: some filesystems tell a failed write only now.
 * @return an exit status. */
int output_close(bool send);

#endif
