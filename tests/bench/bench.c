/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the reader costs, compared with what there is besides. Both sides of each ratio take turns in
 * one run, and the median of many rounds counts, so that a busy machine spoils neither.
 */
#include "bench.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "rdtgrp.h"

#define GROUPS 1024
#define ROUNDS 41
/* Readings of one round have about this many values, so that it takes longer than the clock's steps. */
#define VALUES_PER_ROUND 24576

static bool missed;

static void line(const char *what, double figure, double most)
{
	bool bad = most > 0 && figure > most;

	if (most > 0)
		printf("%-60s %9.2f %9.2f%s\n", what, figure, most, bad ? "  MISSED" : "");
	else
		printf("%-60s %9.2f\n", what, figure);
	missed = missed || bad;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *numbers, size_t count)
{
	qsort(numbers, count, sizeof(*numbers), compare);
	return numbers[count / 2];
}

static void die(const char *what)
{
	errx(1, "%s: %s", what, rdtgrp_error_message());
}

/* A number of groups, with all their values in a reader and as bare fds. */
struct plan {
	char *root;
	size_t groups;
	size_t count;
	struct rdtgrp **handles;
	struct rdtgrp_reader *reader;
	struct rdtgrp_value *values;
	int *fds;
};

static void plan_make(struct plan *plan, char *root, size_t groups, bool bare)
{
	*plan = (struct plan){.root = root, .groups = groups, .count = groups * VALUES_PER_GROUP};
	plan->handles = calloc(groups, sizeof(struct rdtgrp *));
	plan->values = calloc(plan->count, sizeof(*plan->values));
	plan->fds = malloc(plan->count * sizeof(int));
	if (!plan->handles || !plan->values || !plan->fds)
		err(1, "no memory");
	if (rdtgrp_reader_new(0, &plan->reader) < 0)
		die("reader");
	for (size_t g = 0; g < groups; g++) {
		char path[4096];

		snprintf(path, sizeof(path), "%s/g%zu", root, g);
		if (rdtgrp_open(path, RDTGRP_OPEN_ANY_FS, &plan->handles[g]) < 0 ||
		    rdtgrp_reader_add(plan->reader, plan->handles[g], NULL, NULL) < 0)
			die("plan");
		for (size_t i = 0; bare && i < VALUES_PER_GROUP; i++) {
			int *fd = &plan->fds[g * VALUES_PER_GROUP + i];

			*fd = openat(rdtgrp_get_fd(plan->handles[g]), plain_tree_value(i),
				     O_RDONLY | O_CLOEXEC);
			if (*fd < 0)
				err(1, "%s/%s", path, plain_tree_value(i));
		}
	}
	if (rdtgrp_reader_count(plan->reader) != plan->count ||
	    rdtgrp_reader_count_not_held(plan->reader))
		errx(1, "the reader does not hold all values");
}

static void plan_end(struct plan *plan, bool bare)
{
	rdtgrp_reader_unref(plan->reader);
	for (size_t i = 0; bare && i < plan->count; i++)
		close(plan->fds[i]);
	for (size_t g = 0; g < plan->groups; g++)
		rdtgrp_unref(plan->handles[g]);
	free(plan->handles);
	free(plan->values);
	free(plan->fds);
}

static size_t readings_of(const struct plan *plan)
{
	return plan->count < VALUES_PER_ROUND ? VALUES_PER_ROUND / plan->count : 1;
}

/* These return seconds per value. */

static double time_reader(struct plan *plan)
{
	size_t readings = readings_of(plan);
	double begin = now();

	for (size_t i = 0; i < readings; i++)
		if (rdtgrp_reader_read(plan->reader, plan->values, plan->count) < 0)
			die("reading");
	return (now() - begin) / (double)(readings * plan->count);
}

