/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RG_MOUNT_H
#define RG_MOUNT_H

#include "rdtgrp.h"

/* The files that tell about mounts, kernel and CPU. */
struct rg_mount_sources {
	const char *self_mountinfo;
	const char *init_mountinfo; /* that of process 1 */
	const char *filesystems;
	const char *cpuinfo;
};

/* rdtgrp_mounts_read() from other files than this process's own, such as those of another machine. */
int rg_mounts_read_from(const struct rg_mount_sources *sources, struct rdtgrp_mounts **ret_mounts);

/* The bits of enum rdtgrp_mount_option in a comma-separated list of mount options, which may be NULL. */
unsigned int rg_mount_options_parse(const char *text);

#endif
