// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "findings.h"
#include "locks.h"
#include "root.h"
#include "words.h"
#include "xalloc.h"

static void examine_mount(const struct findings *findings, struct doctor *doctor)
{
	static const struct {
		unsigned int option;
		const char *text;
	} meanings[] = {
		{RDTGRP_MOUNT_CDP, "cdp: L3 schemata for code and data, half as many CLOSIDs"},
		{RDTGRP_MOUNT_CDPL2, "cdpl2: L2 schemata for code and data, half as many CLOSIDs"},
		{RDTGRP_MOUNT_MBPS, "mba_MBps: MB limits are in MiB/s, steered by the kernel"},
		{RDTGRP_MOUNT_DEBUG, "debug: groups show RMID and CLOSID in mon_hw_id, ctrl_hw_id"},
	};
	enum rdtgrp_mount_state state = rdtgrp_mounts_get_state(findings->mounts);
	unsigned int options;

	if (state != RDTGRP_MOUNT_MOUNTED) {
		doctor_find(doctor, "mount", LEVEL_PROBLEM,
			    xstrdup(mount_state_name(state, findings->machine)),
			    xstrdup(rdtgrp_mounts_get_advice(findings->mounts)));
		return;
	}
	doctor_find(doctor, "mount", LEVEL_OK,
		    xasprintf("mounted at %s", rdtgrp_mounts_get_path(findings->mounts, 0)), NULL);
	options = rdtgrp_mounts_get_options(findings->mounts, 0);
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (options & meanings[i].option)
			doctor_find(doctor, "mount option", LEVEL_NOTE, xstrdup(meanings[i].text),
				    xstrdup("a remount changes no option: umount, then mount with "
					    "those that are wanted; that removes all groups"));
}

static void examine_permission(const struct findings *findings, struct doctor *doctor)
{
	const struct root *root = findings->root;

	if (*findings->trouble) {
		doctor_find(doctor, "permission", LEVEL_PROBLEM, xstrdup(findings->trouble),
			    xstrdup(findings->advice));
		return;
	}
	/* A captured tree's owners and modes are of another system. */
	if (!root || root->foreign)
		return;
	if (faccessat(rdtgrp_get_fd(root->group), ".", W_OK | X_OK, AT_EACCESS) == 0)
		doctor_find(doctor, "permission", LEVEL_OK,
			    xstrdup("this process may read values and make groups"), NULL);
	else
		doctor_find(
			doctor, "permission", LEVEL_NOTE,
			xstrdup("this process may not make groups; reading is not concerned"),
			xstrdup("to make groups be root (CAP_DAC_OVERRIDE), or let root give you "
				"a mon_groups directory with chown"));
}

static void examine_lock(const struct findings *findings, struct doctor *doctor)
{
	int r = locks_read(rdtgrp_get_fd(findings->root->group), &doctor->holders,
			   &doctor->holder_count);

	if (r < 0) {
		doctor_find(doctor, "lock", LEVEL_UNKNOWN,
			    xasprintf("/proc/locks: %s", strerror(-r)), NULL);
		return;
	}
	for (size_t i = 0; i < doctor->holder_count; i++) {
		const struct lock_holder *holder = &doctor->holders[i];
		const char *kind = holder->exclusive ? "exclusive" : "shared";
		char *who =
			holder->pid == 0 ? xstrdup("a process outside of this pid namespace")
			: *holder->command
				? xasprintf("process %d (%s)", (int)holder->pid, holder->command)
				: xasprintf("process %d, which has ended, and one it left its "
					    "files to,",
					    (int)holder->pid);

		doctor_find(doctor, "lock", LEVEL_NOTE,
			    xasprintf("%s %s the %s lock (flock) of resctrl", who,
				      holder->waits ? "waits for" : "holds", kind),
			    xstrdup(holder->waits ? ""
						  : "tools that take it as well wait until it is "
						    "released; end that process if it hangs"));
		free(who);
	}
	if (!doctor->holder_count)
		doctor_find(doctor, "lock", LEVEL_OK, xstrdup("nobody holds the lock (flock)"),
			    NULL);
}

void doctor_examine(const struct findings *findings, struct doctor *doctor)
{
	*doctor = (struct doctor){0};
	if (findings->machine)
		doctor_examine_machine(findings, doctor);
	if (findings->mounts)
		examine_mount(findings, doctor);
	examine_permission(findings, doctor);
	if (!findings->root)
		return;
	if (findings->info)
		doctor_examine_tree(findings, doctor);
	doctor_examine_values(findings, doctor);
	examine_lock(findings, doctor);
}
