// SPDX-License-Identifier: GPL-2.0-or-later
#include "fd_limit.h"

#include <sys/resource.h>

void fd_limit_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}
