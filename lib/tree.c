/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "capability.h"
#include "checks.h"
#include "error.h"
#include "file.h"
#include "group.h"
#include "names.h"
#include "rdtgrp.h"
#include "util.h"

struct entry {
	char *path;
	const char *name; /* in path, but for the first entry */
	uint64_t inode;
	size_t parent; /* of the first entry itself */
	enum rdtgrp_type type;
	int error;
};

/* The order: the group, its MON groups; then, of the default group, each CTRL_MON group and its own. */
struct rdtgrp_tree {
	atomic_uint references;
	struct rdtgrp *group;
	struct entry *entries;
	size_t count;
	size_t size;
};

static int append(struct rdtgrp_tree *tree, enum rdtgrp_type type, size_t parent, const char *above,
		  const char *name, uint64_t inode)
{
	struct entry *entry;

	if (tree->count == tree->size) {
		size_t size = tree->size ? tree->size * 2 : 16;
		struct entry *p = reallocarray(tree->entries, size, sizeof(*p));

		if (!p)
			return -ENOMEM;
		tree->entries = p;
		tree->size = size;
	}
	entry = &tree->entries[tree->count];
	if (asprintf(&entry->path, "%s%s", above, name) < 0)
		return -ENOMEM;
	entry->name = entry->path + strlen(above);
	entry->inode = inode;
	entry->parent = parent;
	entry->type = type;
	entry->error = 0;
	tree->count++;
	return 0;
}

/* Add the MON groups of the CTRL_MON group at index. */
static int append_mon_groups(struct rdtgrp_tree *tree, size_t index)
{
	const char *path = tree->entries[index].path;
	RG_AUTO_NAMES struct rg_names names = {0};
	RG_AUTO_FREE char *above = NULL;
	int r;

	if (asprintf(&above, "%s%smon_groups/", index ? path : "", index ? "/" : "") < 0) {
		above = NULL;
		return -ENOMEM;
	}
	r = rg_names_read(tree->group->fd, above, &names, NULL);
	switch (r) {
	case 0:
		break;
	case -ENOENT: /* the CPU cannot monitor, or the group went meanwhile */
	case -ENODEV:
		return 0;
	case -ENOMEM:
	case -EMFILE:
	case -ENFILE:
		return r;
	default:
		tree->entries[index].error = r;
		return 0;
	}
	for (size_t i = 0; i < names.count && r == 0; i++)
		r = append(tree, RDTGRP_TYPE_MON, index, above, names.names[i].text,
			   names.names[i].inode);
	return r;
}

/* Add a directory of the root if it is a CTRL_MON group, and its MON groups. */
static int append_ctrl_group(struct rdtgrp_tree *tree, const struct rg_name *name)
{
	RG_AUTO_FREE char *tasks = NULL;
	struct stat st;
	int r;

	if (asprintf(&tasks, "%s/tasks", name->text) < 0) {
		tasks = NULL;
		return -ENOMEM;
	}
	if (fstatat(tree->group->fd, tasks, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT || errno == ENODEV)
			return 0;
		/* Not permitted to look: in the root only groups can be closed like this. A name so long
		 * that nothing below it can be reached by path is that of a group, too. */
		if (errno != EACCES && errno != ENAMETOOLONG)
			return -errno;
	} else if (!S_ISREG(st.st_mode)) {
		return 0;
	}
	r = append(tree, RDTGRP_TYPE_CTRL_MON, 0, "", name->text, name->inode);
	return r < 0 ? r : append_mon_groups(tree, tree->count - 1);
}

static int append_ctrl_groups(struct rdtgrp_tree *tree)
{
	RG_AUTO_NAMES struct rg_names names = {0};
	int r = rg_names_read(tree->group->fd, ".", &names, NULL);

	for (size_t i = 0; i < names.count && r == 0; i++)
		r = append_ctrl_group(tree, &names.names[i]);
	return r;
}

int rdtgrp_tree_read(struct rdtgrp *group, struct rdtgrp_tree **ret_tree)
{
	__attribute__((cleanup(rdtgrp_tree_unrefp))) struct rdtgrp_tree *tree = NULL;
	int r;

	r = rdtgrp_is_live(group);
	if (r < 0)
		return r;
	if (!r)
		return rg_fail(-ENOENT, rg_name_of(group->fd, NULL), "the group has been removed");

	tree = calloc(1, sizeof(*tree));
	if (!tree)
		return rg_fail_nomem();
	atomic_init(&tree->references, 1);
	tree->group = rdtgrp_ref(group);

	r = append(tree, group->type, 0, "", ".", group->inode);
	if (r == 0) {
		tree->entries[0].name = group->name;
		if (group->type == RDTGRP_TYPE_CTRL_MON)
			r = append_mon_groups(tree, 0);
	}
	if (r == 0 && group->is_default)
		r = append_ctrl_groups(tree);
	if (r == -ENOMEM)
		return rg_fail_nomem();
	if (r == -ENOENT || r == -ENODEV)
		return rg_fail(-ENOENT, rg_name_of(group->fd, NULL), "the group has been removed");
	if (r < 0) {
		rg_fail_errno(r, rg_name_of(group->fd, NULL), "cannot list the groups");
		rg_advise_refused(r, RG_REFUSED_READ, group->fd, "");
		return r;
	}
	*ret_tree = RG_TAKE(tree);
	return 0;
}

struct rdtgrp_tree *rdtgrp_tree_ref(struct rdtgrp_tree *tree)
{
	atomic_fetch_add_explicit(&tree->references, 1, memory_order_relaxed);
	return tree;
}

