/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The contract of rdtgrp_get_from_fd() and of the handle, case by case and errno by errno, on a live
 * tree: rdtsim or the kernel's resctrl.
 *
 * With --perf the same is asked of the kernel's rdtgroup_get_from_fd(), where it has one: by opening an
 * event of perf on the fd.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "live.h"
#include "perf.h"

#define UNTOUCHED ((struct rdtgrp *)&live)

static bool by_perf;

/* What is tested. Where the kernel gives the group, the library has to give it, too. */
static int get_from_fd(int fd, unsigned int flags, struct rdtgrp **ret_group)
{
	int rc = by_perf ? perf_get_from_fd(fd) : 0;

	return rc < 0 ? rc : rdtgrp_get_from_fd(fd, flags, ret_group);
}

/* The one difference of the two: the kernel knows no group by an O_PATH fd. It asks for permission first. */
static int expected_of(int fd, int expected)
{
	int flags = fcntl(fd, F_GETFL);

	return by_perf && flags >= 0 && flags & O_PATH && expected != -EACCES ? -EBADF : expected;
}

/* An error of the library has a record; the kernel's is an errno. */
static bool is_recorded(int error)
{
	return by_perf || (rdtgrp_error_code() == error && *rdtgrp_error_message());
}

/* A refusal: this errno, in the error record too, with a message, nothing handed out, no fd left. */
static bool judge_refusal(int rc, int expected, struct rdtgrp *group, int fds, const char *what)
{
	bool good = rc == expected && group == UNTOUCHED && is_recorded(expected) &&
		    tap_count_fds() == fds;

	if (rc != expected)
		tap_note("%s: %d (%s), not %d (%s)", what, rc, rc < 0 ? strerrorname_np(-rc) : "",
			 expected, strerrorname_np(-expected));
	else if (!good)
		tap_note("%s: %s; error record: %d \"%s\"; fds %d -> %d", what,
			 group == UNTOUCHED ? "handle untouched" : "the handle was touched",
			 rdtgrp_error_code(), rdtgrp_error_message(), fds, tap_count_fds());
	if (!rc)
		rdtgrp_unref(group);
	return good;
}

static bool refuses_fd(int fd, unsigned int flags, int expected, const char *what)
{
	struct rdtgrp *group = UNTOUCHED;
	int fds = tap_count_fds();

	return CHECK(judge_refusal(get_from_fd(fd, flags, &group), expected_of(fd, expected), group,
				   fds, what));
}

static bool refuses_openat(int dirfd, const char *path, unsigned int flags, int expected)
{
	struct rdtgrp *group = UNTOUCHED;
	int fds = tap_count_fds();
	int rc = rdtgrp_openat(dirfd, path, flags, &group);

	return CHECK(judge_refusal(rc, expected, group, fds, path ? path : "(null)"));
}

static bool refuses_open(const char *path, int expected)
{
	struct rdtgrp *group = UNTOUCHED;
	int fds = tap_count_fds();
	int rc = rdtgrp_open(path, live.flags, &group);

	return CHECK(judge_refusal(rc, expected, group, fds, path ? path : "(null)"));
}

/* A path below the root, by an fd of every kind that can be had of it, and by the path itself. */
static void refuses_path(const char *path, int by_fd, int by_path)
{
	int o_path = live_open(path, O_PATH);
	int readable = live_open(path, O_RDONLY);

	CHECK(o_path >= 0);
	refuses_fd(o_path, live.flags, by_fd, path);
	if (readable >= 0)
		refuses_fd(readable, live.flags, by_fd, path);
	live_closep(&o_path);
	live_closep(&readable);
	refuses_openat(live.root_fd, path, live.flags, by_path);
}

static void no_open_fd(void)
{
	int fd = live_open(".", O_RDONLY);

	close(fd);
	refuses_fd(fd, live.flags, -EBADF, "a closed fd");
	refuses_fd(-1, live.flags, -EBADF, "-1");
	refuses_fd(AT_FDCWD, live.flags, -EBADF, "AT_FDCWD");
	refuses_fd(INT_MAX, live.flags, -EBADF, "INT_MAX");
}

