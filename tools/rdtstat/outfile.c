// SPDX-License-Identifier: GPL-2.0-or-later
#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "file.h"
#include "message.h"
#include "xalloc.h"

#define LINK_LIMIT 40

/* Where a name leads. */
struct place {
	/* The file itself and its directory, without symbolic links. */
	char *path, *directory;
	/* A file descriptor that we were given, or -1. */
	int fd;
	/* It is written into, not replaced: a device, a pipe, what some process has open. */
	bool into;
};

static void place_clear(struct place *place)
{
	free(place->path);
	free(place->directory);
}

/* Does it hold a process's file descriptors? What looks like symbolic links there is none: the name
 * that it shows may be gone or another file's. */
static bool holds_fds(const char *directory)
{
	size_t length = strlen(directory);
	struct statfs st;

	return length > 3 && strcmp(directory + length - 3, "/fd") == 0 &&
	       statfs(directory, &st) == 0 && st.f_type == PROC_SUPER_MAGIC;
}

/* The number of a file descriptor that we were given: to open it anew would lose its position and need
 * permission. Those that we have opened are for no one else. */
static int given_fd(const char *directory, const char *name)
{
	char *own = realpath("/proc/self/fd", NULL), *end;
	long fd = strtol(name, &end, 10);
	int flags = -1;

	if (own && strcmp(own, directory) == 0 && end != name && !*end && fd >= 0 && fd <= INT_MAX)
		flags = fcntl((int)fd, F_GETFD);
	free(own);
	return flags >= 0 && !(flags & FD_CLOEXEC) ? (int)fd : -1;
}

/* Where does this symbolic link lead? As with fs.protected_symlinks (proc(5)), another user's link in a
 * directory like /tmp does not decide which file is replaced.
 * @return 1; 0: it is no link, or not there; or a negative errno. */
static int read_link(const char *path, const char *directory, char target[PATH_MAX])
{
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC), r = 1;
	struct stat st, above;
	ssize_t size;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &st) < 0 || stat(directory, &above) < 0) {
		r = -errno;
	} else if (!S_ISLNK(st.st_mode)) {
		r = 0;
	} else if (st.st_uid != geteuid() && st.st_uid != above.st_uid &&
		   (above.st_mode & S_ISVTX) && (above.st_mode & S_IWOTH)) {
		r = -EACCES;
	} else {
		size = readlinkat(fd, "", target, PATH_MAX);
		if (size < 0)
			r = -errno;
		else if (size >= PATH_MAX)
			r = -ENAMETOOLONG;
		else
			target[size] = '\0';
	}
	close(fd);
	return r;
}

/* realpath(3) follows neither a link to what is not there yet nor what a process has open.
 * @param place to be cleared, whatever is returned. @return 0 or a negative errno. */
static int place_find(const char *path, struct place *place)
{
	char target[PATH_MAX];
	struct stat st;

	*place = (struct place){.path = xstrdup(path), .fd = -1};
	for (int links = 0; links <= LINK_LIMIT; links++) {
		char *slash = strrchr(place->path, '/');
		char *name = xstrdup(slash ? slash + 1 : place->path);
		int r;

		if (slash)
			slash[1] = '\0';
		free(place->directory);
		place->directory = realpath(slash ? place->path : ".", NULL);
		if (!place->directory) {
			r = -errno;
			free(name);
			return r;
		}
		free(place->path);
		place->path = xasprintf("%s/%s", place->directory, name);
		place->into = holds_fds(place->directory);
		if (place->into)
			place->fd = given_fd(place->directory, name);
		free(name);
		if (place->into)
			return 0;
		r = read_link(place->path, place->directory, target);
		if (r == 0)
			place->into = stat(place->path, &st) == 0 && !S_ISREG(st.st_mode);
		if (r <= 0)
			return r;
		free(place->path);
		place->path = *target == '/' ? xstrdup(target)
					     : xasprintf("%s/%s", place->directory, target);
	}
	return -ELOOP;
}

static int place_check(const struct place *place)
{
	struct stat st;
	int flags;

	if (place->fd >= 0) {
		flags = fcntl(place->fd, F_GETFL);
		return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY ? 0 : -EBADF;
	}
	if (!place->into)
		return access(place->directory, W_OK | X_OK) < 0 ? -errno : 0;
	if (stat(place->path, &st) == 0 && S_ISDIR(st.st_mode))
		return -EISDIR;
	return access(place->path, W_OK) < 0 ? -errno : 0;
}

static mode_t wanted_mode(const char *path)
{
	struct stat st;
	mode_t mask;

	if (stat(path, &st) == 0)
		return st.st_mode & 0777;
	mask = umask(0);
	umask(mask);
	return 0666 & ~mask;
}

static int replace(const char *path, const char *bytes, size_t size)
{
	char *temporary = xasprintf("%s.XXXXXX", path);
	int fd = mkostemp(temporary, O_CLOEXEC), r = fd < 0 ? -errno : 0;

	if (r == 0) {
		r = file_write(fd, bytes, size);
		if (r == 0 && (fchmod(fd, wanted_mode(path)) < 0 || fsync(fd) < 0))
			r = -errno;
		if (close(fd) < 0 && r == 0)
			r = -errno;
		if (r == 0 && rename(temporary, path) < 0)
			r = -errno;
		if (r < 0)
			unlink(temporary);
	}
	free(temporary);
	return r;
}

/* A regular file that some process has open keeps what is in it. */
static int write_into(const char *path, const char *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	r = file_write(fd, bytes, size);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

int outfile_check(const char *path)
{
	struct place place;
	int r = place_find(path, &place);

	if (r == 0)
		r = place_check(&place);
	place_clear(&place);
	if (r == 0)
		return EXIT_FINE;
	complain("%s: cannot be written: %s", path, strerror(-r));
	return EXIT_FAILED;
}

int outfile_write(const char *path, const char *bytes, size_t size)
{
	sigset_t ends, before;
	struct place place;
	int r;

	/* It is soon done, and no temporary file is left behind. */
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGHUP);
	sigprocmask(SIG_BLOCK, &ends, &before);
	r = place_find(path, &place);
	if (r == 0 && place.fd >= 0)
		r = file_write(place.fd, bytes, size);
	else if (r == 0 && place.into)
		r = write_into(place.path, bytes, size);
	else if (r == 0)
		r = replace(place.path, bytes, size);
	place_clear(&place);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (r == 0)
		return EXIT_FINE;
	complain("%s: %s", path, strerror(-r));
	return EXIT_FAILED;
}