static double time_pread(struct plan *plan)
{
	size_t readings = readings_of(plan);
	double begin = now();
	char text[64];

	for (size_t i = 0; i < readings; i++)
		for (size_t v = 0; v < plan->count; v++)
			if (pread(plan->fds[v], text, sizeof(text), 0) <= 0)
				err(1, "pread");
	return (now() - begin) / (double)(readings * plan->count);
}

/* As everybody does it. */
static double time_open_read_close(struct plan *plan)
{
	double begin = now();
	char path[4096], text[64];

	for (size_t v = 0; v < plan->count; v++) {
		int fd;

		snprintf(path, sizeof(path), "%s/g%zu/%s", plan->root, v / VALUES_PER_GROUP,
			 plain_tree_value(v % VALUES_PER_GROUP));
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || read(fd, text, sizeof(text)) <= 0)
			err(1, "%s", path);
		close(fd);
	}
	return (now() - begin) / (double)plan->count;
}

static double ratio(double (*a)(struct plan *), struct plan *plan_a, double (*b)(struct plan *),
		    struct plan *plan_b)
{
	double ratios[ROUNDS];

	a(plan_a);
	b(plan_b);
	for (size_t i = 0; i < ROUNDS; i++) {
		/* Each is first as often as the other. */
		double first = i % 2 ? b(plan_b) : a(plan_a);
		double second = i % 2 ? a(plan_a) : b(plan_b);

		ratios[i] = i % 2 ? second / first : first / second;
	}
	return median(ratios, ROUNDS);
}

static double time_discovery(const char *root, size_t groups)
{
	struct rdtgrp_tree *tree = NULL;
	struct rdtgrp *group = NULL;
	double begin = now();

	if (rdtgrp_open(root, RDTGRP_OPEN_ANY_FS, &group) < 0 || rdtgrp_tree_read(group, &tree) < 0)
		die("discovery");
	if (rdtgrp_tree_count(tree) != groups + 1)
		errx(1, "%zu groups found", rdtgrp_tree_count(tree) - 1);
	rdtgrp_tree_unref(tree);
	rdtgrp_unref(group);
	return now() - begin;
}

static double time_find(char *root)
{
	char find[] = "find", type[] = "-type", d[] = "d";
	char *argv[] = {find, root, type, d, NULL};
	posix_spawn_file_actions_t actions;
	double begin = now();
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	if (posix_spawnp(&pid, find, &actions, NULL, argv, environ) ||
	    waitpid(pid, &status, 0) < 0 || status)
		errx(1, "find does not work");
	posix_spawn_file_actions_destroy(&actions);
	return now() - begin;
}

static void measure_discovery(char *root, size_t groups)
{
	double ratios[11];

	for (size_t i = 0; i < 11; i++)
		ratios[i] = time_discovery(root, groups) / time_find(root);
	line("discovery of 1024 groups / find -type d over the same tree", median(ratios, 11), 1);
}

static void measure_heap(char *root, size_t groups)
{
	struct rdtgrp **handles = calloc(groups, sizeof(struct rdtgrp *));
	struct rdtgrp_reader *reader;
	size_t before = heap_bytes();
	char path[4096];

	if (!handles)
		err(1, "no memory");
	for (size_t g = 0; g < groups; g++) {
		snprintf(path, sizeof(path), "%s/g%zu", root, g);
		if (rdtgrp_open(path, RDTGRP_OPEN_ANY_FS, &handles[g]) < 0)
			die("handles");
	}
	line("heap per handle, bytes", (double)(heap_bytes() - before) / (double)groups, 512);
	before = heap_bytes();
	if (rdtgrp_reader_new(RDTGRP_READER_ON_DOMAIN_CPUS, &reader) < 0)
		die("reader");
	for (size_t g = 0; g < groups; g++)
		if (rdtgrp_reader_add(reader, handles[g], NULL, NULL) < 0)
			die("heap");
	line("heap per value of a reader, bytes",
	     (double)(heap_bytes() - before) / (double)rdtgrp_reader_count(reader), 96);
	rdtgrp_reader_unref(reader);
	for (size_t g = 0; g < groups; g++)
		rdtgrp_unref(handles[g]);
	free(handles);
}