struct rdtgrp_tree *rdtgrp_tree_unref(struct rdtgrp_tree *tree)
{
	if (tree && atomic_fetch_sub_explicit(&tree->references, 1, memory_order_acq_rel) == 1) {
		for (size_t i = 0; i < tree->count; i++)
			rg_freep(&tree->entries[i].path);
		rg_freep(&tree->entries);
		rdtgrp_unref(tree->group);
		rg_freep(&tree);
	}
	return NULL;
}

void rdtgrp_tree_unrefp(struct rdtgrp_tree **tree)
{
	*tree = rdtgrp_tree_unref(*tree);
}

size_t rdtgrp_tree_count(const struct rdtgrp_tree *tree)
{
	return tree->count;
}

const char *rdtgrp_tree_get_name(const struct rdtgrp_tree *tree, size_t index)
{
	return index < tree->count ? tree->entries[index].name : NULL;
}

const char *rdtgrp_tree_get_path(const struct rdtgrp_tree *tree, size_t index)
{
	return index < tree->count ? tree->entries[index].path : NULL;
}

enum rdtgrp_type rdtgrp_tree_get_type(const struct rdtgrp_tree *tree, size_t index)
{
	return index < tree->count ? tree->entries[index].type : (enum rdtgrp_type)0;
}

uint64_t rdtgrp_tree_get_inode(const struct rdtgrp_tree *tree, size_t index)
{
	return index < tree->count ? tree->entries[index].inode : 0;
}

ssize_t rdtgrp_tree_get_parent(const struct rdtgrp_tree *tree, size_t index)
{
	return index > 0 && index < tree->count ? (ssize_t)tree->entries[index].parent : -1;
}

int rdtgrp_tree_get_error(const struct rdtgrp_tree *tree, size_t index)
{
	return index < tree->count ? tree->entries[index].error : 0;
}

/* Open the directory of a group of the tree, if it still is that group. */
static int open_entry(const struct rdtgrp_tree *tree, size_t index, int flags)
{
	RG_AUTO_CLOSE int fd = -1;
	const struct entry *entry;
	struct stat st;

	if (index >= tree->count)
		return rg_fail(-EINVAL, NULL, "the tree has no group with index %zu", index);
	entry = &tree->entries[index];
	fd = rg_open_beneath(tree->group->fd, entry->path, flags | O_DIRECTORY);
	if (fd == -ENOENT || fd == -ENODEV)
		return rg_fail(-ENOENT, rg_name_of(tree->group->fd, entry->path),
			       "the group has been removed");
	if (fd < 0 || fstat(fd, &st) < 0) {
		int error = fd < 0 ? fd : -errno;

		rg_fail_errno(error, rg_name_of(tree->group->fd, entry->path), "cannot open");
		rg_advise_refused(error, RG_REFUSED_READ, tree->group->fd, entry->path);
		return error;
	}
	if ((uint64_t)st.st_ino != entry->inode)
		return rg_fail(-ENOENT, rg_name_of(tree->group->fd, entry->path),
			       "the group has been removed, this is another of the same name");
	return rg_take_fd(&fd);
}

int rdtgrp_tree_open(const struct rdtgrp_tree *tree, size_t index, struct rdtgrp **ret_group)
{
	RG_AUTO_CLOSE int fd = open_entry(tree, index, O_RDONLY);

	if (fd < 0)
		return fd;
	return rg_group_new(&fd, tree->group->open_flags, NULL, tree->entries[index].name,
			    ret_group);
}

int rdtgrp_tree_read_mode(const struct rdtgrp_tree *tree, size_t index, enum rdtgrp_mode *ret_mode)
{
	RG_AUTO_CLOSE int fd = -1;
	int r;

	if (index < tree->count && tree->entries[index].type == RDTGRP_TYPE_MON) {
		/* A tree of a MON group alone does not have its parent. */
		if (index == 0)
			return rdtgrp_read_mode(tree->group, ret_mode);
		index = tree->entries[index].parent;
	}
	fd = open_entry(tree, index, O_PATH);
	if (fd < 0)
		return fd;
	r = rg_read_mode(fd, ret_mode);
	if (r == -ENOENT)
		return rg_fail(r, rg_name_of(fd, NULL), "the group has been removed");
	if (r < 0) {
		rg_fail_errno(r, rg_name_of(fd, "mode"), "cannot read");
		rg_advise_refused(r, RG_REFUSED_READ, fd, "mode");
	}
	return r;
}

/* The MON groups of a CTRL_MON group stand right behind it. */
static size_t count_children(const struct rdtgrp_tree *tree, size_t index)
{
	size_t end = index + 1;

	while (end < tree->count && tree->entries[end].type == RDTGRP_TYPE_MON)
		end++;
	return end - index - 1;
}

static bool is_among(uint64_t inode, const struct entry *entries, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (entries[i].inode == inode)
			return true;
	return false;
}

bool rdtgrp_tree_same_children(const struct rdtgrp_tree *a, size_t index_a,
			       const struct rdtgrp_tree *b, size_t index_b)
{
	size_t count;

	if (index_a >= a->count || index_b >= b->count || a->entries[index_a].error ||
	    b->entries[index_b].error)
		return false;
	if (a->entries[index_a].type != b->entries[index_b].type)
		return false;
	if (a->entries[index_a].type == RDTGRP_TYPE_MON)
		return true;
	count = count_children(a, index_a);
	if (count != count_children(b, index_b))
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct entry *child = &a->entries[index_a + 1 + i];
		const struct entry *others = &b->entries[index_b + 1];

		/* Sorted by name, the same group nearly always stands at the same place. */
		if (others[i].inode != child->inode && !is_among(child->inode, others, count))
			return false;
	}
	return true;
}
