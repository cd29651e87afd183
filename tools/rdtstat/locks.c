// SPDX-License-Identifier: GPL-2.0-or-later
#include "locks.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "file.h"
#include "xalloc.h"

static char *command_of(pid_t pid)
{
	char *path = xasprintf("/proc/%d/comm", (int)pid), *name;
	size_t size;

	if (pid <= 0 || file_read(AT_FDCWD, path, 0, &name, &size) < 0)
		name = xstrdup("");
	name[strcspn(name, "\n")] = '\0';
	free(path);
	return name;
}

/* "1: FLOCK  ADVISORY  WRITE 4711 00:1f:1 0 EOF"; who waits has "->" before FLOCK
 * (fs/locks.c, lock_get_status). */
static bool parse_line(char *line, const struct stat *st, struct lock_holder *holder)
{
	unsigned int device_major, device_minor;
	char kind[16], access[16];
	uintmax_t inode;
	int pid;
	char *rest = strchr(line, ':');

	if (!rest)
		return false;
	rest += 1 + strspn(rest + 1, " ");
	holder->waits = strncmp(rest, "->", 2) == 0;
	if (holder->waits)
		rest += 2;
	if (sscanf(rest, "%15s %*s %15s %d %x:%x:%ju", kind, access, &pid, &device_major,
		   &device_minor, &inode) != 6)
		return false;
	if (strcmp(kind, "FLOCK") != 0 || inode != st->st_ino ||
	    makedev(device_major, device_minor) != st->st_dev)
		return false;
	holder->exclusive = strcmp(access, "WRITE") == 0;
	holder->pid = pid > 0 ? pid : 0;
	holder->command = command_of(holder->pid);
	return true;
}

int locks_read(int fd, struct lock_holder **ret_holders, size_t *ret_count)
{
	struct lock_holder *holders = NULL, holder;
	size_t count = 0, capacity = 0, size;
	char *text, *rest, *line;
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return -errno;
	r = file_read(AT_FDCWD, "/proc/locks", 0, &text, &size);
	if (r < 0)
		return r;
	rest = text;
	while ((line = next_word(&rest, "\n"))) {
		if (!parse_line(line, &st, &holder))
			continue;
		holders = xgrow(holders, count, &capacity, sizeof(*holders));
		holders[count++] = holder;
	}
	free(text);
	*ret_holders = holders;
	*ret_count = count;
	return 0;
}

void locks_free(struct lock_holder *holders, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(holders[i].command);
	free(holders);
}
