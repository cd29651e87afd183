/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_RUN_ARGS_H
#define RDTSTAT_RUN_ARGS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct options;

/* What rdtstat run is to do. */
struct run_args {
	/* Ends with NULL, for execvp(3); NULL: no command. The strings are main()'s. */
	char **command;
	unsigned long repeat;
	/* 0: no lines, only the report. */
	uint64_t interval_ns;
	/* Running processes, then running threads. */
	pid_t *targets;
	size_t process_count;
	size_t target_count;
};

/* What is wrong is told on stderr. @return an exit status; on failure there is nothing to clear. */
int run_args_parse(const struct options *options, struct run_args *args);
void run_args_clear(struct run_args *args);

#endif
