/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RG_MOUNT_TABLE_H
#define RG_MOUNT_TABLE_H

#include <stddef.h>

/* One mount of resctrl, as in mountinfo. */
struct rg_mount {
	char *path;
	char *root;
	char *options_text;
};

/* The mounts of resctrl where it can be read: first those of its root, which are the first `whole`. */
struct rg_mount_table {
	size_t count;
	size_t whole;
	struct rg_mount *list;
	/* A mount point that is of no use, NULL if there is none: something else is mounted over it, or
	 * it shows a directory that has been removed. */
	char *useless;
};

/*
 * Read a mountinfo file. Records no error. Returns 0, -EINVAL for what is no mountinfo, or another
 * negative errno.
 */
int rg_mount_table_read(const char *path, struct rg_mount_table *ret_table);
void rg_mount_table_free(struct rg_mount_table *table);

#endif
