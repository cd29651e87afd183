/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_STREAM_H
#define RDTSTAT_STREAM_H

#include <stdbool.h>
#include <stddef.h>

struct archive;

/* A tar archive that is read from a file, compressed or not. */
struct stream {
	/* Its entries. */
	struct archive *tar;
	/* What is in the file, without its compression. */
	struct archive *bytes;
	/* All of it was read, and so many zeros stood at the end. */
	bool ended;
	size_t zeros;
};

/* Read from fd, which stays the caller's. @return 0 or -EBADMSG: stream_error() says more. */
int stream_open(struct stream *stream, int fd);
const char *stream_error(const struct stream *stream);

/* There is no further entry: is that because the archive is not whole? Cut between two entries it has nothing
 * wrong in it, but lacks the blocks of zeros that every tar archive ends with. */
bool stream_is_cut(const struct stream *stream);
void stream_close(struct stream *stream);

#endif
