// SPDX-License-Identifier: GPL-2.0-or-later
#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "message.h"
#include "xalloc.h"

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

/* A device or pipe is written to, not replaced. */
static int write_into(const char *path, const char *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	r = file_write(fd, bytes, size);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

int outfile_write(const char *path, const char *bytes, size_t size)
{
	struct stat st;
	sigset_t ends, before;
	int r;

	/* It is soon done, and no temporary file is left behind. */
	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGHUP);
	sigprocmask(SIG_BLOCK, &ends, &before);
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		r = write_into(path, bytes, size);
	else
		r = replace(path, bytes, size);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (r == 0)
		return EXIT_FINE;
	complain("%s: %s", path, strerror(-r));
	return EXIT_FAILED;
}
