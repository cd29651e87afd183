/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RG_CAPABILITY_H
#define RG_CAPABILITY_H

/* What was refused. */
enum rg_refused {
	RG_REFUSED_READ,      /* opening a file or directory for reading */
	RG_REFUSED_WRITE,     /* opening a file for writing */
	RG_REFUSED_DIRECTORY, /* making or removing a directory in one */
	RG_REFUSED_TASK,      /* moving a task of another user */
};

/*
 * Where error is -EACCES, -EPERM or -EROFS, add to the thread's error record what the process lacks and
 * what a person can do. dirfd and path name the file or directory that was refused. Keeps errno.
 */
void rg_advise_refused(int error, enum rg_refused what, int dirfd, const char *path);

/* Why the process may not mount resctrl, in words that do not change, or NULL if it may. Keeps errno. */
const char *rg_mount_obstacle(void);

#endif
