// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What it costs to read all values of all groups by the library alone: CPU seconds for each reading, once per
 * interval, as rdtstat does it.
 *
 * usage: sampling ROOT READINGS
 */
#include <rdtgrp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static double cpu_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static int fail(void)
{
	fprintf(stderr, "sampling: %s\n", rdtgrp_error_message());
	return 1;
}

static int add_all(struct rdtgrp_reader *reader, const struct rdtgrp_tree *tree)
{
	size_t i;

	for (i = 0; i < rdtgrp_tree_count(tree); i++) {
		struct rdtgrp *group;
		int r = rdtgrp_tree_open(tree, i, &group);

		if (r == 0) {
			r = rdtgrp_reader_add(reader, group, NULL, NULL);
			rdtgrp_unref(group);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct timespec interval = {.tv_sec = 1};
	struct rdtgrp_reader *reader = NULL;
	struct rdtgrp_value *values = NULL;
	struct rdtgrp_tree *tree = NULL;
	struct rdtgrp *root = NULL;
	struct rlimit limit;
	size_t count;
	double begin;
	int i, readings, failed = 1;

	if (argc != 3 || (readings = atoi(argv[2])) < 1) {
		fputs("usage: sampling ROOT READINGS\n", stderr);
		return 2;
	}
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (rdtgrp_open(argv[1], RDTGRP_OPEN_ANY_FS, &root) < 0 ||
	    rdtgrp_tree_read(root, &tree) < 0 || rdtgrp_reader_new(0, &reader) < 0 ||
	    add_all(reader, tree) < 0) {
		fail();
		goto out;
	}
	count = rdtgrp_reader_count(reader);
	values = calloc(count, sizeof(*values));
	/* The first reading finds memory and caches cold. */
	if (!values || rdtgrp_reader_read(reader, values, count) < 0) {
		fail();
		goto out;
	}
	begin = cpu_seconds();
	for (i = 0; i < readings; i++) {
		nanosleep(&interval, NULL);
		if (rdtgrp_reader_read(reader, values, count) < 0) {
			fail();
			goto out;
		}
	}
	printf("%zu %zu %.6f\n", count, rdtgrp_reader_count_not_held(reader),
	       (cpu_seconds() - begin) / readings);
	failed = 0;
out:
	free(values);
	rdtgrp_reader_unref(reader);
	rdtgrp_tree_unref(tree);
	rdtgrp_unref(root);
	return failed;
}
