// SPDX-License-Identifier: GPL-2.0-or-later
#include "stream.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

#include "xalloc.h"

/* A block of tar. */
#define BLOCK 512

/* How many zeros are at the end, `former` those before it. */
static size_t count_zeros(const unsigned char *bytes, size_t size, size_t former)
{
	size_t count = 0;

	while (count < size && !bytes[size - 1 - count])
		count++;
	return count == size ? former + count : count;
}

/* For the reader of tar: the next of the bytes. */
static la_ssize_t next_bytes(struct archive *tar, void *data, const void **ret_bytes)
{
	struct stream *stream = data;
	la_int64_t offset;
	size_t size;

	switch (archive_read_data_block(stream->bytes, ret_bytes, &size, &offset)) {
	case ARCHIVE_OK:
		stream->zeros = count_zeros(*ret_bytes, size, stream->zeros);
		return (la_ssize_t)size;
	case ARCHIVE_EOF:
		stream->ended = true;
		return 0;
	default:
		archive_set_error(tar, archive_errno(stream->bytes), "%s",
				  archive_error_string(stream->bytes));
		return -1;
	}
}

int stream_open(struct stream *stream, int fd)
{
	struct archive_entry *entry;

	*stream = (struct stream){.tar = archive_read_new(), .bytes = archive_read_new()};
	if (!stream->tar || !stream->bytes ||
	    archive_read_support_format_tar(stream->tar) < ARCHIVE_WARN ||
	    archive_read_support_format_raw(stream->bytes) < ARCHIVE_WARN)
		out_of_memory();
	/* Only what is done in this process: the library starts programs for other ways of packing. */
	archive_read_support_filter_gzip(stream->bytes);
	archive_read_support_filter_bzip2(stream->bytes);
	archive_read_support_filter_xz(stream->bytes);
	archive_read_support_filter_zstd(stream->bytes);
	if (archive_read_open_fd(stream->bytes, fd, 65536) != ARCHIVE_OK ||
	    archive_read_next_header(stream->bytes, &entry) != ARCHIVE_OK ||
	    archive_read_open(stream->tar, stream, NULL, next_bytes, NULL) != ARCHIVE_OK)
		return -EBADMSG;
	return 0;
}

const char *stream_error(const struct stream *stream)
{
	const char *error = archive_error_string(stream->tar);

	if (!error)
		error = archive_error_string(stream->bytes);
	return error ? error : "it is empty";
}

bool stream_is_cut(const struct stream *stream)
{
	return stream->ended && stream->zeros < BLOCK;
}

void stream_close(struct stream *stream)
{
	archive_read_free(stream->tar);
	archive_read_free(stream->bytes);
}
