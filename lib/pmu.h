/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RG_PMU_H
#define RG_PMU_H

#include <linux/perf_event.h>
#include <stddef.h>
#include <stdint.h>

/* Far more than the kernel has. */
#define RG_PMU_EVENTS_MAX 32

/* Where in the attributes a number goes. */
struct rg_pmu_field {
	unsigned int config; /* 0, 1 or 2 */
	unsigned int shift;
	unsigned int width;
};

struct rg_pmu_event {
	char name[48];
	uint64_t code;
};

/* perf's PMU "resctrl", as sysfs describes it. */
struct rg_pmu {
	uint32_t type;
	struct rg_pmu_field event;
	struct rg_pmu_field absolute;
	struct rg_pmu_field group;
	size_t count;
	struct rg_pmu_event events[RG_PMU_EVENTS_MAX];
};

/*
 * Find the PMU. ret_pmu is to be freed. Returns 0 or, recording no error, a negative errno: -ENOENT where
 * the kernel has none, -EPROTO where it is not of the form that is known, -ENOMEM.
 */
int rg_pmu_find(struct rg_pmu **ret_pmu);

/*
 * Describe the event of the group at this fd for perf_event_open(2), so that it shows what the file
 * does. Returns 0, or -EOPNOTSUPP where the PMU has no such event.
 */
int rg_pmu_describe(const struct rg_pmu *pmu, const char *event, int group_fd,
		    struct perf_event_attr *ret_attr);

#endif
