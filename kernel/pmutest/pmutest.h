/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the PMU have in common: outcomes in TAP, groups, the simulated hardware, events.
 */
#ifndef PMUTEST_H
#define PMUTEST_H

#include <stdbool.h>
#include <stdint.h>

#define ROOT "/sys/fs/resctrl"
#define SIM "/sys/kernel/debug/rdt_sim"
#define PMU "/sys/bus/event_source/devices/resctrl"

enum {
	OCCUPANCY = 1,
	TOTAL = 2,
	LOCAL = 3,
	ABSOLUTE = 1 << 8,
};

/* As read(2) gives them with read_format TOTAL_TIME_RUNNING | LOST. */
struct count {
	uint64_t value;
	uint64_t running;
	uint64_t lost;
};

void ok(bool good, const char *format, ...) __attribute__((format(printf, 2, 3)));
void is(uint64_t came, uint64_t expected, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A skip, but a failure on the machine that is there for pseudo-locking. */
void no_pseudo_locking(const char *about);
int outcome(void);

/* For what must work for a test to mean anything: exits with a message. */
void need(bool good, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Text of a file, without its newline. Writing returns 0 or a negative errno. */
void get_text(char *text, int size, const char *format, ...) __attribute__((format(printf, 3, 4)));
uint64_t get_number(const char *format, ...) __attribute__((format(printf, 1, 2)));
int put_text(const char *path, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Waits for an RMID: those of former groups are in limbo for a second or two. */
void make_group(const char *path);
/* A directory's fd; -1 with errno if there is none. */
int open_group(const char *path);
/* The domain that a CPU is in: an L3 cache, or with Sub-NUMA Cluster a node. */
int domain_of(int cpu);
/* What the file of an event shows: the number, or UINT64_MAX for a word. */
uint64_t file_value(const char *group, int domain, int event);
/* The same of a file that is held open. */
int open_file(const char *group, int domain, int event);
uint64_t reread_file(int fd);
/* The group's event in the domain has counted RAW, as the hardware tells it. */
void set_raw(const char *group, int domain, int event, uint64_t raw);
void set_flags(const char *group, int domain, int event, const char *flags);

/* A perf event: an fd, or a negative errno. */
int open_event(int group, int cpu, uint64_t config, int leader);
/* The same, but the group's own errors of any attribute can be tried. */
struct perf_event_attr;
void event_attr(struct perf_event_attr *attr, int group, uint64_t config);
int open_attr(struct perf_event_attr *attr, int pid, int cpu, int leader);
struct count read_event(int event);

double now(void);

#endif
