/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_RUN_GROUP_H
#define RDTSTAT_RUN_GROUP_H

#include <rdtgrp.h>
#include <stddef.h>

struct root;

/*
 * The temporary MON group. Its name holds the id and the start time of the process that made it, and that
 * process keeps the directory locked by flock(2): the kernel lets go of the lock however it dies. So a
 * group is a dead one's if it can be locked and no such process is there.
 */

/* Remove the groups that dead ones left in the tree. What may not be removed is another user's to remove. */
void run_group_clear_dead(const struct root *root);

/* Make the group below the control group at the tree's index. What hinders it is told on stderr. There is
 * one at most; it is removed at exit(3) at the latest, but in no other process that comes of this one.
 * @return the group, borrowed, or NULL. */
struct rdtgrp *run_group_make(const struct root *root, const struct rdtgrp_tree *tree,
			      size_t control);

/* Its path from the root. */
const char *run_group_path(void);

/* Remove it; its tasks go to the control group. @return an exit status. */
int run_group_remove(void);

#endif
