/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RG_NAMES_H
#define RG_NAMES_H

#include <stddef.h>
#include <stdint.h>

/* A growing list of directory entries. {0} is an empty one. */
struct rg_name {
	char *text;
	uint64_t inode;
};

struct rg_names {
	struct rg_name *names;
	size_t count;
	size_t size;
};

/* Add a copy. Returns 0 or -ENOMEM, then with the list as it was. */
int rg_names_add(struct rg_names *names, const char *text, uint64_t inode);

/*
 * Add the directories and the regular files below dirfd at path, each list sorted by name in byte order.
 * Either list may be NULL. Returns 0 or a negative errno.
 */
int rg_names_read(int dirfd, const char *path, struct rg_names *directories,
		  struct rg_names *files);

/* Leaves an empty list. */
void rg_names_free(struct rg_names *names);

#define RG_AUTO_NAMES __attribute__((cleanup(rg_names_free)))

#endif
