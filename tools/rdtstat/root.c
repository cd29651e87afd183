// SPDX-License-Identifier: GPL-2.0-or-later
#include "root.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "xalloc.h"

static char *default_path(void)
{
	struct rdtgrp_mounts *mounts;
	char *path;

	/* Only for showing: the group is open already. */
	if (rdtgrp_mounts_read(&mounts) < 0)
		return xstrdup("resctrl");
	path = xstrdup(rdtgrp_mounts_count(mounts) ? rdtgrp_mounts_get_path(mounts, 0) : "resctrl");
	rdtgrp_mounts_unref(mounts);
	return path;
}

/* Is it the tree in an archive of rdtstat capture that was unpacked by hand, or a group of it? */
static bool is_unpacked_capture(const char *path)
{
	char *tree = realpath(path, NULL), *end, *manifest;
	bool found;

	if (!tree)
		return false;
	end = strstr(tree, "/sys/fs/resctrl");
	manifest = xasprintf("%.*s/capture.json", end ? (int)(end - tree) : 0, tree);
	found = end && access(manifest, F_OK) == 0;
	free(manifest);
	free(tree);
	return found;
}

int root_open(const char *path, struct root *root)
{
	struct rdtgrp *group;
	bool foreign = false;
	int r;

	if (!path) {
		r = rdtgrp_open_default(0, &group);
	} else {
		r = rdtgrp_open(path, 0, &group);
		if (r == -EBADF) {
			r = rdtgrp_open(path, RDTGRP_OPEN_ANY_FS, &group);
			foreign = r == 0;
		}
	}
	if (r < 0)
		return r;
	*root = (struct root){
		.group = group,
		.path = path ? xstrdup(path) : default_path(),
		.foreign = foreign,
		.captured = foreign && is_unpacked_capture(path),
	};
	return 0;
}

char *root_in_system(const char *directory)
{
	return xasprintf("%s/sys/fs/resctrl", directory);
}

int root_open_unpacked(const char *path, struct unpacked *unpacked, struct root *root)
{
	char *tree = root_in_system(unpacked->directory);
	int r;

	/* Or the tree itself was packed, by tar. */
	r = root_open(access(tree, F_OK) == 0 ? tree : unpacked->directory, root);
	free(tree);
	if (r < 0) {
		complain("%s: there is no tree of groups in it, at sys/fs/resctrl or by itself",
			 path);
		return EXIT_FAILED;
	}
	free(root->path);
	root->path = xstrdup(path);
	root->unpacked = *unpacked;
	root->captured = true;
	*unpacked = (struct unpacked){0};
	return EXIT_FINE;
}

int root_open_or_tell(const char *path, struct root *root)
{
	struct unpacked unpacked;
	int r;

	if (path && unpack_is_archive(path)) {
		r = unpack_open(path, &unpacked);
		if (r == EXIT_FINE) {
			r = root_open_unpacked(path, &unpacked, root);
			unpack_close(&unpacked);
		}
		return r;
	}
	r = root_open(path, root);
	if (r == 0)
		return EXIT_FINE;
	complain_rdtgrp(r, path ? path : "resctrl");
	return EXIT_FAILED;
}

void root_close(struct root *root)
{
	rdtgrp_unref(root->group);
	free(root->path);
	unpack_close(&root->unpacked);
}

char *root_file_path(const struct root *root, const char *name, const char *file)
{
	/* "." is the group itself where the tree is that of another than the default group. */
	bool itself = strcmp(name, "/") == 0 || strcmp(name, ".") == 0;
	/* A group that is not found in the tree goes by the path that the user gave. */
	bool absolute = !itself && name[0] == '/';

	return xasprintf("%s%s%s%s%s", absolute ? "" : root->path, itself || absolute ? "" : "/",
			 itself ? "" : name, *file ? "/" : "", file);
}

unsigned int root_flags(const struct root *root)
{
	return root->foreign ? RDTGRP_OPEN_ANY_FS : 0;
}

const char *root_group_path(const struct root *root, const struct rdtgrp_tree *tree, size_t index)
{
	if (index == 0 && rdtgrp_is_default(root->group))
		return "/";
	return rdtgrp_tree_get_path(tree, index);
}
