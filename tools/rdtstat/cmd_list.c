// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "format.h"
#include "listing.h"
#include "message.h"
#include "options.h"
#include "root.h"
#include "trouble.h"
#include "words.h"
#include "xalloc.h"

/* Tell what cannot be read, but for groups that are gone. */
static void tell(const struct listing *listing, size_t index, int error)
{
	char *path;

	if (error == -ENOENT)
		return;
	path = root_file_path(listing->root, root_group_path(listing->root, listing->tree, index),
			      "");
	trouble_tell_rdtgrp(error, path);
	free(path);
}

/* The same of what the tree holds no more of than an errno. */
static void tell_mon_groups(const struct listing *listing, size_t index)
{
	int error = rdtgrp_tree_get_error(listing->tree, index);
	char *path;

	if (error >= 0)
		return;
	path = root_file_path(listing->root, root_group_path(listing->root, listing->tree, index),
			      "mon_groups");
	trouble_tell("%s: cannot be listed: %s", path, strerror(-error));
	trouble_advise(error);
	free(path);
}

static void look_at(const struct listing *listing, size_t index)
{
	struct listing_group *entry = &listing->groups[index];
	const struct rdtgrp_tree *tree = listing->tree;
	struct rdtgrp *group;
	pid_t *tids;
	int r;

	r = rdtgrp_tree_read_mode(tree, index, &entry->mode);
	if (r < 0) {
		words_for_error(entry->mode_missing, sizeof(entry->mode_missing), r);
		tell(listing, index, r);
	}
	r = rdtgrp_tree_open(tree, index, &group);
	if (r == 0) {
		r = rdtgrp_read_tasks(group, &tids, &entry->tasks);
		rdtgrp_unref(group);
	}
	if (r == 0) {
		free(tids);
		return;
	}
	if (r == -EINVAL && mode_is_pseudo_locking(entry->mode)) {
		snprintf(entry->tasks_missing, sizeof(entry->tasks_missing), "%s",
			 rdtgrp_mode_name(entry->mode));
	} else {
		words_for_error(entry->tasks_missing, sizeof(entry->tasks_missing), r);
		tell(listing, index, r);
	}
}

int cmd_list(const struct options *options)
{
	struct listing listing = {0};
	struct rdtgrp_tree *tree;
	struct root root;
	size_t i;
	int r;

	if (options->argument_count) {
		complain("list: unexpected argument '%s'", options->arguments[0]);
		return EXIT_USAGE;
	}
	r = root_open_or_tell(options->root, &root);
	if (r != EXIT_FINE)
		return r;
	r = rdtgrp_tree_read(root.group, &tree);
	if (r < 0) {
		complain_rdtgrp(r, root.path);
		root_close(&root);
		return EXIT_FAILED;
	}
	listing.root = &root;
	listing.tree = tree;
	listing.groups = xcalloc(rdtgrp_tree_count(tree), sizeof(*listing.groups));
	for (i = 0; i < rdtgrp_tree_count(tree); i++) {
		look_at(&listing, i);
		tell_mon_groups(&listing, i);
	}
	options->format->list(&listing);
	free(listing.groups);
	rdtgrp_tree_unref(tree);
	root_close(&root);
	return EXIT_FINE;
}
