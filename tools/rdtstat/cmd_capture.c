// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <json.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "capture.h"
#include "commands.h"
#include "escape.h"
#include "file.h"
#include "message.h"
#include "options.h"
#include "outfile.h"
#include "output.h"
#include "root.h"
#include "trouble.h"
#include "words.h"
#include "xalloc.h"

#define TREE "sys/fs/resctrl"
#define VERSION 1

/* Takes value over. */
static void add(struct json_object *object, const char *key, struct json_object *value)
{
	if (json_object_object_add(object, key, value) < 0)
		out_of_memory();
}

static void add_bytes(struct json_object *object, const char *key, const char *bytes)
{
	char *text = escape(bytes, true);

	add(object, key, json_object_new_string(text));
	free(text);
}

/* Mount points tell names too where a group is mounted alone. */
static char *hide_path(struct capture *capture, const char *path)
{
	char *copy = xstrdup(path), *rest = copy, *word, *shown = xstrdup("");

	while ((word = next_word(&rest, "/"))) {
		char *name = strcmp(word, "mon_groups") == 0 ? xstrdup(word)
							     : capture_group_name(capture, word);
		char *longer = xasprintf("%s/%s", shown, name);

		free(shown);
		free(name);
		shown = longer;
	}
	free(copy);
	if (*shown)
		return shown;
	free(shown);
	return xstrdup("/");
}

static struct json_object *describe_mounts(struct capture *capture,
					   const struct rdtgrp_mounts *mounts)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < rdtgrp_mounts_count(mounts); i++) {
		struct json_object *object = json_object_new_object();
		const char *path = rdtgrp_mounts_get_path(mounts, i);
		const char *root = rdtgrp_mounts_get_root(mounts, i);
		char *shown_root = hide_path(capture, root);
		bool hide = capture->hide_names && strcmp(path, "/" TREE) != 0;

		add_bytes(object, "path", hide ? "hidden" : path);
		add_bytes(object, "root", capture->hide_names ? shown_root : root);
		add_bytes(object, "options", rdtgrp_mounts_get_options_text(mounts, i));
		json_object_array_add(array, object);
		free(shown_root);
	}
	return array;
}

static struct json_object *describe_entries(const struct capture *capture)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < capture->count; i++) {
		const struct capture_entry *entry = &capture->entries[i];
		struct json_object *object;
		char mode[8];

		if (strncmp(entry->path, TREE, strlen(TREE)) != 0)
			continue;
		object = json_object_new_object();
		snprintf(mode, sizeof(mode), "%04o", (unsigned int)entry->st.st_mode & 07777);
		add_bytes(object, "path", entry->path);
		add(object, "type",
		    json_object_new_string(S_ISDIR(entry->st.st_mode) ? "directory" : "file"));
		add(object, "mode", json_object_new_string(mode));
		add(object, "uid", json_object_new_uint64(entry->st.st_uid));
		add(object, "gid", json_object_new_uint64(entry->st.st_gid));
		add(object, "inode", json_object_new_uint64(entry->st.st_ino));
		if (entry->tasks >= 0)
			add(object, "tasks", json_object_new_int64(entry->tasks));
		if (entry->error)
			add(object, "error",
			    json_object_new_string(strerrorname_np(-entry->error)));
		json_object_array_add(array, object);
	}
	return array;
}

