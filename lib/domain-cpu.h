/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RG_DOMAIN_CPU_H
#define RG_DOMAIN_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As many CPUs as Linux can have. */
#define RG_CPUS_MAX 8192

struct rg_cpus {
	unsigned long bits[RG_CPUS_MAX / (8 * sizeof(unsigned long))];
};

/*
 * Parse a list as sysfs has them ("0-3,8\n"). CPUs too high are left out; of what is no list the
 * beginning counts.
 */
void rg_cpus_parse(const char *text, struct rg_cpus *ret_cpus);

bool rg_cpus_has(const struct rg_cpus *cpus, unsigned int cpu);

/* Where a domain is read best. */
struct rg_place {
	bool matters; /* from elsewhere it takes longer */
	int cpu;      /* or -1 if that is not known */
	uint32_t begin;
};

/*
 * For domains, by their paths, find the CPU on which the kernel reads them: the first one that is not
 * isolated by nohz_full (fs/resctrl/internal.h, cpumask_any_housekeeping). system_fd is
 * /sys/devices/system. Allocates nothing.
 */
void rg_find_places(int system_fd, char *const *domains, size_t count, struct rg_place *places);

#endif
