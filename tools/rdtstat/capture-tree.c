// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "file.h"
#include "xalloc.h"

/* resctrl's deepest directory is g/mon_groups/m/mon_data/mon_L3_00/mon_sub_L3_00. */
#define DEPTH_MAX 16

/* What a directory is, since it decides which names in it are those of groups. */
enum place {
	PLACE_ROOT,
	PLACE_CTRL_MON,
	PLACE_MON,
	PLACE_MON_GROUPS,
	PLACE_OTHER,
};

struct walk {
	struct capture *capture;
	dev_t device;
	const char *last_status;
};

static enum place place_below(enum place place, const char *name)
{
	bool groups = place == PLACE_ROOT || place == PLACE_CTRL_MON;

	if (place == PLACE_MON_GROUPS)
		return PLACE_MON;
	if (groups && strcmp(name, "mon_groups") == 0)
		return PLACE_MON_GROUPS;
	if (place == PLACE_ROOT && strcmp(name, "info") != 0 && strcmp(name, "mon_data") != 0)
		return PLACE_CTRL_MON;
	return PLACE_OTHER;
}

/* Thread ids are nobody's business: there are as many lines, with numbers from 1. */
static void renumber(struct capture_entry *entry)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		out_of_memory();
	entry->tasks = 0;
	for (size_t i = 0; i < entry->size; i++)
		if (entry->bytes[i] == '\n')
			fprintf(stream, "%ld\n", ++entry->tasks);
	if (fclose(stream) != 0)
		out_of_memory();
	free(entry->bytes);
	entry->bytes = text;
	entry->size = size;
}

/* The kernel's last message may name tasks, and groups. */
static void put_last_status(struct walk *walk, struct capture_entry *entry)
{
	const char *text = walk->last_status ? walk->last_status : "";

	free(entry->bytes);
	entry->bytes = xstrdup(walk->capture->hide_names ? "" : text);
	entry->size = strlen(entry->bytes);
	for (char *c = entry->bytes; *c; c++)
		if (*c >= '0' && *c <= '9')
			*c = 'N';
}

static void add_file(struct walk *walk, int fd, const char *name, enum place place, char *path,
		     const struct stat *st)
{
	bool group = place == PLACE_ROOT || place == PLACE_CTRL_MON || place == PLACE_MON;
	struct capture_entry *entry = capture_add(walk->capture, path, S_IFREG, NULL, 0);

	entry->st = *st;
	if (!S_ISREG(st->st_mode)) {
		/* It is not of resctrl, and opening it may do anything. */
		entry->st.st_mode = S_IFREG | (st->st_mode & 0777);
		entry->error = -EINVAL;
		return;
	}
	entry->error = file_read(fd, name, O_NOFOLLOW, &entry->bytes, &entry->size);
	if (group && strcmp(name, "tasks") == 0 && entry->error == 0)
		renumber(entry);
	else if (place == PLACE_OTHER && strcmp(name, "last_cmd_status") == 0)
		put_last_status(walk, entry);
}

static int compare(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int not_dots(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static void walk_directory(struct walk *walk, int fd, enum place place, const char *path,
			   int depth);

static void add_entry(struct walk *walk, int fd, const char *name, enum place place,
		      const char *path, int depth)
{
	enum place below = place_below(place, name);
	struct capture_entry *entry;
	struct stat st;
	char *shown, *whole;
	int child;

	/* It went meanwhile. */
	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (!S_ISDIR(st.st_mode)) {
		add_file(walk, fd, name, place, xasprintf("%s/%s", path, name), &st);
		return;
	}
	shown = below == PLACE_CTRL_MON || below == PLACE_MON
			? capture_group_name(walk->capture, name)
			: xstrdup(name);
	whole = xasprintf("%s/%s", path, shown);
	entry = capture_add(walk->capture, xstrdup(whole), S_IFDIR, NULL, 0);
	entry->st = st;
	child = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (child < 0)
		entry->error = -errno;
	else if (st.st_dev == walk->device && depth < DEPTH_MAX)
		walk_directory(walk, child, below, whole, depth + 1);
	if (child >= 0)
		close(child);
	free(whole);
	free(shown);
}

/* Takes the names over. */
static void walk_names(struct walk *walk, int fd, enum place place, const char *path, int depth,
		       struct dirent **names, int count)
{
	for (int i = 0; i < count; i++) {
		add_entry(walk, fd, names[i]->d_name, place, path, depth);
		free(names[i]);
	}
	free(names);
}

static void walk_directory(struct walk *walk, int fd, enum place place, const char *path, int depth)
{
	struct dirent **names;
	int count = scandirat(fd, ".", &names, not_dots, compare);

	if (count >= 0)
		walk_names(walk, fd, place, path, depth, names, count);
}

int capture_tree(struct capture *capture, int fd, const char *place, const char *last_status)
{
	struct walk walk = {.capture = capture, .last_status = last_status};
	struct capture_entry *entry;
	struct dirent **names;
	struct stat st;
	int count;

	if (fstat(fd, &st) < 0)
		return -errno;
	count = scandirat(fd, ".", &names, not_dots, compare);
	if (count < 0)
		return -errno;
	walk.device = st.st_dev;
	entry = capture_add(capture, xstrdup(place), S_IFDIR, NULL, 0);
	entry->st = st;
	walk_names(&walk, fd, PLACE_ROOT, place, 0, names, count);
	return 0;
}
