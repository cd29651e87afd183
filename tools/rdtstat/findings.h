/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_FINDINGS_H
#define RDTSTAT_FINDINGS_H

#include <rdtgrp.h>

struct root;

/* What rdtstat info finds out. */
struct findings {
	/* NULL: a tree was given by --root, and the system's mounts are not looked at. */
	const struct rdtgrp_mounts *mounts;
	/* NULL: nothing is open, and there is no info either. */
	const struct root *root;
	/* NULL: it could not be read. */
	const struct rdtgrp_info *info;
	/* Why root or info is missing, and what can be done about it; or "". */
	const char *trouble;
	const char *advice;
};

/* The word for a mount state, for people and for JSON. */
const char *findings_state_name(enum rdtgrp_mount_state state);

#endif
