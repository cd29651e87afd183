/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_ROOT_H
#define RDTSTAT_ROOT_H

#include <rdtgrp.h>
#include <stdbool.h>

#include "unpack.h"

/* The tree that is looked at. */
struct root {
	struct rdtgrp *group;
	char *path;
	/* If it came in an archive, in which case `path` is that of the archive. */
	struct unpacked unpacked;
	/* Not on resctrl: a simulator or a captured tree, and every output says so. */
	bool foreign;
	/* What rdtstat capture packed, or another archive of a tree: all of it is of one time. */
	bool captured;
};

/* Open the tree at `path`, or with NULL the system's resctrl. @return 0 or a negative errno, with the
 * library's error record set. */
int root_open(const char *path, struct root *root);

/* The same, also of an archive of rdtstat capture, and with what is wrong told. @return an exit status. */
int root_open_or_tell(const char *path, struct root *root);

/* The tree in an unpacked archive, which the root takes over if there is one: else it stays the caller's.
 * `path` is that of the archive. What is wrong is told. @return an exit status. */
int root_open_unpacked(const char *path, struct unpacked *unpacked, struct root *root);
/* Where the tree is in another system's files. The caller's, to be freed. */
char *root_in_system(const char *directory);
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