static void measure(char *root, size_t most_groups)
{
	struct plan one, some, most;
	double of_reader, of_pread;
	char what[100];
	size_t before;

	plan_make(&one, root, 1, true);
	plan_make(&some, root, 32, true);
	plan_make(&most, root, most_groups, true);
	if (most_groups < GROUPS)
		printf("# of %d groups fds are allowed for %zu\n", GROUPS, most_groups);
	printf("%-60s %9s %9s\n", "", "figure", "at most");
	line("reader / bare pread", ratio(time_reader, &some, time_pread, &some), 1.15);
	line("open, read, close / reader", ratio(time_open_read_close, &some, time_reader, &some),
	     0);
	line("reader: ns per value, 1 group", time_reader(&one) * 1e9, 0);
	line("reader: ns per value, 32 groups", time_reader(&some) * 1e9, 0);
	snprintf(what, sizeof(what), "reader: ns per value, %zu groups", most_groups);
	line(what, time_reader(&most) * 1e9, 0);
	line("reader: per value at 32 groups / at 1 group",
	     ratio(time_reader, &some, time_reader, &one), 0);
	/* The kernel's files of many groups no longer fit the CPU's caches; what counts is how much of the
	 * growth is the reader's own. */
	of_reader = ratio(time_reader, &most, time_reader, &one);
	of_pread = ratio(time_pread, &most, time_pread, &one);
	snprintf(what, sizeof(what), "reader: per value at %zu groups / at 1 group", most_groups);
	line(what, of_reader, 0);
	snprintf(what, sizeof(what), "bare pread: per value at %zu groups / at 1 group",
		 most_groups);
	line(what, of_pread, 0);
	line("the former / the latter", of_reader / of_pread, 1.25);
	snprintf(what, sizeof(what), "reader / bare pread, at %zu groups", most_groups);
	line(what, ratio(time_reader, &most, time_pread, &most), 1.15);
	before = heap_allocations();
	time_reader(&most);
	line("allocations per reading", (double)(heap_allocations() - before), 0);
	missed = missed || heap_allocations() != before;
	plan_end(&one, true);
	plan_end(&some, true);
	plan_end(&most, true);
	measure_heap(root, most_groups);
	measure_discovery(root, GROUPS);
}

/* For callgrind: a number of readings and nothing else. Prints how many values were read. */
static void read_only(char *root)
{
	struct plan plan;

	plan_make(&plan, root, 1, false);
	for (size_t i = 0; i < 100; i++)
		if (rdtgrp_reader_read(plan.reader, plan.values, plan.count) < 0)
			die("reading");
	printf("%zu\n", 100 * plan.count);
	plan_end(&plan, false);
}

/* Of how many groups all values can be held twice, beside the fds of the smaller plans. */
static size_t groups_with_fds(size_t wanted)
{
	const rlim_t each = 2 * VALUES_PER_GROUP + 1, others = 64 * each;
	struct rlimit limit;
	size_t groups;

	limit.rlim_cur = limit.rlim_max = wanted * each + others;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0) {
		if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
			err(1, "getrlimit");
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	groups = limit.rlim_cur > others ? (limit.rlim_cur - others) / each : 0;
	return groups < wanted ? groups : wanted;
}

int main(int argc, char **argv)
{
	bool only = argc == 2 && !strcmp(argv[1], "--read-only");
	size_t groups;
	char *root;

	if (argc > 1 && !only)
		errx(2, "usage: bench [--read-only]");
	groups = only ? 1 : groups_with_fds(GROUPS);
	if (groups < 32 && !only) {
		fprintf(stderr, "bench: not enough file descriptors are allowed\n");
		return 77;
	}
	root = plain_tree_make(only ? 1 : GROUPS);
	if (only)
		read_only(root);
	else
		measure(root, groups);
	plain_tree_remove(root);
	return missed;
}
