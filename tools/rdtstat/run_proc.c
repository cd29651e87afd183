// SPDX-License-Identifier: GPL-2.0-or-later
#include "run_proc.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool read_file(pid_t tid, const char *name, char *text, size_t size)
{
	char path[64];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)tid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	length = read(fd, text, size - 1);
	close(fd);
	if (length <= 0)
		return false;
	text[length] = '\0';
	return true;
}

bool run_proc_read(pid_t tid, struct run_proc *ret_proc)
{
	struct run_proc proc = {0};
	char text[4096], state;
	const char *at;
	int field, parent, process;

	if (!read_file(tid, "stat", text, sizeof(text)))
		return false;
	/* The name, in field 2, may hold anything. */
	at = strrchr(text, ')');
	if (!at || sscanf(at, ") %c %d", &state, &parent) != 2)
		return false;
	for (field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (!at)
		return false;
	proc.start = strtoull(at, NULL, 10);
	proc.parent = (pid_t)parent;
	proc.ended = state == 'Z' || state == 'X';
	if (!read_file(tid, "status", text, sizeof(text)))
		return false;
	at = strstr(text, "\nTgid:");
	if (!at || sscanf(at, "\nTgid: %d", &process) != 1)
		return false;
	proc.process = (pid_t)process;
	*ret_proc = proc;
	return true;
}
