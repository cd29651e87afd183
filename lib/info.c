/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "capability.h"
#include "error.h"
#include "file.h"
#include "names.h"
#include "rdtgrp.h"
#include "util.h"

/* Much more than the kernel has to say: bit_usage of 128 caches takes some 5000 bytes. */
#define TEXT_MAX 65536

struct file {
	char *path;
	char *text;
	int error;
};

struct rdtgrp_info {
	atomic_uint references;
	size_t count;
	struct file *files;
};

static int add_file(struct rdtgrp_info *info, const char *path, int error)
{
	struct file file = {.path = strdup(path), .error = error};
	size_t count = info->count;
	struct file *files = info->files;

	if (!file.path)
		return -ENOMEM;
	/* It grows whenever the count is a power of two. */
	if (!(count & (count - 1))) {
		files = reallocarray(files, count ? count * 2 : 1, sizeof(*files));
		if (!files) {
			free(file.path);
			return -ENOMEM;
		}
		info->files = files;
	}
	info->files[info->count++] = file;
	return 0;
}

/* The files whose reading clears last_cmd_status, and that file itself, which is no property of the
 * machine. */
static bool is_left_out(const char *name)
{
	static const char *const names[] = {
		"last_cmd_status", "available_mbm_cntrs", "mbm_assign_on_mkdir",
		"io_alloc_cbm",	   "event_filter",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

static int add_entry(const struct rg_dir_entry *entry, const char *directory,
		     struct rdtgrp_info *info, struct rg_names *directories)
{
	RG_AUTO_FREE char *path = NULL;

	if (asprintf(&path, "%s%s%s", directory, *directory ? "/" : "", entry->name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	if (entry->type == DT_DIR)
		return rg_names_add(directories, path, entry->inode);
	if (is_left_out(entry->name))
		return 0;
	/* What is neither is not opened: a pipe would wait for its writer. */
	return add_file(info, path, entry->type == DT_REG ? 0 : -EINVAL);
}

/* Add a directory's files to the info, and its directories to those that are still to be listed. */
static int list_directory(int info_fd, const char *directory, struct rdtgrp_info *info,
			  struct rg_names *directories)
{
	RG_AUTO_DIR struct rg_dir dir;
	struct rg_dir_entry entry;
	int r;

	r = rg_dir_open(info_fd, *directory ? directory : ".", &dir);
	while (r == 0 && (r = rg_dir_next(&dir, &entry)) > 0)
		r = add_entry(&entry, directory, info, directories);
	return r;
}

static bool is_shortage(int error)
{
	return error == -ENOMEM || error == -EMFILE || error == -ENFILE;
}

/* A list instead of recursion: a captured tree may be as deep as it likes. */
static int list_files(int info_fd, struct rdtgrp_info *info)
{
	RG_AUTO_NAMES struct rg_names directories = {0};
	int r = list_directory(info_fd, "", info, &directories);

	for (size_t i = 0; r == 0 && i < directories.count; i++) {
		const char *directory = directories.names[i].text;

		r = list_directory(info_fd, directory, info, &directories);
		/* Not to be listed: it stands in the list itself then, so that nothing is passed over. */
		if (r < 0 && !is_shortage(r))
			r = add_file(info, directory, r);
	}
	return r;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct file *)a)->path, ((const struct file *)b)->path);
}

static int read_file(int info_fd, struct file *file)
{
	size_t length;
	int r = rg_read_text(info_fd, file->path, TEXT_MAX, &file->text, &length);

	if (is_shortage(r))
		return r;
	file->error = r;
	if (r < 0)
		return 0;
	if (memchr(file->text, '\0', length)) {
		file->error = -EBADMSG;
		rg_freep(&file->text);
		file->text = NULL;
	} else if (length && file->text[length - 1] == '\n') {
		file->text[length - 1] = '\0';
	}
	return 0;
}

static int fill(int info_fd, struct rdtgrp_info *info)
{
	int r = list_files(info_fd, info);

	if (info->count)
		qsort(info->files, info->count, sizeof(*info->files), compare);
	for (size_t i = 0; r == 0 && i < info->count; i++) {
		if (!info->files[i].error)
			r = read_file(info_fd, &info->files[i]);
	}
	return r;
}

int rdtgrp_info_read(const struct rdtgrp *group, struct rdtgrp_info **ret_info)
{
	const int fd = rdtgrp_get_fd(group);
	RG_AUTO_CLOSE int info_fd = -1;
	struct rdtgrp_info *info;
	int r;

	if (!rdtgrp_is_default(group))
		return rg_fail(-EINVAL, rg_name_of(fd, NULL), "only the default group has info");
	info = calloc(1, sizeof(*info));
	if (!info)
		return rg_fail_nomem();
	atomic_init(&info->references, 1);

	info_fd = rg_open_beneath(fd, "info", O_PATH | O_DIRECTORY);
	r = info_fd < 0 ? info_fd : fill(info_fd, info);
	if (r < 0) {
		rdtgrp_info_unref(info);
		if (r == -ENOMEM)
			return rg_fail_nomem();
		rg_fail_errno(r, rg_name_of(fd, "info"), "cannot read the directory");
		rg_advise_refused(r, RG_REFUSED_READ, fd, "info");
		return r;
	}
	*ret_info = info;
	return 0;
}

struct rdtgrp_info *rdtgrp_info_ref(struct rdtgrp_info *info)
{
	atomic_fetch_add_explicit(&info->references, 1, memory_order_relaxed);
	return info;
}

struct rdtgrp_info *rdtgrp_info_unref(struct rdtgrp_info *info)
{
	if (info && atomic_fetch_sub_explicit(&info->references, 1, memory_order_acq_rel) == 1) {
		for (size_t i = 0; i < info->count; i++) {
			free(info->files[i].path);
			free(info->files[i].text);
		}
		free(info->files);
		free(info);
	}
	return NULL;
}

void rdtgrp_info_unrefp(struct rdtgrp_info **info)
{
	*info = rdtgrp_info_unref(*info);
}

size_t rdtgrp_info_count(const struct rdtgrp_info *info)
{
	return info->count;
}

static const struct file *at(const struct rdtgrp_info *info, size_t index)
{
	static const struct file none = {.error = -EINVAL};

	return index < info->count ? &info->files[index] : &none;
}

const char *rdtgrp_info_get_path(const struct rdtgrp_info *info, size_t index)
{
	return at(info, index)->path;
}

const char *rdtgrp_info_get_text(const struct rdtgrp_info *info, size_t index)
{
	return at(info, index)->text;
}

int rdtgrp_info_get_error(const struct rdtgrp_info *info, size_t index)
{
	return at(info, index)->error;
}

const char *rdtgrp_info_find(const struct rdtgrp_info *info, const char *path)
{
	for (size_t i = 0; i < info->count; i++) {
		if (strcmp(info->files[i].path, path) == 0)
			return info->files[i].text;
	}
	return NULL;
}
