/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static ssize_t read_file(const char *path, char *buffer, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buffer, size - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n >= 0)
		buffer[n] = '\0';
	return n;
}

/* Field 22 of stat, in clock ticks since boot. The name in field 2 may hold anything. */
static int parse_start(const char *stat, uint64_t *ret_start)
{
	const char *at = strrchr(stat, ')');

	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (!at)
		return -EIO;
	*ret_start = strtoull(at, NULL, 10);
	return 0;
}

static int get(pid_t tid, struct sim_thread *ret_thread)
{
	unsigned int uid, suid;
	struct sim_thread thread;
	char path[64], buffer[4096];
	const char *line;

	/* A thread's id works here even where it is not listed. */
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)tid);
	if (read_file(path, buffer, sizeof(buffer)) < 0 || parse_start(buffer, &thread.start))
		return -ESRCH;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
	if (read_file(path, buffer, sizeof(buffer)) < 0)
		return -ESRCH;
	line = strstr(buffer, "\nUid:");
	if (!line || sscanf(line, "\nUid:%u%*u%u", &uid, &suid) != 2)
		return -ESRCH;
	thread.uid = uid;
	thread.suid = suid;
	*ret_thread = thread;
	return 0;
}

struct list {
	pid_t *tids;
	size_t count;
	size_t size;
};

static int list_add(struct list *list, pid_t tid)
{
	if (list->count == list->size) {
		size_t size = list->size ? 2 * list->size : 256;
		pid_t *tids = reallocarray(list->tids, size, sizeof(*tids));

		if (!tids)
			return -ENOMEM;
		list->tids = tids;
		list->size = size;
	}
	list->tids[list->count++] = tid;
	return 0;
}

/* The number that an entry's name is, or 0. */
static pid_t entry_number(const struct dirent *entry)
{
	char *end;
	long number = strtol(entry->d_name, &end, 10);

	return *end || number < 0 ? 0 : (pid_t)number;
}

static int add_threads(struct list *list, pid_t pid)
{
	const struct dirent *entry;
	char path[64];
	int r = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	if (!dir)
		return errno == ENOMEM || errno == EMFILE || errno == ENFILE ? -errno : 0;
	while (!r && (entry = readdir(dir))) {
		if (entry_number(entry))
			r = list_add(list, entry_number(entry));
	}
	closedir(dir);
	return r;
}

static int list(pid_t **ret_tids, size_t *ret_count)
{
	struct list found = {0};
	const struct dirent *entry;
	int r = 0;
	DIR *dir;

	dir = opendir("/proc");
	if (!dir)
		return -errno;
	while (!r && (entry = readdir(dir))) {
		if (entry_number(entry))
			r = add_threads(&found, entry_number(entry));
	}
	closedir(dir);
	if (r) {
		free(found.tids);
		return r;
	}
	*ret_tids = found.tids;
	*ret_count = found.count;
	return 0;
}

const struct sim_threads proc_threads = {
	.list = list,
	.get = get,
};