static void other_filesystem(void)
{
	char directory[] = "/tmp/rdtgrp-contract-XXXXXX";
	int fds[2], fd;

	NEED(mkdtemp(directory));
	for (unsigned int flags = 0; flags <= RDTGRP_OPEN_ANY_FS; flags += RDTGRP_OPEN_ANY_FS) {
		fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		refuses_fd(fd, flags, -EBADF, "a directory elsewhere");
		refuses_openat(fd, ".", flags, -EBADF);
		close(fd);
		fd = open(directory, O_PATH | O_CLOEXEC);
		refuses_fd(fd, flags, -EBADF, "an O_PATH fd of a directory elsewhere");
		close(fd);
		fd = open(directory, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
		if (fd >= 0)
			refuses_fd(fd, flags, -EBADF, "a file elsewhere");
		live_closep(&fd);
		NEED(!pipe2(fds, O_CLOEXEC));
		refuses_fd(fds[0], flags, -EBADF, "a pipe");
		close(fds[0]);
		close(fds[1]);
		NEED(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
		refuses_fd(fds[0], flags, -EBADF, "a socket");
		close(fds[0]);
		close(fds[1]);
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
		refuses_fd(fd, flags, -EBADF, "a device");
		close(fd);
		fd = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		refuses_fd(fd, flags, -EBADF, "a directory of proc");
		close(fd);
	}
	rmdir(directory);
}

/* With the shape of a group, the flag alone decides. */
static void shape_of_a_group(void)
{
	char directory[] = "/tmp/rdtgrp-contract-XXXXXX", file[64];
	int fd;

	NEED(mkdtemp(directory));
	snprintf(file, sizeof(file), "%s/tasks", directory);
	fd = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	CHECK(fd >= 0);
	live_closep(&fd);
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	refuses_fd(fd, 0, -EBADF, "a directory elsewhere with a file tasks");
	if (by_perf) {
		refuses_fd(fd, RDTGRP_OPEN_ANY_FS, -EBADF, "the same, which no flag is for");
	} else {
		AUTO_GROUP group = NULL;

		CHECK_RC(rdtgrp_get_from_fd(fd, RDTGRP_OPEN_ANY_FS, &group), 0);
	}
	close(fd);
	unlink(file);
	rmdir(directory);
}

static void magic_decides(void)
{
	AUTO_GROUP group = NULL;

	if (live.simulator) {
		refuses_fd(live.root_fd, 0, -EBADF, "a simulator without the flag");
		refuses_openat(live.root_fd, ".", 0, -EBADF);
	} else {
		CHECK_RC(rdtgrp_get_from_fd(live.root_fd, RDTGRP_OPEN_ANY_FS, &group), 0);
	}
}

static void unknown_flags(void)
{
	refuses_fd(live.root_fd, live.flags | 1U << 1, -EINVAL, "flag 1");
	refuses_fd(live.root_fd, live.flags | 1U << 31, -EINVAL, "flag 31");
	refuses_fd(live.root_fd, ~0U, -EINVAL, "all flags");
	refuses_openat(live.root_fd, ".", live.flags | 1U << 2, -EINVAL);
}

static void files(void)
{
	static const char *const names[] = {"schemata", "tasks", "cpus", "mode", "cpus_list"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!faccessat(live.root_fd, names[i], F_OK, 0))
			refuses_path(names[i], -EBADF, -ENOTDIR);
	refuses_path("tasks", -EBADF, -ENOTDIR);
}

/* What a path is, by the rules of the tree's layout and not by its contents. */
static bool is_group_path(const char *path)
{
	size_t depth = 1;
	const char *last = strrchr(path, '/');

	if (!strcmp(path, "."))
		return true;
	for (const char *at = path; *at; at++)
		depth += *at == '/';
	if (depth == 1)
		return strcmp(path, "info") && strcmp(path, "mon_data") &&
		       strcmp(path, "mon_groups");
	if (depth == 2)
		return !strncmp(path, "mon_groups/", 11);
	return depth == 3 && strncmp(path, "info/", 5) && strncmp(path, "mon_data/", 9) &&
	       last - path >= 11 && !strncmp(last - 11, "/mon_groups", 11);
}

static void judge_path(const char *path, bool directory, size_t *groups, size_t *others)
{
	if (is_group_path(path) && directory) {
		AUTO_FD fd = live_open(path, O_RDONLY | O_DIRECTORY);
		AUTO_GROUP group = NULL;

		if (!CHECK_RC(get_from_fd(fd, live.flags, &group), 0))
			tap_note("%s: %s", path, rdtgrp_error_message());
		else
			CHECK_RC(rdtgrp_get_type(group), strstr(path, "mon_groups/")
								 ? RDTGRP_TYPE_MON
								 : RDTGRP_TYPE_CTRL_MON);
		(*groups)++;
	} else {
		refuses_path(path, -EBADF, directory ? -EBADF : -ENOTDIR);
		(*others)++;
	}
}

static void walk(const char *path, size_t *groups, size_t *others)
{
	int fd = live_open(path, O_RDONLY | O_DIRECTORY);
	struct dirent *entry;
	char below[4096];
	struct stat st;
	DIR *dir;

	judge_path(path, true, groups, others);
	NEED(fd >= 0);
	dir = fdopendir(fd);
	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (!strcmp(path, "."))
			snprintf(below, sizeof(below), "%s", entry->d_name);
		else
			snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
		if (!CHECK(!fstatat(live.root_fd, below, &st, AT_SYMLINK_NOFOLLOW)))
			continue;
		if (S_ISDIR(st.st_mode))
			walk(below, groups, others);
		else
			judge_path(below, false, groups, others);
	}
	closedir(dir);
}

static void whole_tree(void)
{
	size_t groups = 0, others = 0;

	NEED(live_make("g"));
	NEED(live_make("g/mon_groups/m"));
	NEED(live_make("mon_groups/m"));
	walk(".", &groups, &others);
	tap_note("%zu groups, %zu other files and directories", groups, others);
	CHECK(groups >= 4);
	CHECK(others > 20);
}

static void info_directories(void)
{
	refuses_path("info", -EBADF, -EBADF);
	refuses_path("info/L3_MON", -EBADF, -EBADF);
	refuses_path("info/L3_MON/num_rmids", -EBADF, -ENOTDIR);
	refuses_path("info/last_cmd_status", -EBADF, -ENOTDIR);
}

static void group_directories(void)
{
	NEED(live_make("g"));
	refuses_path("mon_data", -EBADF, -EBADF);
	refuses_path("mon_groups", -EBADF, -EBADF);
	refuses_path("g/mon_data", -EBADF, -EBADF);
	refuses_path("g/mon_groups", -EBADF, -EBADF);
	if (!faccessat(live.root_fd, "mon_data/mon_L3_00", F_OK, 0)) {
		refuses_path("mon_data/mon_L3_00", -EBADF, -EBADF);
		refuses_path("mon_data/mon_L3_00/llc_occupancy", -EBADF, -ENOTDIR);
	}
}

static void default_group(void)
{
	AUTO_GROUP group = NULL;
	uint64_t fsid, inode;

	NEED_RC(get_from_fd(live.root_fd, live.flags, &group), 0);
	CHECK(rdtgrp_is_default(group));
	CHECK_RC(rdtgrp_get_type(group), RDTGRP_TYPE_CTRL_MON);
	CHECK_STRING(rdtgrp_get_name(group), "/");
	rdtgrp_get_identity(group, &fsid, &inode);
	CHECK_U64(inode, live_inode("."));
	CHECK(fsid != 0);
	rdtgrp_get_identity(group, NULL, NULL);
}

static void ctrl_mon_group(void)
{
	AUTO_GROUP group = NULL;
	AUTO_GROUP root = NULL;
	AUTO_GROUP parent = NULL;
	uint64_t fsid, root_fsid, inode;

	NEED(live_make_group("g", &group));
	NEED(live_open_group(".", &root));
	CHECK(!rdtgrp_is_default(group));
	CHECK_RC(rdtgrp_get_type(group), RDTGRP_TYPE_CTRL_MON);
	CHECK_STRING(rdtgrp_get_name(group), "g");
	rdtgrp_get_identity(root, &root_fsid, NULL);
	rdtgrp_get_identity(group, &fsid, &inode);
	CHECK_U64(fsid, root_fsid);
	CHECK_U64(inode, live_inode("g"));
	CHECK(rdtgrp_compare(group, root) != 0);
	CHECK((rdtgrp_compare(group, root) < 0) == (rdtgrp_compare(root, group) > 0));
	NEED_RC(rdtgrp_open_parent(group, &parent), 0);
	CHECK_RC(rdtgrp_compare(parent, root), 0);
	CHECK(rdtgrp_is_default(parent));
}

static void default_has_no_parent(void)
{
	AUTO_GROUP group = NULL;
	struct rdtgrp *parent = UNTOUCHED;

	NEED_RC(rdtgrp_get_from_fd(live.root_fd, live.flags, &group), 0);
	CHECK_RC(rdtgrp_open_parent(group, &parent), -ENXIO);
	CHECK(parent == UNTOUCHED);
}

static void o_path_fd(void)
{
	AUTO_GROUP group = NULL;
	AUTO_GROUP same = NULL;
	AUTO_FD fd = -1;
	int flags;

	NEED(live_make_group("g", &same));
	fd = live_open("g", O_PATH | O_DIRECTORY);
	if (by_perf) {
		refuses_fd(fd, live.flags, -EBADF, "an O_PATH fd of a group");
		return;
	}
	NEED_RC(rdtgrp_get_from_fd(fd, live.flags, &group), 0);
	CHECK_RC(rdtgrp_compare(group, same), 0);
	/* It was reopened: the handle's own fd can be read and is close-on-exec. */
	flags = fcntl(rdtgrp_get_fd(group), F_GETFL);
	CHECK(flags >= 0 && !(flags & O_PATH));
	CHECK(fcntl(rdtgrp_get_fd(group), F_GETFD) == FD_CLOEXEC);
	CHECK(rdtgrp_get_fd(group) != fd);
}

static void independent_of_fd(void)
{
	AUTO_GROUP group = NULL;
	struct rdtgrp_value value;
	AUTO_GROUP again = NULL;
	int fd;

	NEED(live_make("g"));
	fd = live_open("g", O_RDONLY | O_DIRECTORY);
	NEED_RC(rdtgrp_get_from_fd(fd, live.flags, &group), 0);
	close(fd);
	/* Whatever now has the number of the closed fd is not the handle's. */
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	CHECK_RC(rdtgrp_is_live(group), 1);
	CHECK_RC(rdtgrp_tryget_live(group, &again), 0);
	CHECK(again == group);
	if (!faccessat(live.root_fd, "mon_data/mon_L3_00/llc_occupancy", F_OK, 0)) {
		CHECK_RC(rdtgrp_read_value(group, "mon_L3_00", "llc_occupancy", &value), 0);
		CHECK_RC(value.status, RDTGRP_STATUS_OK);
	}
	close(fd);
}

/* The offset of the caller's directory fd is the caller's, too. */
static void leaves_offset_alone(void)
{
	AUTO_FD fd = live_open(".", O_RDONLY | O_DIRECTORY);
	AUTO_GROUP group = NULL;
	AUTO_GROUP made = NULL;
	struct rdtgrp_tree *tree = NULL;
	off_t before;
	char buffer[256];

	NEED(live_make_group("g", &made));
	CHECK(getdents64(fd, buffer, sizeof(buffer)) > 0);
	before = lseek(fd, 0, SEEK_CUR);
	NEED_RC(rdtgrp_get_from_fd(fd, live.flags, &group), 0);
	CHECK_RC(rdtgrp_tree_read(group, &tree), 0);
	rdtgrp_tree_unref(tree);
	CHECK(lseek(fd, 0, SEEK_CUR) == before);
}

static void misleading_names(void)
{
	static const char *const names[] = {"tasks", "mode", "schemata",  "info", "mon_data",
					    "cpus",  "size", "mon_L3_00", "...",  " "};
	char path[128];

	NEED(live_make("g"));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		AUTO_GROUP group = NULL;
		AUTO_GROUP parent = NULL;
		AUTO_FD fd = -1;
		enum rdtgrp_mode mode = RDTGRP_MODE_UNKNOWN;

		snprintf(path, sizeof(path), "g/mon_groups/%s", names[i]);
		if (!live_make(path) || (fd = live_open(path, O_RDONLY | O_DIRECTORY)) < 0 ||
		    !CHECK_RC(get_from_fd(fd, live.flags, &group), 0)) {
			tap_note("%s", path);
			continue;
		}
		CHECK_RC(rdtgrp_get_type(group), RDTGRP_TYPE_MON);
		CHECK_STRING(rdtgrp_get_name(group), names[i]);
		CHECK_RC(rdtgrp_read_mode(group, &mode), 0);
		CHECK_RC(mode, RDTGRP_MODE_SHAREABLE);
		CHECK_RC(rdtgrp_open_parent(group, &parent), 0);
		if (parent)
			CHECK_STRING(rdtgrp_get_name(parent), "g");
		CHECK(!rdtgrp_is_default(group));
	}
	/* A directory that holds a group named tasks is none for that. */
	refuses_path("g/mon_groups", -EBADF, -EBADF);
	/* And the same directly below the default group. */
	NEED(live_make("mon_groups/tasks"));
	NEED(live_make("mon_groups/schemata"));
	refuses_path("mon_groups", -EBADF, -EBADF);
	{
		AUTO_GROUP group = NULL;

		NEED(live_open_group("mon_groups/schemata", &group));
		CHECK_RC(rdtgrp_get_type(group), RDTGRP_TYPE_MON);
	}
}

