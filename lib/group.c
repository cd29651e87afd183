/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "group.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "capability.h"
#include "checks.h"
#include "error.h"
#include "file.h"
#include "util.h"

/* A failure in words, and one with the errno's text, of a directory that may have been given a name. */
static int fail(int error, const char *object, int fd, const char *what)
{
	return rg_fail(error, object ? object : rg_name_of(fd, NULL), "%s", what);
}

static int fail_errno(int error, const char *object, int fd, const char *what)
{
	return rg_fail_errno(error, object ? object : rg_name_of(fd, NULL), "%s", what);
}

/* What rg_check_directory() found: -EBADF is told by the words alone. */
static int fail_check(int error, const char *object, int fd, const char *why)
{
	return (error == -EBADF ? fail : fail_errno)(error, object, fd, why);
}

int rg_read_effective_mode(int fd, enum rdtgrp_type type, enum rdtgrp_mode *ret_mode)
{
	RG_AUTO_CLOSE int parent = -1;
	int r;

	if (type == RDTGRP_TYPE_CTRL_MON)
		return rg_read_mode(fd, ret_mode);
	parent = rg_open_parent(fd, type);
	if (parent == -EXDEV || parent == -EACCES) {
		*ret_mode = RDTGRP_MODE_UNKNOWN;
		return 0;
	}
	if (parent < 0)
		return parent;
	r = rg_read_mode(parent, ret_mode);
	/* ENOENT with the MON group there: a captured tree of a MON group alone, with no group above. */
	if (r == -EACCES || (r == -ENOENT && rg_check_live(fd) == 1)) {
		*ret_mode = RDTGRP_MODE_UNKNOWN;
		return 0;
	}
	return r;
}

static int find_own_name(int fd, uint64_t inode, bool is_default, char **ret_name)
{
	RG_AUTO_CLOSE int container = -1;
	int r;

	if (is_default) {
		*ret_name = strdup("/");
		return *ret_name ? 0 : -ENOMEM;
	}
	container = rg_open_container(fd);
	r = container < 0 ? container : rg_find_name(container, inode, ret_name);
	if (r == -ENOMEM || r == -EMFILE || r == -ENFILE)
		return r;
	if (r < 0)
		*ret_name = NULL;
	return 0;
}

int rg_group_new(int *fd, unsigned int flags, const char *object, const char *name,
		 struct rdtgrp **ret_group)
{
	RG_AUTO_FREE struct rdtgrp *group = NULL;
	RG_AUTO_FREE char *own_name = NULL;
	enum rdtgrp_mode mode;
	const char *why;
	int r;

	group = calloc(1, sizeof(*group));
	if (!group)
		return rg_fail_nomem();
	atomic_init(&group->references, 1);
	group->open_flags = flags;

	r = rg_check_directory(*fd, flags, &group->fsid, &group->inode, &why);
	if (r < 0)
		return fail_check(r, object, *fd, why);

	r = rg_check_group(*fd, &group->type, &group->is_default);
	if (r == -EBADF)
		return fail(r, object, *fd, "is no resctrl group");
	if (r == -ENOENT)
		return fail(r, object, *fd, "the group has been removed");
	if (r < 0) {
		fail_errno(r, object, *fd, "cannot look into the directory");
		rg_advise_refused(r, RG_REFUSED_READ, *fd, "");
		return r;
	}

	r = rg_read_effective_mode(*fd, group->type, &mode);
	if (r == -ENOENT)
		return fail(r, object, *fd, "the group has been removed");
	if (r < 0) {
		fail_errno(r, object, *fd, "cannot read the group's mode");
		rg_advise_refused(r, RG_REFUSED_READ, *fd, "mode");
		return r;
	}
	if (mode == RDTGRP_MODE_PSEUDO_LOCKSETUP || mode == RDTGRP_MODE_PSEUDO_LOCKED) {
		return fail(
			-EINVAL, object, *fd,
			mode == RDTGRP_MODE_PSEUDO_LOCKED
				? "the group is pseudo-locked: its values are not its own"
				: "the group is in pseudo-locksetup: its values are not its own");
	}

