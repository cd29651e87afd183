/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the tree is mounted: bind mounts of it and of groups, other mount namespaces, not at all. Each
 * case mounts in a mount namespace of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "live.h"

#define AUTO_MOUNTS __attribute__((cleanup(rdtgrp_mounts_unrefp))) struct rdtgrp_mounts *
#define UNTOUCHED ((struct rdtgrp *)&live)

static char directory[] = "/tmp/rdtgrp-mounts-XXXXXX";

/* A bind mount of a path below the root, on the case's own directory. */
static bool bind_on(const char *path)
{
	char from[4096];

	snprintf(from, sizeof(from), "%s/%s", live.root, path);
	return CHECK_RC(mount(from, directory, "none", MS_BIND, NULL) < 0 ? -errno : 0, 0);
}

static bool unmount_root(void)
{
	return CHECK_RC(umount2(live.root, MNT_DETACH) < 0 ? -errno : 0, 0);
}

static void in_namespace(void (*run)(void *))
{
	if (geteuid() != 0) {
		tap_skip("only root can mount");
		return;
	}
	memcpy(directory + sizeof(directory) - 7, "XXXXXX", 6);
	NEED(mkdtemp(directory));
	live_in_child(run, NULL);
	rmdir(directory);
}

static bool enter_namespace(void)
{
	return CHECK(!unshare(CLONE_NEWNS) &&
		     !mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL));
}

static bool on_kernel(void)
{
	if (live.simulator)
		tap_skip("this is about the kernel's resctrl");
	return !live.simulator;
}

static void bound_group(void *argument)
{
	AUTO_GROUP bound = NULL;
	AUTO_GROUP direct = NULL;
	AUTO_GROUP mon = NULL;
	AUTO_GROUP parent = NULL;
	struct rdtgrp *none = UNTOUCHED;
	enum rdtgrp_mode mode;
	struct rdtgrp_tree *tree = NULL;
	char path[4096];

	(void)argument;
	NEED(enter_namespace());
	NEED(live_open_group("g", &direct));
	NEED(bind_on("g"));
	NEED_RC(rdtgrp_open(directory, live.flags, &bound), 0);
	CHECK_RC(rdtgrp_compare(bound, direct), 0);
	CHECK_RC(rdtgrp_get_type(bound), RDTGRP_TYPE_CTRL_MON);
	CHECK(!rdtgrp_is_default(bound));
	/* From here nobody can tell what it is called, or what is above it. */
	CHECK_STRING(rdtgrp_get_name(bound), NULL);
	CHECK_RC(rdtgrp_open_parent(bound, &none), -EXDEV);
	CHECK_RC(rdtgrp_remove(bound), -EXDEV);
	CHECK(none == UNTOUCHED);
	CHECK_RC(rdtgrp_read_mode(bound, &mode), 0);
	CHECK_RC(mode, RDTGRP_MODE_SHAREABLE);
	NEED_RC(rdtgrp_tree_read(bound, &tree), 0);
	CHECK_U64(rdtgrp_tree_count(tree), 2);
	CHECK_STRING(rdtgrp_tree_get_name(tree, 0), NULL);
	CHECK_STRING(rdtgrp_tree_get_name(tree, 1), "m");
	rdtgrp_tree_unref(tree);
	/* Its MON groups have all that. */
	snprintf(path, sizeof(path), "%s/mon_groups/m", directory);
	NEED_RC(rdtgrp_open(path, live.flags, &mon), 0);
	CHECK_STRING(rdtgrp_get_name(mon), "m");
	CHECK_RC(rdtgrp_open_parent(mon, &parent), 0);
	CHECK_RC(parent && rdtgrp_compare(parent, direct), 0);
	/* And it can be created and removed in. */
	CHECK_RC(rdtgrp_create(bound, RDTGRP_TYPE_MON, "n", NULL), 0);
	CHECK_RC(rdtgrp_remove(mon), 0);
	/* The tree itself may go. */
	NEED(unmount_root());
	CHECK_RC(rdtgrp_is_live(bound), 1);
	CHECK_RC(rdtgrp_read_mode(bound, &mode), 0);
}

