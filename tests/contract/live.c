/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "live.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RESCTRL_MAGIC 0x7655821
#define NOBODY 65534
#define MADE_MAX 1024

/* Removed groups give their RMIDs back within seconds where the kernel checks once a second. */
#define LIMBO_MS 100000

struct live live = {.root_fd = -1};

static char *made[MADE_MAX];
static size_t made_count;

void live_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

int live_open(const char *path, int flags)
{
	return openat(live.root_fd, path, flags | O_CLOEXEC);
}

void live_remember(const char *path)
{
	for (size_t i = 0; i < made_count; i++)
		if (!strcmp(made[i], path))
			return;
	if (made_count == MADE_MAX || !(made[made_count] = strdup(path))) {
		puts("Bail out! too many groups");
		exit(1);
	}
	made_count++;
}

static void nap(void)
{
	struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};

	nanosleep(&pause, NULL);
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool live_make_mode(const char *path, mode_t mode)
{
	uint64_t end = now_ms() + LIMBO_MS;

	while (mkdirat(live.root_fd, path, mode) < 0) {
		if (errno != EBUSY || now_ms() > end)
			return CHECK_RC(-errno, 0);
		nap();
	}
	live_remember(path);
	return true;
}

bool live_make(const char *path)
{
	return live_make_mode(path, 0755);
}

bool live_open_group(const char *path, struct rdtgrp **ret_group)
{
	return CHECK_RC(rdtgrp_openat(live.root_fd, path, live.flags, ret_group), 0);
}

bool live_make_group(const char *path, struct rdtgrp **ret_group)
{
	return live_make(path) && live_open_group(path, ret_group);
}

bool live_rmdir(const char *path)
{
	return CHECK_RC(unlinkat(live.root_fd, path, AT_REMOVEDIR) < 0 ? -errno : 0, 0);
}

bool live_rename(const char *from, const char *to)
{
	if (!CHECK_RC(renameat(live.root_fd, from, live.root_fd, to) < 0 ? -errno : 0, 0))
		return false;
	live_remember(to);
	return true;
}

size_t live_fill(const char *ctrl, size_t max)
{
	uint64_t end = now_ms() + LIMBO_MS;
	char path[128];
	size_t count;

	for (count = 0; count < max; count++) {
		snprintf(path, sizeof(path), "%s/mon_groups/fill%zu", ctrl, count);
		while (mkdirat(live.root_fd, path, 0755) < 0) {
			if (errno != EBUSY || now_ms() > end) {
				CHECK_RC(-errno, -ENOSPC);
				return count;
			}
			nap();
		}
		live_remember(path);
	}
	return count;
}

#define DOMAINS_MAX 8

static unsigned int l3_ids[DOMAINS_MAX];
static char domains[DOMAINS_MAX][600];

/* The entry of a directory with the index-th smallest id behind its prefix. */
static bool find_by_id(const char *path, const char *prefix, unsigned int index,
		       unsigned int *ret_id, char *name, size_t size)
{
	int fd = live_open(path, O_RDONLY | O_DIRECTORY);
	unsigned int id, smaller = 0;
	bool found = false;
	struct dirent *entry;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir)
		return false;
	for (unsigned int rank = 0; rank <= index; rank++) {
		found = false;
		rewinddir(dir);
		while ((entry = readdir(dir))) {
			if (strncmp(entry->d_name, prefix, strlen(prefix)))
				continue;
			id = (unsigned int)strtoul(entry->d_name + strlen(prefix), NULL, 10);
			if ((rank && id <= smaller) || (found && id >= *ret_id))
				continue;
			found = true;
			*ret_id = id;
			snprintf(name, size, "%s", entry->d_name);
		}
		if (!found)
			break;
		smaller = *ret_id;
	}
	closedir(dir);
	return found;
}

static void find_domains(void)
{
	char outer[256], inner[256], path[300];
	unsigned int id;

	for (unsigned int i = 0; i < DOMAINS_MAX; i++) {
		if (!find_by_id("mon_data", "mon_L3_", i, &l3_ids[i], outer, sizeof(outer)))
			return;
		snprintf(path, sizeof(path), "mon_data/%s", outer);
		if (find_by_id(path, "mon_sub_L3_", 0, &id, inner, sizeof(inner)))
			snprintf(domains[i], sizeof(domains[i]), "%s/%s", outer, inner);
		else
			snprintf(domains[i], sizeof(domains[i]), "%s", outer);
	}
}

const char *live_domain(unsigned int index)
{
	return index < DOMAINS_MAX ? domains[index] : "";
}

unsigned int live_l3_id(unsigned int index)
{
	return l3_ids[index];
}

uint64_t live_inode(const char *path)
{
	struct stat st;

	return fstatat(live.root_fd, path, &st, 0) < 0 ? 0 : st.st_ino;
}

bool live_read(const char *path, char *text, size_t size)
{
	AUTO_FD fd = live_open(path, O_RDONLY);
	ssize_t length;

	if (fd < 0)
		return false;
	length = pread(fd, text, size - 1, 0);
	if (length < 0)
		return false;
	if (length && text[length - 1] == '\n')
		length--;
	text[length] = '\0';
	return true;
}

int live_write(const char *path, const char *text)
{
	AUTO_FD fd = live_open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return -errno;
	return 0;
}

