// SPDX-License-Identifier: GPL-2.0-only
/*
 * A group in pseudo-locksetup is removed while it is asked for. Unlike other groups it has no RMID whose
 * readers the kernel waits for, so nothing but RCU keeps it in memory for those who have found it.
 */
#include "pmutest.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH ROOT "/locked"
#define ASKING 3

static int group = -1;
static unsigned long locked, removed, other;

static void *ask(void *argument)
{
	int event, fd;

	while ((fd = __atomic_load_n(&group, __ATOMIC_ACQUIRE)) != -2) {
		event = open_event(fd, 0, TOTAL, -1);
		if (event == -EINVAL)
			__atomic_add_fetch(&locked, 1, __ATOMIC_RELAXED);
		else if (event == -ENOENT)
			__atomic_add_fetch(&removed, 1, __ATOMIC_RELAXED);
		else if (event >= 0)
			close(event);
		else if (event != -EBADF) /* between two groups */
			__atomic_add_fetch(&other, 1, __ATOMIC_RELAXED);
	}
	return argument;
}

int main(int argc, char **argv)
{
	double end = now() + (argc > 1 ? atof(argv[1]) : 10);
	unsigned long seen, rounds = 0;
	pthread_t threads[ASKING];
	int fd;

	make_group(PATH);
	if (put_text(PATH "/mode", "pseudo-locksetup\n")) {
		no_pseudo_locking("asked for while it is removed");
		need(!rmdir(PATH), "rmdir");
		return outcome();
	}
	need(!rmdir(PATH), "rmdir");
	for (int i = 0; i < ASKING; i++)
		need(!pthread_create(&threads[i], NULL, ask, NULL), "thread");
	for (; now() < end || !rounds; rounds++) {
		make_group(PATH);
		fd = open_group(PATH);
		need(!put_text(PATH "/mode", "pseudo-locksetup\n"), "pseudo-locksetup");
		seen = __atomic_load_n(&locked, __ATOMIC_RELAXED);
		__atomic_store_n(&group, fd, __ATOMIC_RELEASE);
		while (__atomic_load_n(&locked, __ATOMIC_RELAXED) == seen)
			usleep(100);
		need(!rmdir(PATH), "rmdir");
		seen = __atomic_load_n(&removed, __ATOMIC_RELAXED);
		while (__atomic_load_n(&removed, __ATOMIC_RELAXED) == seen)
			usleep(100);
		__atomic_store_n(&group, -1, __ATOMIC_RELEASE);
		close(fd);
	}
	__atomic_store_n(&group, -2, __ATOMIC_RELEASE);
	for (int i = 0; i < ASKING; i++)
		pthread_join(threads[i], NULL);
	ok(locked && removed, "locked groups removed while asked for: %lu", rounds);
	is(other, 0, "no other errors");
	return outcome();
}
