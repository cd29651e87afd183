/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "names.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "util.h"

int rg_names_add(struct rg_names *names, const char *text, uint64_t inode)
{
	char *copy;

	if (names->count == names->size) {
		size_t size = names->size ? names->size * 2 : 8;
		struct rg_name *p = reallocarray(names->names, size, sizeof(*p));

		if (!p)
			return -ENOMEM;
		names->names = p;
		names->size = size;
	}
	copy = strdup(text);
	if (!copy)
		return -ENOMEM;
	names->names[names->count].text = copy;
	names->names[names->count].inode = inode;
	names->count++;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct rg_name *)a)->text, ((const struct rg_name *)b)->text);
}

static void sort(struct rg_names *names)
{
	if (names && names->count)
		qsort(names->names, names->count, sizeof(*names->names), compare);
}

int rg_names_read(int dirfd, const char *path, struct rg_names *directories, struct rg_names *files)
{
	RG_AUTO_DIR struct rg_dir dir;
	struct rg_dir_entry entry;
	int r = rg_dir_open(dirfd, path, &dir);

	if (r < 0)
		return r;
	while ((r = rg_dir_next(&dir, &entry)) > 0) {
		struct rg_names *names = entry.type == DT_DIR	? directories
					 : entry.type == DT_REG ? files
								: NULL;

		if (names && rg_names_add(names, entry.name, entry.inode) < 0)
			return -ENOMEM;
	}
	if (r < 0)
		return r;
	sort(directories);
	sort(files);
	return 0;
}

void rg_names_free(struct rg_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		rg_freep(&names->names[i].text);
	rg_freep(&names->names);
	*names = (struct rg_names){0};
}