bool live_locksetup(const char *group)
{
	char path[128], text[600];
	int rc;

	snprintf(path, sizeof(path), "%s/mode", group);
	rc = live_write(path, "pseudo-locksetup\n");
	if (rc == -EINVAL && live_read("info/last_cmd_status", text, sizeof(text)) &&
	    (strstr(text, "not supported") || strstr(text, "CDP enabled"))) {
		tap_skip("%s", text);
		return false;
	}
	return CHECK_RC(rc, 0);
}

static bool open_root(void)
{
	live.root_fd = open(live.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return live.root_fd >= 0;
}

/* The options that the root is mounted with. */
static bool mount_options(char *options, size_t size)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *entry;
	bool found = false;

	while (mounts && !found && (entry = getmntent(mounts))) {
		found = !strcmp(entry->mnt_dir, live.root);
		if (found)
			snprintf(options, size, "%s", entry->mnt_opts);
	}
	if (mounts)
		endmntent(mounts);
	return found;
}

/* Options of the kind "rw,relatime" are not resctrl's own. */
static void keep_own_options(char *options)
{
	static const char *const own[] = {"debug", "cdp", "cdpl2", "mba_MBps"};
	char all[256], *word, *rest = all;

	snprintf(all, sizeof(all), "%s", options);
	*options = '\0';
	while ((word = strsep(&rest, ",")))
		for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
			if (!strcmp(word, own[i])) {
				strcat(options, *options ? "," : "");
				strcat(options, word);
			}
}

static bool remount_kernel(void)
{
	char options[256];

	if (!CHECK(mount_options(options, sizeof(options))))
		return false;
	keep_own_options(options);
	close(live.root_fd);
	if (!CHECK_RC(umount2(live.root, 0) < 0 ? -errno : 0, 0) ||
	    !CHECK_RC(mount("resctrl", live.root, "resctrl", 0, options) < 0 ? -errno : 0, 0)) {
		open_root();
		return false;
	}
	return CHECK(open_root());
}

/* A simulator ends with its mount, and its directory goes with that which `rdtsim run` made. */
static char second_root[] = "/tmp/rdtsim-XXXXXX";
static struct live first;

static bool run_simulator(const char *verb, const char *end)
{
	const char *program = getenv("RDTSIM"), *scenario = getenv("RDTSIM_SCENARIO");
	char command[4096];

	if (!program || !scenario) {
		tap_skip("there is no RDTSIM and no RDTSIM_SCENARIO in the environment");
		return false;
	}
	if (strcmp(verb, "mount") != 0)
		scenario = "";
	snprintf(command, sizeof(command), "'%s' %s %s %s '%s' %s", program, verb,
		 *scenario ? "--frozen --scenario" : "", scenario, second_root, end);
	return CHECK_RC(system(command), 0);
}

bool live_remount(void)
{
	if (!live.simulator)
		return remount_kernel();
	live_remount_end();
	memcpy(second_root + sizeof(second_root) - 7, "XXXXXX", 6);
	if (!CHECK(mkdtemp(second_root)))
		return false;
	if (!run_simulator("mount", "")) {
		rmdir(second_root);
		return false;
	}
	first = live;
	live.root = second_root;
	return CHECK(open_root());
}

void live_remount_end(void)
{
	if (live.root != second_root)
		return;
	close(live.root_fd);
	live = first;
	run_simulator("ctl", "exit");
	CHECK(!rmdir(second_root));
}

static bool in_child(bool nobody, void (*run)(void *), void *argument)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!CHECK(pid >= 0))
		return false;
	if (!pid) {
		tap_begin_child();
		if (nobody && (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
			       setresuid(NOBODY, NOBODY, NOBODY) < 0))
			tap_check(false, __FILE__, __LINE__, "becoming nobody");
		else
			run(argument);
		fflush(stdout);
		_exit(tap_failed() ? 1 : 0);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (!CHECK(errno == EINTR))
			return false;
	return CHECK(WIFEXITED(status) && !WEXITSTATUS(status));
}

bool live_as_nobody(void (*run)(void *), void *argument)
{
	if (geteuid() != 0) {
		tap_skip("only root can become nobody");
		return false;
	}
	return in_child(true, run, argument);
}

bool live_in_child(void (*run)(void *), void *argument)
{
	return in_child(false, run, argument);
}

static void clean_up(void)
{
	while (made_count) {
		char *path = made[--made_count];

		/* Most are gone by now, by the test or with their parent. */
		unlinkat(live.root_fd, path, AT_REMOVEDIR);
		free(path);
	}
	live_restore();
}

int live_main(int argc, char **argv, const struct tap_case *cases, size_t count)
{
	const char *root = argc > 1 ? argv[1] : getenv("RDTSIM_ROOT");
	struct statfs fs;
	int rc;

	if (argc > 2 || !root) {
		fprintf(stderr, "usage: %s ROOT (or RDTSIM_ROOT in the environment)\n", argv[0]);
		return 2;
	}
	live.root = root;
	if (!open_root() || fstatfs(live.root_fd, &fs) < 0) {
		printf("Bail out! %s: %s\n", root, strerror(errno));
		return 1;
	}
	live.simulator = fs.f_type != RESCTRL_MAGIC;
	live.flags = live.simulator ? RDTGRP_OPEN_ANY_FS : 0;
	umask(022);
	find_domains();
	tap_note("%s: %s", root, live.simulator ? "rdtsim" : "resctrl of the kernel");
	rc = tap_run(cases, count, clean_up);
	close(live.root_fd);
	return rc;
}
