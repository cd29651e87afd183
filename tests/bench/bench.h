/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>

#include "rdtgrp.h"

#define DOMAINS 8
#define EVENTS 3
#define VALUES_PER_GROUP (DOMAINS * EVENTS)

/*
 * A plain tree with the shape of resctrl: a default group, and CTRL_MON groups g0, g1, … with 8 domains
 * of 3 events. The path is to be freed. These end the program on failure.
 */
char *plain_tree_make(size_t groups);
void plain_tree_remove(char *path);

/* A value's path below a group. Static. */
const char *plain_tree_value(size_t index);

/* The table: a line with a figure and, if not 0, the most that it may be. */
void line_head(void);
void line(const char *what, double figure, double most);
/* Was a figure more than it may be? */
extern bool missed;

double now(void);
/* Run on this CPU alone from now on. */
void go_to(int cpu);
double median(double *numbers, size_t count);
/* End the program with the library's error. */
void die(const char *what) __attribute__((noreturn));

/* Allow this process that many fds, or as many as it may have. Returns how many. */
size_t allow_fds(size_t wanted);

/* Groups, with all their values in a reader of files and, if bare, the fds in the same order. */
struct plan {
	const char *root;
	size_t groups;
	size_t count;
	struct rdtgrp **handles;
	struct rdtgrp_reader *reader;
	struct rdtgrp_value *values;
	int *fds; /* the reader's own */
};

/* Of groups g0, g1, … below a directory; or, step by step, of any. */
void plan_make(struct plan *plan, const char *root, size_t groups, bool bare);
void plan_begin(struct plan *plan, unsigned int flags);
void plan_add(struct plan *plan, const char *path);
void plan_finish(struct plan *plan, bool bare);
void plan_end(struct plan *plan);

/* The readings of one round are of about this many values, so that it takes longer than the clock's
 * steps. Each program has its own. */
extern const size_t values_per_round;

/* These take a round and return seconds per value. */
double time_reader(struct plan *plan);
double time_pread(struct plan *plan);

#define ROUNDS 41
/* The median of the rounds' ratios, a to b, which take turns. */
double ratio(double (*a)(struct plan *), struct plan *plan_a, double (*b)(struct plan *),
	     struct plan *plan_b);

/* The median of the rounds. */
double typical(double (*a)(struct plan *), struct plan *plan);

/* How many system calls a function makes, counted in a child process. */
size_t count_calls(void (*run)(struct plan *), struct plan *plan);
/* For that: one reading. */
void run_reader(struct plan *plan);

/* What the whole process has allocated until now, and has allocated now. */
size_t heap_allocations(void);
size_t heap_bytes(void);

#endif