static void a_group_alone(void)
{
	NEED(live_make("g"));
	NEED(live_make("g/mon_groups/m"));
	in_namespace(bound_group);
}

static void bound_mon_group(void *argument)
{
	AUTO_GROUP bound = NULL;
	struct rdtgrp *none = UNTOUCHED;
	enum rdtgrp_mode mode = RDTGRP_MODE_SHAREABLE;

	(void)argument;
	NEED(enter_namespace());
	NEED(bind_on("g/mon_groups/m"));
	NEED_RC(rdtgrp_open(directory, live.flags, &bound), 0);
	CHECK_RC(rdtgrp_get_type(bound), RDTGRP_TYPE_MON);
	CHECK_STRING(rdtgrp_get_name(bound), NULL);
	CHECK_RC(rdtgrp_open_parent(bound, &none), -EXDEV);
	/* Its parent's mode cannot be found out. */
	CHECK_RC(rdtgrp_read_mode(bound, &mode), 0);
	CHECK_RC(mode, RDTGRP_MODE_UNKNOWN);
	CHECK_RC(rdtgrp_is_live(bound), 1);
}

static void a_mon_group_alone(void)
{
	NEED(live_make("g"));
	NEED(live_make("g/mon_groups/m"));
	in_namespace(bound_mon_group);
}

/* Bound inside the tree itself, ".." is of the same filesystem and yet not above the group. */
static void bound_inside(void *argument)
{
	struct rdtgrp *none = UNTOUCHED;
	AUTO_GROUP bound = NULL;
	char from[4096], to[4096];

	(void)argument;
	NEED(enter_namespace());
	snprintf(from, sizeof(from), "%s/g", live.root);
	snprintf(to, sizeof(to), "%s/h/mon_groups/m", live.root);
	NEED_RC(mount(from, to, "none", MS_BIND, NULL) < 0 ? -errno : 0, 0);
	NEED_RC(rdtgrp_open(to, live.flags, &bound), 0);
	CHECK_RC(rdtgrp_get_type(bound), RDTGRP_TYPE_CTRL_MON);
	CHECK_STRING(rdtgrp_get_name(bound), NULL);
	CHECK_RC(rdtgrp_open_parent(bound, &none), -EXDEV);
	CHECK_RC(rdtgrp_remove(bound), -EXDEV);
	CHECK_RC(rdtgrp_is_live(bound), 1);
	CHECK(none == UNTOUCHED);
}

static void a_group_inside_another(void)
{
	NEED(live_make("g"));
	NEED(live_make("h"));
	NEED(live_make("h/mon_groups/m"));
	in_namespace(bound_inside);
}

static void bound_root(void *argument)
{
	AUTO_GROUP root = NULL;
	AUTO_GROUP direct = NULL;
	AUTO_GROUP group = NULL;
	char path[4096];

	(void)argument;
	NEED(enter_namespace());
	NEED(live_open_group(".", &direct));
	NEED(bind_on("."));
	NEED_RC(rdtgrp_open(directory, live.flags, &root), 0);
	CHECK(rdtgrp_is_default(root));
	CHECK_STRING(rdtgrp_get_name(root), "/");
	CHECK_RC(rdtgrp_compare(root, direct), 0);
	snprintf(path, sizeof(path), "%s/g", directory);
	NEED_RC(rdtgrp_open(path, live.flags, &group), 0);
	CHECK_STRING(rdtgrp_get_name(group), "g");
}

static void the_root_again(void)
{
	NEED(live_make("g"));
	in_namespace(bound_root);
}

