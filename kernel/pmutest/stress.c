// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events are opened, read and closed while groups, the mount and CPUs come and go. There is nothing to
 * be seen here but that all of it happens, often, and ends; what went wrong on the way the kernel has to
 * say.
 */
#define _GNU_SOURCE
#include "pmutest.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	READERS = 8,
	KNOCKERS = 2,
	KNOCKS = 30,
	EVENTS = 16,
};

/* What has to happen again and again, or the test tests nothing. */
enum what {
	OPENED,
	REFUSED,
	SIBLINGS,
	VALUES,
	LOST,
	FILES,
	MADE,
	REMOVED,
	MOVED,
	MOUNTED,
	UNMOUNTED,
	DETACHED,
	CPUS_OFF,
	DOMAINS_OFF,
	LOCKED, /* where the CPU has pseudo-locking */
	NR_WHAT,
};

static const char *const names[NR_WHAT] = {
	[OPENED] = "events opened",
	[REFUSED] = "events refused",
	[SIBLINGS] = "members of event groups",
	[VALUES] = "events read",
	[LOST] = "events read without a value",
	[FILES] = "files read",
	[MADE] = "groups made",
	[REMOVED] = "groups removed",
	[MOVED] = "groups moved",
	[MOUNTED] = "mounts",
	[UNMOUNTED] = "unmounts",
	[DETACHED] = "detached mounts",
	[CPUS_OFF] = "CPUs taken off",
	[DOMAINS_OFF] = "domains taken off",
	[LOCKED] = "groups in pseudo-locksetup",
};

static unsigned long tallies[NR_WHAT];
static bool stop;
static int surprises;

/* Held for reading by who has a directory or file of resctrl open: what is open cannot be unmounted. */
static pthread_rwlock_t in_use;

static bool stopped(void)
{
	return __atomic_load_n(&stop, __ATOMIC_RELAXED);
}

static void count(enum what what)
{
	__atomic_add_fetch(&tallies[what], 1, __ATOMIC_RELAXED);
}

/* Of a system call that may fail, what it is for if it does not. */
static bool counted(int result, enum what what)
{
	if (!result)
		count(what);
	return !result;
}

static void surprise(const char *what, int error)
{
	printf("# %s: %d\n", what, error);
	__atomic_add_fetch(&surprises, 1, __ATOMIC_RELAXED);
}

#define LOCKED_PATH ROOT "/p"

static const char *const paths[] = {
	ROOT, ROOT "/a", ROOT "/b", ROOT "/a/mon_groups/m", ROOT "/b/mon_groups/m",
	ROOT "/a/mon_groups/n", ROOT "/mon_groups/m", LOCKED_PATH,
};

#define PATHS (sizeof(paths) / sizeof(*paths))

struct event {
	int fd; /* or -1 */
	int cpu;
	bool member; /* of another one's event group */
};

static void close_event(struct event *event)
{
	if (event->fd >= 0)
		close(event->fd);
	event->fd = -1;
}

static void open_one(struct event *event, struct event *leader, unsigned int *seed)
{
	size_t path = rand_r(seed) % PATHS;
	uint64_t config = 1 + rand_r(seed) % 3;
	int fd, group;

	pthread_rwlock_rdlock(&in_use);
	group = open_group(paths[path]);
	if (group < 0) {
		pthread_rwlock_unlock(&in_use);
		return;
	}
	/* Every second fd gets old before it is used. */
	if (rand_r(seed) % 2)
		usleep(2000);
	if (rand_r(seed) % 2)
		config |= ABSOLUTE;
	event->member = leader;
	if (leader)
		event->cpu = leader->cpu;
	fd = open_event(group, event->cpu, config, leader ? leader->fd : -1);
	close(group);
	pthread_rwlock_unlock(&in_use);
	if (fd >= 0)
		count(leader ? SIBLINGS : OPENED);
	else if (fd == -ENOENT || fd == -ENODEV || (fd == -EBADF && path == 0) || /* not mounted */
		 (fd == -EINVAL && (leader || /* which may have moved */
				    path == PATHS - 1))) /* locked */
		count(REFUSED);
	else
		surprise("perf_event_open", fd);
	event->fd = fd < 0 ? -1 : fd;
}

