// SPDX-License-Identifier: GPL-2.0-only
/*
 * Do events and files agree, one by one, and when all are read at once?
 */
#define _GNU_SOURCE
#include "pmutest.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	CHILDREN = 20,
	READERS = 4,
};

static char child_path[CHILDREN][64];

static void agree(const char *group, int cpu, int event, const char *about)
{
	int fd = open_group(group);
	int perf = open_event(fd, cpu, event | ABSOLUTE, -1);
	int domain = domain_of(cpu);
	struct count count;
	uint64_t file;

	need(perf >= 0, "event %d of %s on CPU %d", event, group, cpu);
	file = file_value(group, domain, event);
	count = read_event(perf);
	/* Without a counter assigned the file has a word for it. */
	is(count.value, file == UINT64_MAX ? 0 : file, "CPU %d, event %d, %s", cpu, event, about);
	is(count.lost, file == UINT64_MAX, "lost as the file tells");
	close(perf);
	close(fd);
}

static void agree_everywhere(const char *group, const char *about)
{
	for (int cpu = 0; cpu < 4; cpu++)
		for (int event = OCCUPANCY; event <= LOCAL; event++)
			agree(group, cpu, event, about);
}

static void children(void)
{
	agree_everywhere(ROOT, "the default group");
	agree_everywhere(ROOT "/g", "a control group without children");
	for (int i = 0; i < CHILDREN; i++) {
		snprintf(child_path[i], sizeof(child_path[i]), ROOT "/g/mon_groups/m%d", i);
		need(!mkdir(child_path[i], 0755), "%s", child_path[i]);
		for (int cpu = 0; cpu < 4; cpu++)
			for (int event = OCCUPANCY; event <= LOCAL; event++)
				set_raw(child_path[i], domain_of(cpu), event, 1000 * (i + 1) + event);
		if (i == 0)
			agree_everywhere(ROOT "/g", "with a child");
	}
	agree_everywhere(child_path[CHILDREN - 1], "a MON group");
	agree_everywhere(ROOT "/g", "with 20 children");
}

static void statuses(void)
{
	int group = open_group(child_path[0]), domain = domain_of(0);
	int event = open_event(group, 0, TOTAL | ABSOLUTE, -1);
	struct count before = read_event(event), after;

	set_flags(child_path[0], domain, TOTAL, "E");
	after = read_event(event);
	ok(after.lost == before.lost + 1 && after.value == before.value, "Error");
	is(file_value(child_path[0], domain, TOTAL), UINT64_MAX, "so says the file");
	agree(ROOT "/g", 0, TOTAL, "the sum leaves it out");
	set_raw(child_path[0], domain, TOTAL, 0);
	set_flags(child_path[0], domain, TOTAL, "U");
	after = read_event(event);
	ok(after.lost == before.lost + 2 && after.value == before.value, "Unavailable");
	set_flags(child_path[0], domain, TOTAL, "-");
	agree(child_path[0], 0, TOTAL, "a value again");
	is(read_event(event).lost, before.lost + 2, "nothing more is lost");
	close(event);
	close(group);
}

/* An event without a counter, on machines where counters are assigned. */
static void unassigned(void)
{
	const char *group = child_path[0];
	int fd = open_group(group), event = open_event(fd, 0, TOTAL | ABSOLUTE, -1);
	int relative = open_event(fd, 0, TOTAL, -1), domain = domain_of(0);
	struct count before, after;
	char path[128];

	snprintf(path, sizeof(path), "%s/mbm_L3_assignments", group);
	if (put_text(path, "mbm_total_bytes:%d=_\n", domain)) {
		ok(true, "Unassigned # skip counters are not assigned here");
		close(relative);
		close(event);
		close(fd);
		return;
	}
	before = read_event(event);
	after = read_event(event);
	is(file_value(group, domain, TOTAL), UINT64_MAX, "Unassigned, says the file");
	ok(after.lost == before.lost + 1 && after.value == before.value, "and the event");
	need(!put_text(path, "mbm_total_bytes:%d=e\n", domain), "assign");
	before = read_event(event);
	is(before.lost, after.lost, "it has a counter again");
	is(before.value, file_value(group, domain, TOTAL), "which counts from 0, as the file says");
	read_event(relative);
	before = read_event(relative);
	set_raw(group, domain, TOTAL, 1000);
	is(read_event(relative).value, before.value + 1000 * get_number(SIM "/scale"),
	   "a relative event goes on from there");
	close(relative);
	close(event);
	close(fd);
}

/* COUNTS more than the counter of WIDTH bits holds, in steps that it cannot hide. */
static void wrap(unsigned int width)
{
	int domain = domain_of(0), group = open_group(child_path[1]);
	int relative = open_event(group, 0, TOTAL, -1);
	uint64_t scale = get_number(SIM "/scale"), half = 1ULL << (width - 1);
	uint64_t begin = file_value(child_path[1], domain, TOTAL);
	uint64_t raw = 1000 * 2 + TOTAL;

	is(read_event(relative).value, 0, "a relative event begins with 0");
	for (int i = 0; i < 5; i++) {
		raw += half - 1;
		set_raw(child_path[1], domain, TOTAL, raw & ((1ULL << width) - 1));
		read_event(relative);
	}
	is(file_value(child_path[1], domain, TOTAL) - begin, 5 * (half - 1) * scale,
	   "the file counts across the wrap of a counter");
	is(read_event(relative).value, 5 * (half - 1) * scale, "the event as well");
	agree(child_path[1], 0, TOTAL, "and so says an absolute one");
	close(relative);
	close(group);
}