/* Something else mounted inside the tree is not the tree. */
static void covered(void *argument)
{
	struct rdtgrp *none = UNTOUCHED;
	struct rdtgrp_layout *layout = NULL;
	AUTO_GROUP group = NULL;
	struct rdtgrp_value value;
	char path[4096];

	(void)argument;
	NEED(enter_namespace());
	snprintf(path, sizeof(path), "%s/g", live.root);
	NEED_RC(rdtgrp_open(path, live.flags, &group), 0);
	snprintf(path, sizeof(path), "%s/g/mon_data", live.root);
	NEED_RC(mount("none", path, "tmpfs", 0, NULL) < 0 ? -errno : 0, 0);
	snprintf(path, sizeof(path), "%s/g/mon_data/mon_L3_00", live.root);
	CHECK(!mkdir(path, 0755));
	snprintf(path, sizeof(path), "%s/g/mon_data/mon_L3_00/llc_occupancy", live.root);
	{
		AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

		CHECK(write(fd, "1\n", 2) == 2);
	}
	NEED_RC(rdtgrp_read_value(group, "mon_L3_00", "llc_occupancy", &value), 0);
	CHECK_RC(value.status, RDTGRP_STATUS_FAILED);
	CHECK_RC(value.error, -EXDEV);
	CHECK_RC(rdtgrp_layout_read(group, &layout), -EXDEV);
	snprintf(path, sizeof(path), "%s/h", live.root);
	NEED_RC(mount("none", path, "tmpfs", 0, NULL) < 0 ? -errno : 0, 0);
	CHECK_RC(rdtgrp_open(path, live.flags, &none), -EBADF);
	CHECK(none == UNTOUCHED);
}

static void mounted_over(void)
{
	NEED(live_make("g"));
	NEED(live_make("h"));
	in_namespace(covered);
}

static bool has_mount(const struct rdtgrp_mounts *mounts, const char *path, const char *root)
{
	for (size_t i = 0; i < rdtgrp_mounts_count(mounts); i++)
		if (!strcmp(rdtgrp_mounts_get_path(mounts, i), path))
			return CHECK_STRING(rdtgrp_mounts_get_root(mounts, i), root);
	return CHECK(!"the mount point is listed");
}

static void states(void *argument)
{
	AUTO_MOUNTS mounted = NULL;
	AUTO_MOUNTS twice = NULL;
	AUTO_MOUNTS partial = NULL;
	AUTO_MOUNTS elsewhere = NULL;
	AUTO_GROUP root = NULL;
	AUTO_GROUP direct = NULL;
	struct rdtgrp *none = UNTOUCHED;
	unsigned int options;

	(void)argument;
	NEED(enter_namespace());
	NEED(live_open_group(".", &direct));
	NEED_RC(rdtgrp_mounts_read(&mounted), 0);
	CHECK_RC(rdtgrp_mounts_get_state(mounted), RDTGRP_MOUNT_MOUNTED);
	CHECK_STRING(rdtgrp_mounts_get_advice(mounted), "");
	CHECK_U64(rdtgrp_mounts_count(mounted), 1);
	CHECK_STRING(rdtgrp_mounts_get_path(mounted, 0), live.root);
	CHECK_STRING(rdtgrp_mounts_get_root(mounted, 0), "/");
	options = rdtgrp_mounts_get_options(mounted, 0);
	CHECK(!(options & RDTGRP_MOUNT_DEBUG) == !live_inode("mon_hw_id"));
	CHECK(!(options & RDTGRP_MOUNT_DEBUG) ==
	      !strstr(rdtgrp_mounts_get_options_text(mounted, 0), "debug"));
	CHECK(!rdtgrp_mounts_get_path(mounted, 1));
	CHECK(!rdtgrp_mounts_get_root(mounted, 1));
	CHECK(!rdtgrp_mounts_get_options_text(mounted, 1));
	CHECK_U64(rdtgrp_mounts_get_options(mounted, 1), 0);
	NEED_RC(rdtgrp_open_default(0, &root), 0);
	CHECK_RC(rdtgrp_compare(root, direct), 0);
	CHECK(rdtgrp_is_default(root));

	NEED(bind_on("g"));
	NEED_RC(rdtgrp_mounts_read(&twice), 0);
	CHECK_RC(rdtgrp_mounts_get_state(twice), RDTGRP_MOUNT_MOUNTED);
	CHECK_U64(rdtgrp_mounts_count(twice), 2);
	has_mount(twice, directory, "/g");
	CHECK_STRING(rdtgrp_mounts_get_path(twice, 0), live.root);

	NEED(unmount_root());
	NEED_RC(rdtgrp_mounts_read(&partial), 0);
	CHECK_RC(rdtgrp_mounts_get_state(partial), RDTGRP_MOUNT_PARTIAL);
	CHECK_U64(rdtgrp_mounts_count(partial), 1);
	has_mount(partial, directory, "/g");
	CHECK(*rdtgrp_mounts_get_advice(partial));
	CHECK_RC(rdtgrp_open_default(0, &none), -ENOENT);
	CHECK(*rdtgrp_error_advice());

	NEED(!umount2(directory, MNT_DETACH));
	NEED_RC(rdtgrp_mounts_read(&elsewhere), 0);
	CHECK_RC(rdtgrp_mounts_get_state(elsewhere), RDTGRP_MOUNT_ELSEWHERE);
	CHECK_U64(rdtgrp_mounts_count(elsewhere), 0);
	CHECK(*rdtgrp_mounts_get_advice(elsewhere));
	CHECK_RC(rdtgrp_open_default(0, &none), -ENOENT);
	CHECK(none == UNTOUCHED);
	/* What was opened before goes on. */
	CHECK_RC(rdtgrp_is_live(direct), 1);
}

