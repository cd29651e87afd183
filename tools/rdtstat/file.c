// SPDX-License-Identifier: GPL-2.0-or-later
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "xalloc.h"

#define SIZE_LIMIT ((size_t)64 << 20)

/* The size says nothing in proc, sysfs and resctrl. */
static int read_all(int fd, char **ret_bytes, size_t *ret_size)
{
	char *bytes = NULL;
	size_t size = 0, capacity = 0;
	ssize_t n;

	for (;;) {
		/* Most files come in one read(2): then all of it is of one moment. */
		bytes = xgrow(bytes, size + 65536, &capacity, 1);
		n = read(fd, bytes + size, capacity - size - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || (size += (size_t)n) > SIZE_LIMIT)
			break;
	}
	if (n != 0) {
		int error = n < 0 ? -errno : -EFBIG;

		free(bytes);
		return error;
	}
	bytes[size] = '\0';
	*ret_bytes = bytes;
	*ret_size = size;
	return 0;
}

int file_read(int dirfd, const char *path, int flags, char **ret_bytes, size_t *ret_size)
{
	/* A pipe is not waited for. */
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags), r;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		r = -errno;
	else
		r = S_ISREG(st.st_mode) ? read_all(fd, ret_bytes, ret_size) : -EINVAL;
	close(fd);
	return r;
}

int file_write(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t written = write(fd, bytes, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		bytes += written;
		size -= (size_t)written;
	}
	return 0;
}

char *next_word(char **text, const char *separators)
{
	char *word;

	do
		word = strsep(text, separators);
	while (word && !*word);
	return word;
}
