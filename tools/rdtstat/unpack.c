// SPDX-License-Identifier: GPL-2.0-or-later
#include "unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"
#include "message.h"
#include "stream.h"
#include "xalloc.h"

/* Far more than resctrl can have, and not enough to fill a disk. */
#define ENTRIES_MAX 1000000
#define BYTES_MAX ((uint64_t)256 << 20)
#define DEPTH_MAX 32

bool unpack_is_archive(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	remove(path);
	return 0;
}

/* The process that outlives this one: it holds nothing but the pipe, and no signal meant for a terminal's
 * processes or for rdtstat ends it. */
static _Noreturn void wait_and_remove(int pipe, const char *directory)
{
	char nothing;
	ssize_t n;

	dup2(pipe, STDIN_FILENO);
	close_range(STDOUT_FILENO, ~0U, 0);
	do
		n = read(STDIN_FILENO, &nothing, 1);
	while (n > 0 || (n < 0 && errno == EINTR));
	nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	_exit(0);
}

static int start_remover(struct unpacked *unpacked)
{
	sigset_t all, former;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &former);
	unpacked->remover = fork();
	if (unpacked->remover == 0) {
		close(ends[1]);
		wait_and_remove(ends[0], unpacked->directory);
	}
	sigprocmask(SIG_SETMASK, &former, NULL);
	close(ends[0]);
	if (unpacked->remover < 0) {
		close(ends[1]);
		return -EAGAIN;
	}
	unpacked->pipe = ends[1];
	return 0;
}

static int make_directory(struct unpacked *unpacked)
{
	const char *place = getenv("TMPDIR");
	int r;

	if (!place || !*place)
		place = "/tmp";
	unpacked->directory = xasprintf("%s/rdtstat-XXXXXX", place);
	if (!mkdtemp(unpacked->directory)) {
		complain("%s: nothing can be unpacked there: %s", place, strerror(errno));
	} else {
		r = start_remover(unpacked);
		if (r == 0)
			return EXIT_FINE;
		complain("fork: %s", strerror(-r));
		rmdir(unpacked->directory);
	}
	free(unpacked->directory);
	unpacked->directory = NULL;
	return EXIT_FAILED;
}