static void all_states(void)
{
	if (!on_kernel())
		return;
	NEED(live_make("g"));
	in_namespace(states);
}

static void strange_mount_point(void *argument)
{
	AUTO_MOUNTS mounts = NULL;
	char path[128];

	(void)argument;
	NEED(enter_namespace());
	snprintf(path, sizeof(path), "%s/a b\tc\\d\ne", directory);
	NEED(!mkdir(path, 0755));
	if (!CHECK(!mount(live.root, path, "none", MS_BIND, NULL)))
		return;
	NEED_RC(rdtgrp_mounts_read(&mounts), 0);
	CHECK_U64(rdtgrp_mounts_count(mounts), 2);
	has_mount(mounts, path, "/");
	umount2(path, MNT_DETACH);
	rmdir(path);
}

static void names_of_mount_points(void)
{
	if (on_kernel())
		in_namespace(strange_mount_point);
}

/* The library holds the filesystem for no longer than its handles. */
static void held_mount(void)
{
	AUTO_GROUP group = NULL;
	char path[128];

	if (!on_kernel())
		return;
	if (geteuid() != 0) {
		tap_skip("only root can mount");
		return;
	}
	memcpy(directory + sizeof(directory) - 7, "XXXXXX", 6);
	NEED(mkdtemp(directory));
	NEED(live_make("g"));
	NEED(bind_on("."));
	snprintf(path, sizeof(path), "%s/g", directory);
	CHECK_RC(rdtgrp_open(path, live.flags, &group), 0);
	CHECK_RC(umount2(directory, 0) < 0 ? -errno : 0, -EBUSY);
	rdtgrp_unref(group);
	group = NULL;
	CHECK_RC(umount2(directory, 0) < 0 ? -errno : 0, 0);
	rmdir(directory);
}

static const struct tap_case cases[] = {
	{"a bind mount of a CTRL_MON group", a_group_alone},
	{"a bind mount of a MON group", a_mon_group_alone},
	{"a bind mount of a group on another one", a_group_inside_another},
	{"a bind mount of the root", the_root_again},
	{"something else mounted inside", mounted_over},
	{"mounted, bound, partly, elsewhere", all_states},
	{"mount points with blanks and newlines", names_of_mount_points},
	{"a mount is busy while a handle is held", held_mount},
};

int main(int argc, char **argv)
{
	return live_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