/* capture.json, which comes last, when all is known. */
static void add_manifest(struct capture *capture, const struct root *root,
			 const struct rdtgrp_mounts *mounts)
{
	struct json_object *object = json_object_new_object();
	char when[32], *text;
	time_t now = time(NULL);
	struct tm utc;

	gmtime_r(&now, &utc);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &utc);
	add(object, "capture", json_object_new_int(VERSION));
	add(object, "rdtstat", json_object_new_string(RDTGRP_VERSION));
	add(object, "time", json_object_new_string(when));
	add(object, "names_hidden", json_object_new_boolean(capture->hide_names));
	if (root)
		add(object, "resctrl", json_object_new_boolean(!root->foreign));
	if (mounts) {
		add(object, "state",
		    json_object_new_string(
			    mount_state_name(rdtgrp_mounts_get_state(mounts), NULL)));
		add(object, "mounts", describe_mounts(capture, mounts));
	}
	add(object, "entries", describe_entries(capture));
	text = xasprintf("%s\n",
			 json_object_to_json_string_ext(
				 object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
	capture_add(capture, xstrdup("capture.json"), S_IFREG | 0644, text, strlen(text));
}

/* The caller's, or NULL. */
static char *read_last_status(int dirfd, const char *root)
{
	char *path = xasprintf("%s/info/last_cmd_status", root), *text;
	size_t size;

	if (file_read(dirfd, path, 0, &text, &size) < 0)
		text = NULL;
	free(path);
	return text;
}

/* Entries that are not as they should be: what a mode without any bit forbids to all is. */
static void tell_missing(const struct capture *capture)
{
	size_t missing = 0;

	for (size_t i = 0; i < capture->count; i++)
		missing += capture->entries[i].error && (capture->entries[i].st.st_mode & 0777);
	if (missing)
		trouble_tell("%zu files or directories could not be read: capture.json names them",
			     missing);
}

static int take_tree(struct capture *capture, const char *path, struct root *root)
{
	/* The first access to a group clears it, so this comes before all else. */
	char *last_status = path ? read_last_status(AT_FDCWD, path) : NULL;
	int r = root_open_or_tell(path, root);

	if (r != EXIT_FINE) {
		free(last_status);
		return r;
	}
	if (root->unpacked.directory)
		last_status = read_last_status(rdtgrp_get_fd(root->group), ".");
	r = capture_tree(capture, rdtgrp_get_fd(root->group), TREE, last_status);
	free(last_status);
	if (r == 0)
		return EXIT_FINE;
	complain("%s: %s", root->path, strerror(-r));
	root_close(root);
	return EXIT_FAILED;
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static int deliver(const struct capture *capture, const char *path)
{
	bool compress = path && (ends_with(path, ".gz") || ends_with(path, ".tgz"));
	int r = EXIT_FINE;
	size_t size;
	char *bytes;

	capture_pack(capture, compress, &bytes, &size);
	if (path)
		r = outfile_write(path, bytes, size);
	else if (fwrite(bytes, 1, size, output) != size)
		out_of_memory();
	free(bytes);
	return r;
}

int cmd_capture(const struct options *options)
{
	struct capture capture = {.hide_names = options->hide_names};
	struct rdtgrp_mounts *mounts = NULL;
	struct root root;
	bool there = true;
	const char *path = options->root;
	int r;

	if (options->argument_count) {
		complain("capture: unexpected argument '%s'", options->arguments[0]);
		return EXIT_USAGE;
	}
	if (!options->output && isatty(STDOUT_FILENO)) {
		complain("capture: not to a terminal: name a file with --output, or use a pipe");
		return EXIT_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	if (!path) {
		r = rdtgrp_mounts_read(&mounts);
		if (r < 0) {
			complain_rdtgrp(r, "mounts");
			return EXIT_FAILED;
		}
		/* Where there is no resctrl, it is the machine that matters. */
		there = rdtgrp_mounts_get_state(mounts) == RDTGRP_MOUNT_MOUNTED;
		if (there)
			path = rdtgrp_mounts_get_path(mounts, 0);
	}
	r = there ? take_tree(&capture, path, &root) : EXIT_FINE;
	if (r == EXIT_FINE) {
		if (!there || !root.foreign)
			capture_system(&capture);
		add_manifest(&capture, there ? &root : NULL, mounts);
		tell_missing(&capture);
		r = deliver(&capture, options->output);
		if (there)
			root_close(&root);
	}
	rdtgrp_mounts_unref(mounts);
	capture_clear(&capture);
	return r;
}
