/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RG_CHECKS_H
#define RG_CHECKS_H

#include <stdbool.h>
#include <stdint.h>

#include "rdtgrp.h"

/*
 * What stands at a directory fd: the contract's checks, in one place. Errors are returned and not
 * recorded: the caller knows what the thing is called.
 */

/*
 * Is fd open, a directory, and on resctrl (or anywhere, with RDTGRP_OPEN_ANY_FS)? Returns 0 and the
 * identity, or -EBADF. ret_why is then set to what is wrong, in words.
 */
int rg_check_directory(int fd, unsigned int flags, uint64_t *ret_fsid, uint64_t *ret_inode,
		       const char **ret_why);

/*
 * Is the directory a group? Returns 0, -EBADF (it is no group), -ENOENT (it was removed) or another
 * negative errno.
 */
int rg_check_group(int fd, enum rdtgrp_type *ret_type, bool *ret_is_default);

/* Does the group at this fd still exist? 1, 0, or a negative errno. */
int rg_check_live(int group_fd);

/*
 * Open (O_PATH) the directory that this one lies in: for a MON group its parent's mon_groups, for a
 * CTRL_MON group the root. -EXDEV where that is beyond the mount.
 */
int rg_open_container(int fd);

/* The same, up to the group above: of a MON group two levels, else one. */
int rg_open_parent(int group_fd, enum rdtgrp_type type);

/*
 * Find the name of the directory in its container. ret_name is to be freed. -ENOENT: the container
 * does not have it any more.
 */
int rg_find_name(int container_fd, uint64_t inode, char **ret_name);

/* Read the mode of a CTRL_MON group. */
int rg_read_mode(int ctrl_fd, enum rdtgrp_mode *ret_mode);

#endif
