/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LIVE_H
#define LIVE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "rdtgrp.h"
#include "tap.h"

/*
 * The live tree under test: the kernel's resctrl, or an rdtsim. The tests talk to both through the
 * public API and plain system calls; only what moves the hardware below differs, and that is here.
 */
struct live {
	const char *root; /* its path */
	int root_fd;
	bool simulator;	    /* an rdtsim, not the kernel */
	unsigned int flags; /* for opening: RDTGRP_OPEN_ANY_FS on a simulator */
};

extern struct live live;

/*
 * main() of a live test: the root is argv[1], or RDTSIM_ROOT of the environment. After each case all
 * groups made by live_make() are removed and the hardware is set going again.
 */
int live_main(int argc, char **argv, const struct tap_case *cases, size_t count);

#define AUTO_GROUP __attribute__((cleanup(rdtgrp_unrefp))) struct rdtgrp *
#define AUTO_FD __attribute__((cleanup(live_closep))) int
void live_closep(int *fd);

/* Open a path below the root. */
int live_open(const char *path, int flags);

/*
 * Make a group by mkdir; path from the root, mode less the umask. Waits while RMIDs of removed groups
 * are in limbo. Fails the case if it cannot be made.
 */
bool live_make_mode(const char *path, mode_t mode);
bool live_make(const char *path);
/* Make and open it by path. */
bool live_make_group(const char *path, struct rdtgrp **ret_group);
bool live_open_group(const char *path, struct rdtgrp **ret_group);
/* It was made or renamed by other means and is to be removed after the case. */
void live_remember(const char *path);
bool live_rmdir(const char *path);
bool live_rename(const char *from, const char *to);
/*
 * Make MON groups until there is no RMID left, not even one in limbo, or max are made. Returns how many.
 */
size_t live_fill(const char *ctrl, size_t max);

/* Put a CTRL_MON group into pseudo-locksetup. Skips the case and returns false where the CPU cannot. */
bool live_locksetup(const char *group);

/*
 * The path below mon_data of the first domain of an L3 cache, innermost where domains are nested, and
 * that cache's id. The caches are numbered from 0 in the order of their ids. Static; "" if there is none.
 */
const char *live_domain(unsigned int index);
unsigned int live_l3_id(unsigned int index);

uint64_t live_inode(const char *path);
/* The text of a file below the root, without the newline at its end. */
bool live_read(const char *path, char *text, size_t size);
/* One write(2); returns 0 or a negative errno. */
int live_write(const char *path, const char *text);

/*
 * Run a function in a child process that is nobody, and take over its failed checks. Skips the case
 * and returns false where this process is not root.
 */
bool live_as_nobody(void (*run)(void *), void *argument);
/* The same in a child that stays what this process is. */
bool live_in_child(void (*run)(void *), void *argument);

/*
 * What moves the hardware. Each of them returns false if that cannot be done: the case is then marked
 * as skipped where this kind of tree never can, and as failed otherwise. Group paths are from the root
 * ("." for the default group).
 */
bool live_can_control(void);
/*
 * Set the group's own count, in the event's unit. Counters of the kernel cannot be set back. An event
 * that no hardware counter is assigned to gets one, as it does by the status "ok"; if none is left, the
 * case is skipped.
 */
bool live_set(const char *group, const char *domain, const char *event, uint64_t value);
/*
 * Let the hardware's counter be back at 0 without the kernel's knowledge, which takes that for a wrap and
 * adds nearly all that the counter can hold. It must have counted something. Counters must be frozen.
 */
bool live_wrap(const char *group, const char *domain, const char *event);
/* status is "ok", "unavailable", "error" or "unassigned". */
bool live_status(const char *group, const char *domain, const char *event, const char *status);
/* All values of all groups can be read on the kernel, those of future ones as well. */
bool live_clear_status(void);
bool live_freeze(void);
bool live_thaw(void);
/* Take the CPUs of an L3 domain offline and back. */
bool live_offline(unsigned int l3_id);
bool live_online(unsigned int l3_id);
/*
 * Take these parts of all L3 caches (bits as in schemata) from the default group, so that another one
 * can have them alone.
 */
#define LIVE_FREE_CACHE 0xfUL
bool live_free_cache(void);
/*
 * The tree as it is after unmounting and mounting: without groups, with inode numbers from the beginning.
 * The case must have no fd of it open. A simulator's is another one beside the first, until the end.
 */
bool live_remount(void);
void live_remount_end(void);
/* Undo what of the above the case has not undone itself. */
void live_restore(void);
/* A command of the simulator's control file; skips on the kernel. */
bool live_simulator(const char *command, ...) __attribute__((format(printf, 1, 2)));

#endif
