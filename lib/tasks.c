/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "capability.h"
#include "command.h"
#include "error.h"
#include "file.h"
#include "group.h"
#include "rdtgrp.h"
#include "util.h"

/* Ids of up to 7 digits, PID_MAX_LIMIT of them (4 Mi): no tasks file is longer. */
#define TASKS_TEXT_MAX (64U << 20)

#define PASSES_MAX 100

/* A growing set of thread ids, in ascending order. */
struct tids {
	pid_t *ids;
	size_t count;
	size_t size;
};

static void tids_free(struct tids *tids)
{
	rg_freep(&tids->ids);
}

static int tids_reserve(struct tids *tids)
{
	size_t size = tids->size ? tids->size * 2 : 64;
	pid_t *p;

	if (tids->count < tids->size)
		return 0;
	p = reallocarray(tids->ids, size, sizeof(*p));
	if (!p)
		return -ENOMEM;
	tids->ids = p;
	tids->size = size;
	return 0;
}

/* Returns 1 if it was added, 0 if it was in it, or -ENOMEM. */
static int tids_add(struct tids *tids, pid_t tid)
{
	size_t low = 0, high = tids->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (tids->ids[middle] == tid)
			return 0;
		if (tids->ids[middle] < tid)
			low = middle + 1;
		else
			high = middle;
	}
	if (tids_reserve(tids) < 0)
		return -ENOMEM;
	memmove(tids->ids + low + 1, tids->ids + low, (tids->count - low) * sizeof(*tids->ids));
	tids->ids[low] = tid;
	tids->count++;
	return 1;
}

static bool parse_tid(const char **text, pid_t *ret_tid)
{
	const char *p = *text;
	long tid = 0;

	for (; isdigit((unsigned char)*p); p++) {
		tid = tid * 10 + (*p - '0');
		if (tid > INT_MAX)
			return false;
	}
	if (p == *text)
		return false;
	*text = p;
	*ret_tid = (pid_t)tid;
	return true;
}

static int parse_tasks(const char *text, size_t length, struct tids *tids)
{
	const char *end = text + length;

	while (text < end) {
		pid_t tid;

		if (!parse_tid(&text, &tid) || *text != '\n')
			return -EBADMSG;
		text++;
		if (tids_reserve(tids) < 0)
			return -ENOMEM;
		tids->ids[tids->count++] = tid;
	}
	return 0;
}

int rdtgrp_read_tasks(const struct rdtgrp *group, pid_t **ret_tids, size_t *ret_count)
{
	__attribute__((cleanup(tids_free))) struct tids tids = {0};
	RG_AUTO_FREE char *text = NULL;
	size_t length = 0;
	int r;

	r = rg_read_text(group->fd, "tasks", TASKS_TEXT_MAX, &text, &length);
	if (r == 0)
		r = parse_tasks(text, length, &tids);
	if (r == -ENOMEM)
		return rg_fail_nomem();
	if (r == -EBADMSG || r == -EFBIG)
		return rg_fail(-EBADMSG, rg_name_of(group->fd, "tasks"),
			       "holds something else than thread ids");
	if (r == -ENODEV || r == -ENOENT)
		return rg_fail(-ENOENT, rg_name_of(group->fd, NULL), "the group has been removed");
	if (r < 0) {
		rg_fail_errno(r, rg_name_of(group->fd, "tasks"), "cannot read");
		rg_advise_refused(r, RG_REFUSED_READ, group->fd, "tasks");
		return r;
	}
	*ret_tids = RG_TAKE(tids.ids);
	*ret_count = tids.count;
	return 0;
}

/* Returns a negative errno and records nothing. */
static int write_tid(const struct rdtgrp *group, pid_t tid)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%d\n", (int)tid);
	int r = rg_write_text(group->fd, "tasks", text, (size_t)length);

	return r == -ENODEV ? -ENOENT : r;
}

