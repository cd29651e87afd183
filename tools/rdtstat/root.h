/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_ROOT_H
#define RDTSTAT_ROOT_H

#include <rdtgrp.h>
#include <stdbool.h>

/* The tree that is looked at. */
struct root {
	struct rdtgrp *group;
	char *path;
	/* Not on resctrl: a simulator or a captured tree, and every output says so. */
	bool foreign;
};

/* Open the tree at `path`, or with NULL the system's resctrl. @return 0 or a negative errno, with the
 * library's error record set. */
int root_open(const char *path, struct root *root);
void root_close(struct root *root);

/* The path, for messages, of a file in a group that goes by `name` in the reports. The caller's, to be
 * freed. */
char *root_file_path(const struct root *root, const char *name, const char *file);

/* The flags for opening a group of the tree. */
unsigned int root_flags(const struct root *root);

/* The name by which a group of `tree` goes, from the root: "/", "g1", "g1/mon_groups/m1"; borrowed
 * from the tree. */
const char *root_group_path(const struct root *root, const struct rdtgrp_tree *tree, size_t index);

#endif
