// SPDX-License-Identifier: GPL-2.0-or-later
/* What the values are read from: perf events or files. */
#include <errno.h>
#include <string.h>

#include "doctor.h"
#include "findings.h"
#include "root.h"
#include "xalloc.h"

/* How many of the default group's values are read from what, and why not from events. */
struct sources {
	size_t events;
	size_t files;
	int error;
};

static int count_sources(const struct root *root, struct sources *sources)
{
	struct rdtgrp_reader *reader;
	int r = rdtgrp_reader_new(0, &reader);

	*sources = (struct sources){0};
	if (r < 0)
		return r;
	r = rdtgrp_reader_add(reader, root->group, NULL, NULL);
	for (size_t i = 0; i < rdtgrp_reader_count(reader); i++) {
		int error;

		if (rdtgrp_reader_get_source(reader, i, &error) == RDTGRP_SOURCE_PMU) {
			sources->events++;
			continue;
		}
		sources->files++;
		/* That there is no event for a value is no trouble. */
		if (!sources->error || sources->error == -EOPNOTSUPP)
			sources->error = error;
	}
	rdtgrp_reader_unref(reader);
	return r;
}

void doctor_examine_values(const struct findings *findings, struct doctor *doctor)
{
	static const char permit[] = "for perf events be root, have CAP_PERFMON, or set "
				     "kernel.perf_event_paranoid to 0";
	struct sources sources;
	bool trouble;

	if (findings->root->foreign || count_sources(findings->root, &sources) < 0)
		return;
	if (!sources.files) {
		doctor_find(doctor, "values", LEVEL_OK,
			    xstrdup("read by perf events (PMU resctrl)"), NULL);
		return;
	}
	if (sources.error == -ENOENT) {
		doctor_find(doctor, "values", LEVEL_OK,
			    xstrdup("read from files: the kernel has no perf PMU for resctrl"),
			    NULL);
		return;
	}
	trouble = sources.error != -EOPNOTSUPP;
	doctor_find(doctor, "values", trouble ? LEVEL_NOTE : LEVEL_OK,
		    xasprintf("%zu of the default group's read by perf events (PMU resctrl), %zu "
			      "from files: %s",
			      sources.events, sources.files, strerror(-sources.error)),
		    sources.error == -EACCES ? xstrdup(permit) : NULL);
}
