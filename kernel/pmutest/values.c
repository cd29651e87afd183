// SPDX-License-Identifier: GPL-2.0-only
/*
 * Do events and files agree, one by one, and when all are read at once?
 */
#define _GNU_SOURCE
#include "pmutest.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	CHILDREN = 20,
	READERS = 5,
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
		make_group(child_path[i]);
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

/*
 * What a relative event of a control group makes of children that come, go and cannot be read. C and D are
 * control groups, the others their children at first.
 */
#define GROUP_C ROOT "/c"
#define GROUP_D ROOT "/d"
#define IN_C GROUP_C "/mon_groups/"
#define IN_D GROUP_D "/mon_groups/"

/* An event, and what it showed last. */
struct watch {
	int event;
	struct count last;
};

static struct watch watch(const char *group)
{
	int fd = open_group(group);
	struct watch watch = {.event = open_event(fd, 0, TOTAL, -1)};

	need(watch.event >= 0, "a relative event of %s", group);
	close(fd);
	watch.last = read_event(watch.event);
	return watch;
}

/* Since the last time COUNTS more, and it was told that this may not be all of it (or not). */
static void grown(struct watch *watch, uint64_t counts, bool told, const char *about)
{
	struct count count = read_event(watch->event);

	is(count.value - watch->last.value, counts * get_number(SIM "/scale"),
	   "%s: what it has counted", about);
	is(count.lost - watch->last.lost, told, "%s: %s", about,
	   told ? "told that there may be more" : "nothing lost");
	watch->last = count;
}

static uint64_t raw_c, raw_a, raw_b;

/* C and the children A and B have counted so much more. */
static void count_c(uint64_t counts)
{
	raw_c += counts;
	set_raw(GROUP_C, domain_of(0), TOTAL, raw_c);
}

static void count_a(uint64_t counts)
{
	raw_a += counts;
	set_raw(IN_C "a", domain_of(0), TOTAL, raw_a);
}

static void count_b(const char *path, uint64_t counts)
{
	raw_b += counts;
	set_raw(path, domain_of(0), TOTAL, raw_b);
}

static int assign(const char *group, const char *how)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/mbm_L3_assignments", group);
	return put_text(path, "mbm_total_bytes:%d=%s\n", domain_of(0), how);
}

static void unreadable(struct watch *c, bool assigned)
{
	int domain = domain_of(0);
	struct watch late;

	count_c(1);
	count_a(10);
	grown(c, 11, false, "a control group and its child");
	need(!ioctl(c->event, PERF_EVENT_IOC_DISABLE), "disable");
	count_c(1);
	count_a(10);
	need(!ioctl(c->event, PERF_EVENT_IOC_ENABLE), "enable");
	count_a(4);
	grown(c, 4, false, "but not while the event is disabled");

	set_flags(IN_C "a", domain, TOTAL, "E");
	count_c(2);
	grown(c, 2, true, "a child in Error");
	grown(c, 0, true, "the child still in Error");
	count_a(5);
	set_flags(IN_C "a", domain, TOTAL, "-");
	count_c(3);
	grown(c, 8, false, "the child is back");

	/* When an event is opened, perf stops all others of the CPU and starts them again: nothing to them. */
	set_flags(IN_C "a", domain, TOTAL, "E");
	late = watch(GROUP_C);
	c->last = read_event(c->event);
	count_a(5);
	set_flags(IN_C "a", domain, TOTAL, "-");
	count_c(3);
	grown(&late, 3, true, "a child is back that was in Error when the event was opened");
	grown(c, 8, false, "not so one that was open before");
	count_a(1);
	grown(&late, 1, false, "the child counts from then on");
	grown(c, 1, false, "as it does for all");
	close(late.event);

	/*
	 * After Unavailable the kernel takes a counter of an RMID as counting from 0, an assigned one as
	 * going on.
	 */
	set_flags(IN_C "a", domain, TOTAL, "U");
	if (!assigned)
		raw_a = 0;
	count_a(0);
	count_c(1);
	grown(c, 1, true, "a child is Unavailable");
	count_a(7);
	set_flags(IN_C "a", domain, TOTAL, "-");
	grown(c, 7, false, "it is available again");
}

/* There and back: resets all counters of the event. */
static void change_filter(void)
{
	const char *path = ROOT "/info/L3_MON/event_configs/mbm_total_bytes/event_filter";
	char filter[256];

	get_text(filter, sizeof(filter), "%s", path);
	need(!put_text(path, "local_reads,remote_reads\n"), "another filter");
	need(!put_text(path, "%s\n", filter), "the filter as it was");
}

