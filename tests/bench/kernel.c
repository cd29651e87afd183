/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the reader costs on the kernel's resctrl. It makes groups there, and libpqos makes more and
 * changes what there is: for a machine that is there for this alone, such as a virtual one.
 */
#include "bench.h"

#include <err.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef WITH_PQOS
#include "pqos-side.h"
#endif

#define ROOT "/sys/fs/resctrl/mon_groups"
#define GROUPS 60
#define PQOS_GROUPS 8

/* Each takes far longer than in tmpfs. */
const size_t values_per_round = 360;

static void make_groups(void)
{
	char path[64];

	for (unsigned int i = 0; i < GROUPS; i++) {
		snprintf(path, sizeof(path), "%s/g%u", ROOT, i);
		if (mkdir(path, 0755) < 0)
			err(1, "%s", path);
	}
}

static void remove_groups(void)
{
	char path[64];

	for (unsigned int i = 0; i < GROUPS; i++) {
		snprintf(path, sizeof(path), "%s/g%u", ROOT, i);
		if (rmdir(path) < 0)
			warn("%s", path);
	}
}

static void go_to(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus) < 0)
		err(1, "CPU %d", cpu);
}

/* The kernel reads on the first CPU of a domain. The last one of all is none, but in domains of one CPU. */
static double time_pread_elsewhere(struct plan *plan)
{
	cpu_set_t before;
	double seconds;

	if (sched_getaffinity(0, sizeof(before), &before) < 0)
		err(1, "affinity");
	go_to((int)sysconf(_SC_NPROCESSORS_ONLN) - 1);
	seconds = time_pread(plan);
	if (sched_setaffinity(0, sizeof(before), &before) < 0)
		err(1, "affinity");
	return seconds;
}

static double time_reader_elsewhere(struct plan *plan)
{
	cpu_set_t before;
	double seconds;

	if (sched_getaffinity(0, sizeof(before), &before) < 0)
		err(1, "affinity");
	go_to((int)sysconf(_SC_NPROCESSORS_ONLN) - 1);
	seconds = time_reader(plan);
	if (sched_setaffinity(0, sizeof(before), &before) < 0)
		err(1, "affinity");
	return seconds;
}

static void plan_on_domain_cpus(struct plan *plan)
{
	char path[64];

	plan_begin(plan, RDTGRP_READER_ON_DOMAIN_CPUS);
	for (unsigned int i = 0; i < GROUPS; i++) {
		snprintf(path, sizeof(path), "%s/g%u", ROOT, i);
		plan_add(plan, path);
	}
	plan_finish(plan, false);
}

static void measure_reader(void)
{
	struct plan one, some, most, near;

	make_groups();
	plan_make(&one, ROOT, 1, true);
	plan_make(&some, ROOT, 8, true);
	plan_make(&most, ROOT, GROUPS, true);
	plan_on_domain_cpus(&near);
	line("reader / bare pread, 60 groups",
	     ratio(time_reader_elsewhere, &most, time_pread_elsewhere, &most), 1.03);
	line("reader on domain CPUs / bare pread from elsewhere",
	     ratio(time_reader, &near, time_pread_elsewhere, &most), 0.35);
	line("reader: us per value, 1 group", time_reader_elsewhere(&one) * 1e6, 0);
	line("reader: us per value, 8 groups", time_reader_elsewhere(&some) * 1e6, 0);
	line("reader: us per value, 60 groups", time_reader_elsewhere(&most) * 1e6, 0);
	line("reader on domain CPUs: us per value, 60 groups", time_reader(&near) * 1e6, 0);
	line("reader: per value at 8 groups / at 1 group",
	     ratio(time_reader_elsewhere, &some, time_reader_elsewhere, &one), 0);
	line("reader: per value at 60 groups / at 1 group",
	     ratio(time_reader_elsewhere, &most, time_reader_elsewhere, &one), 1.10);
	line("reader: system calls per value, 60 groups",
	     (double)count_calls(run_reader, &most) / (double)most.count, 1);
	line("reader on domain CPUs: system calls per value, 60 groups",
	     (double)count_calls(run_reader, &near) / (double)near.count, 0);
	plan_end(&one);
	plan_end(&some);
	plan_end(&most);
	plan_end(&near);
	remove_groups();
}

#ifdef WITH_PQOS
static void measure_pqos(void)
{
	struct plan plan, near;

	pqos_begin(&plan, PQOS_GROUPS, 0);
	plan_begin(&near, RDTGRP_READER_ON_DOMAIN_CPUS);
	for (size_t i = 0; i < plan.groups; i++)
		if (rdtgrp_reader_add(near.reader, plan.handles[i], NULL, NULL) < 0)
			die("plan");
	plan_finish(&near, false);
	line("reader / libpqos, 8 groups", ratio(time_reader, &plan, time_pqos, &plan), 0.30);
	line("reader on domain CPUs / libpqos, 8 groups",
	     ratio(time_reader, &near, time_pqos, &plan), 0.08);
	line("libpqos: system calls per value",
	     (double)count_calls(run_pqos, &plan) / (double)plan.count, 0);
	plan_end(&near);
	plan_end(&plan);
	pqos_end();
}
#else
static void measure_pqos(void)
{
	printf("# without libpqos: built without it\n");
}
#endif

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		errx(2, "usage: bench-kernel");
	allow_fds(4096);
	line_head();
	measure_reader();
	measure_pqos();
	return missed;
}
