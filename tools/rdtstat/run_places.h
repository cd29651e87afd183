/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_RUN_PLACES_H
#define RDTSTAT_RUN_PLACES_H

#include <rdtgrp.h>
#include <stddef.h>
#include <sys/types.h>

struct root;

/* Which thread is in which group, by the groups' tasks files. */
struct run_places {
	struct rdtgrp_tree *tree;
	/* A CTRL_MON group's threads come before those of its MON groups, and hold them too. */
	struct run_place {
		pid_t tid;
		size_t group;
	} * places;
	size_t count;
	size_t capacity;
};

/* Groups whose tasks cannot be read are left out. @return 0 or a negative errno of the library. */
int run_places_read(const struct root *root, struct run_places *places);
void run_places_clear(struct run_places *places);

/* The index in the tree of the thread's group, or of its control group. */
size_t run_places_group(const struct run_places *places, pid_t tid);
size_t run_places_control(const struct run_places *places, pid_t tid);

#endif