/* Its domain may be gone, and so may be its group, before it is opened and after. */
static void read_file(unsigned int *seed)
{
	static const char *const events[] = {"llc_occupancy", "mbm_total_bytes", "mbm_local_bytes"};
	char path[128], text[32];
	FILE *file;

	snprintf(path, sizeof(path), "%s/mon_data/mon_L3_%02d/%s", paths[rand_r(seed) % PATHS],
		 (int)(rand_r(seed) % 2), events[rand_r(seed) % 3]);
	pthread_rwlock_rdlock(&in_use);
	file = fopen(path, "re");
	if (file && fgets(text, sizeof(text), file))
		count(FILES);
	if (file)
		fclose(file);
	pthread_rwlock_unlock(&in_use);
}

static struct event *find_leader(struct event *events)
{
	for (int i = 0; i < EVENTS; i++)
		if (events[i].fd >= 0 && !events[i].member)
			return &events[i];
	return NULL;
}

static void *read_events(void *argument)
{
	unsigned int seed = (unsigned int)(long)argument;
	struct event events[EVENTS], *event;

	for (int i = 0; i < EVENTS; i++)
		events[i].fd = -1;
	while (!stopped()) {
		event = &events[rand_r(&seed) % EVENTS];
		close_event(event);
		event->cpu = (int)(rand_r(&seed) % 4);
		open_one(event, rand_r(&seed) % 2 ? find_leader(events) : NULL, &seed);
		if (event->fd >= 0 && rand_r(&seed) % 4 == 0) {
			ioctl(event->fd, PERF_EVENT_IOC_DISABLE, 0);
			ioctl(event->fd, PERF_EVENT_IOC_ENABLE, 0);
		}
		read_file(&seed);
		for (int i = 0; i < EVENTS; i++)
			if (events[i].fd >= 0)
				count(read_event(events[i].fd).lost ? LOST : VALUES);
	}
	for (int i = 0; i < EVENTS; i++)
		close_event(&events[i]);
	return NULL;
}

/* Asks for one group again and again, while it is removed. */
static void *knock(void *argument)
{
	int group, event, knocks;

	(void)argument;
	while (!stopped()) {
		pthread_rwlock_rdlock(&in_use);
		group = open_group(LOCKED_PATH);
		for (knocks = 0; group >= 0 && knocks < KNOCKS; knocks++) {
			event = open_event(group, 0, TOTAL, -1);
			if (event >= 0)
				close(event);
		}
		if (group >= 0)
			close(group);
		pthread_rwlock_unlock(&in_use);
	}
	return NULL;
}

/* What is under way, too, can be in the way of unmounting. */
#define IN_USE(call)                                                                               \
	({                                                                                         \
		int result;                                                                        \
		pthread_rwlock_rdlock(&in_use);                                                    \
		result = (call);                                                                   \
		pthread_rwlock_unlock(&in_use);                                                    \
		result;                                                                            \
	})

static void make(const char *path)
{
	counted(IN_USE(mkdir(path, 0755)), MADE);
}

static void remove_group(const char *path)
{
	counted(IN_USE(rmdir(path)), REMOVED);
}

static bool move(const char *from, const char *to)
{
	return counted(IN_USE(rename(from, to)), MOVED);
}

static void *lock_groups(void *argument)
{
	(void)argument;
	while (!stopped()) {
		make(LOCKED_PATH);
		counted(IN_USE(put_text(LOCKED_PATH "/mode", "pseudo-locksetup\n")), LOCKED);
		usleep(1000);
		remove_group(LOCKED_PATH);
	}
	return NULL;
}

/*
 * Of change_groups(), in which groups could be made and moved. What gets in its way waits for one each time,
 * or there would never be one.
 */
static unsigned long rounds;

/* Returns false if the test ends first. */
static bool wait_for_round(unsigned long *seen)
{
	unsigned long now;

	while ((now = __atomic_load_n(&rounds, __ATOMIC_RELAXED)) == *seen && !stopped())
		usleep(1000);
	*seen = now;
	return !stopped();
}

