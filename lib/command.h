/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RG_COMMAND_H
#define RG_COMMAND_H

#include "capability.h"
#include "rdtgrp.h"

/*
 * Record that the kernel refused to change something below a group, with its own words from
 * last_cmd_status and, for want of permission, with advice. To be called before anything else touches
 * resctrl, which would clear those words. path, below the group's directory, names what was to be
 * changed (NULL: the group itself), place the file or directory to which access was needed. Returns
 * error.
 */
int rg_fail_command(int error, const struct rdtgrp *group, const char *path, enum rg_refused what,
		    const char *place, const char *words);

#endif
