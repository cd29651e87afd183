/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util.h"

#define INTERRUPTIONS_MAX 100

/*
 * Without openat2 (before Linux 5.6, or refused by a sandbox): resctrl has no symbolic links and no
 * place to make one, so what is left to find out is another filesystem mounted on the way.
 */
static int open_and_compare_device(int dirfd, const char *path, int flags)
{
	RG_AUTO_CLOSE int fd = openat(dirfd, path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat above, below;

	if (fd < 0)
		return -errno;
	if (fstat(dirfd, &above) < 0 || fstat(fd, &below) < 0)
		return -errno;
	if (above.st_dev != below.st_dev)
		return -EXDEV;
	return rg_take_fd(&fd);
}

int rg_open_beneath(int dirfd, const char *path, int flags)
{
	struct open_how how = {
		/* Not to wait for the writer of a pipe, in a tree that is no resctrl. */
		.flags = (uint64_t)(flags | O_CLOEXEC | (flags & O_PATH ? 0 : O_NONBLOCK)),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS,
	};
	int fd;

	/* EAGAIN: a rename or mount anywhere raced with the lookup, so that it could not be proved to
	 * stay beneath. */
	do
		fd = (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
	while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	if (fd >= 0)
		return fd;
	if (errno == ENOSYS || errno == EPERM)
		return open_and_compare_device(dirfd, path, flags);
	return -errno;
}

/* Is an interrupted call to be made again? Not for ever: some filesystem may always say so. */
static bool try_again(unsigned int *tries)
{
	return errno == EINTR && (*tries)++ < INTERRUPTIONS_MAX;
}

ssize_t rg_read_start(int fd, char *buffer, size_t size)
{
	unsigned int tries = 0;
	ssize_t n;

	do
		n = pread(fd, buffer, size, 0);
	while (n < 0 && try_again(&tries));
	return n < 0 ? -errno : n;
}

int rg_read_text(int dirfd, const char *path, size_t max, char **ret_text, size_t *ret_length)
{
	RG_AUTO_CLOSE int fd = rg_open_beneath(dirfd, path, O_RDONLY);
	RG_AUTO_FREE char *text = NULL;
	size_t length = 0, size = 0;
	unsigned int tries = 0;
	ssize_t n;

	if (fd < 0)
		return fd;
	for (;;) {
		if (size - length < 2) {
			size_t larger = size ? size * 2 : 4096;
			char *p = realloc(text, larger);

			if (!p)
				return -ENOMEM;
			text = p;
			size = larger;
		}
		n = read(fd, text + length, size - length - 1);
		if (n < 0 && try_again(&tries))
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		length += (size_t)n;
		if (length > max)
			return -EFBIG;
	}
	text[length] = '\0';
	*ret_text = RG_TAKE(text);
	if (ret_length)
		*ret_length = length;
	return 0;
}

int rg_write_text(int dirfd, const char *path, const char *text, size_t length)
{
	RG_AUTO_CLOSE int fd = rg_open_beneath(dirfd, path, O_WRONLY);
	unsigned int tries = 0;
	ssize_t n;

	if (fd < 0)
		return fd;
	do
		n = write(fd, text, length);
	while (n < 0 && try_again(&tries));
	if (n < 0)
		return -errno;
	/* A command is taken whole or not at all; anything else is no resctrl. */
	return (size_t)n == length ? 0 : -EIO;
}

int rg_dir_open(int dirfd, const char *path, struct rg_dir *dir)
{
	dir->position = dir->length = 0;
	dir->fd = rg_open_beneath(dirfd, path, O_RDONLY | O_DIRECTORY);
	return dir->fd < 0 ? dir->fd : 0;
}

static bool is_dot(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* Returns 1, 0 where the entry has gone since it was listed, or a negative errno. */
static int find_type(int fd, const struct dirent64 *entry, unsigned char *ret_type)
{
	struct stat st;

	*ret_type = entry->d_type;
	if (entry->d_type != DT_UNKNOWN)
		return 1;
	if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT || errno == ENODEV ? 0 : -errno;
	*ret_type = (unsigned char)IFTODT(st.st_mode);
	return 1;
}

int rg_dir_next(struct rg_dir *dir, struct rg_dir_entry *ret_entry)
{
	struct dirent64 *d;
	int r = 0;

	do {
		if (dir->position >= dir->length) {
			ssize_t n = getdents64(dir->fd, dir->buffer, sizeof(dir->buffer));

			if (n <= 0)
				return n < 0 ? -errno : 0;
			dir->position = 0;
			dir->length = (size_t)n;
		}
		d = (struct dirent64 *)(dir->buffer + dir->position);
		dir->position += d->d_reclen;
		if (is_dot(d->d_name))
			continue;
		r = find_type(dir->fd, d, &ret_entry->type);
	} while (r == 0);

	ret_entry->name = d->d_name;
	ret_entry->inode = d->d_ino;
	return r;
}

void rg_dir_close(struct rg_dir *dir)
{
	dir->fd = rg_close(dir->fd);
}