static void renamed_while_held(void)
{
	AUTO_GROUP group = NULL;
	AUTO_GROUP again = NULL;
	AUTO_GROUP parent = NULL;
	AUTO_GROUP other = NULL;

	NEED(live_make("g"));
	NEED(live_make_group("h", &other));
	NEED(live_make_group("g/mon_groups/m", &group));
	NEED(live_rename("g/mon_groups/m", "h/mon_groups/n"));
	CHECK_RC(rdtgrp_is_live(group), 1);
	CHECK_STRING(rdtgrp_get_name(group), "m");
	NEED(live_open_group("h/mon_groups/n", &again));
	CHECK_RC(rdtgrp_compare(group, again), 0);
	NEED_RC(rdtgrp_open_parent(group, &parent), 0);
	CHECK_RC(rdtgrp_compare(parent, other), 0);
	/* The name is free for another group, which the handle is not. */
	rdtgrp_unref(again);
	again = NULL;
	NEED(live_make_group("g/mon_groups/m", &again));
	CHECK(rdtgrp_compare(group, again) != 0);
	CHECK_RC(rdtgrp_remove(group), 0);
	CHECK_RC(rdtgrp_is_live(group), 0);
	CHECK_RC(rdtgrp_is_live(again), 1);
}

static void dead(struct rdtgrp *group)
{
	struct rdtgrp *out = UNTOUCHED;
	enum rdtgrp_mode mode = (enum rdtgrp_mode)77;

	CHECK_RC(rdtgrp_is_live(group), 0);
	CHECK_RC(rdtgrp_tryget_live(group, &out), -ENOENT);
	CHECK(out == UNTOUCHED);
	CHECK_RC(rdtgrp_read_mode(group, &mode), -ENOENT);
	CHECK(mode == (enum rdtgrp_mode)77);
	CHECK_RC(rdtgrp_remove(group), -ENOENT);
}

