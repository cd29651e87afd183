/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_RUN_PROGRAM_H
#define RDTSTAT_RUN_PROGRAM_H

#include <stdbool.h>
#include <sys/types.h>

/* The command: a process that waits before exec until it is let go. Should rdtstat die before that, it
 * ends without having been the command at all. */
struct run_program {
	pid_t pid;
	/* Polls as readable when it has ended. */
	int pidfd;
	int go_fd;
	int error_fd;
	/* As the shell tells it: 126, 127, 128+n. Valid after run_program_reap(). */
	int status;
};

/* What hinders it is told on stderr. @return an exit status. */
int run_program_prepare(struct run_program *program, char *const command[]);

/* @return true: the command runs; false: it cannot be run, which was told on stderr, and the status is
 * set. */
bool run_program_go(struct run_program *program, const char *name);

/* Wait for its end and take its status; also of one that was never let go. */
void run_program_reap(struct run_program *program);

#endif