#define ON_MKDIR ROOT "/info/L3_MON/mbm_assign_on_mkdir"

/* On machines where counters are assigned. */
static void reassigned(struct watch *c)
{
	struct watch a = watch(IN_C "a");

	need(!assign(IN_C "a", "_"), "unassign");
	count_c(1);
	grown(c, 1, true, "a child without a counter");
	grown(&a, 0, true, "and the child itself");
	need(!assign(IN_C "a", "e"), "assign");
	raw_a = 0;
	count_a(9);
	grown(c, 9, true, "the child has another counter");
	grown(&a, 9, true, "and so it has itself");

	/* Nobody looks in between, and then it has counted more than before. */
	need(!assign(IN_C "a", "_") && !assign(IN_C "a", "e"), "reassign");
	raw_a = 0;
	count_a(9 + 100);
	grown(c, 100, true, "a child was given another counter meanwhile");
	grown(&a, 100, true, "that child itself");
	count_a(1);
	grown(c, 1, false, "the next count");
	grown(&a, 1, false, "the next count of the child");

	need(!assign(IN_C "a", "_"), "unassign");
	grown(c, 0, true, "a child without a counter again");
	grown(&a, 0, true, "and the child itself again");
	need(!assign(IN_C "a", "e"), "assign");
	raw_a = 0;
	count_a(110 + 40);
	grown(c, 150, true, "it has a counter, and that has counted more than the one before");
	grown(&a, 150, true, "that child itself, again");
	count_a(1);
	grown(c, 1, false, "the next count, again");
	grown(&a, 1, false, "the next count of the child, again");

	need(!put_text(ON_MKDIR, "0\n") && !mkdir(IN_C "n", 0755), "a child without a counter");
	need(!assign(IN_C "n", "e") && !put_text(ON_MKDIR, "1\n"), "assign");
	set_raw(IN_C "n", domain_of(0), TOTAL, 7);
	grown(c, 7, true, "a new child was given a counter after a while");
	need(!rmdir(IN_C "n"), "rmdir n");
	c->last = read_event(c->event);

	change_filter();
	raw_a = raw_b = raw_c = 0;
	count_a(5);
	count_c(4);
	grown(c, 9, true, "the filter was changed, so all counters were reset");
	grown(&a, 5, true, "that of the child");
	change_filter();
	raw_a = raw_c = 0;
	count_a(5 + 60);
	count_c(4 + 70);
	grown(c, 60 + 70, true, "once more, and all have counted more than before");
	close(a.event);
}

static void moved(struct watch *c)
{
	struct watch d = watch(GROUP_D), b = watch(IN_D "b");

	need(!rename(IN_D "b", IN_C "b"), "move b to c");
	count_b(IN_C "b", 20);
	count_c(1);
	grown(c, 1, true, "a child with a history is moved in");
	grown(&d, 0, true, "and out of another group");
	grown(&b, 20, false, "which is nothing to the child");
	count_b(IN_C "b", 4);
	grown(c, 4, false, "the child counts from then on");
	grown(&d, 0, false, "and does not for the group that it has left");

	need(!rename(IN_C "b", IN_D "b"), "move b to d");
	count_b(IN_D "b", 1000);
	need(!rename(IN_D "b", IN_C "b"), "move b back");
	count_b(IN_C "b", 3);
	count_c(2);
	grown(c, 2, true, "a child was away between two reads");
	count_b(IN_C "b", 5);
	grown(c, 5, false, "the child is there again");

	count_b(IN_C "b", 6);
	need(!rename(IN_C "b", IN_C "e"), "another name for b");
	grown(c, 6, false, "a child has another name");
	need(!rename(IN_C "e", IN_D "b"), "move b to d again");
	count_b(IN_D "b", 6);
	count_c(1);
	grown(c, 1, true, "a child is moved out");
	grown(c, 0, false, "that is told once");
	grown(&b, 3 + 1000 + 5 + 6 + 6 + 4, false, "what the child has counted in all this");
	close(d.event);
	close(b.event);
}

static void made_and_removed(struct watch *c)
{
	uint64_t scale = get_number(SIM "/scale");
	int domain = domain_of(0);

	need(!mkdir(IN_C "n", 0755), "mkdir n");
	set_raw(IN_C "n", domain, TOTAL, 5000);
	count_c(1);
	grown(c, 1 + file_value(IN_C "n", domain, TOTAL) / scale, false, "a new child counts");
	set_raw(IN_C "n", domain, TOTAL, 5002);
	grown(c, 2, false, "and goes on");

	set_raw(IN_C "n", domain, TOTAL, 5010);
	count_a(2);
	count_c(1);
	need(!rmdir(IN_C "n"), "rmdir n");
	grown(c, 3, true, "a child was removed");
	grown(c, 0, false, "that, too, is told once");
	count_a(1);
	grown(c, 1, false, "the others count");
}