static void removed(void)
{
	AUTO_GROUP group = NULL;
	AUTO_FD o_path = -1;
	AUTO_FD fd = -1;

	NEED(live_make_group("g", &group));
	fd = live_open("g", O_RDONLY | O_DIRECTORY);
	o_path = live_open("g", O_PATH | O_DIRECTORY);
	NEED(live_rmdir("g"));
	refuses_fd(fd, live.flags, -ENOENT, "a removed group");
	refuses_fd(o_path, live.flags, -ENOENT, "an O_PATH fd of a removed group");
	refuses_openat(live.root_fd, "g", live.flags, -ENOENT);
	dead(group);
}

static void removed_and_made_again(void)
{
	AUTO_GROUP old = NULL;
	AUTO_GROUP new = NULL;
	AUTO_FD o_path = -1;
	AUTO_FD fd = -1;
	uint64_t inode;

	NEED(live_make_group("g", &old));
	inode = live_inode("g");
	fd = live_open("g", O_RDONLY | O_DIRECTORY);
	o_path = live_open("g", O_PATH | O_DIRECTORY);
	NEED(live_rmdir("g"));
	NEED(live_make_group("g", &new));
	CHECK(live_inode("g") != inode);
	refuses_fd(fd, live.flags, -ENOENT, "a removed group, made again");
	refuses_fd(o_path, live.flags, -ENOENT, "an O_PATH fd of it");
	CHECK(rdtgrp_compare(old, new) != 0);
	dead(old);
	CHECK_RC(rdtgrp_is_live(new), 1);
}

