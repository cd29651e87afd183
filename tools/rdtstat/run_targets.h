/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_RUN_TARGETS_H
#define RDTSTAT_RUN_TARGETS_H

#include <rdtgrp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run_args.h"
#include "run_places.h"

/* Running processes and threads that are measured, and where they came from. */
struct run_targets {
	struct run_target {
		pid_t id;
		pid_t process;
		uint64_t start;
		/* A process with all of its threads: polls as readable when it has ended. Otherwise -1. */
		int pidfd;
		bool whole;
		bool ended;
	} * targets;
	size_t count;
	/* The threads that came from MON groups, and these groups. All others are the control group's,
	 * where the kernel puts what is left in a group that is removed. */
	struct run_origin {
		pid_t tid;
		struct rdtgrp *group;
	} * origins;
	size_t origin_count;
	size_t origin_capacity;
};

/* What is wrong is told on stderr. @return an exit status. */
int run_targets_find(struct run_targets *targets, const struct run_args *args);
void run_targets_clear(struct run_targets *targets);

/* The control group that all are in, by its index in the tree. @return an exit status. */
int run_targets_control(const struct run_targets *targets, const struct run_places *places,
			size_t *ret_control);

/* Move them into the group. After a failure, which is told, some may be in it. @return an exit status. */
int run_targets_take(struct run_targets *targets, const struct run_places *places,
		     const struct rdtgrp *group);

/* Have all ended? */
bool run_targets_ended(struct run_targets *targets);

/* Move them back, and their children to where their parents were. What cannot be is told.
 * @return an exit status. */
int run_targets_put_back(struct run_targets *targets, const struct rdtgrp *group);

#endif
