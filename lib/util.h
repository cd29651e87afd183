/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RG_UTIL_H
#define RG_UTIL_H

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Cleanup attributes. They keep errno, so that they can stand around code that reports it. */

static inline void rg_freep(void *p)
{
	int saved_errno = errno;

	free(*(void **)p);
	errno = saved_errno;
}

static inline int rg_close(int fd)
{
	if (fd >= 0) {
		int saved_errno = errno;

		close(fd);
		errno = saved_errno;
	}
	return -1;
}

static inline void rg_closep(int *fd)
{
	rg_close(*fd);
}

#define RG_AUTO_FREE __attribute__((cleanup(rg_freep)))
#define RG_AUTO_CLOSE __attribute__((cleanup(rg_closep)))

/* Hand an owned pointer or fd on: the variable is emptied, its cleanup does nothing. */
#define RG_TAKE(p)                                                                                 \
	__extension__({                                                                            \
		__typeof__(p) taken = (p);                                                         \
		(p) = NULL;                                                                        \
		taken;                                                                             \
	})

static inline int rg_take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#endif