static void children_of_removed(void)
{
	AUTO_GROUP ctrl = NULL;
	AUTO_GROUP mon = NULL;
	AUTO_FD o_path = -1;
	AUTO_FD fd = -1;

	NEED(live_make_group("g", &ctrl));
	NEED(live_make_group("g/mon_groups/m", &mon));
	fd = live_open("g/mon_groups/m", O_RDONLY | O_DIRECTORY);
	o_path = live_open("g/mon_groups/m", O_PATH | O_DIRECTORY);
	NEED(live_rmdir("g"));
	refuses_fd(fd, live.flags, -ENOENT, "a MON group of a removed group");
	refuses_fd(o_path, live.flags, -ENOENT, "an O_PATH fd of it");
	dead(mon);
	dead(ctrl);
}

static void removed_mon_leaves_parent(void)
{
	AUTO_GROUP ctrl = NULL;
	AUTO_GROUP mon = NULL;

	NEED(live_make_group("g", &ctrl));
	NEED(live_make_group("g/mon_groups/m", &mon));
	NEED(live_rmdir("g/mon_groups/m"));
	dead(mon);
	CHECK_RC(rdtgrp_is_live(ctrl), 1);
}

static void pseudo_locksetup(void)
{
	enum rdtgrp_mode mode = RDTGRP_MODE_UNKNOWN;
	AUTO_GROUP held = NULL;
	AUTO_GROUP again = NULL;
	AUTO_FD fd = -1;

	NEED(live_make_group("g", &held));
	if (!live_locksetup("g"))
		return;
	refuses_path("g", -EINVAL, -EINVAL);
	/* What was opened before stays, and tells. */
	CHECK_RC(rdtgrp_is_live(held), 1);
	CHECK_RC(rdtgrp_read_mode(held, &mode), 0);
	CHECK_RC(mode, RDTGRP_MODE_PSEUDO_LOCKSETUP);
	CHECK_RC(live_write("g/mode", "shareable\n"), 0);
	CHECK_RC(rdtgrp_openat(live.root_fd, "g", live.flags, &again), 0);
	CHECK_RC(rdtgrp_read_mode(held, &mode), 0);
	CHECK_RC(mode, RDTGRP_MODE_SHAREABLE);
	/* Gone is said before locked. */
	if (!live_locksetup("g"))
		return;
	fd = live_open("g", O_RDONLY | O_DIRECTORY);
	NEED(live_rmdir("g"));
	refuses_fd(fd, live.flags, -ENOENT, "a removed group that was in pseudo-locksetup");
}

static void mon_group_in_locksetup(void)
{
	enum rdtgrp_mode mode = RDTGRP_MODE_UNKNOWN;
	AUTO_GROUP held = NULL;

	NEED(live_make("g"));
	NEED(live_make("p"));
	NEED(live_make_group("g/mon_groups/m", &held));
	if (!live_locksetup("p"))
		return;
	NEED(live_rename("g/mon_groups/m", "p/mon_groups/m"));
	refuses_path("p/mon_groups/m", -EINVAL, -EINVAL);
	CHECK_RC(rdtgrp_read_mode(held, &mode), 0);
	CHECK_RC(mode, RDTGRP_MODE_PSEUDO_LOCKSETUP);
}