#define MODE ROOT "/info/L3_MON/mbm_assign_mode"
#define CONFIG ROOT "/info/L3_MON/mbm_total_bytes_config"

/* The mode is changed, and in that without assigned counters, what these count. */
static void modes(void)
{
	int domain = domain_of(0);
	struct watch a;

	if (put_text(MODE, "mbm_event\n")) {
		ok(true, "another mode # skip counters are not assigned here");
		return;
	}
	need(!assign(IN_C "a", "e"), "assign");
	set_raw(IN_C "a", domain, TOTAL, 300);
	a = watch(IN_C "a");
	need(!put_text(MODE, "default\n") && !put_text(MODE, "mbm_event\n"), "default and back");
	grown(&a, 0, true, "the mode was changed, and there is no counter");
	need(!assign(IN_C "a", "e"), "assign");
	set_raw(IN_C "a", domain, TOTAL, 400);
	grown(&a, 400, true, "there is one");

	need(!put_text(MODE, "default\n"), "default");
	need(!put_text(CONFIG, "%d=0x3f\n", domain), "another configuration");
	read_event(a.event);
	set_raw(IN_C "a", domain, TOTAL, 1000);
	a.last = read_event(a.event);
	set_raw(IN_C "a", domain, TOTAL, 2000);
	grown(&a, 1000, false, "without assigned counters");
	need(!put_text(CONFIG, "%d=0x7f\n", domain), "the configuration as it was");
	grown(&a, 0, true, "the configuration was changed, which makes counters Unavailable for a read");
	set_raw(IN_C "a", domain, TOTAL, 5000);
	grown(&a, 5000, false, "they count from 0");
	need(!put_text(MODE, "mbm_event\n"), "the mode as it was");
	need(!put_text(ROOT "/mbm_L3_assignments", "mbm_total_bytes:*=e\n") &&
		     !put_text(ROOT "/mbm_L3_assignments", "mbm_local_bytes:*=e\n"),
	     "the default group's counters");
	/* The first read may find them Unavailable. */
	for (int cpu = 0; cpu < 4; cpu++)
		for (int event = TOTAL; event <= LOCAL; event++)
			file_value(ROOT, domain_of(cpu), event);
	close(a.event);
}

/* A new group is Unavailable until it has traffic. */
static void idle(bool assigned)
{
	const char *const group = IN_C "n";
	int domain = domain_of(0);
	struct watch n, c;

	if (assigned) {
		ok(true, "an idle group # skip counters are assigned here");
		return;
	}
	need(!mkdir(group, 0755), "mkdir n");
	set_flags(group, domain, TOTAL, "U");
	is(file_value(group, domain, TOTAL), UINT64_MAX, "the file of an idle group");
	set_raw(group, domain, TOTAL, 0);
	n = watch(group);
	c = watch(GROUP_C);
	n.last = read_event(n.event);
	ok(n.last.lost && c.last.lost, "its event, and that of its parent");
	set_raw(group, domain, TOTAL, 1000000);
	set_flags(group, domain, TOTAL, "-");
	grown(&n, 1000000, false, "it is no longer idle");
	grown(&c, 1000000, false, "nor is its parent");
	is(n.last.value, file_value(group, domain, TOTAL), "so says the file");
	close(n.event);
	close(c.event);
	need(!rmdir(group), "rmdir n");
}

static void on_cpu(int number)
{
	cpu_set_t cpu;

	CPU_ZERO(&cpu);
	CPU_SET(number, &cpu);
	need(!sched_setaffinity(0, sizeof(cpu), &cpu), "CPU %d", number);
}

/* A task with a pinned event of its own, which another one wakes, on CPU 0. */
static void wake_up(int rounds)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_TASK_CLOCK,
		.pinned = 1,
	};
	int there[2], back[2], status;
	char byte = 0;

	if (!fork()) {
		on_cpu(0);
		need(!pipe(there) && !pipe(back), "pipes");
		if (!fork()) {
			while (rounds-- && read(there[0], &byte, 1) == 1 && write(back[1], &byte, 1) == 1)
				;
			_exit(0);
		}
		need(open_attr(&attr, 0, -1, -1) >= 0, "a pinned event");
		while (rounds-- && write(there[1], &byte, 1) == 1 && read(back[0], &byte, 1) == 1)
			;
		_exit(rounds != -1);
	}
	need(wait(&status) > 0 && !status, "a task that wakes up");
}

