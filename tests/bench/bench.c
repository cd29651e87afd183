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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define GROUPS 1024

const size_t values_per_round = 24576;

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

/* What a value costs in plans of different sizes. */
static void measure_growth(struct plan *one, struct plan *some, struct plan *most)
{
	char what[100];

	line("reader: ns per value, 1 group", typical(time_reader, one) * 1e9, 0);
	line("reader: ns per value, 32 groups", typical(time_reader, some) * 1e9, 0);
	snprintf(what, sizeof(what), "reader: ns per value, %zu groups", most->groups);
	line(what, typical(time_reader, most) * 1e9, 0);
	line("reader: per value at 32 groups / at 1 group",
	     ratio(time_reader, some, time_reader, one), 0);
	snprintf(what, sizeof(what), "reader: per value at %zu groups / at 1 group", most->groups);
	line(what, ratio(time_reader, most, time_reader, one), 1.25);
	/* How much of that is the kernel's, whose files of many groups do not fit the CPU's caches. */
	snprintf(what, sizeof(what), "bare pread: per value at %zu groups / at 1 group",
		 most->groups);
	line(what, ratio(time_pread, most, time_pread, one), 0);
}

static void measure(char *root, size_t most_groups, bool growth_only)
{
	struct plan one, some, most;
	char what[100];
	size_t before;

	plan_make(&one, root, 1, true);
	plan_make(&some, root, 32, true);
	plan_make(&most, root, most_groups, true);
	if (most_groups < GROUPS)
		printf("# of %d groups fds are allowed for %zu\n", GROUPS, most_groups);
	line_head();
	measure_growth(&one, &some, &most);
	if (growth_only)
		goto out;
	snprintf(what, sizeof(what), "reader / bare pread, %zu groups", most.groups);
	line(what, ratio(time_reader, &most, time_pread, &most), 1.15);
	line("reader / bare pread, 32 groups", ratio(time_reader, &some, time_pread, &some), 1.15);
	line("open, read, close / reader", ratio(time_open_read_close, &some, time_reader, &some),
	     0);
	line("reader: system calls per value, 32 groups",
	     (double)count_calls(run_reader, &some) / (double)some.count, 1);
	before = heap_allocations();
	time_reader(&most);
	line("allocations per reading", (double)(heap_allocations() - before), 0);
	missed = missed || heap_allocations() != before;
out:
	plan_end(&one);
	plan_end(&some);
	plan_end(&most);
	if (growth_only)
		return;
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
	plan_end(&plan);
}

/* Of how many groups all values can be held, beside those of the smaller plans. */
static size_t groups_with_fds(size_t wanted)
{
	const size_t each = VALUES_PER_GROUP + 1, others = 34 * each;
	size_t fds = allow_fds(wanted * each + others);
	size_t groups = fds > others ? (fds - others) / each : 0;

	return groups < wanted ? groups : wanted;
}

int main(int argc, char **argv)
{
	bool only = argc == 2 && !strcmp(argv[1], "--read-only");
	bool growth = argc == 2 && !strcmp(argv[1], "--growth");
	size_t groups;
	char *root;

	if (argc > 1 && !only && !growth)
		errx(2, "usage: bench [--read-only | --growth]");
	groups = only ? 1 : groups_with_fds(GROUPS);
	if (groups < 32 && !only) {
		fprintf(stderr, "bench: not enough file descriptors are allowed\n");
		return 77;
	}
	root = plain_tree_make(only ? 1 : GROUPS);
	if (only)
		read_only(root);
	else
		measure(root, groups, growth);
	plain_tree_remove(root);
	return missed;
}
