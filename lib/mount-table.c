/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mount-table.h"

#include <libmount/libmount.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "util.h"

/* All mounts of a mountinfo file, of any type. */
struct mounts {
	struct libmnt_table *table;
	struct libmnt_fs **list;
	size_t count;
};

static void free_mounts(struct mounts *mounts)
{
	free(mounts->list);
	mnt_unref_table(mounts->table);
}

/* Without this libmount skips lines that it does not understand. */
static int refuse_line(struct libmnt_table *table, const char *path, int line)
{
	(void)table;
	rg_log(LOG_DEBUG, "%s: line %d cannot be parsed", path, line);
	return -EINVAL;
}

static int parse(const char *path, struct libmnt_table *table)
{
	FILE *file = fopen(path, "re");
	int r;

	if (!file)
		return -errno;
	errno = 0;
	r = mnt_table_parse_stream(table, file, path);
	if (ferror(file))
		r = errno ? -errno : -EIO;
	else if (r && r != -ENOMEM)
		r = -EINVAL;
	fclose(file);
	return r;
}

static int collect(struct mounts *mounts)
{
	struct libmnt_iter *iter = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;
	int r = 0;

	/* One more, since an empty table would ask for no memory at all. */
	mounts->list =
		calloc((size_t)mnt_table_get_nents(mounts->table) + 1, sizeof(*mounts->list));
	if (!iter || !mounts->list)
		r = -ENOMEM;
	while (!r && mnt_table_next_fs(mounts->table, iter, &fs) == 0) {
		/* libmount would take an fstab as well. */
		if (!mnt_fs_is_kernel(fs))
			r = -EINVAL;
		else
			mounts->list[mounts->count++] = fs;
	}
	mnt_free_iter(iter);
	return r;
}

static bool is_resctrl(struct libmnt_fs *fs)
{
	return strcmp(mnt_fs_get_fstype(fs), "resctrl") == 0;
}

static bool is_whole(struct libmnt_fs *fs)
{
	return strcmp(mnt_fs_get_root(fs), "/") == 0;
}

/* A bind mount of a directory outlives the directory; nothing can be read there then. */
static bool is_removed(struct libmnt_fs *fs)
{
	static const char mark[] = "//deleted";
	const char *root = mnt_fs_get_root(fs);
	size_t length = strlen(root);

	return length >= strlen(mark) && strcmp(root + length - strlen(mark), mark) == 0;
}

static bool is_at_or_above(struct libmnt_fs *fs, const char *path)
{
	const char *target = mnt_fs_get_target(fs);
	size_t length = strlen(target);

	if (strcmp(target, "/") == 0)
		return true;
	return strncmp(target, path, length) == 0 && (!path[length] || path[length] == '/');
}

/* Is the mount's parent here? Without `here`, is its parent not in the table: so it is with the topmost
 * mount, and after a chroot with several. */
static bool hangs_on(const struct mounts *mounts, struct libmnt_fs *fs, struct libmnt_fs *here)
{
	int parent = mnt_fs_get_parent_id(fs);

	if (here)
		return fs != here && parent == mnt_fs_get_id(here);
	for (size_t i = 0; i < mounts->count; i++) {
		if (mounts->list[i] != fs && mnt_fs_get_id(mounts->list[i]) == parent)
			return false;
	}
	return true;
}

/* From one mount on the way to a path, the next one: whose mount point is met first. */
static struct libmnt_fs *step(const struct mounts *mounts, struct libmnt_fs *here, const char *path)
{
	struct libmnt_fs *next = NULL;

	for (size_t i = 0; i < mounts->count; i++) {
		struct libmnt_fs *fs = mounts->list[i];

		if (!is_at_or_above(fs, path) || !hangs_on(mounts, fs, here))
			continue;
		if (!next || strlen(mnt_fs_get_target(fs)) < strlen(mnt_fs_get_target(next)))
			next = fs;
	}
	return next;
}

/*
 * Does the mount's path lead to it? What was mounted later on the same place, or on a directory above,
 * hides it. Goes down from the root as the kernel does.
 */
static bool is_reachable(const struct mounts *mounts, struct libmnt_fs *fs)
{
	struct libmnt_fs *here = NULL, *next;

	/* A way has no more steps than there are mounts; a table that goes round in circles ends, too. */
	for (size_t i = 0; i < mounts->count; i++) {
		next = step(mounts, here, mnt_fs_get_target(fs));
		if (!next)
			break;
		here = next;
	}
	return here == fs;
}

static int copy(struct libmnt_fs *fs, struct rg_mount *mount)
{
	const char *options = mnt_fs_get_fs_options(fs);

	mount->path = strdup(mnt_fs_get_target(fs));
	mount->root = strdup(mnt_fs_get_root(fs));
	mount->options_text = strdup(options ? options : "");
	return mount->path && mount->root && mount->options_text ? 0 : -ENOMEM;
}

/* Copies, since libmount's getters may compose a string when they are called first, which several
 * threads must not do at once. Of the mounts that can be used takes those of the root or the others. */
static int copy_usable(const struct mounts *mounts, bool whole, struct rg_mount_table *table)
{
	for (size_t i = 0; i < mounts->count; i++) {
		struct libmnt_fs *fs = mounts->list[i];
		int r = 0;

		if (!is_resctrl(fs) || is_whole(fs) != whole)
			continue;
		if (!is_removed(fs) && is_reachable(mounts, fs)) {
			r = copy(fs, &table->list[table->count++]);
		} else if (!table->useless) {
			table->useless = strdup(mnt_fs_get_target(fs));
			r = table->useless ? 0 : -ENOMEM;
		}
		if (r < 0)
			return r;
	}
	return 0;
}

static int fill(const struct mounts *mounts, struct rg_mount_table *table)
{
	int r;

	table->list = calloc(mounts->count + 1, sizeof(*table->list));
	if (!table->list)
		return -ENOMEM;
	r = copy_usable(mounts, true, table);
	table->whole = table->count;
	if (r == 0)
		r = copy_usable(mounts, false, table);
	return r;
}

int rg_mount_table_read(const char *path, struct rg_mount_table *ret_table)
{
	struct rg_mount_table table = {0};
	struct mounts mounts = {.table = mnt_new_table()};
	int r;

	if (!mounts.table)
		return -ENOMEM;
	mnt_table_set_parser_errcb(mounts.table, refuse_line);
	r = parse(path, mounts.table);
	if (r == 0)
		r = collect(&mounts);
	if (r == 0)
		r = fill(&mounts, &table);
	free_mounts(&mounts);
	if (r < 0) {
		rg_mount_table_free(&table);
		return r;
	}
	*ret_table = table;
	return 0;
}

void rg_mount_table_free(struct rg_mount_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		free(table->list[i].path);
		free(table->list[i].root);
		free(table->list[i].options_text);
	}
	free(table->list);
	free(table->useless);
	*table = (struct rg_mount_table){0};
}