static void pseudo_locked(void)
{
	enum rdtgrp_mode mode = RDTGRP_MODE_UNKNOWN;
	AUTO_GROUP held = NULL;
	char schemata[64];

	NEED(live_make_group("g", &held));
	if (!live_free_cache() || !live_locksetup("g"))
		return;
	/* A part of the cache that nobody else has: it is locked at once. */
	snprintf(schemata, sizeof(schemata), "L3:%u=1\n", live_l3_id(0));
	NEED_RC(live_write("g/schemata", schemata), 0);
	refuses_path("g", -EINVAL, -EINVAL);
	CHECK_RC(rdtgrp_is_live(held), 1);
	CHECK_RC(rdtgrp_read_mode(held, &mode), 0);
	CHECK_RC(mode, RDTGRP_MODE_PSEUDO_LOCKED);
}

static void nobody_opens(void *argument)
{
	const int *fds = argument;

	refuses_openat(live.root_fd, "g", live.flags, -EACCES);
	/* An O_PATH fd can be had by whoever may search the parent; it is no permission. */
	refuses_fd(fds[0], live.flags, -EACCES, "an O_PATH fd of a group of mode 0700");
	refuses_fd(fds[1], live.flags, -EACCES, "root's fd of a group of mode 0700");
	CHECK(by_perf || strstr(rdtgrp_error_advice(), "0700"));
	refuses_openat(live.root_fd, "g/mon_groups/m", live.flags, -EACCES);
}

static void not_permitted(void)
{
	int fds[2];

	NEED(live_make_mode("g", 0700));
	NEED(live_make("g/mon_groups/m"));
	fds[0] = live_open("g", O_PATH | O_DIRECTORY);
	fds[1] = live_open("g", O_RDONLY | O_DIRECTORY);
	live_as_nobody(nobody_opens, fds);
	close(fds[0]);
	close(fds[1]);
}

static void nobody_reads(void *argument)
{
	AUTO_GROUP group = NULL;
	struct rdtgrp_layout *layout = NULL;

	(void)argument;
	NEED_RC(rdtgrp_openat(live.root_fd, "g", live.flags, &group), 0);
	CHECK_RC(rdtgrp_is_live(group), 1);
	CHECK_RC(rdtgrp_layout_read(group, &layout), 0);
	rdtgrp_layout_unref(layout);
}

static void reading_needs_no_privilege(void)
{
	NEED(live_make("g"));
	live_as_nobody(nobody_reads, NULL);
}

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif

#ifndef SANITIZED
static void use_up_memory(void *argument)
{
	struct rlimit limit = {0, 0};
	struct rdtgrp *group = UNTOUCHED;
	const int *fd = argument;
	static void **last; /* to which all pieces are chained */
	void **piece;
	int rc;

	fflush(stdout);
	if (setrlimit(RLIMIT_AS, &limit) < 0)
		return;
	for (size_t size = 1 << 20; size >= 16; size -= size > 8192 ? size / 2 : 16)
		while ((piece = malloc(size))) {
			*piece = last;
			last = piece;
		}
	rc = rdtgrp_get_from_fd(*fd, live.flags, &group);
	/* No stdio from here on: it may want memory. */
	if (rc != -ENOMEM || group != UNTOUCHED || rdtgrp_error_code() != -ENOMEM ||
	    !*rdtgrp_error_message())
		_exit(1);
}
#endif

static void no_memory(void)
{
#ifdef SANITIZED
	tap_skip("a sanitizer's allocator ends the process when it has no memory");
#else
	AUTO_FD fd = -1;

	NEED(live_make("g"));
	fd = live_open("g", O_RDONLY | O_DIRECTORY);
	live_in_child(use_up_memory, &fd);
#endif
}