static void *change_groups(void *argument)
{
	bool moved;

	(void)argument;
	while (!stopped()) {
		/* Between two mounts any of these may fail. */
		make(ROOT "/a");
		make(ROOT "/b");
		make(ROOT "/a/mon_groups/m");
		make(ROOT "/a/mon_groups/n");
		moved = move(ROOT "/a/mon_groups/m", ROOT "/b/mon_groups/m") &&
			move(ROOT "/b/mon_groups/m", ROOT "/mon_groups/m");
		remove_group(ROOT "/a/mon_groups/n");
		remove_group(ROOT "/a");
		remove_group(ROOT "/mon_groups/m");
		remove_group(ROOT "/b");
		if (moved)
			__atomic_add_fetch(&rounds, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* A detached mount is in the way until the last that is open in it gets closed. */
#define DETACHED_SECONDS 60

static void mount_again(void)
{
	double end = now() + DETACHED_SECONDS;
	int error;

	while ((error = mount("resctrl", ROOT, "resctrl", 0, "debug") ? errno : 0) == EBUSY &&
	       now() < end)
		usleep(1000);
	if (error)
		surprise("mount", error);
	else
		count(MOUNTED);
}

static void *change_mount(void *argument)
{
	unsigned long seen = 0;

	(void)argument;
	for (bool detach = false; wait_for_round(&seen); detach = !detach) {
		if (detach) {
			if (!counted(umount2(ROOT, MNT_DETACH), DETACHED))
				surprise("umount2", errno);
		} else {
			pthread_rwlock_wrlock(&in_use);
			if (!counted(umount(ROOT), UNMOUNTED))
				surprise("umount", errno);
			pthread_rwlock_unlock(&in_use);
		}
		mount_again();
	}
	return NULL;
}

static bool switch_cpu(int cpu, int online)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", cpu);
	return !put_text(path, "%d", online);
}

static void *change_cpus(void *argument)
{
	unsigned long seen = 0;
	bool off[4] = {false};

	(void)argument;
	while (wait_for_round(&seen)) {
		for (int cpu = 1; cpu < 4; cpu++) {
			off[cpu] = counted(!switch_cpu(cpu, 0), CPUS_OFF);
		}
		/* Of all machines on which this runs, these are a domain, or two. */
		if (off[2] && off[3])
			count(DOMAINS_OFF);
		for (int cpu = 1; cpu < 4; cpu++)
			if (off[cpu] && !switch_cpu(cpu, 1))
				surprise("CPU does not come back", cpu);
	}
	return NULL;
}

/*
 * Once in so many seconds each of them has to have succeeded, on average. It is far more where the machine
 * has nothing else to do, but an emulated one, with a debug kernel, on a busy host, comes down to that.
 */
#define SECONDS_EACH 60

/* And where so little time was given that this is none, it is gone on until it is one, but not for ever. */
#define SECONDS_MORE 300

static bool often(int what, unsigned int seconds)
{
	return __atomic_load_n(&tallies[what], __ATOMIC_RELAXED) > seconds / SECONDS_EACH;
}

static bool all_often(unsigned int seconds)
{
	for (int what = 0; what < LOCKED; what++)
		if (!often(what, seconds))
			return false;
	return true;
}

static void report(unsigned int seconds)
{
	for (int what = 0; what < NR_WHAT; what++) {
		if (what == LOCKED && !tallies[what])
			no_pseudo_locking(names[what]);
		else
			ok(often(what, seconds), "%s: %lu", names[what], tallies[what]);
	}
}

int main(int argc, char **argv)
{
	static void *(*const changes[])(void *) = {change_groups, lock_groups, change_mount,
						   change_cpus};
	enum { CHANGES = sizeof(changes) / sizeof(*changes) };
	unsigned int seconds = argc > 1 ? (unsigned int)atoi(argv[1]) : 20;
	pthread_t threads[READERS + KNOCKERS + CHANGES];
	pthread_rwlockattr_t writer_first;
	int n = 0;

	pthread_rwlockattr_init(&writer_first);
	pthread_rwlockattr_setkind_np(&writer_first, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&in_use, &writer_first);
	for (long i = 0; i < READERS; i++)
		need(!pthread_create(&threads[n++], NULL, read_events, (void *)(i + 1)), "thread");
	for (int i = 0; i < KNOCKERS; i++)
		need(!pthread_create(&threads[n++], NULL, knock, NULL), "thread");
	for (int i = 0; i < CHANGES; i++)
		need(!pthread_create(&threads[n++], NULL, changes[i], NULL), "thread");
	sleep(seconds);
	for (double end = now() + SECONDS_MORE; !all_often(seconds) && now() < end;)
		usleep(10000);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	while (n)
		pthread_join(threads[--n], NULL);

	report(seconds);
	is((uint64_t)surprises, 0, "no other errors");
	ok(!umount(ROOT), "unmounts at the end");
	ok(!mount("resctrl", ROOT, "resctrl", 0, "debug"), "and mounts");
	return outcome();
}
