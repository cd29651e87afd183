/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a value costs by a perf event, next to a pread(2) of its file, on a kernel with the series of
 * kernel/patches. Of one MON group, whose counters stand still where they are simulated.
 */
#include "bench.h"

#include <err.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ROOT "/sys/fs/resctrl"
#define GROUP ROOT "/mon_groups/bench"
#define PMU "/sys/bus/event_source/devices/resctrl"

#define ROUNDS_HERE 101
#define READS 200
#define WINDOW_S 0.05

/* For measure.c. */
const size_t values_per_round = READS;

/* What is read again and again by one thread: on which CPU, from which fd, how many values at once. */
struct way {
	const char *name;
	int cpu;
	int fd;
	bool file;
	size_t values;
	struct rdtgrp_reader *reader; /* in place of the fd */
	double seconds[ROUNDS_HERE];  /* per value */
};

static uint64_t number_of(const char *path)
{
	unsigned long number;
	FILE *file = fopen(path, "re");

	if (!file || fscanf(file, "%lu", &number) != 1)
		err(1, "%s", path);
	fclose(file);
	return number;
}

static unsigned int domain_of(int cpu)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/cache/index3/id", cpu);
	return (unsigned int)number_of(path);
}

static int open_file(unsigned int domain)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), GROUP "/mon_data/mon_L3_%02u/mbm_total_bytes", domain);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

static int open_perf(uint32_t type, uint64_t config, int group, int cpu, int leader)
{
	struct perf_event_attr attr = {.type = type,
				       .size = sizeof(attr),
				       .config = config,
				       .config1 = (uint64_t)group,
				       .read_format = PERF_FORMAT_GROUP};
	int fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, leader, PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		err(1, "perf_event_open");
	return fd;
}

/* So many events of resctrl, as an event group: mbm_total_bytes first. The PMU calls them 1, 2 and 3. */
static int open_events(int cpu, unsigned int count)
{
	static const uint64_t events[] = {2, 3, 1};
	uint32_t type = (uint32_t)number_of(PMU "/type");
	int group = open(GROUP, O_RDONLY | O_DIRECTORY | O_CLOEXEC), leader = -1, fd;

	if (group < 0)
		err(1, "%s", GROUP);
	for (unsigned int i = 0; i < count; i++) {
		fd = open_perf(type, events[i], group, cpu, leader);
		if (leader < 0)
			leader = fd;
	}
	close(group);
	return leader;
}

static void read_once(const struct way *way)
{
	struct rdtgrp_value values[8];
	char text[128];
	ssize_t length;

	if (way->reader) {
		if (rdtgrp_reader_read(way->reader, values, way->values) < 0)
			die("reading");
		return;
	}
	length = way->file ? pread(way->fd, text, sizeof(text), 0)
			   : read(way->fd, text, sizeof(text));
	if (length <= 0)
		err(1, "%s", way->name);
}

static double time_way(const struct way *way)
{
	size_t reads = READS / way->values;
	double begin;

	go_to(way->cpu);
	read_once(way);
	begin = now();
	for (size_t i = 0; i < reads; i++)
		read_once(way);
	return (now() - begin) / (double)(reads * way->values);
}

/* Of the rounds' ratios, in each of which all ways had their turn. */
static double median_ratio(const struct way *a, const struct way *b)
{
	double ratios[ROUNDS_HERE];

	for (size_t i = 0; i < ROUNDS_HERE; i++)
		ratios[i] = a->seconds[i] / b->seconds[i];
	return median(ratios, ROUNDS_HERE);
}

static void print_us(const struct way *way)
{
	double seconds[ROUNDS_HERE];
	char what[128];

	memcpy(seconds, way->seconds, sizeof(seconds));
	snprintf(what, sizeof(what), "%s: us per value", way->name);
	line(what, median(seconds, ROUNDS_HERE) * 1e6, 0);
}

/* Threads that read for a while, each its own way. */
struct worker {
	pthread_t thread;
	struct way *way;
	pthread_barrier_t *begin;
	double per_second;
};

static void *work(void *argument)
{
	struct worker *worker = argument;
	double begin, elapsed;
	size_t reads = 0;

	go_to(worker->way->cpu);
	read_once(worker->way);
	pthread_barrier_wait(worker->begin);
	begin = now();
	do {
		for (int i = 0; i < 20; i++)
			read_once(worker->way);
		reads += 20;
		elapsed = now() - begin;
	} while (elapsed < WINDOW_S);
	worker->per_second = (double)reads / elapsed;
	return NULL;
}

static double rate_of(struct way *const *ways, unsigned int threads)
{
	struct worker workers[2];
	pthread_barrier_t begin;
	double sum = 0;

	pthread_barrier_init(&begin, NULL, threads);
	for (unsigned int i = 0; i < threads; i++) {
		workers[i] = (struct worker){.way = ways[i], .begin = &begin};
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			errx(1, "no thread");
	}
	for (unsigned int i = 0; i < threads; i++) {
		pthread_join(workers[i].thread, NULL);
		sum += workers[i].per_second;
	}
	pthread_barrier_destroy(&begin);
	return sum;
}

