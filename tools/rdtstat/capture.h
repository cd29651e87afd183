/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_CAPTURE_H
#define RDTSTAT_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* A file or directory of the archive. */
struct capture_entry {
	char *path;
	struct stat st;
	/* NULL for a directory, and for a file that could not be read. */
	char *bytes;
	size_t size;
	/* A negative errno: why it could not be read. */
	int error;
	/* The file held this many thread ids, which are not in the archive; -1: it is no such file. */
	long tasks;
};

struct capture {
	struct capture_entry *entries;
	size_t count;
	size_t capacity;
	bool hide_names;
	/* By index: a name, whose stand-in is "hidden" and the index plus 1. */
	char **names;
	size_t name_count;
	size_t name_capacity;
};

/* Add an entry; path and bytes are taken over. */
struct capture_entry *capture_add(struct capture *capture, char *path, mode_t mode, char *bytes,
				  size_t size);
void capture_clear(struct capture *capture);

/* The name that a group has in the archive: always the same for one name. The caller's. */
char *capture_group_name(struct capture *capture, const char *name);

/* All of the tree at fd, below `place` in the archive. `last_status`, read before all else, is put where
 * it belongs; it may be NULL. @return 0 or a negative errno: the root cannot be listed. */
int capture_tree(struct capture *capture, int fd, const char *place, const char *last_status);

/* What CPU and kernel say, as far as it is about resctrl. */
void capture_system(struct capture *capture);

/* The archive as bytes, the caller's. `compress`: with gzip. */
void capture_pack(const struct capture *capture, bool compress, char **ret_bytes, size_t *ret_size);

#endif
