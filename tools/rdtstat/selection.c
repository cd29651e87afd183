// SPDX-License-Identifier: GPL-2.0-or-later
#include "selection.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "root.h"
#include "xalloc.h"

/* Look for a group whose path ends in `name`. @return the number of those, and the index of the last
 * one. */
static size_t find_by_name(const struct rdtgrp_tree *tree, const char *name, size_t *index)
{
	size_t i, found = 0;

	for (i = 1; i < rdtgrp_tree_count(tree); i++) {
		if (strcmp(rdtgrp_tree_get_name(tree, i), name) != 0)
			continue;
		*index = i;
		found++;
	}
	return found;
}

static int open_by_name(const struct root *root, const char *name, struct rdtgrp **ret_group)
{
	struct rdtgrp_tree *tree;
	size_t index = 0, found;
	int r;

	/* By the path, so that it is looked at, and refused, as what it is. */
	r = rdtgrp_openat(rdtgrp_get_fd(root->group), name, root_flags(root), ret_group);
	if (r != -ENOENT || strchr(name, '/') || rdtgrp_tree_read(root->group, &tree) < 0)
		goto out;
	found = find_by_name(tree, name, &index);
	if (found == 1) {
		r = rdtgrp_tree_open(tree, index, ret_group);
	} else if (found > 1) {
		complain("group '%s': %zu groups have that name, give the path (rdtstat list "
			 "shows it)",
			 name, found);
		r = 1;
	} else {
		r = -ENOENT;
	}
	rdtgrp_tree_unref(tree);
out:
	if (r == -ENOENT)
		complain("group '%s': there is none in %s (rdtstat list shows all)", name,
			 root->path);
	else if (r < 0)
		complain_rdtgrp(r, name);
	return r;
}

static int open_by_path(const struct root *root, const char *path, struct rdtgrp **ret_group)
{
	struct rdtgrp *group;
	uint64_t fsid, root_fsid;
	int r;

	r = rdtgrp_open(path, root_flags(root), &group);
	if (r < 0) {
		complain_rdtgrp(r, path);
		return r;
	}
	rdtgrp_get_identity(group, &fsid, NULL);
	rdtgrp_get_identity(root->group, &root_fsid, NULL);
	if (fsid != root_fsid) {
		complain("group '%s': it is not in the tree at %s", path, root->path);
		rdtgrp_unref(group);
		return -EXDEV;
	}
	*ret_group = group;
	return 0;
}

/* The path that the tree has for it, so that one group is shown by one name however it was called. */
static char *path_of(const struct root *root, const struct rdtgrp *group, const char *name)
{
	struct rdtgrp_tree *tree;
	char *path = NULL;
	uint64_t inode;
	size_t i;

	if (rdtgrp_tree_read(root->group, &tree) < 0)
		return xstrdup(name);
	rdtgrp_get_identity(group, NULL, &inode);
	for (i = 0; i < rdtgrp_tree_count(tree) && !path; i++)
		if (rdtgrp_tree_get_inode(tree, i) == inode)
			path = xstrdup(root_group_path(root, tree, i));
	rdtgrp_tree_unref(tree);
	return path ? path : xstrdup(name);
}

/* Is it a pattern, and not the very name of a group? */
static bool is_pattern(const struct rdtgrp_tree *tree, const char *name)
{
	size_t i;

	if (!strpbrk(name, "*?["))
		return false;
	for (i = 1; i < rdtgrp_tree_count(tree); i++)
		if (strcmp(rdtgrp_tree_get_path(tree, i), name) == 0 ||
		    strcmp(rdtgrp_tree_get_name(tree, i), name) == 0)
			return false;
	return true;
}

/* Does the group's path match, or its name a pattern without a slash? */
static bool matches(const struct root *root, const struct rdtgrp_tree *tree, size_t index,
		    const char *pattern)
{
	const char *name = rdtgrp_tree_get_name(tree, index);

	return fnmatch(pattern, root_group_path(root, tree, index), FNM_PATHNAME) == 0 ||
	       (index && name && !strchr(pattern, '/') && fnmatch(pattern, name, 0) == 0);
}

/* The names of the command line, with the paths of all groups that match in place of a pattern. */
static int expand(const struct root *root, const char *const *names, size_t count,
		  char ***ret_names, size_t *ret_count)
{
	struct rdtgrp_tree *tree;
	char **expanded = NULL;
	size_t i, j, found = 0, room = 0;
	int r = rdtgrp_tree_read(root->group, &tree);

	if (r < 0) {
		complain_rdtgrp(r, root->path);
		return EXIT_FAILED;
	}
	r = EXIT_FINE;
	for (i = 0; i < count && r == EXIT_FINE; i++) {
		bool pattern = names[i][0] != '/' && is_pattern(tree, names[i]);
		size_t before = found;

		for (j = 0; j < (pattern ? rdtgrp_tree_count(tree) : 1); j++) {
			if (pattern && !matches(root, tree, j, names[i]))
				continue;
			expanded = xgrow(expanded, found, &room, sizeof(*expanded));
			expanded[found++] =
				xstrdup(pattern ? root_group_path(root, tree, j) : names[i]);
		}
		if (found == before) {
			complain("group '%s': none in %s matches (rdtstat list shows all)",
				 names[i], root->path);
			r = EXIT_FAILED;
		}
	}
	rdtgrp_tree_unref(tree);
	*ret_names = expanded;
	*ret_count = found;
	return r;
}

static void free_names(char **names, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

static int open_all(const struct root *root, const char *const *names, size_t count,
		    struct named_group **ret_groups, size_t *ret_count)
{
	struct named_group *groups = xcalloc(count, sizeof(*groups));
	size_t i, j, opened = 0;

	for (i = 0; i < count; i++) {
		struct rdtgrp *group;
		int r;

		if (strcmp(names[i], "/") == 0) {
			group = rdtgrp_ref(root->group);
			r = 0;
		} else if (names[i][0] == '/') {
			r = open_by_path(root, names[i], &group);
		} else {
			r = open_by_name(root, names[i], &group);
		}
		if (r != 0) {
			selection_close(groups, opened);
			return EXIT_FAILED;
		}
		for (j = 0; j < opened && rdtgrp_compare(groups[j].group, group) != 0; j++)
			;
		if (j < opened) {
			rdtgrp_unref(group);
			continue;
		}
		groups[opened].path = path_of(root, group, names[i]);
		groups[opened++].group = group;
	}
	*ret_groups = groups;
	*ret_count = opened;
	return EXIT_FINE;
}

int selection_open(const struct root *root, const char *const *names, size_t count,
		   struct named_group **ret_groups, size_t *ret_count)
{
	char **expanded = NULL;
	size_t expanded_count = 0;
	int r = EXIT_FINE;

	if (count)
		r = expand(root, names, count, &expanded, &expanded_count);
	if (r == EXIT_FINE)
		r = open_all(root, (const char *const *)expanded, expanded_count, ret_groups,
			     ret_count);
	free_names(expanded, expanded_count);
	return r;
}

void selection_close(struct named_group *groups, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		rdtgrp_unref(groups[i].group);
		free(groups[i].path);
	}
	free(groups);
}
