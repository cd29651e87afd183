/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the reader costs on the kernel's resctrl. It makes groups there, and libpqos makes more and
 * changes what there is: for a machine that is there for this alone, such as a virtual one. With
 * --instructions its clock counts instructions (kernel/boot --icount).
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

/*
 * Waiting for another CPU takes time and no instructions. Work takes the same number of instructions on a
 * busy machine and on an idle one. So each figure is judged by what it is about.
 */
static bool by_instructions;

static double of_work(double most)
{
	return by_instructions ? most : 0;
}

static double of_waiting(double most)
{
	return by_instructions ? 0 : most;
}

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

/* The kernel reads on the first CPU of a domain. The last one of all is none, but in domains of one CPU. */
static double time_elsewhere(double (*time_it)(struct plan *), struct plan *plan)
{
	cpu_set_t before;
	double seconds;

	if (sched_getaffinity(0, sizeof(before), &before) < 0)
		err(1, "affinity");
	go_to((int)sysconf(_SC_NPROCESSORS_ONLN) - 1);
	seconds = time_it(plan);
	if (sched_setaffinity(0, sizeof(before), &before) < 0)
		err(1, "affinity");
	return seconds;
}

/* The number at the end of a domain's name. */
static size_t domain_of(const struct plan *plan, size_t value)
{
	return strtoul(strrchr(rdtgrp_reader_get_domain(plan->reader, value), '_') + 1, NULL, 10);
}

static size_t count_domains(const struct plan *plan)
{
	size_t most = 0;

	for (size_t i = 0; i < plan->count; i++)
		if (domain_of(plan, i) >= most)
			most = domain_of(plan, i) + 1;
	return most;
}

static double time_pread_of(const struct plan *plan, size_t domain)
{
	double begin, seconds = 0;
	char text[64];

	for (size_t i = 0; i < plan->count; i++) {
		if (domain_of(plan, i) != domain)
			continue;
		begin = now();
		if (pread(plan->fds[i], text, sizeof(text), 0) <= 0)
			err(1, "pread");
		seconds += now() - begin;
	}
	return seconds;
}

static double time_pread_elsewhere(struct plan *plan)
{
	return time_elsewhere(time_pread, plan);
}

static double time_reader_elsewhere(struct plan *plan)
{
	return time_elsewhere(time_reader, plan);
}

/* Without what it takes to get there. The domains' CPUs follow one another, in equal numbers. */
static double time_pread_near(struct plan *plan)
{
	size_t domains = count_domains(plan), cpus = (size_t)sysconf(_SC_NPROCESSORS_ONLN);
	double seconds = 0;
	cpu_set_t before;

	if (sched_getaffinity(0, sizeof(before), &before) < 0)
		err(1, "affinity");
	for (size_t i = 0; i < domains; i++) {
		go_to((int)(i * (cpus / domains)));
		seconds += time_pread_of(plan, i);
	}
	if (sched_setaffinity(0, sizeof(before), &before) < 0)
		err(1, "affinity");
	return seconds / (double)plan->count;
}

static void plan_of_all(struct plan *plan, unsigned int flags)
{
	char path[64];

	plan_begin(plan, flags);
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
	plan_of_all(&near, RDTGRP_READER_FS | RDTGRP_READER_ON_DOMAIN_CPUS);
	line("reader / bare pread, 60 groups, both from elsewhere",
	     ratio(time_reader_elsewhere, &most, time_pread_elsewhere, &most), of_work(1.03));
	line("reader on domain CPUs / bare pread from elsewhere",
	     ratio(time_reader, &near, time_pread_elsewhere, &most), of_waiting(0.35));
	line("reader on domain CPUs / bare pread from there",
	     ratio(time_reader, &near, time_pread_near, &most), 0);
	line("reader: us per value, 1 group", typical(time_reader_elsewhere, &one) * 1e6, 0);
	line("reader: us per value, 8 groups", typical(time_reader_elsewhere, &some) * 1e6, 0);
	line("reader: us per value, 60 groups", typical(time_reader_elsewhere, &most) * 1e6, 0);
	line("reader on domain CPUs: us per value, 60 groups", typical(time_reader, &near) * 1e6,
	     0);
	line("reader: per value at 8 groups / at 1 group",
	     ratio(time_reader_elsewhere, &some, time_reader_elsewhere, &one), 0);
	line("reader: per value at 60 groups / at 1 group",
	     ratio(time_reader_elsewhere, &most, time_reader_elsewhere, &one), of_work(1.10));
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

	pqos_begin(&plan, PQOS_GROUPS, RDTGRP_READER_FS);
	plan_begin(&near, RDTGRP_READER_FS | RDTGRP_READER_ON_DOMAIN_CPUS);
	for (size_t i = 0; i < plan.groups; i++)
		if (rdtgrp_reader_add(near.reader, plan.handles[i], NULL, NULL) < 0)
			die("plan");
	plan_finish(&near, false);
	line("reader / libpqos, 8 groups", ratio(time_reader, &plan, time_pqos, &plan),
	     of_work(0.30));
	line("reader on domain CPUs / libpqos, 8 groups",
	     ratio(time_reader, &near, time_pqos, &plan), of_waiting(0.08));
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
	by_instructions = argc == 2 && !strcmp(argv[1], "--instructions");
	if (argc > 1 && !by_instructions)
		errx(2, "usage: bench-kernel [--instructions]");
	allow_fds(4096);
	line_head();
	measure_reader();
	measure_pqos();
	return missed;
}
