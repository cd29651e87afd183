/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_RUN_PROC_H
#define RDTSTAT_RUN_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What /proc says of a thread. */
struct run_proc {
	/* Clock ticks since boot: with the id it names a thread for ever. */
	uint64_t start;
	pid_t parent;
	/* The thread group's id, which is the process's. */
	pid_t process;
	/* It runs no more, and waits only to be reaped. */
	bool ended;
};

/* @return false: there is no such thread, or it cannot be found out. */
bool run_proc_read(pid_t tid, struct run_proc *ret_proc);

#endif
