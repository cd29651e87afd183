/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#include "checks.h"
#include "error.h"
#include "file.h"
#include "group.h"
#include "util.h"

/* The root of resctrl is at most this far above a group's directory: group, mon_groups, group, root. */
#define LEVELS_MAX 4

/* Errors that come from before resctrl: the words that stand there then belong to another command. */
static bool is_of_vfs(int error)
{
	switch (error) {
	case -EACCES:
	case -EEXIST:
	case -E2BIG:
	case -ENODEV:
	case -EROFS:
	case -ENAMETOOLONG:
	case -ENOTDIR:
	case -EMFILE:
	case -ENFILE:
		return true;
	default:
		return false;
	}
}

static ssize_t read_last_cmd_status(int group_fd, char *text, size_t size)
{
	RG_AUTO_CLOSE int file = -1;
	RG_AUTO_CLOSE int above = -1;
	int level_fd = group_fd;

	for (int i = 0; i < LEVELS_MAX; i++) {
		int next;

		file = rg_open_beneath(level_fd, "info/last_cmd_status", O_RDONLY);
		if (file >= 0)
			return rg_read_start(file, text, size);
		next = rg_open_container(level_fd);
		rg_close(above);
		above = level_fd = next;
		if (next < 0)
			break;
	}
	return -ENOENT;
}

/*
 * Cut off the last newline and what stands there of earlier commands: up to Linux 6.12 mkdir and rmdir
 * add their one line to what is there.
 */
static const char *trim(char *text, size_t length, enum rg_refused what)
{
	const char *last_line;

	while (length > 0 && text[length - 1] == '\n')
		length--;
	text[length] = '\0';
	last_line = strrchr(text, '\n');
	return what == RG_REFUSED_DIRECTORY && last_line ? last_line + 1 : text;
}

int rg_fail_command(int error, const struct rdtgrp *group, const char *path, enum rg_refused what,
		    const char *place, const char *words)
{
	/* The kernel's buffer has 512 bytes, and says so when it was too small (resctrl.rst). */
	char text[512 + sizeof("[truncated]\n")];
	ssize_t n = is_of_vfs(error) ? 0 : read_last_cmd_status(group->fd, text, sizeof(text) - 1);

	rg_fail_errno(error, rg_name_of(group->fd, path), "%s", words);
	if (n > 0) {
		const char *own = trim(text, (size_t)n, what);

		if (strcmp(own, "ok"))
			rg_error_set_kernel_text(own);
	}
	rg_advise_refused(error, what, group->fd, place);
	return error;
}
