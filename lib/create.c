/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checks.h"
#include "command.h"
#include "error.h"
#include "file.h"
#include "group.h"
#include "rdtgrp.h"
#include "util.h"

static int check_name(const char *name)
{
	if (!name || !*name || !strcmp(name, ".") || !strcmp(name, "..") || strpbrk(name, "/\n"))
		return rg_fail(-EINVAL, name, "is no name for a group");
	return 0;
}

static int check_place(const struct rdtgrp *parent, enum rdtgrp_type type)
{
	if (type != RDTGRP_TYPE_CTRL_MON && type != RDTGRP_TYPE_MON)
		return rg_fail(-EINVAL, NULL, "%d is no type of a group", (int)type);
	if (type == RDTGRP_TYPE_CTRL_MON && !parent->is_default)
		return rg_fail(-EPERM, rg_name_of(parent->fd, NULL),
			       "CTRL_MON groups lie in the default group only");
	if (type == RDTGRP_TYPE_MON && parent->type != RDTGRP_TYPE_CTRL_MON)
		return rg_fail(-EPERM, rg_name_of(parent->fd, NULL),
			       "MON groups lie in CTRL_MON groups only");
	return 0;
}

int rdtgrp_create(const struct rdtgrp *parent, enum rdtgrp_type type, const char *name,
		  struct rdtgrp **ret_group)
{
	RG_AUTO_FREE char *path = NULL;
	RG_AUTO_CLOSE int fd = -1;
	int r;

	r = check_name(name);
	if (r < 0)
		return r;
	r = check_place(parent, type);
	if (r < 0)
		return r;
	if (asprintf(&path, "%s%s", type == RDTGRP_TYPE_MON ? "mon_groups/" : "", name) < 0) {
		path = NULL;
		return rg_fail_nomem();
	}

	if (mkdirat(parent->fd, path, 0755) < 0) {
		r = errno == ENODEV ? -ENOENT : -errno;
		return rg_fail_command(r, parent, path, RG_REFUSED_DIRECTORY,
				       type == RDTGRP_TYPE_MON ? "mon_groups" : ".",
				       "cannot create the group");
	}
	if (!ret_group)
		return 0;

	fd = rg_open_beneath(parent->fd, path, O_RDONLY | O_DIRECTORY);
	r = fd < 0 ? rg_fail_errno(fd, rg_name_of(parent->fd, path), "cannot open the new group")
		   : rg_group_new(&fd, parent->open_flags, NULL, name, ret_group);
	if (r < 0)
		unlinkat(parent->fd, path, AT_REMOVEDIR);
	return r;
}

int rdtgrp_remove(const struct rdtgrp *group)
{
	RG_AUTO_CLOSE int container = -1;
	RG_AUTO_FREE char *name = NULL;
	int r;

	if (group->is_default)
		return rg_fail(-EBUSY, rg_name_of(group->fd, NULL),
			       "the default group cannot be removed");
	container = rg_open_container(group->fd);
	if (container == -EXDEV)
		return rg_fail(container, rg_name_of(group->fd, NULL),
			       "the group's parent is not in this bind mount");
	r = container < 0 ? container : rg_find_name(container, group->inode, &name);
	if (r == -ENOENT || r == -ENODEV)
		return rg_fail(-ENOENT, rg_name_of(group->fd, NULL), "the group has been removed");
	if (r == -ENOMEM)
		return rg_fail_nomem();
	if (r < 0)
		return rg_fail_command(r, group, NULL, RG_REFUSED_READ, "..",
				       "cannot find the group in its parent");
	if (unlinkat(container, name, AT_REMOVEDIR) < 0) {
		r = errno == ENODEV ? -ENOENT : -errno;
		return rg_fail_command(r, group, NULL, RG_REFUSED_DIRECTORY, "..",
				       "cannot remove the group");
	}
	return 0;
}
