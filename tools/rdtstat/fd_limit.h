/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_FD_LIMIT_H
#define RDTSTAT_FD_LIMIT_H

/* Allow the process as many fds as it may allow itself: the library's reader holds a file for each value. The
 * soft limit is there for programs that use select(2). */
void fd_limit_raise(void);

#endif