static int open_directory(int parent, const char *name)
{
	int fd;

	if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
		return -errno;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The directory of an entry, made if need be, and the entry's name in it: NULL for the root of the archive
 * itself. Cuts the path up. @return an fd or a negative errno. */
static int open_parent(int root, char *path, const char **ret_name)
{
	int fd = fcntl(root, F_DUPFD_CLOEXEC, 3), depth = 0, parent;
	char *name = NULL, *word;

	if (fd < 0)
		return -errno;
	while (fd >= 0 && (word = next_word(&path, "/"))) {
		if (strcmp(word, ".") == 0)
			continue;
		if (strcmp(word, "..") == 0 || ++depth > DEPTH_MAX) {
			close(fd);
			return depth > DEPTH_MAX ? -ENAMETOOLONG : -EXDEV;
		}
		if (name) {
			parent = fd;
			fd = open_directory(parent, name);
			close(parent);
		}
		name = word;
	}
	*ret_name = name;
	return fd;
}

/* @return 0 or a negative errno: -EBADMSG: the archive's own error says more. */
static int put_file(struct archive *archive, int parent, const char *name, mode_t mode,
		    uint64_t *bytes)
{
	int fd = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r = 0;
	char buffer[65536];
	la_ssize_t n;

	if (fd < 0)
		return -errno;
	while (r == 0 && (n = archive_read_data(archive, buffer, sizeof(buffer))) != 0) {
		if (n < 0)
			r = -EBADMSG;
		else if ((*bytes += (uint64_t)n) > BYTES_MAX)
			r = -E2BIG;
		else
			r = file_write(fd, buffer, (size_t)n);
	}
	/* What could not be read where it was packed cannot be read here. */
	if (r == 0 && fchmod(fd, mode & 0777) < 0)
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

/* What the file type of an entry is called that is not unpacked, or NULL. */
static const char *foreign_type(struct archive_entry *entry)
{
	if (archive_entry_hardlink(entry))
		return "a hard link";
	switch (archive_entry_filetype(entry)) {
	case AE_IFREG:
	case AE_IFDIR:
		return NULL;
	case AE_IFLNK:
		return "a symbolic link";
	default:
		return "neither file nor directory";
	}
}

static int put_entry(struct archive *archive, struct archive_entry *entry, int root,
		     uint64_t *bytes)
{
	bool directory = archive_entry_filetype(entry) == AE_IFDIR;
	char *path = xstrdup(archive_entry_pathname(entry));
	const char *name = NULL;
	int parent = open_parent(root, path, &name), r = 0;

	if (parent < 0)
		r = parent;
	else if (name && directory)
		r = mkdirat(parent, name, 0700) < 0 && errno != EEXIST ? -errno : 0;
	else if (name)
		r = put_file(archive, parent, name, archive_entry_perm(entry), bytes);
	if (parent >= 0)
		close(parent);
	free(path);
	return r;
}

static const char *put_error(int error)
{
	switch (error) {
	case -EXDEV:
		return "it leads out of the archive";
	case -EEXIST:
		return "it is there twice";
	case -E2BIG:
		return "all in all there is more than a capture has";
	default:
		return strerror(-error);
	}
}

static int put_all(const struct stream *stream, const char *path, int root)
{
	struct archive *archive = stream->tar;
	struct archive_entry *entry;
	uint64_t bytes = 0;
	size_t count = 0;
	int r;

	while ((r = archive_read_next_header(archive, &entry)) == ARCHIVE_OK || r == ARCHIVE_WARN) {
		const char *name = archive_entry_pathname(entry), *type = foreign_type(entry);

		if (!name) {
			complain("%s: an entry has no name", path);
			return EXIT_FAILED;
		}
		if (type || *name == '/') {
			complain("%s: '%s' is %s: it was not packed by rdtstat capture", path, name,
				 type ? type : "an absolute path");
			return EXIT_FAILED;
		}
		r = ++count > ENTRIES_MAX ? -E2BIG : put_entry(archive, entry, root, &bytes);
		if (r == -EBADMSG)
			break;
		if (r < 0) {
			complain("%s: '%s': %s", path, name, put_error(r));
			return EXIT_FAILED;
		}
	}
	if (r == ARCHIVE_EOF && !stream_is_cut(stream))
		return EXIT_FINE;
	complain("%s: is no archive of rdtstat capture: %s", path,
		 r == ARCHIVE_EOF ? "it is truncated, the end of the archive is missing"
				  : stream_error(stream));
	return EXIT_FAILED;
}

int unpack_open(const char *path, struct unpacked *unpacked)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), root, r;
	struct stream stream;

	*unpacked = (struct unpacked){0};
	if (fd < 0) {
		complain("%s: %s", path, strerror(errno));
		return EXIT_FAILED;
	}
	r = make_directory(unpacked);
	if (r != EXIT_FINE) {
		close(fd);
		return r;
	}
	root = open(unpacked->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0) {
		complain("%s: %s", unpacked->directory, strerror(errno));
		r = EXIT_FAILED;
	} else {
		r = stream_open(&stream, fd);
		if (r == 0)
			r = put_all(&stream, path, root);
		else
			complain("%s: is no archive of rdtstat capture: %s", path,
				 stream_error(&stream));
		stream_close(&stream);
		r = r < 0 ? EXIT_FAILED : r;
	}
	if (root >= 0)
		close(root);
	close(fd);
	if (r != EXIT_FINE)
		unpack_close(unpacked);
	return r;
}

void unpack_close(struct unpacked *unpacked)
{
	if (!unpacked->directory)
		return;
	close(unpacked->pipe);
	while (waitpid(unpacked->remover, NULL, 0) < 0 && errno == EINTR)
		;
	free(unpacked->directory);
	*unpacked = (struct unpacked){0};
}
