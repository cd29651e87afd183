/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_FINDINGS_H
#define RDTSTAT_FINDINGS_H

#include <rdtgrp.h>

struct doctor;
struct machine;
struct root;

/* What rdtstat info finds out. */
struct findings {
	/* NULL: a tree was given by --root or --sysroot, and this system's mounts are not looked at. */
	const struct rdtgrp_mounts *mounts;
	/* NULL: the tree is not of a machine that could be looked at. */
	const struct machine *machine;
	/* NULL: nothing is open, and there is no info either. */
	const struct root *root;
	/* NULL: it could not be read. */
	const struct rdtgrp_info *info;
	/* Why root or info is missing, and what can be done about it; or "". */
	const char *trouble;
	const char *advice;
	/* What it comes to. */
	const struct doctor *doctor;
};

#endif
