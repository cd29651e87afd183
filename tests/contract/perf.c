/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "perf.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* In attr.config, see format/ of the PMU. */
#define LLC_OCCUPANCY 1

static uint32_t type;

bool perf_find_resctrl(void)
{
	FILE *file = fopen("/sys/bus/event_source/devices/resctrl/type", "re");
	bool found = file && fscanf(file, "%u", &type) == 1;

	if (file)
		fclose(file);
	return found;
}

int perf_get_from_fd(int fd)
{
	struct perf_event_attr attr = {.type = type,
				       .size = sizeof(attr),
				       .config = LLC_OCCUPANCY,
				       .config1 = (uint32_t)fd};
	long event;

	event = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (event < 0)
		return -errno;
	close((int)event);
	return 0;
}
