/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "checks.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "file.h"
#include "util.h"

static uint64_t fsid_of(const struct statfs *fs)
{
	uint64_t fsid;

	_Static_assert(sizeof(fs->f_fsid) == sizeof(fsid), "f_fsid is 64 bits");
	memcpy(&fsid, &fs->f_fsid, sizeof(fsid));
	return fsid;
}

int rg_check_directory(int fd, unsigned int flags, uint64_t *ret_fsid, uint64_t *ret_inode,
		       const char **ret_why)
{
	struct statfs fs;
	struct stat st;
	uint64_t fsid;

	if (fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0) {
		*ret_why = errno == EBADF ? "is no open file descriptor" : "cannot be examined";
		return -errno;
	}
	if (fs.f_type != RDTGROUP_SUPER_MAGIC && !(flags & RDTGRP_OPEN_ANY_FS)) {
		*ret_why = "is not on a resctrl filesystem";
		return -EBADF;
	}
	if (!S_ISDIR(st.st_mode)) {
		*ret_why = "is no directory, so it is no resctrl group";
		return -EBADF;
	}
	/* FUSE has no f_fsid. */
	fsid = fsid_of(&fs);
	*ret_fsid = fsid ? fsid : (uint64_t)st.st_dev;
	*ret_inode = (uint64_t)st.st_ino;
	return 0;
}

/* Is there an entry of this kind? 1, 0, or a negative errno. */
static int has(int dirfd, const char *name, mode_t kind)
{
	struct stat st;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		/* ENODEV: removed while it was looked up (fs/kernfs/file.c, kernfs_fop_open). */
		return errno == ENOENT || errno == ENODEV ? 0 : -errno;
	return (st.st_mode & S_IFMT) == kind;
}

/*
 * Was the directory removed? Kernels of today set nlink to 0 in the whole removed subtree; older ones
 * do not, and there only the directory that rmdir was called for refuses to be listed, while those
 * below it are empty. What is always true: a directory that lives is listed in the one above.
 */
static int is_removed(int fd)
{
	RG_AUTO_FREE char *name = NULL;
	RG_AUTO_CLOSE int container = -1;
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_nlink == 0)
		return 1;
	container = rg_open_container(fd);
	if (container == -EXDEV)
		return 0; /* the top of a mount, where nothing is removed from */
	r = container < 0 ? container : rg_find_name(container, (uint64_t)st.st_ino, &name);
	return r == -ENOENT || r == -ENODEV ? 1 : r;
}

int rg_check_group(int fd, enum rdtgrp_type *ret_type, bool *ret_is_default)
{
	int schemata, info = 0, tasks;

	/*
	 * `tasks` comes last: a group that still has it then had the others, if at all, when they were
	 * looked for.
	 */
	schemata = has(fd, "schemata", S_IFREG);
	if (schemata < 0)
		return schemata;
	if (schemata) {
		info = has(fd, "info", S_IFDIR);
		if (info < 0)
			return info;
	}
	tasks = has(fd, "tasks", S_IFREG);
	if (tasks < 0)
		return tasks;
	if (!tasks) {
		int removed = is_removed(fd);

		return removed < 0 ? removed : removed ? -ENOENT : -EBADF;
	}
	*ret_type = schemata ? RDTGRP_TYPE_CTRL_MON : RDTGRP_TYPE_MON;
	*ret_is_default = info;
	return 0;
}

int rg_check_live(int group_fd)
{
	return has(group_fd, "tasks", S_IFREG);
}

int rg_open_container(int fd)
{
	RG_AUTO_CLOSE int container = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const unsigned int mask = STATX_INO | STATX_MNT_ID;
	struct statx here, there;

	if (container < 0)
		return -errno;
	if (statx(fd, "", AT_EMPTY_PATH, mask, &here) < 0 ||
	    statx(container, "", AT_EMPTY_PATH, mask, &there) < 0)
		return -errno;
	if (here.stx_dev_major != there.stx_dev_major || here.stx_dev_minor != there.stx_dev_minor)
		return -EXDEV;
	/* From the top of a bind mount ".." leads to where it is mounted, which may be resctrl, too. */
	if ((here.stx_mask & there.stx_mask & STATX_MNT_ID) && here.stx_mnt_id != there.stx_mnt_id)
		return -EXDEV;
	/* The top of all has itself above it. */
	if (here.stx_ino == there.stx_ino)
		return -EXDEV;
	return rg_take_fd(&container);
}

int rg_open_parent(int group_fd, enum rdtgrp_type type)
{
	RG_AUTO_CLOSE int container = rg_open_container(group_fd);

	if (container < 0 || type != RDTGRP_TYPE_MON)
		return rg_take_fd(&container);
	return rg_open_container(container);
}

int rg_find_name(int container_fd, uint64_t inode, char **ret_name)
{
	RG_AUTO_DIR struct rg_dir dir;
	struct rg_dir_entry entry;
	int r = rg_dir_open(container_fd, ".", &dir);

	if (r < 0)
		return r;
	while ((r = rg_dir_next(&dir, &entry)) > 0) {
		if (entry.inode != inode || entry.type != DT_DIR)
			continue;
		*ret_name = strdup(entry.name);
		return *ret_name ? 0 : -ENOMEM;
	}
	return r < 0 ? r : -ENOENT;
}

static const char *const mode_names[] = {
	[RDTGRP_MODE_UNKNOWN] = "unknown",
	[RDTGRP_MODE_SHAREABLE] = "shareable",
	[RDTGRP_MODE_EXCLUSIVE] = "exclusive",
	[RDTGRP_MODE_PSEUDO_LOCKSETUP] = "pseudo-locksetup",
	[RDTGRP_MODE_PSEUDO_LOCKED] = "pseudo-locked",
};

#define MODE_COUNT (sizeof(mode_names) / sizeof(*mode_names))

int rg_read_mode(int ctrl_fd, enum rdtgrp_mode *ret_mode)
{
	RG_AUTO_CLOSE int fd = rg_open_beneath(ctrl_fd, "mode", O_RDONLY);
	char text[32];
	ssize_t n;

	if (fd == -ENOENT || fd == -ENODEV) {
		int live = rg_check_live(ctrl_fd);

		if (live <= 0)
			return live < 0 ? live : -ENOENT;
		/* Before Linux 4.19 there is no such file, and no other mode. */
		*ret_mode = RDTGRP_MODE_SHAREABLE;
		return 0;
	}
	if (fd < 0)
		return fd;
	n = rg_read_start(fd, text, sizeof(text) - 1);
	if (n < 0)
		return n == -ENODEV ? -ENOENT : (int)n;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';

	*ret_mode = RDTGRP_MODE_UNKNOWN;
	for (size_t i = 1; i < MODE_COUNT; i++)
		if (!strcmp(text, mode_names[i]))
			*ret_mode = (enum rdtgrp_mode)i;
	return 0;
}

const char *rdtgrp_mode_name(enum rdtgrp_mode mode)
{
	return (size_t)mode < MODE_COUNT ? mode_names[mode] : mode_names[RDTGRP_MODE_UNKNOWN];
}
