/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* With as many digits as they have on a machine that has been up for some days. */
static const struct {
	const char *name, *text;
} events[EVENTS] = {
	{"llc_occupancy", "12451840\n"},
	{"mbm_local_bytes", "123456789012480\n"},
	{"mbm_total_bytes", "234567890123264\n"},
};

static void make_directory(int dirfd, const char *path)
{
	if (mkdirat(dirfd, path, 0755) < 0 && errno != EEXIST)
		err(1, "%s", path);
}

static void make_file(int dirfd, const char *path, const char *text)
{
	int fd = openat(dirfd, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		err(1, "%s", path);
	close(fd);
}

const char *plain_tree_value(size_t index)
{
	static char path[64];

	snprintf(path, sizeof(path), "mon_data/mon_L3_%02zu/%s", index / EVENTS % DOMAINS,
		 events[index % EVENTS].name);
	return path;
}

static void make_group(int dirfd, const char *name)
{
	int fd;

	make_directory(dirfd, name);
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", name);
	make_directory(fd, "mon_groups");
	make_directory(fd, "mon_data");
	make_file(fd, "tasks", "");
	make_file(fd, "schemata", "L3:0=fff\n");
	make_file(fd, "mode", "shareable\n");
	for (size_t i = 0; i < VALUES_PER_GROUP; i++) {
		char path[64];

		snprintf(path, sizeof(path), "mon_data/mon_L3_%02zu", i / EVENTS);
		make_directory(fd, path);
		make_file(fd, plain_tree_value(i), events[i % EVENTS].text);
	}
	close(fd);
}

char *plain_tree_make(size_t groups)
{
	const char *base = getenv("TMPDIR");
	char *path, name[32];
	int fd;

	/* A filesystem in memory, where what is measured is not its own. */
	if (asprintf(&path, "%s/rdtgrp-bench-XXXXXX", base ? base : "/dev/shm") < 0 ||
	    !mkdtemp(path))
		err(1, "%s", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", path);
	make_group(fd, ".");
	make_directory(fd, "info");
	for (size_t i = 0; i < groups; i++) {
		snprintf(name, sizeof(name), "g%zu", i);
		make_group(fd, name);
	}
	close(fd);
	return path;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void plain_tree_remove(char *path)
{
	if (nftw(path, remove_one, 32, FTW_DEPTH | FTW_PHYS) < 0)
		warn("%s: cannot be removed", path);
	free(path);
}
