/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_SAMPLING_H
#define RDTSTAT_SAMPLING_H

#include <stddef.h>

#include "root.h"
#include "sampler.h"
#include "selection.h"

struct options;

/* What the options of a command that takes samples ask for: the tree, the groups, the events. */
struct sampling {
	struct root root;
	struct named_group *named;
	size_t named_count;
	struct sampler sampler;
};

/* What is wrong is told. @return an exit status; if it is none of success there is nothing to close. */
int sampling_open(struct sampling *sampling, const struct options *options);
void sampling_close(struct sampling *sampling);

#endif
