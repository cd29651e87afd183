// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events are opened, read and closed while groups, the mount and CPUs come and go. There is nothing to
 * be seen here but that all of it ends; what went wrong on the way the kernel has to say.
 */
#include "pmutest.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	READERS = 8,
	EVENTS = 16,
};

static bool stop;
static unsigned long opened, gone, refused;
static int surprises;

static bool stopped(void)
{
	return __atomic_load_n(&stop, __ATOMIC_RELAXED);
}

static void count(unsigned long *what)
{
	__atomic_add_fetch(what, 1, __ATOMIC_RELAXED);
}

static void surprise(const char *what, int error)
{
	printf("# %s: %d\n", what, error);
	__atomic_add_fetch(&surprises, 1, __ATOMIC_RELAXED);
}

static const char *const paths[] = {
	ROOT, ROOT "/a", ROOT "/b", ROOT "/a/mon_groups/m", ROOT "/b/mon_groups/m",
	ROOT "/a/mon_groups/n", ROOT "/mon_groups/m",
};

#define PATHS (sizeof(paths) / sizeof(*paths))

static void *read_events(void *argument)
{
	unsigned int seed = (unsigned int)(long)argument;
	int events[EVENTS], cpu, group, event, slot, path;

	for (int i = 0; i < EVENTS; i++)
		events[i] = -1;
	while (!stopped()) {
		slot = (int)(rand_r(&seed) % EVENTS);
		cpu = (int)(rand_r(&seed) % 4);
		if (events[slot] >= 0)
			close(events[slot]);
		events[slot] = -1;
		path = (int)(rand_r(&seed) % PATHS);
		group = open_group(paths[path]);
		if (group >= 0) {
			/* Every second fd gets old before it is used. */
			if (rand_r(&seed) % 2)
				usleep(2000);
			event = open_event(group, cpu, (1 + rand_r(&seed) % 3) | ABSOLUTE, -1);
			close(group);
			if (event >= 0)
				count(&opened);
			else if (event == -ENOENT || event == -ENODEV ||
				 (event == -EBADF && path == 0)) /* not mounted */
				count(&refused);
			else
				surprise("perf_event_open", event);
			events[slot] = event;
		}
		for (int i = 0; i < EVENTS; i++)
			if (events[i] >= 0 && read_event(events[i]).lost)
				count(&gone);
	}
	for (int i = 0; i < EVENTS; i++)
		if (events[i] >= 0)
			close(events[i]);
	return NULL;
}

static void *change_groups(void *argument)
{
	(void)argument;
	while (!stopped()) {
		/* Between two mounts, or with the other one's moves, any of these may fail. */
		mkdir(ROOT "/a", 0755);
		mkdir(ROOT "/b", 0755);
		mkdir(ROOT "/a/mon_groups/m", 0755);
		mkdir(ROOT "/a/mon_groups/n", 0755);
		rename(ROOT "/a/mon_groups/m", ROOT "/b/mon_groups/m");
		rename(ROOT "/b/mon_groups/m", ROOT "/mon_groups/m");
		rmdir(ROOT "/a/mon_groups/n");
		rmdir(ROOT "/a");
		rmdir(ROOT "/mon_groups/m");
		rmdir(ROOT "/b");
	}
	return NULL;
}

static void *change_mount(void *argument)
{
	int error;

	(void)argument;
	while (!stopped()) {
		usleep(300000);
		/* Detached, for somebody always has a directory open. */
		umount2(ROOT, MNT_DETACH);
		do {
			error = mount("resctrl", ROOT, "resctrl", 0, "debug") ? errno : 0;
			if (error)
				usleep(5000);
		} while (error == EBUSY);
		if (error)
			surprise("mount", error);
	}
	return NULL;
}

static void *change_cpus(void *argument)
{
	static const int order[] = {1, 2, 3};
	char path[64];

	(void)argument;
	while (!stopped()) {
		for (int online = 0; online < 2; online++) {
			for (int i = 0; i < 3; i++) {
				snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online",
					 order[i]);
				put_text(path, "%d", online);
			}
		}
		usleep(100000);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	static void *(*const changes[])(void *) = {change_groups, change_mount, change_cpus};
	pthread_t threads[READERS + 3];

	for (long i = 0; i < READERS; i++)
		need(!pthread_create(&threads[i], NULL, read_events, (void *)(i + 1)), "thread");
	for (int i = 0; i < 3; i++)
		need(!pthread_create(&threads[READERS + i], NULL, changes[i], NULL), "thread");
	sleep(argc > 1 ? (unsigned int)atoi(argv[1]) : 20);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < READERS + 3; i++)
		pthread_join(threads[i], NULL);

	printf("# %lu opened, %lu refused, %lu reads without a value\n", opened, refused, gone);
	ok(opened && refused && gone, "events were opened, refused, and lost their groups");
	is((uint64_t)surprises, 0, "no other errors");
	ok(!umount(ROOT), "unmounts at the end");
	return outcome();
}