	if (name) {
		own_name = strdup(name);
		r = own_name ? 0 : -ENOMEM;
	} else {
		r = find_own_name(*fd, group->inode, group->is_default, &own_name);
	}
	if (r == -ENOMEM)
		return rg_fail_nomem();
	if (r < 0)
		return fail_errno(r, object, *fd, "cannot find the group's name");

	group->name = RG_TAKE(own_name);
	group->fd = rg_take_fd(fd);
	*ret_group = RG_TAKE(group);
	return 0;
}

static int check_flags(unsigned int flags)
{
	if (flags & ~(unsigned int)RDTGRP_OPEN_ANY_FS)
		return rg_fail(-EINVAL, NULL, "unknown flags 0x%x for opening a group",
			       flags & ~(unsigned int)RDTGRP_OPEN_ANY_FS);
	return 0;
}

static int get_from_fd(int fd, unsigned int flags, const char *object, struct rdtgrp **ret_group)
{
	RG_AUTO_CLOSE int own = -1;
	uint64_t fsid, inode;
	const char *why;
	int r;

	/* First of all, so that nothing but a directory of the right filesystem is ever opened. */
	r = rg_check_directory(fd, flags, &fsid, &inode, &why);
	if (r < 0)
		return fail_check(r, object, fd, why);

	/*
	 * An fd of our own, from an open and not by dup(): that checks the permission where the caller's
	 * is O_PATH, and listing the directory does not move the caller's offset.
	 */
	own = rg_open_beneath(fd, ".", O_RDONLY | O_DIRECTORY);
	if (own == -ENODEV || own == -ENOENT)
		return fail(-ENOENT, object, fd, "the group has been removed");
	if (own < 0) {
		fail_errno(own, object, fd, "cannot open the directory");
		rg_advise_refused(own, RG_REFUSED_READ, fd, "");
		return own;
	}
	return rg_group_new(&own, flags, object, NULL, ret_group);
}

int rdtgrp_get_from_fd(int fd, unsigned int flags, struct rdtgrp **ret_group)
{
	int r = check_flags(flags);

	return r < 0 ? r : get_from_fd(fd, flags, NULL, ret_group);
}

int rdtgrp_openat(int dirfd, const char *path, unsigned int flags, struct rdtgrp **ret_group)
{
	RG_AUTO_CLOSE int fd = -1;
	int r = check_flags(flags);

	if (r < 0)
		return r;
	if (!path || !*path)
		return rg_fail(-EINVAL, NULL, "the path of a group must not be empty");
	fd = openat(dirfd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		r = rg_fail_errno(-errno, path, "cannot open");
		rg_advise_refused(r, RG_REFUSED_READ, dirfd, path);
		return r;
	}
	return get_from_fd(fd, flags, path, ret_group);
}

int rdtgrp_open(const char *path, unsigned int flags, struct rdtgrp **ret_group)
{
	return rdtgrp_openat(AT_FDCWD, path, flags, ret_group);
}

int rdtgrp_open_default(unsigned int flags, struct rdtgrp **ret_group)
{
	__attribute__((cleanup(rdtgrp_mounts_unrefp))) struct rdtgrp_mounts *mounts = NULL;
	int r = check_flags(flags);

	if (r < 0)
		return r;
	r = rdtgrp_mounts_read(&mounts);
	if (r < 0)
		return r;
	switch (rdtgrp_mounts_get_state(mounts)) {
	case RDTGRP_MOUNT_MOUNTED:
		/* Mounts of the root come first. */
		return rdtgrp_open(rdtgrp_mounts_get_path(mounts, 0), flags, ret_group);
	case RDTGRP_MOUNT_PARTIAL:
		r = rg_fail(-ENOENT, "resctrl", "only directories below its root are mounted here");
		break;
	case RDTGRP_MOUNT_ELSEWHERE:
		r = rg_fail(-ENOENT, "resctrl", "not mounted in this mount namespace");
		break;
	case RDTGRP_MOUNT_NOT_MOUNTED:
		r = rg_fail(-ENOENT, "resctrl", "not mounted");
		break;
	case RDTGRP_MOUNT_NO_KERNEL:
		r = rg_fail(-EOPNOTSUPP, "resctrl", "not supported by the running kernel");
		break;
	case RDTGRP_MOUNT_NO_CPU:
		r = rg_fail(-EOPNOTSUPP, "resctrl",
			    "not supported by the CPU, or on Arm by the kernel");
		break;
	}
	rg_error_set_advice("%s", rdtgrp_mounts_get_advice(mounts));
	return r;
}

