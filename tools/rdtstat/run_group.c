// SPDX-License-Identifier: GPL-2.0-or-later
#include "run_group.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "message.h"
#include "root.h"
#include "run_proc.h"
#include "xalloc.h"

#define PREFIX "rdtstat-run."

/* Of those that take a new group for a dead one's in the moment before it is locked. */
#define ATTEMPTS 100

static struct rdtgrp *own;
static char *own_path;
static pid_t own_process;

static char *name_of(pid_t process, uint64_t start)
{
	return xasprintf(PREFIX "%d.%" PRIu64, (int)process, start);
}

/* Is it a name that rdtstat gives, and just as it writes it? */
static bool parse_name(const char *name, pid_t *ret_process, uint64_t *ret_start)
{
	uint64_t start;
	char *written;
	int process;
	bool same;

	if (sscanf(name, PREFIX "%d.%" SCNu64, &process, &start) != 2 || process <= 0)
		return false;
	written = name_of((pid_t)process, start);
	same = strcmp(written, name) == 0;
	free(written);
	*ret_process = (pid_t)process;
	*ret_start = start;
	return same;
}

static void clear_if_dead(const struct rdtgrp_tree *tree, size_t index)
{
	const char *name = rdtgrp_tree_get_name(tree, index);
	struct run_proc proc;
	struct rdtgrp *group;
	uint64_t start;
	pid_t process;
	int r;

	if (rdtgrp_tree_get_type(tree, index) != RDTGRP_TYPE_MON || !name ||
	    !parse_name(name, &process, &start))
		return;
	/* One that lives may not have come to lock it yet. */
	if (run_proc_read(process, &proc) && proc.start == start && !proc.ended)
		return;
	if (rdtgrp_tree_open(tree, index, &group) < 0)
		return;
	/* Locked all the same: by one whose id means another process here (pid namespaces). */
	if (flock(rdtgrp_get_fd(group), LOCK_EX | LOCK_NB) == 0) {
		r = rdtgrp_remove(group);
		if (r < 0 && r != -ENOENT && r != -EACCES && r != -EPERM)
			complain_rdtgrp(r, name);
	}
	rdtgrp_unref(group);
}

void run_group_clear_dead(const struct root *root)
{
	struct rdtgrp_tree *tree;
	size_t i;

	/* What hinders this hinders what follows, and is told there. */
	if (rdtgrp_tree_read(root->group, &tree) < 0)
		return;
	for (i = 1; i < rdtgrp_tree_count(tree); i++)
		clear_if_dead(tree, i);
	rdtgrp_tree_unref(tree);
}

static void remove_at_exit(void)
{
	if (own && getpid() == own_process)
		run_group_remove();
}

static int create_and_lock(const struct rdtgrp *parent, const char *name)
{
	int attempt, r;

	for (attempt = 0; attempt < ATTEMPTS; attempt++) {
		r = rdtgrp_create(parent, RDTGRP_TYPE_MON, name, &own);
		if (r < 0)
			return r;
		/* It waits while another has just locked it, to remove it. */
		do
			r = flock(rdtgrp_get_fd(own), LOCK_EX);
		while (r < 0 && errno == EINTR);
		if (r < 0) {
			r = -errno;
			run_group_remove();
			return r;
		}
		if (rdtgrp_is_live(own) == 1)
			return 0;
		own = rdtgrp_unref(own);
	}
	return -EAGAIN;
}

static void tell_why_not(int error, const char *object)
{
	complain("run: no group can be made to measure in; the command was not started");
	complain_rdtgrp(error, object);
	if (error == -EBUSY)
		complain("RMIDs of removed groups are in limbo until their cache lines are gone: "
			 "try "
			 "again in some seconds");
	if (error == -ENOSPC)
		complain("all RMIDs are in use: a MON group that is not needed can be removed "
			 "(rdtstat list shows them)");
}

struct rdtgrp *run_group_make(const struct root *root, const struct rdtgrp_tree *tree,
			      size_t control)
{
	const char *control_path = root_group_path(root, tree, control);
	struct rdtgrp *parent;
	struct run_proc self;
	char *name;
	int r;

	if (!run_proc_read(getpid(), &self)) {
		complain("/proc: does not show this process; mount -t proc proc /proc");
		return NULL;
	}
	r = rdtgrp_tree_open(tree, control, &parent);
	if (r < 0) {
		tell_why_not(r, control_path);
		return NULL;
	}
	name = name_of(getpid(), self.start);
	own_process = getpid();
	atexit(remove_at_exit);
	r = create_and_lock(parent, name);
	if (r < 0)
		tell_why_not(r, control_path);
	else
		own_path = control ? xasprintf("%s/mon_groups/%s", control_path, name)
				   : xasprintf("mon_groups/%s", name);
	free(name);
	rdtgrp_unref(parent);
	return own;
}

const char *run_group_path(void)
{
	return own_path;
}

int run_group_remove(void)
{
	int r;

	if (!own)
		return EXIT_FINE;
	r = rdtgrp_remove(own);
	own = rdtgrp_unref(own);
	/* Somebody else has done it. */
	if (r < 0 && r != -ENOENT)
		complain_rdtgrp(r, own_path ? own_path : "the temporary group");
	free(own_path);
	own_path = NULL;
	return r < 0 && r != -ENOENT ? EXIT_FAILED : EXIT_FINE;
}