/* An event whose leader was closed. */
static struct watch orphan(const char *group)
{
	int fd = open_group(group), leader = open_event(fd, 0, TOTAL, -1);
	struct watch watch = {.event = open_event(fd, 0, TOTAL, leader)};

	need(leader >= 0 && watch.event >= 0, "an event group of %s", group);
	close(leader);
	close(fd);
	watch.last = read_event(watch.event);
	return watch;
}

/* What tasks do is nothing to an event: it is neither read nor stopped when they are switched. */
static void switches(void)
{
	struct watch c = watch(GROUP_C);

	set_flags(IN_C "a", domain_of(0), TOTAL, "E");
	wake_up(200);
	grown(&c, 0, true, "a child in Error, and tasks with pinned events");
	close(c.event);
	c = orphan(GROUP_C);
	wake_up(200);
	grown(&c, 0, true, "the same where the event's leader was closed");
	set_flags(IN_C "a", domain_of(0), TOTAL, "-");
	close(c.event);
}

static bool stop;

#define GROUP_X ROOT "/x"
#define GROUP_Y ROOT "/y"

/* What Y counts, X never comes near. */
#define MUCH (1ULL << 30)

/* Of the event of X, all that is read, and how often that is what Y has counted. */
struct swap {
	int cpu;
	int event;
	unsigned long reads, foreign;
};

static void *reads_x(void *argument)
{
	struct swap *swap = argument;

	on_cpu(swap->cpu);
	for (; !__atomic_load_n(&stop, __ATOMIC_RELAXED); swap->reads++)
		swap->foreign += read_event(swap->event).value >= MUCH;
	return NULL;
}

/* A counter goes from X to Y and back while X is read. */
static void swapped(double seconds)
{
	uint64_t scale = get_number(SIM "/scale");
	int domain = domain_of(0), group;
	struct swap swap = {.cpu = 1};
	unsigned long rounds = 0;
	pthread_t thread;
	cpu_set_t cpus;
	double end;

	need(domain_of(swap.cpu) == domain, "a second CPU");
	need(!sched_getaffinity(0, sizeof(cpus), &cpus), "affinity");
	make_group(GROUP_X);
	make_group(GROUP_Y);
	need(!assign(GROUP_Y, "_"), "unassign");
	group = open_group(GROUP_X);
	swap.event = open_event(group, swap.cpu, TOTAL | ABSOLUTE, -1);
	need(swap.event >= 0, "an event of x");
	close(group);
	need(!pthread_create(&thread, NULL, reads_x, &swap), "thread");
	on_cpu(0);
	for (end = now() + seconds; now() < end; rounds++) {
		need(!assign(GROUP_X, "_") && !assign(GROUP_Y, "e"), "to y");
		set_raw(GROUP_Y, domain, TOTAL, 2 * MUCH / scale);
		need(!assign(GROUP_Y, "_") && !assign(GROUP_X, "e"), "to x");
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	__atomic_store_n(&stop, false, __ATOMIC_RELAXED);
	need(!sched_setaffinity(0, sizeof(cpus), &cpus), "affinity");
	printf("# %lu times to and fro, %lu reads\n", rounds, swap.reads);
	ok(rounds && swap.reads, "a counter went from one group to another while the first was read");
	is(swap.foreign, 0, "which never got what the other had counted");
	close(swap.event);
	need(!rmdir(GROUP_X) && !rmdir(GROUP_Y), "rmdir x, y");
}

/* Moves, makes and removes children with a history, and takes counters away, as fast as that goes. */
static void *changes(void *argument)
{
	unsigned long *rounds = argument;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		need(!rename(IN_D "b", IN_C "b") && !rename(IN_C "b", IN_D "b"), "moves");
		need(!mkdir(IN_C "n", 0755) || errno == EBUSY || errno == ENOSPC, "mkdir n");
		assign(IN_C "a", "_");
		assign(IN_C "a", "e");
		need(!rmdir(IN_C "n") || errno == ENOENT, "rmdir n");
		++*rounds;
	}
	return NULL;
}

