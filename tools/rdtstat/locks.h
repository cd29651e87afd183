/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_LOCKS_H
#define RDTSTAT_LOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Who holds or awaits flock(2) on a directory, as tools do that change resctrl in several steps. */
struct lock_holder {
	/* Who took the lock, or 0 if that is outside of our pid namespace. It may have ended and left the
	 * lock to who has its fd. */
	pid_t pid;
	/* Its name, or "" if there is no such process any more. The caller's. */
	char *command;
	bool exclusive;
	bool waits;
};

/* From /proc/locks. @return 0 or a negative errno. */
int locks_read(int fd, struct lock_holder **ret_holders, size_t *ret_count);
void locks_free(struct lock_holder *holders, size_t count);

#endif
