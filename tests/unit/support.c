/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

const char *const bad_events[BAD_NAMES] = {
	"", ".", "..", "a/b", "/", "llc_occupancy\n", "llc\n_occupancy",
};
const char *const bad_domains[BAD_NAMES] = {
	"",	      "mon_L3_00/.", "..",	 "mon_L3_00//mon_sub_L3_00",
	"/mon_L3_00", "mon_L3_00\n", "mon\n/L3",
};

unsigned int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	/* ".", ".." and the directory's own. */
	return count - 3;
}

void tree_new(struct tree *tree)
{
	const char *base = getenv("TMPDIR");

	/* In memory, where there is such a place: some tests make a tree hundreds of times. */
	if (!base)
		base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	assert_true(asprintf(&tree->path, "%s/rdtgrp-unit-XXXXXX", base) > 0);
	assert_non_null(mkdtemp(tree->path));
	tree->fd = open(tree->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(tree->fd >= 0);
}

/* By directory fds, since a tree may be deeper than a path can be long. */
static void remove_at(int dirfd, const char *name)
{
	struct dirent *entry;
	DIR *dir;
	int fd;

	if (unlinkat(dirfd, name, 0) == 0)
		return;
	assert_int_equal(errno, EISDIR);
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fdopendir(fd);
	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			remove_at(fd, entry->d_name);
	closedir(dir);
	assert_int_equal(unlinkat(dirfd, name, AT_REMOVEDIR), 0);
}

void tree_free(struct tree *tree)
{
	close(tree->fd);
	remove_at(AT_FDCWD, tree->path);
	free(tree->path);
}

void tree_remove(const struct tree *tree, const char *path)
{
	remove_at(tree->fd, path);
}

bool tree_exists(const struct tree *tree, const char *path)
{
	return faccessat(tree->fd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void make_directories(const struct tree *tree, const char *path, bool last)
{
	char *copy = strdup(path);

	assert_non_null(copy);
	for (char *slash = strchr(copy, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		assert_true(mkdirat(tree->fd, copy, 0755) == 0 || errno == EEXIST);
		*slash = '/';
	}
	if (last)
		assert_true(mkdirat(tree->fd, copy, 0755) == 0 || errno == EEXIST);
	free(copy);
}

void tree_mkdir(const struct tree *tree, const char *path)
{
	make_directories(tree, path, true);
}

void tree_write_bytes(const struct tree *tree, const char *path, const void *bytes, size_t size)
{
	int fd;

	make_directories(tree, path, false);
	fd = openat(tree->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
}

void tree_write(const struct tree *tree, const char *path, const char *text)
{
	tree_write_bytes(tree, path, text, strlen(text));
}

static void write_below(const struct tree *tree, const char *directory, const char *path,
			const char *text)
{
	char *whole;

	assert_true(asprintf(&whole, "%s/%s", directory, path) > 0);
	tree_write(tree, whole, text);
	free(whole);
}

void tree_make_group(const struct tree *tree, const char *path, enum rdtgrp_type type)
{
	/* Of a CTRL_MON group with two MON groups the values hold theirs. */
	static const struct {
		const char *path;
		const char *ctrl;
		const char *mon;
	} files[] = {
		{"mon_data/mon_L3_00/llc_occupancy", "1000\n", "100\n"},
		{"mon_data/mon_L3_00/mbm_total_bytes", "Unavailable\n", "Unavailable\n"},
		{"mon_data/mon_L3_00/mbm_local_bytes", "Error\n", "Unassigned\n"},
		{"mon_data/mon_L3_01/llc_occupancy", "2000\n", "200\n"},
		{"mon_data/mon_L3_01/mbm_total_bytes", "20000000000\n", "3000000000\n"},
		{"mon_data/mon_L3_01/mbm_local_bytes", "18446744073709551615\n", "5\n"},
		{"tasks", "", ""},
		{"cpus", "0\n", "0\n"},
		{"cpus_list", "\n", "\n"},
	};
	bool ctrl = type == RDTGRP_TYPE_CTRL_MON;
	char *mon_groups;

	for (size_t i = 0; i < COUNT(files); i++)
		write_below(tree, path, files[i].path, ctrl ? files[i].ctrl : files[i].mon);
	if (!ctrl)
		return;
	write_below(tree, path, "schemata", "L3:0=fff;1=fff\n");
	write_below(tree, path, "size", "L3:0=1;1=1\n");
	write_below(tree, path, "mode", "shareable\n");
	assert_true(asprintf(&mon_groups, "%s/mon_groups", path) > 0);
	tree_mkdir(tree, mon_groups);
	free(mon_groups);
}

void tree_new_intel(struct tree *tree)
{
	tree_new(tree);
	tree_make_group(tree, ".", RDTGRP_TYPE_CTRL_MON);
	tree_make_group(tree, "mon_groups/m0", RDTGRP_TYPE_MON);
	tree_make_group(tree, "g1", RDTGRP_TYPE_CTRL_MON);
	tree_make_group(tree, "g1/mon_groups/m1", RDTGRP_TYPE_MON);
	tree_make_group(tree, "g1/mon_groups/m2", RDTGRP_TYPE_MON);
	tree_write(tree, "info/last_cmd_status", "ok\n");
	tree_write(tree, "info/L3/num_closids", "16\n");
	tree_write(tree, "info/L3/cbm_mask", "fff\n");
	tree_write(tree, "info/L3_MON/num_rmids", "64\n");
	tree_write(tree, "info/L3_MON/mon_features",
		   "llc_occupancy\nmbm_total_bytes\nmbm_local_bytes\n");
}

struct rdtgrp *tree_open(const struct tree *tree, const char *path)
{
	struct rdtgrp *group;

	if (rdtgrp_openat(tree->fd, path, RDTGRP_OPEN_ANY_FS, &group) < 0)
		fail_msg("%s", rdtgrp_error_message());
	return group;
}

static unsigned int fds_at_begin;

int begin_program(void **state)
{
	(void)state;
	fds_at_begin = count_fds();
	return 0;
}

int end_program(void **state)
{
	(void)state;
	if (count_fds() == fds_at_begin)
		return 0;
	fprintf(stderr, "%u fds at the end, %u at the beginning\n", count_fds(), fds_at_begin);
	return 1;
}