/* While no counter moves, no event may count anything, whatever becomes of the groups. */
static void frozen(double seconds)
{
	struct watch c = watch(GROUP_C), d = watch(GROUP_D);
	unsigned long rounds = 0, reads = 0, changed = 0;
	uint64_t lost = c.last.lost;
	pthread_t thread;
	double end;

	need(!pthread_create(&thread, NULL, changes, &rounds), "thread");
	for (end = now() + seconds; now() < end; reads++) {
		changed += read_event(c.event).value != c.last.value;
		changed += read_event(d.event).value != d.last.value;
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	__atomic_store_n(&stop, false, __ATOMIC_RELAXED);
	printf("# %lu rounds of changes and %lu of reads in %.0f s\n", rounds, reads, seconds);
	is(changed, 0, "nothing is counted while children with a history come and go");
	ok(rounds > 0 && read_event(c.event).lost > lost, "and it is told that this may not be all");
	close(c.event);
	close(d.event);
}

static void members(double seconds)
{
	int domain = domain_of(0);
	struct watch c;
	bool assigned;

	need(!mkdir(GROUP_C, 0755) && !mkdir(GROUP_D, 0755) && !mkdir(IN_C "a", 0755) &&
		     !mkdir(IN_D "b", 0755),
	     "groups c, d, a, b");
	assigned = !assign(IN_C "a", "e");
	/* They all have a history. */
	count_c(1000);
	count_a(50000);
	count_b(IN_D "b", 70000);
	file_value(GROUP_C, domain, TOTAL);
	file_value(GROUP_D, domain, TOTAL);

	c = watch(GROUP_C);
	is(c.last.value, 0, "a relative event of a group with a history");
	unreadable(&c, assigned);
	if (assigned)
		reassigned(&c);
	else
		ok(true, "another counter # skip counters are not assigned here");
	moved(&c);
	made_and_removed(&c);
	close(c.event);
	idle(assigned);
	switches();
	frozen(seconds < 30 ? seconds : 30);
	if (assigned)
		swapped(seconds < 5 ? seconds : 5);
	else
		ok(true, "counters that go to another group # skip counters are not assigned here");
	modes();
	need(!rmdir(GROUP_C) && !rmdir(GROUP_D), "rmdir c, d");
}

static int failed_reads;
/* All children have a value. If not, a relative sum tells so with each read, and counts the others. */
static bool whole;

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
	int absolute, relative, sum, relative_sum;
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
	reader->relative_sum = open_event(parent, cpu, TOTAL, -1);
	need(reader->file >= 0 && reader->absolute >= 0 && reader->relative >= 0 &&
		     reader->sum >= 0 && reader->relative_sum >= 0,
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
	close(reader->relative_sum);
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
	uint64_t last = 0, last_relative = 0, last_sum = 0, last_relative_sum = 0;

	if (reader->stays)
		on_cpu(reader->cpu);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		if (!reader->stays || reader->rounds % 64 == 0)
			goes_up(reread_file(reader->file), &last);
		goes_up(read_event(reader->absolute).value, &last);
		goes_up(read_event(reader->relative).value, &last_relative);
		goes_up(read_event(reader->sum).value, &last_sum);
		goes_up(read_event(reader->relative_sum).value, &last_relative_sum);
		reader->rounds++;
	}
	if (read_event(reader->absolute).lost || read_event(reader->relative).lost ||
	    read_event(reader->sum).lost || !read_event(reader->relative_sum).lost != whole)
		__atomic_add_fetch(&failed_reads, 1, __ATOMIC_RELAXED);
	return NULL;
}

/* Counters that wrap every few steps, read by the overflow worker, files and events at once. */
static void together(double seconds, unsigned int width)
{
	/* Four of one child, and one of another, on all CPUs of the domain. */
	static const int children[READERS] = {2, 2, 2, 2, 3};
	struct reader readers[READERS];
	uint64_t scale = get_number(SIM "/scale"), begin[2], raw[2], step[2], steps = 0;
	int domain = domain_of(0), second = domain_of(1) == domain ? 1 : 0;
	unsigned long rounds = 0;
	double end;

	whole = true;
	for (int i = 0; i < CHILDREN; i++)
		whole &= file_value(child_path[i], domain, TOTAL) != UINT64_MAX;
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
		is(read_event(readers[i].relative_sum).value, steps * (step[0] + step[1]) * scale,
		   "nor by that of the parent");
		close_reader(&readers[i]);
	}
	is((uint64_t)failed_reads, 0, "no read went backwards, or failed where it had no reason to");
	agree(child_path[2], 0, TOTAL, "after all that");
	agree(ROOT "/g", second, TOTAL, "and the sum");
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 10;
	unsigned int width = argc > 2 ? (unsigned int)atoi(argv[2]) : 32;

	need(!put_text(SIM "/freeze", "1"), "freeze");
	members(seconds);
	make_group(ROOT "/g");
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
