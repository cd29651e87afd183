// SPDX-License-Identifier: GPL-2.0-or-later
#include "run_targets.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "message.h"
#include "run_proc.h"
#include "xalloc.h"

/* Of a process that forks faster than its children are moved. */
#define PASSES_MAX 100

/* Of parents, to the next one that was measured. */
#define PARENTS_MAX 100

static int find_target(struct run_target *target, pid_t id, bool whole)
{
	const char *what = whole ? "process" : "thread";
	struct run_proc proc;

	*target = (struct run_target){.id = id, .whole = whole, .pidfd = -1};
	if (!run_proc_read(id, &proc) || proc.ended) {
		complain("run: there is no such %s: %d", what, (int)id);
		return EXIT_FAILED;
	}
	target->process = proc.process;
	target->start = proc.start;
	if (!whole)
		return EXIT_FINE;
	if (proc.process != id) {
		complain("run: %d is a thread of process %d, for --tid", (int)id,
			 (int)proc.process);
		return EXIT_FAILED;
	}
	target->pidfd = pidfd_open(id, 0);
	if (target->pidfd >= 0)
		return EXIT_FINE;
	complain("run: process %d: %s", (int)id, strerror(errno));
	return EXIT_FAILED;
}

int run_targets_find(struct run_targets *targets, const struct run_args *args)
{
	int r = EXIT_FINE;

	*targets = (struct run_targets){0};
	targets->targets = xcalloc(args->target_count, sizeof(*targets->targets));
	while (targets->count < args->target_count && r == EXIT_FINE) {
		size_t i = targets->count++;

		r = find_target(&targets->targets[i], args->targets[i], i < args->process_count);
	}
	return r;
}

void run_targets_clear(struct run_targets *targets)
{
	size_t i;

	for (i = 0; i < targets->count; i++)
		if (targets->targets[i].pidfd >= 0)
			close(targets->targets[i].pidfd);
	for (i = 0; i < targets->origin_count; i++)
		rdtgrp_unref(targets->origins[i].group);
	free(targets->targets);
	free(targets->origins);
}

int run_targets_control(const struct run_targets *targets, const struct run_places *places,
			size_t *ret_control)
{
	const struct run_target *first = &targets->targets[0];
	size_t control = run_places_control(places, first->id), i;

	for (i = 1; i < targets->count; i++) {
		size_t other = run_places_control(places, targets->targets[i].id);

		if (other == control)
			continue;
		complain("run: %d is in the control group %s, %d in %s: one MON group cannot hold "
			 "both",
			 (int)first->id, rdtgrp_tree_get_name(places->tree, control),
			 (int)targets->targets[i].id, rdtgrp_tree_get_name(places->tree, other));
		return EXIT_FAILED;
	}
	*ret_control = control;
	return EXIT_FINE;
}

static bool is_of_target(const struct run_targets *targets, pid_t tid)
{
	struct run_proc proc;
	size_t i;

	if (!run_proc_read(tid, &proc))
		return false;
	for (i = 0; i < targets->count; i++)
		if (targets->targets[i].process == proc.process)
			return true;
	return false;
}

/* The handle of a MON group, one for all that came from it. */
static struct rdtgrp *open_origin(const struct run_targets *targets,
				  const struct run_places *places, size_t index)
{
	struct rdtgrp *group;
	size_t i;

	for (i = targets->origin_count; i-- > 0;) {
		uint64_t inode;

		rdtgrp_get_identity(targets->origins[i].group, NULL, &inode);
		if (inode == rdtgrp_tree_get_inode(places->tree, index))
			return rdtgrp_ref(targets->origins[i].group);
	}
	return rdtgrp_tree_open(places->tree, index, &group) == 0 ? group : NULL;
}

/* All threads of the processes are noted, also where only some are measured: their children's parent is
 * the process. */
static void note_origins(struct run_targets *targets, const struct run_places *places)
{
	size_t i;

	for (i = 0; i < places->count; i++) {
		const struct run_place *place = &places->places[i];
		struct rdtgrp *group;

		if (rdtgrp_tree_get_type(places->tree, place->group) != RDTGRP_TYPE_MON ||
		    !is_of_target(targets, place->tid))
			continue;
		group = open_origin(targets, places, place->group);
		if (!group)
			continue;
		targets->origins = xgrow(targets->origins, targets->origin_count,
					 &targets->origin_capacity, sizeof(*targets->origins));
		targets->origins[targets->origin_count++] = (struct run_origin){place->tid, group};
	}
}

int run_targets_take(struct run_targets *targets, const struct run_places *places,
		     const struct rdtgrp *group)
{
	size_t i;

	note_origins(targets, places);
	for (i = 0; i < targets->count; i++) {
		const struct run_target *target = &targets->targets[i];
		int r = target->whole ? rdtgrp_move_process(group, target->id)
				      : rdtgrp_move_task(group, target->id);

		if (r < 0) {
			complain_rdtgrp(r, "tasks");
			return EXIT_FAILED;
		}
	}
	return EXIT_FINE;
}

static bool has_ended(const struct run_target *target)
{
	struct pollfd end = {.fd = target->pidfd, .events = POLLIN};
	struct run_proc proc;

	if (target->whole)
		return poll(&end, 1, 0) > 0;
	return !run_proc_read(target->id, &proc) || proc.start != target->start || proc.ended;
}

bool run_targets_ended(struct run_targets *targets)
{
	bool all = true;
	size_t i;

	for (i = 0; i < targets->count; i++) {
		struct run_target *target = &targets->targets[i];

		target->ended = target->ended || has_ended(target);
		all = all && target->ended;
	}
	return all;
}

static struct rdtgrp *find_origin(const struct run_targets *targets, pid_t tid)
{
	size_t i;

	for (i = 0; i < targets->origin_count; i++)
		if (targets->origins[i].tid == tid)
			return targets->origins[i].group;
	return NULL;
}

/* Where a thread belongs: NULL: into the control group. One that was started meanwhile belongs where its
 * process was, and a new process where its parent was. */
static struct rdtgrp *origin_of(const struct run_targets *targets, pid_t tid)
{
	struct rdtgrp *group = find_origin(targets, tid);
	struct run_proc proc;
	int i;

	for (i = 0; !group && i < PARENTS_MAX && tid > 1; i++) {
		if (!run_proc_read(tid, &proc))
			return NULL;
		group = find_origin(targets, proc.process);
		tid = proc.parent;
	}
	return group;
}

/* @return how many were moved, or a negative errno of the library. */
static int put_back_once(const struct run_targets *targets, const struct rdtgrp *group)
{
	int moved = 0, r;
	size_t count, i;
	pid_t *tids;

	r = rdtgrp_read_tasks(group, &tids, &count);
	/* Somebody has removed it, and the kernel has moved them. */
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (i = 0; i < count && r >= 0; i++) {
		const struct rdtgrp *origin = origin_of(targets, tids[i]);

		if (!origin)
			continue;
		r = rdtgrp_move_task(origin, tids[i]);
		if (r == -ESRCH)
			r = 0;
		else if (r == 0)
			moved++;
	}
	free(tids);
	return r < 0 ? r : moved;
}

int run_targets_put_back(struct run_targets *targets, const struct rdtgrp *group)
{
	int pass, r = 0;

	if (!targets->origin_count)
		return EXIT_FINE;
	for (pass = 0; pass < PASSES_MAX; pass++) {
		r = put_back_once(targets, group);
		if (r <= 0)
			break;
	}
	if (r >= 0)
		return EXIT_FINE;
	complain_rdtgrp(r, "tasks");
	complain("run: what could not be put back is in the control group now");
	return EXIT_FAILED;
}
