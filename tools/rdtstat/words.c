// SPDX-License-Identifier: GPL-2.0-or-later
#include "words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "machine.h"
#include "xalloc.h"

void words_for_status(char *words, size_t size, enum rdtgrp_status status, int error)
{
	const char *name = strerrorname_np(-error);

	if (status != RDTGRP_STATUS_FAILED || !name)
		snprintf(words, size, "%s", rdtgrp_status_name(status));
	else if (error == -ENODATA)
		snprintf(words, size, "no mon_data");
	else
		snprintf(words, size, "failed %s", name);
}

enum rdtgrp_status status_of_error(int error)
{
	switch (error) {
	case 0:
		return RDTGRP_STATUS_OK;
	case -ENOENT:
		return RDTGRP_STATUS_GONE;
	case -EACCES:
	case -EPERM:
		return RDTGRP_STATUS_DENIED;
	default:
		return RDTGRP_STATUS_FAILED;
	}
}

void words_for_error(char *words, size_t size, int error)
{
	words_for_status(words, size, status_of_error(error), error);
}

bool mode_is_pseudo_locking(enum rdtgrp_mode mode)
{
	return mode == RDTGRP_MODE_PSEUDO_LOCKSETUP || mode == RDTGRP_MODE_PSEUDO_LOCKED;
}

char *words_for_time(const struct timespec *time)
{
	struct tm utc;
	char when[32];

	gmtime_r(&time->tv_sec, &utc);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &utc);
	return xasprintf("%s.%06ldZ", when, time->tv_nsec / 1000);
}

const char *mount_state_name(enum rdtgrp_mount_state state, const struct machine *machine)
{
	switch (state) {
	case RDTGRP_MOUNT_MOUNTED:
		return "mounted";
	case RDTGRP_MOUNT_PARTIAL:
		return "partly mounted";
	case RDTGRP_MOUNT_ELSEWHERE:
		return "mounted elsewhere";
	case RDTGRP_MOUNT_NOT_MOUNTED:
		return "not mounted";
	case RDTGRP_MOUNT_NO_KERNEL:
		return "not supported by the kernel";
	case RDTGRP_MOUNT_NO_CPU:
		/* Arm's CPUs cannot be asked: it may as well be the firmware or the kernel. */
		if (machine && machine->arch == MACHINE_ARM)
			return "not supported by CPU, firmware or kernel";
		return "not supported by the CPU";
	}
	return "unknown";
}