/* Of a removed group, with ever fewer fds left: it is ENOENT or EMFILE, and never no group at all. */
static void use_up_fds_removed(void *argument)
{
	const int *fd = argument;
	struct rlimit limit;
	int rc;

	NEED(!getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = 64;
	NEED(!setrlimit(RLIMIT_NOFILE, &limit));
	do {
		struct rdtgrp *group = UNTOUCHED;

		rc = get_from_fd(*fd, live.flags, &group);
		CHECK(rc == -ENOENT || rc == -EMFILE);
		CHECK(group == UNTOUCHED);
	} while (dup(*fd) >= 0);
	CHECK_RC(rc, -EMFILE);
}

static void no_fd_left_removed(void)
{
	AUTO_FD fd = -1;

	NEED(live_make("g"));
	fd = live_open("g", O_RDONLY | O_DIRECTORY);
	if (live.simulator && !live_simulator("nlink keep"))
		return;
	NEED(live_rmdir("g"));
	live_in_child(use_up_fds_removed, &fd);
	if (live.simulator)
		live_simulator("nlink zero");
}

static void use_up_fds(void *argument)
{
	struct rdtgrp *group = UNTOUCHED;
	const int *fd = argument;
	struct rlimit limit;

	NEED(!getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = 64;
	NEED(!setrlimit(RLIMIT_NOFILE, &limit));
	while (dup(*fd) >= 0)
		;
	CHECK_RC(get_from_fd(*fd, live.flags, &group), -EMFILE);
	CHECK(group == UNTOUCHED);
	CHECK(is_recorded(-EMFILE));
}

static void no_fd_left(void)
{
	AUTO_FD fd = -1;

	NEED(live_make("g"));
	fd = live_open("g", O_RDONLY | O_DIRECTORY);
	live_in_child(use_up_fds, &fd);
}

static void paths(void)
{
	char directory[] = "/tmp/rdtgrp-contract-XXXXXX", path[2 * PATH_MAX];
	AUTO_GROUP by_fd = NULL;
	AUTO_FD base = -1;
	const char *names[] = {"%s/g", "%s/g/", "%s/./g", "%s/info/../g", "%s//g"};

	NEED(live_make_group("g", &by_fd));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		AUTO_GROUP group = NULL;

		snprintf(path, sizeof(path), "%s%s", live.root, names[i] + 2);
		NEED_RC(rdtgrp_open(path, live.flags, &group), 0);
		CHECK_RC(rdtgrp_compare(group, by_fd), 0);
		CHECK_STRING(rdtgrp_get_name(group), "g");
	}
	snprintf(path, sizeof(path), "%s/absent", live.root);
	refuses_open(path, -ENOENT);
	CHECK(strstr(rdtgrp_error_message(), "absent"));
	CHECK(strstr(rdtgrp_error_object(), "absent"));
	snprintf(path, sizeof(path), "%s/g/tasks", live.root);
	refuses_open(path, -ENOTDIR);
	CHECK(strstr(rdtgrp_error_message(), "g/tasks"));
	snprintf(path, sizeof(path), "%s/g/tasks/x", live.root);
	refuses_open(path, -ENOTDIR);
	snprintf(path, sizeof(path), "%s/g/mon_data", live.root);
	refuses_open(path, -EBADF);
	CHECK(strstr(rdtgrp_error_message(), "g/mon_data"));
	snprintf(path, sizeof(path), "%s/info", live.root);
	refuses_open(path, -EBADF);
	CHECK(strstr(rdtgrp_error_message(), "info"));
	refuses_open("", -EINVAL);
	refuses_open(NULL, -EINVAL);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	refuses_open(path, -ENAMETOOLONG);

	NEED(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/loop", directory);
	CHECK(!symlink("loop", path));
	refuses_open(path, -ELOOP);
	unlink(path);
	snprintf(path, sizeof(path), "%s/link", directory);
	{
		AUTO_GROUP group = NULL;
		char target[PATH_MAX];

		snprintf(target, sizeof(target), "%s/g", live.root);
		CHECK(!symlink(target, path));
		CHECK_RC(rdtgrp_open(path, live.flags, &group), 0);
		if (group)
			CHECK_STRING(rdtgrp_get_name(group), "g");
		unlink(path);
	}
	rmdir(directory);

	refuses_openat(-1, "g", live.flags, -EBADF);
	refuses_openat(live.root_fd, "", live.flags, -EINVAL);
	refuses_openat(live.root_fd, NULL, live.flags, -EINVAL);
	refuses_openat(live.root_fd, "g/tasks/x", live.flags, -ENOTDIR);
	base = live_open("g", O_PATH | O_DIRECTORY);
	{
		AUTO_GROUP group = NULL;
		AUTO_GROUP root = NULL;
		AUTO_GROUP absolute = NULL;

		CHECK_RC(rdtgrp_openat(base, ".", live.flags, &group), 0);
		CHECK_RC(group && rdtgrp_compare(group, by_fd), 0);
		CHECK_RC(rdtgrp_openat(base, "..", live.flags, &root), 0);
		CHECK(root && rdtgrp_is_default(root));
		snprintf(path, sizeof(path), "%s/g", live.root);
		CHECK_RC(rdtgrp_openat(-1, path, live.flags, &absolute), 0);
	}
}

static void from_working_directory(void *argument)
{
	AUTO_GROUP group = NULL;

	(void)argument;
	NEED(!fchdir(live.root_fd));
	NEED_RC(rdtgrp_open("g", live.flags, &group), 0);
	CHECK_STRING(rdtgrp_get_name(group), "g");
	rdtgrp_unref(group);
	group = NULL;
	NEED_RC(rdtgrp_openat(AT_FDCWD, "g", live.flags, &group), 0);
}

static void relative_paths(void)
{
	NEED(live_make("g"));
	live_in_child(from_working_directory, NULL);
}

static void references(void)
{
	struct rdtgrp *group = NULL, *second = NULL;
	int fd;

	CHECK(!rdtgrp_unref(NULL));
	rdtgrp_unrefp(&group);
	NEED(live_make_group("g", &group));
	fd = rdtgrp_get_fd(group);
	CHECK(rdtgrp_ref(group) == group);
	CHECK_RC(rdtgrp_tryget_live(group, &second), 0);
	CHECK(second == group);
	CHECK(!rdtgrp_unref(group));
	CHECK(!rdtgrp_unref(group));
	CHECK_RC(rdtgrp_is_live(group), 1);
	CHECK(fcntl(fd, F_GETFD) >= 0);
	errno = EXDEV;
	rdtgrp_unrefp(&group);
	CHECK(errno == EXDEV);
	/* The last reference closed it. */
	CHECK(fcntl(fd, F_GETFD) < 0);
}

static void two_handles(void)
{
	AUTO_GROUP one = NULL;
	AUTO_GROUP two = NULL;

	NEED(live_make_group("g", &one));
	NEED(live_open_group("g", &two));
	CHECK(one != two);
	CHECK(rdtgrp_get_fd(one) != rdtgrp_get_fd(two));
	CHECK_RC(rdtgrp_compare(one, two), 0);
	CHECK_RC(rdtgrp_compare(one, one), 0);
}

static void busy_while_held(void)
{
	AUTO_GROUP group = NULL;

	/* Removing is never held up by handles. */
	NEED(live_make_group("g", &group));
	CHECK_RC(rdtgrp_remove(group), 0);
	dead(group);
}

static const struct tap_case cases[] = {
	{"no open fd: EBADF", no_open_fd},
	{"another filesystem, pipe, socket, file, device: EBADF", other_filesystem},
	{"another filesystem with the shape of a group: the flag decides", shape_of_a_group},
	{"the filesystem's magic number or the flag decides", magic_decides},
	{"unknown flags: EINVAL", unknown_flags},
	{"files of resctrl: EBADF", files},
	{"info and what is below it: EBADF", info_directories},
	{"mon_data, domains, mon_groups: EBADF", group_directories},
	{"every file and directory of the tree", whole_tree},
	{"the default group", default_group},
	{"the default group has no parent: ENXIO", default_has_no_parent},
	{"a CTRL_MON group", ctrl_mon_group},
	{"an O_PATH fd of a group is accepted and reopened", o_path_fd},
	{"a handle does not depend on the caller's fd", independent_of_fd},
	{"the offset of the caller's fd is left alone", leaves_offset_alone},
	{"MON groups named tasks, mode, schemata, info, mon_data", misleading_names},
	{"a MON group renamed while held", renamed_while_held},
	{"a removed group: ENOENT", removed},
	{"a group removed and made again: ENOENT for the old one", removed_and_made_again},
	{"a MON group of a removed CTRL_MON group: ENOENT", children_of_removed},
	{"a removed MON group leaves its parent alive", removed_mon_leaves_parent},
	{"a group in pseudo-locksetup: EINVAL", pseudo_locksetup},
	{"a MON group of a group in pseudo-locksetup: EINVAL", mon_group_in_locksetup},
	{"a pseudo-locked group: EINVAL", pseudo_locked},
	{"not permitted: EACCES", not_permitted},
	{"reading needs no privilege", reading_needs_no_privilege},
	{"no memory: ENOMEM", no_memory},
	{"no fd left: EMFILE", no_fd_left},
	{"a removed group and no fd left: ENOENT or EMFILE", no_fd_left_removed},
	{"by path: what open(2) says, ENOTDIR for files", paths},
	{"by path from the working directory", relative_paths},
	{"references", references},
	{"two handles of one group", two_handles},
	{"a held group can be removed", busy_while_held},
};

/* Those of them that are about an fd and what it names. */
static const struct tap_case perf_cases[] = {
	{"no open fd: EBADF", no_open_fd},
	{"another filesystem, pipe, socket, file, device: EBADF", other_filesystem},
	{"another filesystem with the shape of a group: EBADF", shape_of_a_group},
	{"files of resctrl: EBADF", files},
	{"info and what is below it: EBADF", info_directories},
	{"mon_data, domains, mon_groups: EBADF", group_directories},
	{"every file and directory of the tree", whole_tree},
	{"the default group", default_group},
	{"an O_PATH fd of a group: EBADF", o_path_fd},
	{"MON groups named tasks, mode, schemata, info, mon_data", misleading_names},
	{"a removed group: ENOENT", removed},
	{"a group removed and made again: ENOENT for the old one", removed_and_made_again},
	{"a MON group of a removed CTRL_MON group: ENOENT", children_of_removed},
	{"a group in pseudo-locksetup: EINVAL", pseudo_locksetup},
	{"a MON group of a group in pseudo-locksetup: EINVAL", mon_group_in_locksetup},
	{"a pseudo-locked group: EINVAL", pseudo_locked},
	{"not permitted: EACCES", not_permitted},
	{"no fd left: EMFILE", no_fd_left},
	{"a removed group and no fd left: ENOENT or EMFILE", no_fd_left_removed},
};

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--perf")) {
		if (!perf_find_resctrl()) {
			puts("1..0 # skip this kernel does not offer resctrl's events to perf");
			return 77;
		}
		by_perf = true;
		return live_main(argc - 1, argv + 1, perf_cases,
				 sizeof(perf_cases) / sizeof(*perf_cases));
	}
	return live_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
