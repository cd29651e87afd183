/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RG_GROUP_H
#define RG_GROUP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "rdtgrp.h"

/* Immutable after opening but for the reference count. */
struct rdtgrp {
	atomic_uint references;
	int fd;
	enum rdtgrp_type type;
	bool is_default;
	unsigned int open_flags;
	uint64_t fsid;
	uint64_t inode;
	char *name; /* NULL where it could not be found out */
};

/*
 * Check a directory and make a handle of it, which takes *fd over on success. object is what to call
 * it in errors, or NULL to find out; name is the group's own name if it is known, else NULL.
 */
int rg_group_new(int *fd, unsigned int flags, const char *object, const char *name,
		 struct rdtgrp **ret_group);

/* The mode that counts for the group at this fd; UNKNOWN where its parent is out of reach. */
int rg_read_effective_mode(int fd, enum rdtgrp_type type, enum rdtgrp_mode *ret_mode);

#endif
