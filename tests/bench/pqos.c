/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pqos-side.h"

#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <pqos.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define GROUPS_MAX 16
#define MON_GROUPS "/sys/fs/resctrl/mon_groups"

static struct pqos_mon_data monitored[GROUPS_MAX];
static struct pqos_mon_data *groups[GROUPS_MAX];
static pid_t processes[GROUPS_MAX];
static size_t group_count;

static pid_t start_process(void)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

static void add_groups(struct plan *plan)
{
	DIR *directory = opendir(MON_GROUPS);
	const struct dirent *entry;

	if (!directory)
		err(1, "%s", MON_GROUPS);
	while ((entry = readdir(directory))) {
		char path[4096];

		if (strncmp(entry->d_name, "pqos-", strlen("pqos-")) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", MON_GROUPS, entry->d_name);
		plan_add(plan, path);
	}
	closedir(directory);
}

void pqos_begin(struct plan *plan, size_t count, unsigned int flags)
{
	/* It warns of much that is none of our business. */
	struct pqos_config config = {.fd_log = open("/dev/null", O_WRONLY | O_CLOEXEC),
				     .verbose = -1,
				     .interface = PQOS_INTER_OS};

	if (count > GROUPS_MAX)
		errx(1, "libpqos is to have %d groups at the most", GROUPS_MAX);
	/* That of its lock file, which an init system makes. */
	mkdir("/run/lock", 0755);
	if (pqos_init(&config) != PQOS_RETVAL_OK)
		errx(1, "libpqos cannot be initialised");
	for (group_count = 0; group_count < count; group_count++) {
		groups[group_count] = &monitored[group_count];
		processes[group_count] = start_process();
		if (pqos_mon_start_pid(processes[group_count],
				       PQOS_MON_EVENT_L3_OCCUP | PQOS_MON_EVENT_LMEM_BW |
					       PQOS_MON_EVENT_TMEM_BW,
				       NULL, groups[group_count]) != PQOS_RETVAL_OK)
			errx(1, "libpqos does not monitor a process");
	}
	plan_begin(plan, flags);
	add_groups(plan);
	plan_finish(plan, false);
	if (plan->groups != count)
		errx(1, "libpqos has made %zu groups, not %zu", plan->groups, count);
}

void pqos_end(void)
{
	for (size_t i = 0; i < group_count; i++) {
		pqos_mon_stop(groups[i]);
		kill(processes[i], SIGKILL);
		waitpid(processes[i], NULL, 0);
	}
	pqos_fini();
}

double time_pqos(struct plan *plan)
{
	double begin = now();

	if (pqos_mon_poll(groups, (unsigned int)group_count) != PQOS_RETVAL_OK)
		errx(1, "libpqos cannot poll");
	return (now() - begin) / (double)plan->count;
}

void run_pqos(struct plan *plan)
{
	(void)plan;
	if (pqos_mon_poll(groups, (unsigned int)group_count) != PQOS_RETVAL_OK)
		_exit(1);
}
