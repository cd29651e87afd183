/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSIM_FS_H
#define RDTSIM_FS_H

/* The version of libfuse's interface that is used: 3.5, as Debian 11 has it. */
#define FUSE_USE_VERSION 35
#include <fuse_lowlevel.h>
#include <pthread.h>

struct handle;
struct sim_model;

/* The FUSE face of a model. */
struct fs {
	struct sim_model *model;
	/* Of the model, held for as long as it is looked at. */
	pthread_mutex_t lock;
	/* What rdtgroup_mutex is in the kernel: one after the other, however long it takes. Taken
	 * before the other one. The control file does without, so that it works at any time. */
	pthread_mutex_t slow_lock;
	struct fuse_session *session;
	/* The list of open files, under lock. */
	struct handle *newest_handle;
};

extern const struct fuse_lowlevel_ops fs_ops;

#endif