/* Both at once, to each alone. */
static double speedup(struct way *one, struct way *other)
{
	struct way *both[] = {one, other};
	double ratios[ROUNDS_HERE];

	for (size_t i = 0; i < ROUNDS_HERE; i++) {
		double alone = rate_of(&both[i % 2], 1);

		ratios[i] = rate_of(both, 2) / alone;
	}
	return median(ratios, ROUNDS_HERE);
}

static void at_least(const char *what, double figure, double least)
{
	printf("%-60s %9.2f %9.2f%s\n", what, figure, least,
	       figure < least - 0.005 ? "  (at least) MISSED" : "  (at least)");
	missed = missed || figure < least - 0.005;
}

static struct rdtgrp_reader *make_reader(unsigned int domain)
{
	struct rdtgrp_reader *reader;
	struct rdtgrp *group;
	char name[32];

	snprintf(name, sizeof(name), "mon_L3_%02u", domain);
	if (rdtgrp_open(GROUP, 0, &group) < 0 ||
	    rdtgrp_reader_new(RDTGRP_READER_PMU, &reader) < 0 ||
	    rdtgrp_reader_add(reader, group, name, NULL) < 0)
		die("reader");
	rdtgrp_unref(group);
	return reader;
}

static void freeze(void)
{
	int fd = open("/sys/kernel/debug/rdt_sim/freeze", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "1", 1) != 1)
		err(1, "freeze");
	close(fd);
}

int main(void)
{
	/* The kernel reads a file on the first CPU of its domain. The last CPU of all is in another one. */
	int here = 0, there = (int)sysconf(_SC_NPROCESSORS_ONLN) - 1;
	unsigned int domain = domain_of(here);
	struct way ways[] = {
		{.name = "pread from elsewhere", .cpu = there, .file = true, .values = 1},
		{.name = "pread on the domain's first CPU", .cpu = here, .file = true, .values = 1},
		{.name = "event from elsewhere", .cpu = there, .values = 1},
		{.name = "event on its own CPU", .cpu = here, .values = 1},
		{.name = "event group of 3 from elsewhere", .cpu = there, .values = 3},
		{.name = "event group of 3 on its own CPU", .cpu = here, .values = 3},
		{.name = "reader by perf, from elsewhere", .cpu = there, .values = 3},
		{.name = "software event from elsewhere", .cpu = there, .values = 1},
		{.name = "software event on its own CPU", .cpu = here, .values = 1},
	};
	enum {
		PREAD,
		PREAD_HERE,
		EVENT,
		EVENT_HERE,
		GROUP_OF_3,
		GROUP_HERE,
		READER,
		SW,
		SW_HERE,
		NR
	};
	struct way other_event = {.name = "event of the other domain", .cpu = there, .values = 1};
	struct way other_file = {
		.name = "file of the other domain", .cpu = there, .file = true, .values = 1};

	if (access(PMU, F_OK) < 0) {
		puts("# this kernel does not offer resctrl's events to perf");
		return 77;
	}
	if (domain_of(there) == domain)
		errx(1, "there is but one domain");
	freeze();
	if (mkdir(GROUP, 0755) < 0)
		err(1, "%s", GROUP);
	ways[PREAD].fd = ways[PREAD_HERE].fd = open_file(domain);
	ways[EVENT].fd = ways[EVENT_HERE].fd = open_events(here, 1);
	ways[GROUP_OF_3].fd = ways[GROUP_HERE].fd = open_events(here, 3);
	ways[READER].reader = make_reader(domain);
	ways[SW].fd = ways[SW_HERE].fd =
		open_perf(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, 0, here, -1);
	other_event.fd = open_events(there, 1);
	other_file.fd = open_file(domain_of(there));

	line_head();
	for (size_t round = 0; round < ROUNDS_HERE; round++)
		for (size_t i = 0; i < NR; i++)
			ways[(i + round) % NR].seconds[round] = time_way(&ways[(i + round) % NR]);
	for (size_t i = 0; i < NR; i++)
		print_us(&ways[i]);
	line("event / pread, from elsewhere", median_ratio(&ways[EVENT], &ways[PREAD]), 0.20);
	line("event group of 3 / pread, from elsewhere, per value",
	     median_ratio(&ways[GROUP_OF_3], &ways[PREAD]), 0.08);
	line("event on its own CPU / pread on the domain's first CPU",
	     median_ratio(&ways[EVENT_HERE], &ways[PREAD_HERE]), 0.15);
	line("reader by perf / pread, from elsewhere, per value",
	     median_ratio(&ways[READER], &ways[PREAD]), 0);
	line("software event / pread, from elsewhere", median_ratio(&ways[SW], &ways[PREAD]), 0);
	line("software event on its own CPU / pread on the first CPU",
	     median_ratio(&ways[SW_HERE], &ways[PREAD_HERE]), 0);
	line("event / software event, from elsewhere", median_ratio(&ways[EVENT], &ways[SW]), 0);
	at_least("events: two threads on two domains / one",
		 speedup(&ways[EVENT_HERE], &other_event), 1.7);
	line("files: two threads on two domains / one", speedup(&ways[PREAD_HERE], &other_file), 0);
	rdtgrp_reader_unref(ways[READER].reader);
	if (rmdir(GROUP) < 0)
		err(1, "%s", GROUP);
	return missed;
}