static bool stop;
static int failed_reads;

/*
 * Reads the file and all events of one group, and the sum of its parent. One that stays on the event's CPU
 * reads a file only now and then: that takes as long as many events, which are to meet those of another
 * CPU.
 */
struct reader {
	pthread_t thread;
	int child;
	int cpu;
	bool stays;
	int file;
	int absolute, relative, sum;
	unsigned long rounds;
};

static void open_reader(struct reader *reader, int child, int cpu, bool stays)
{
	int group = open_group(child_path[child]), parent = open_group(ROOT "/g");

	reader->child = child;
	reader->cpu = cpu;
	reader->stays = stays;
	reader->file = open_file(child_path[child], domain_of(cpu), TOTAL);
	reader->absolute = open_event(group, cpu, TOTAL | ABSOLUTE, -1);
	reader->relative = open_event(group, cpu, TOTAL, -1);
	reader->sum = open_event(parent, cpu, TOTAL | ABSOLUTE, -1);
	need(reader->file >= 0 && reader->absolute >= 0 && reader->relative >= 0 && reader->sum >= 0,
	     "a reader of child %d on CPU %d", child, cpu);
	close(parent);
	close(group);
}

static void close_reader(struct reader *reader)
{
	close(reader->file);
	close(reader->absolute);
	close(reader->relative);
	close(reader->sum);
}

/* Frozen counters only go where the writer sets them: up. */
static void goes_up(uint64_t value, uint64_t *last)
{
	if (value < *last)
		__atomic_add_fetch(&failed_reads, 1, __ATOMIC_RELAXED);
	*last = value;
}

static void *reads(void *argument)
{
	struct reader *reader = argument;
	uint64_t last = 0, last_relative = 0, last_sum = 0;
	cpu_set_t cpu;

	if (reader->stays) {
		CPU_ZERO(&cpu);
		CPU_SET(reader->cpu, &cpu);
		need(!sched_setaffinity(0, sizeof(cpu), &cpu), "CPU %d", reader->cpu);
	}
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		if (!reader->stays || reader->rounds % 64 == 0)
			goes_up(reread_file(reader->file), &last);
		goes_up(read_event(reader->absolute).value, &last);
		goes_up(read_event(reader->relative).value, &last_relative);
		goes_up(read_event(reader->sum).value, &last_sum);
		reader->rounds++;
	}
	if (read_event(reader->absolute).lost || read_event(reader->relative).lost ||
	    read_event(reader->sum).lost)
		__atomic_add_fetch(&failed_reads, 1, __ATOMIC_RELAXED);
	return NULL;
}

/* Counters that wrap every few steps, read by the overflow worker, files and events at once. */
static void together(double seconds, unsigned int width)
{
	/* Of two children, on all CPUs of the domain. */
	static const int children[READERS] = {2, 2, 3, 2};
	struct reader readers[READERS];
	uint64_t scale = get_number(SIM "/scale"), begin[2], raw[2], step[2], steps = 0;
	int domain = domain_of(0), second = domain_of(1) == domain ? 1 : 0;
	unsigned long rounds = 0;
	double end;

	for (int i = 0; i < 2; i++) {
		begin[i] = file_value(child_path[2 + i], domain, TOTAL);
		raw[i] = 1000 * (2 + i + 1) + TOTAL;
		step[i] = (1ULL << (width - 3)) + 12345 * (i + 1);
	}
	for (int i = 0; i < READERS; i++)
		open_reader(&readers[i], children[i], i % 2 ? second : 0, i < 2);
	for (int i = 0; i < READERS; i++) {
		readers[i].rounds = 0;
		need(!pthread_create(&readers[i].thread, NULL, reads, &readers[i]), "thread");
	}
	/* Each step is read before the next, or more than one wrap could hide in two. */
	for (end = now() + seconds; now() < end; steps++) {
		for (int i = 0; i < 2; i++) {
			raw[i] += step[i];
			set_raw(child_path[2 + i], domain, TOTAL, raw[i] & ((1ULL << width) - 1));
			file_value(child_path[2 + i], domain, TOTAL);
		}
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < READERS; i++) {
		pthread_join(readers[i].thread, NULL);
		rounds += readers[i].rounds;
	}
	printf("# %llu steps and %lu rounds of reads in %.0f s\n", (unsigned long long)steps, rounds,
	       seconds);
	for (int i = 0; i < 2; i++)
		is(file_value(child_path[2 + i], domain, TOTAL) - begin[i], steps * step[i] * scale,
		   "nothing was lost or counted twice");
	for (int i = 0; i < READERS; i++) {
		is(read_event(readers[i].relative).value, steps * step[readers[i].child - 2] * scale,
		   "nor by the relative event of reader %d", i);
		close_reader(&readers[i]);
	}
	is((uint64_t)failed_reads, 0, "no read went backwards or failed");
	agree(child_path[2], 0, TOTAL, "after all that");
	agree(ROOT "/g", second, TOTAL, "and the sum");
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 10;
	unsigned int width = argc > 2 ? (unsigned int)atoi(argv[2]) : 32;

	need(!put_text(SIM "/freeze", "1"), "freeze");
	need(!mkdir(ROOT "/g", 0755), "mkdir g");
	children();
	statuses();
	unassigned();
	wrap(width);
	together(seconds, width);
	for (int i = 0; i < CHILDREN; i++)
		need(!rmdir(child_path[i]), "rmdir");
	need(!rmdir(ROOT "/g"), "rmdir g");
	return outcome();
}
