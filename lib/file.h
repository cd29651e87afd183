/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RG_FILE_H
#define RG_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Files and directories below a directory fd. These record no error: they return a negative errno and
 * the caller, who knows the file's name, records it.
 */

/*
 * Open a path below dirfd without leaving its mount and without following a symbolic link. O_CLOEXEC is
 * added. Returns an fd or a negative errno: -EXDEV where something else is mounted on the way, -ELOOP
 * for a symbolic link.
 */
int rg_open_beneath(int dirfd, const char *path, int flags);

/* One pread at offset 0. Returns the number of bytes or a negative errno. */
ssize_t rg_read_start(int fd, char *buffer, size_t size);

/*
 * Read a whole file below dirfd, sequentially on one fd so that it is one sample (seq_file). ret_text
 * ends with a NUL and is to be freed. -EFBIG where it is longer than max bytes.
 */
int rg_read_text(int dirfd, const char *path, size_t max, char **ret_text, size_t *ret_length);

/* Write a whole text with one write(2), as the kernel wants commands. Returns 0 or a negative errno. */
int rg_write_text(int dirfd, const char *path, const char *text, size_t length);

/* The names in a directory, "." and ".." left out. No name is too long; nothing is allocated. */
struct rg_dir {
	int fd;
	size_t position;
	size_t length;
	char buffer[16384] __attribute__((aligned(8)));
};

struct rg_dir_entry {
	const char *name; /* valid until the next call */
	uint64_t inode;
	unsigned char type; /* DT_DIR, DT_REG, …; never DT_UNKNOWN */
};

/* Starts from the first entry, on an fd of its own. Returns 0 or a negative errno. */
int rg_dir_open(int dirfd, const char *path, struct rg_dir *dir);
/* Returns 1 and an entry, 0 at the end, or a negative errno. */
int rg_dir_next(struct rg_dir *dir, struct rg_dir_entry *ret_entry);
void rg_dir_close(struct rg_dir *dir);

#define RG_AUTO_DIR __attribute__((cleanup(rg_dir_close)))

#endif