static int fail_move(int error, const struct rdtgrp *group, pid_t tid)
{
	char words[64];

	snprintf(words, sizeof(words), "cannot move thread %d", (int)tid);
	return rg_fail_command(error, group, "tasks",
			       error == -EPERM ? RG_REFUSED_TASK : RG_REFUSED_WRITE, "tasks",
			       words);
}

int rdtgrp_move_task(const struct rdtgrp *group, pid_t tid)
{
	int r;

	if (tid < 0)
		return rg_fail(-EINVAL, NULL, "%d is no thread id", (int)tid);
	r = write_tid(group, tid);
	return r < 0 ? fail_move(r, group, tid) : 0;
}

/* Add the process's threads to `known`, and those that were not in it to `fresh`, too. */
static int list_threads(int process_fd, const char *process_path, struct tids *known,
			struct tids *fresh)
{
	RG_AUTO_DIR struct rg_dir dir;
	struct rg_dir_entry entry;
	int r;

	r = rg_dir_open(process_fd, "task", &dir);
	while (r == 0 && (r = rg_dir_next(&dir, &entry)) > 0) {
		const char *name = entry.name;
		pid_t tid;

		r = 0;
		if (!parse_tid(&name, &tid) || *name)
			continue;
		r = tids_add(known, tid);
		if (r > 0)
			r = tids_add(fresh, tid) < 0 ? -ENOMEM : 0;
	}
	if (r == -ENOMEM)
		return rg_fail_nomem();
	/* ESRCH: the process ended while its directory was being opened or listed. */
	if (r == -ENOENT || r == -ESRCH)
		return 0;
	return r < 0 ? rg_fail_errno(r, process_path, "cannot list the threads") : 0;
}

/*
 * Move the threads that are not in `moved`. Returns how many there were, or a negative errno. They are
 * all listed first: who moves while listing would find the threads started meanwhile in the same pass,
 * which then might never end.
 */
static int move_new_threads(const struct rdtgrp *group, int process_fd, const char *process_path,
			    struct tids *moved)
{
	__attribute__((cleanup(tids_free))) struct tids fresh = {0};
	int r = list_threads(process_fd, process_path, moved, &fresh);

	for (size_t i = 0; i < fresh.count && r == 0; i++) {
		r = write_tid(group, fresh.ids[i]);
		if (r == -ESRCH)
			r = 0;
		else if (r < 0)
			fail_move(r, group, fresh.ids[i]);
	}
	return r < 0 ? r : (int)fresh.count;
}

/* Without its directory: is it the process that is missing, or all of them? */
static int fail_no_process(int error, const char *process_path)
{
	if (error != -ENOENT)
		return rg_fail_errno(error, process_path, "cannot open");
	if (access("/proc/self", F_OK) == 0)
		return rg_fail(-ESRCH, process_path, "there is no such process");
	rg_fail(-ENOSYS, "/proc", "not mounted, so a process's threads cannot be found");
	rg_error_set_advice("mount -t proc proc /proc, or move the threads one by one");
	return -ENOSYS;
}

int rdtgrp_move_process(const struct rdtgrp *group, pid_t pid)
{
	__attribute__((cleanup(tids_free))) struct tids moved = {0};
	RG_AUTO_CLOSE int process_fd = -1;
	char process_path[32];

	if (pid <= 0)
		return rg_fail(-EINVAL, NULL, "%d is no process id", (int)pid);
	snprintf(process_path, sizeof(process_path), "/proc/%d", (int)pid);
	/* Held, so that no pass can be over another process that got the same id. */
	process_fd = open(process_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (process_fd < 0)
		return fail_no_process(-errno, process_path);

	for (int pass = 0; pass < PASSES_MAX; pass++) {
		int fresh = move_new_threads(group, process_fd, process_path, &moved);

		if (fresh < 0)
			return fresh;
		if (moved.count == 0)
			return rg_fail(-ESRCH, process_path, "there is no such process");
		if (fresh == 0)
			return 0;
	}
	return rg_fail(-EAGAIN, process_path,
		       "the process starts threads faster than they are moved");
}
