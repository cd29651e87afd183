/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all measurements have in common: the table, plans of values, ways to read them, ratios. */
#include "bench.h"

#include <err.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

bool missed;

void line_head(void)
{
	printf("%-60s %9s %9s\n", "", "figure", "at most");
}

void line(const char *what, double figure, double most)
{
	/* As it is printed: one call per reading is not one per value. */
	bool bad = most > 0 && figure >= most + 0.005;

	if (most > 0)
		printf("%-60s %9.2f %9.2f%s\n", what, figure, most, bad ? "  MISSED" : "");
	else
		printf("%-60s %9.2f\n", what, figure);
	fflush(stdout);
	missed = missed || bad;
}

void go_to(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus) < 0)
		err(1, "CPU %d", cpu);
}

double now(void)
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

double median(double *numbers, size_t count)
{
	qsort(numbers, count, sizeof(*numbers), compare);
	return numbers[count / 2];
}

void die(const char *what)
{
	errx(1, "%s: %s", what, rdtgrp_error_message());
}

size_t allow_fds(size_t wanted)
{
	struct rlimit limit = {wanted, wanted};

	/* Only with CAP_SYS_RESOURCE the hard limit can be raised. */
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0) {
		if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
			err(1, "getrlimit");
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	return limit.rlim_cur;
}

void plan_begin(struct plan *plan, unsigned int flags)
{
	*plan = (struct plan){0};
	if (rdtgrp_reader_new(flags, &plan->reader) < 0)
		die("reader");
}

void plan_add(struct plan *plan, const char *path)
{
	plan->handles = reallocarray(plan->handles, plan->groups + 1, sizeof(*plan->handles));
	if (!plan->handles)
		err(1, "no memory");
	if (rdtgrp_open(path, RDTGRP_OPEN_ANY_FS, &plan->handles[plan->groups]) < 0 ||
	    rdtgrp_reader_add(plan->reader, plan->handles[plan->groups], NULL, NULL) < 0)
		die("plan");
	plan->groups++;
}

struct file {
	uint64_t inode;
	size_t index;
};

static int compare_files(const void *a, const void *b)
{
	const struct file *x = a, *y = b;

	return (x->inode > y->inode) - (x->inode < y->inode);
}

/* Find the reader's own fds: those of its files, the last opened ones. */
static void borrow_fds(struct plan *plan)
{
	struct file *files = calloc(plan->count, sizeof(*files));
	struct stat group, st;
	struct rlimit limit;

	plan->fds = malloc(plan->count * sizeof(int));
	if (!files || !plan->fds)
		err(1, "no memory");
	run_reader(plan);
	for (size_t i = 0; i < plan->count; i++) {
		files[i] = (struct file){plan->values[i].file_inode, i};
		plan->fds[i] = -1;
	}
	qsort(files, plan->count, sizeof(*files), compare_files);
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
	    fstat(rdtgrp_get_fd(plan->handles[0]), &group) < 0)
		err(1, "fds");
	for (int fd = 3; fd < (int)limit.rlim_cur; fd++) {
		const struct file *found;

		if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_dev != group.st_dev)
			continue;
		found = bsearch(&(struct file){.inode = st.st_ino}, files, plan->count,
				sizeof(*files), compare_files);
		if (found)
			plan->fds[found->index] = fd;
	}
	for (size_t i = 0; i < plan->count; i++)
		if (plan->fds[i] < 0)
			errx(1, "the reader has no fd of value %zu", i);
	free(files);
}

void plan_finish(struct plan *plan, bool bare)
{
	plan->count = rdtgrp_reader_count(plan->reader);
	plan->values = calloc(plan->count, sizeof(*plan->values));
	if (!plan->values)
		err(1, "no memory");
	if (rdtgrp_reader_count_not_held(plan->reader))
		errx(1, "the reader does not hold all values");
	if (bare)
		borrow_fds(plan);
}

void plan_make(struct plan *plan, const char *root, size_t groups, bool bare)
{
	plan_begin(plan, RDTGRP_READER_FS);
	plan->root = root;
	for (size_t g = 0; g < groups; g++) {
		char path[4096];

		snprintf(path, sizeof(path), "%s/g%zu", root, g);
		plan_add(plan, path);
	}
	plan_finish(plan, bare);
}

void plan_end(struct plan *plan)
{
	rdtgrp_reader_unref(plan->reader);
	for (size_t g = 0; g < plan->groups; g++)
		rdtgrp_unref(plan->handles[g]);
	free(plan->handles);
	free(plan->values);
	free(plan->fds);
}

static size_t readings_of(const struct plan *plan)
{
	return plan->count < values_per_round ? values_per_round / plan->count : 1;
}

double time_reader(struct plan *plan)
{
	size_t readings = readings_of(plan);
	double begin = now();

	for (size_t i = 0; i < readings; i++)
		if (rdtgrp_reader_read(plan->reader, plan->values, plan->count) < 0)
			die("reading");
	return (now() - begin) / (double)(readings * plan->count);
}

double time_pread(struct plan *plan)
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

double ratio(double (*a)(struct plan *), struct plan *plan_a, double (*b)(struct plan *),
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

double typical(double (*a)(struct plan *), struct plan *plan)
{
	double times[ROUNDS];

	a(plan);
	for (size_t i = 0; i < ROUNDS; i++)
		times[i] = a(plan);
	return median(times, ROUNDS);
}

/* Of one that stops itself before and ends after what is to be counted. */
static size_t count_calls_of(pid_t pid)
{
	size_t stops = 0;
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		errx(1, "system calls cannot be counted");
	ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL));
	for (int signal = 0;; signal = 0) {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)signal) < 0 ||
		    waitpid(pid, &status, 0) != pid)
			err(1, "system calls cannot be counted");
		if (!WIFSTOPPED(status))
			break;
		if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			stops++;
		else
			signal = WSTOPSIG(status);
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		errx(1, "system calls cannot be counted: the process ended with status %d", status);
	/* Each call stops at its beginning and at its end. */
	return (stops + 1) / 2;
}

static size_t count_calls_with_frame(void (*run)(struct plan *), struct plan *plan)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid > 0)
		return count_calls_of(pid);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 || raise(SIGSTOP))
		_exit(1);
	run(plan);
	_exit(0);
}

static void run_nothing(struct plan *plan)
{
	(void)plan;
}

size_t count_calls(void (*run)(struct plan *), struct plan *plan)
{
	return count_calls_with_frame(run, plan) - count_calls_with_frame(run_nothing, plan);
}

void run_reader(struct plan *plan)
{
	if (rdtgrp_reader_read(plan->reader, plan->values, plan->count) < 0)
		_exit(1);
}
