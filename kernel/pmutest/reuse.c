// SPDX-License-Identifier: GPL-2.0-only
/*
 * An RMID goes from a removed group to a new one while events are read. Whoever reads must not see what
 * the RMID counts for its next group. To run on a machine without occupancy monitoring, where an RMID is
 * free at once and not after a second in limbo: with rdt=!cmt on the kernel's command line.
 */
#define _GNU_SOURCE
#include "pmutest.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	READERS = 2,
	MOST_GROUPS = 256,
};

/* What the next group counts; what all others have counted is far below. */
#define MUCH (1ULL << 30)

static bool stop;
static unsigned long reads, without, foreign, rounds;

struct reader {
	pthread_t thread;
	bool sum;
};

/*
 * The second of its domain, which readers have for themselves: the kernel lets the first count for a new
 * group, and who reads from elsewhere waits for it without pause.
 */
#define CPU 1

#define PARENT ROOT "/a"
#define VICTIM ROOT "/a/mon_groups/victim"
#define NEXT ROOT "/b/mon_groups/next"

/* The victim's own event, or that of its parent, which has many children to walk through. */
static void *reads_events(void *argument)
{
	struct reader *reader = argument;
	struct count count = {0};
	int group, event;
	uint64_t last;
	cpu_set_t cpu;

	CPU_ZERO(&cpu);
	CPU_SET(CPU, &cpu);
	need(!sched_setaffinity(0, sizeof(cpu), &cpu), "CPU %d", CPU);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		group = open_group(reader->sum ? PARENT : VICTIM);
		event = group < 0 ? -1 : open_event(group, CPU, TOTAL | ABSOLUTE, -1);
		if (group >= 0)
			close(group);
		if (event < 0)
			continue;
		last = 0;
		do {
			count = read_event(event);
			__atomic_add_fetch(&reads, 1, __ATOMIC_RELAXED);
			/* The next group begins with 0. A parent has less when a child goes. */
			if (count.value >= MUCH || (!reader->sum && count.value < last))
				__atomic_add_fetch(&foreign, 1, __ATOMIC_RELAXED);
			last = count.value;
		} while (!count.lost && !__atomic_load_n(&stop, __ATOMIC_RELAXED));
		if (count.lost)
			__atomic_add_fetch(&without, 1, __ATOMIC_RELAXED);
		close(event);
	}
	return NULL;
}

/* All RMIDs but one are taken, so that each new group gets what the last removed one had. */
static int take_rmids(void)
{
	char path[64];
	int made = 0;

	do
		snprintf(path, sizeof(path), PARENT "/mon_groups/m%d", made);
	while (made < MOST_GROUPS && !mkdir(path, 0755) && ++made);
	need(made > 1 && made < MOST_GROUPS, "taking all RMIDs");
	snprintf(path, sizeof(path), PARENT "/mon_groups/m%d", --made);
	need(!rmdir(path), "%s", path);
	return made;
}

int main(int argc, char **argv)
{
	double end = now() + (argc > 1 ? atof(argv[1]) : 10);
	uint64_t scale = get_number(SIM "/scale"), raw = 0;
	struct reader readers[READERS];
	char path[64];
	int made;

	need(!put_text(SIM "/freeze", "1"), "freeze");
	need(!put_text(SIM "/set", "-1 -1 2 0"), "set");
	need(!mkdir(PARENT, 0755) && !mkdir(ROOT "/b", 0755), "mkdir");
	made = take_rmids();
	need(!mkdir(VICTIM, 0755), "an RMID is left");
	for (int i = 0; i < READERS; i++) {
		readers[i] = (struct reader){.sum = i};
		need(!pthread_create(&readers[i].thread, NULL, reads_events, &readers[i]), "thread");
	}
	while (now() < end) {
		need(!rmdir(VICTIM) && !mkdir(NEXT, 0755), "the next group");
		raw += 2 * MUCH / scale;
		set_raw(NEXT, 0, TOTAL, raw & 0xffffffff);
		need(file_value(NEXT, 0, TOTAL) >= MUCH, "it counts");
		need(!rmdir(NEXT) && !mkdir(VICTIM, 0755), "the victim again");
		set_raw(VICTIM, 0, TOTAL, ++raw & 0xffffffff);
		rounds++;
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < READERS; i++)
		pthread_join(readers[i].thread, NULL);
	printf("# %lu rounds with %d other groups, %lu reads, %lu without a value\n", rounds, made,
	       reads, without);
	ok(rounds && reads && without, "RMIDs were given away under events");
	is(foreign, 0, "no event shows what the RMID counts for another group");
	rmdir(VICTIM);
	while (made--) {
		snprintf(path, sizeof(path), PARENT "/mon_groups/m%d", made);
		need(!rmdir(path), "%s", path);
	}
	need(!rmdir(PARENT) && !rmdir(ROOT "/b"), "rmdir");
	return outcome();
}