struct rdtgrp *rdtgrp_ref(struct rdtgrp *group)
{
	atomic_fetch_add_explicit(&group->references, 1, memory_order_relaxed);
	return group;
}

struct rdtgrp *rdtgrp_unref(struct rdtgrp *group)
{
	if (group && atomic_fetch_sub_explicit(&group->references, 1, memory_order_acq_rel) == 1) {
		rg_close(group->fd);
		rg_freep(&group->name);
		rg_freep(&group);
	}
	return NULL;
}

void rdtgrp_unrefp(struct rdtgrp **group)
{
	*group = rdtgrp_unref(*group);
}

int rdtgrp_is_live(const struct rdtgrp *group)
{
	int r = rg_check_live(group->fd);

	if (r < 0)
		return fail_errno(r, NULL, group->fd, "cannot tell whether the group exists");
	return r;
}

int rdtgrp_tryget_live(struct rdtgrp *group, struct rdtgrp **ret_group)
{
	int r = rdtgrp_is_live(group);

	if (r < 0)
		return r;
	if (!r)
		return fail(-ENOENT, NULL, group->fd, "the group has been removed");
	*ret_group = rdtgrp_ref(group);
	return 0;
}

enum rdtgrp_type rdtgrp_get_type(const struct rdtgrp *group)
{
	return group->type;
}

bool rdtgrp_is_default(const struct rdtgrp *group)
{
	return group->is_default;
}

const char *rdtgrp_get_name(const struct rdtgrp *group)
{
	return group->name;
}

int rdtgrp_get_fd(const struct rdtgrp *group)
{
	return group->fd;
}

void rdtgrp_get_identity(const struct rdtgrp *group, uint64_t *ret_fsid, uint64_t *ret_inode)
{
	if (ret_fsid)
		*ret_fsid = group->fsid;
	if (ret_inode)
		*ret_inode = group->inode;
}

int rdtgrp_compare(const struct rdtgrp *a, const struct rdtgrp *b)
{
	if (a->fsid != b->fsid)
		return a->fsid < b->fsid ? -1 : 1;
	if (a->inode != b->inode)
		return a->inode < b->inode ? -1 : 1;
	return 0;
}

int rdtgrp_read_mode(const struct rdtgrp *group, enum rdtgrp_mode *ret_mode)
{
	enum rdtgrp_mode mode;
	int live, r = rg_read_effective_mode(group->fd, group->type, &mode);

	/* ".." leads to the parent from a removed MON group, too. */
	if (r == 0) {
		live = rg_check_live(group->fd);
		r = live < 0 ? live : live ? 0 : -ENOENT;
	}
	if (r == -ENOENT)
		return fail(r, NULL, group->fd, "the group has been removed");
	if (r < 0) {
		fail_errno(r, NULL, group->fd, "cannot read the group's mode");
		rg_advise_refused(r, RG_REFUSED_READ, group->fd, "mode");
		return r;
	}
	*ret_mode = mode;
	return 0;
}

int rdtgrp_open_parent(const struct rdtgrp *group, struct rdtgrp **ret_parent)
{
	RG_AUTO_CLOSE int fd = -1;
	int live;

	if (group->is_default)
		return fail(-ENXIO, NULL, group->fd, "the default group has no parent");
	live = rdtgrp_is_live(group);
	if (live < 0)
		return live;
	if (!live)
		return fail(-ENOENT, NULL, group->fd, "the group has been removed");
	fd = rg_open_parent(group->fd, group->type);
	if (fd == -EXDEV)
		return fail(fd, NULL, group->fd, "the group's parent is not in this bind mount");
	if (fd < 0)
		return fail_errno(fd, NULL, group->fd, "cannot open the group's parent");
	return get_from_fd(fd, group->open_flags, NULL, ret_parent);
}

const char *rdtgrp_type_name(enum rdtgrp_type type)
{
	switch (type) {
	case RDTGRP_TYPE_CTRL_MON:
		return "CTRL_MON";
	case RDTGRP_TYPE_MON:
		return "MON";
	}
	return "unknown";
}
