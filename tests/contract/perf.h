/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PERF_H
#define PERF_H

#include <stdbool.h>

/* Find resctrl's PMU. Returns false where this kernel has none. */
bool perf_find_resctrl(void);

/*
 * Let the kernel get a group from an fd: by perf_event_open(2) for an event of the group, which is closed
 * again. The PMU has to have been found. Returns 0 or a negative errno.
 */
int perf_get_from_fd(int fd);

#endif
