// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "xalloc.h"

struct capture_entry *capture_add(struct capture *capture, char *path, mode_t mode, char *bytes,
				  size_t size)
{
	struct capture_entry *entry;

	capture->entries = xgrow(capture->entries, capture->count, &capture->capacity,
				 sizeof(*capture->entries));
	entry = &capture->entries[capture->count++];
	*entry = (struct capture_entry){
		.path = path, .st.st_mode = mode, .bytes = bytes, .size = size, .tasks = -1};
	return entry;
}

void capture_clear(struct capture *capture)
{
	for (size_t i = 0; i < capture->count; i++) {
		free(capture->entries[i].path);
		free(capture->entries[i].bytes);
	}
	for (size_t i = 0; i < capture->name_count; i++)
		free(capture->names[i]);
	free(capture->entries);
	free(capture->names);
}

char *capture_group_name(struct capture *capture, const char *name)
{
	size_t i;

	if (!capture->hide_names)
		return xstrdup(name);
	for (i = 0; i < capture->name_count; i++)
		if (strcmp(capture->names[i], name) == 0)
			return xasprintf("hidden%zu", i + 1);
	capture->names = xgrow(capture->names, i, &capture->name_capacity, sizeof(*capture->names));
	capture->names[capture->name_count++] = xstrdup(name);
	return xasprintf("hidden%zu", i + 1);
}

static la_ssize_t put(struct archive *archive, void *stream, const void *bytes, size_t size)
{
	(void)archive;
	if (fwrite(bytes, 1, size, stream) != size)
		out_of_memory();
	return (la_ssize_t)size;
}

/* It is all in memory, so memory is all that can be missing. A warning is about a name in the locale's
 * characters, which this format does not need. */
static void need(int r)
{
	if (r < ARCHIVE_WARN)
		out_of_memory();
}

static void put_entry(struct archive *archive, const struct capture_entry *entry, time_t now)
{
	struct archive_entry *header = archive_entry_new();
	bool directory = S_ISDIR(entry->st.st_mode);

	if (!header)
		out_of_memory();
	archive_entry_set_pathname(header, entry->path);
	archive_entry_set_filetype(header, directory ? AE_IFDIR : AE_IFREG);
	/* Who unpacks it is to be able to remove it again. */
	archive_entry_set_perm(header, (entry->st.st_mode & 07777) | (directory ? S_IRWXU : 0));
	archive_entry_set_uid(header, entry->st.st_uid);
	archive_entry_set_gid(header, entry->st.st_gid);
	archive_entry_set_size(header, (la_int64_t)entry->size);
	archive_entry_set_mtime(header, now, 0);
	need(archive_write_header(archive, header));
	if (entry->size && archive_write_data(archive, entry->bytes, entry->size) < 0)
		out_of_memory();
	archive_entry_free(header);
}

void capture_pack(const struct capture *capture, bool compress, char **ret_bytes, size_t *ret_size)
{
	struct archive *archive = archive_write_new();
	FILE *stream = open_memstream(ret_bytes, ret_size);
	time_t now = time(NULL);

	if (!archive || !stream)
		out_of_memory();
	/* Names are bytes in this format, of any length. */
	need(archive_write_set_format_gnutar(archive));
	if (compress)
		need(archive_write_add_filter_gzip(archive));
	need(archive_write_open(archive, stream, NULL, put, NULL));
	for (size_t i = 0; i < capture->count; i++)
		put_entry(archive, &capture->entries[i], now);
	need(archive_write_close(archive));
	archive_write_free(archive);
	if (fclose(stream) != 0)
		out_of_memory();
}
