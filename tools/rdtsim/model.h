/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSIM_MODEL_H
#define RDTSIM_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "text.h"

/*
 * What resctrl does, without a filesystem around it: a tree of nodes, and what is shown by and
 * written to them. It has no clock, no lock and no thread of its own: the caller tells the time and
 * makes sure that only one call runs at once. Functions return 0 or a negative errno.
 */
struct sim_model;

/* A file or directory. Like an inode it outlives its removal for as long as it is referenced. */
struct sim_node;

struct sim_scenario;

/* A thread as far as the model has to know it. start tells two threads of the same id apart. */
struct sim_thread {
	uint64_t start;
	uid_t uid;
	uid_t suid;
};

/* Where the model asks for threads. */
struct sim_threads {
	/* All of them, in the order of the tasks file; *ret_tids is freed with free(). */
	int (*list)(pid_t **ret_tids, size_t *ret_count);
	/* One of them; -ESRCH if there is none. */
	int (*get)(pid_t tid, struct sim_thread *ret_thread);
};

/* Who calls. */
struct sim_caller {
	uid_t uid;
	gid_t gid;
	pid_t tid;
};

struct sim_config {
	const struct sim_scenario *scenario;
	const struct sim_threads *threads;
	/* The same seed gives the same counts at the same simulated time. */
	uint64_t seed;
	/* The files mon_hw_id and ctrl_hw_id, as with the mount option debug. */
	bool debug;
	/* Begin with the time stopped. */
	bool frozen;
	/* The time stamps of what is there from the start. */
	struct timespec wall;
	/* Owner and mode of the directories that are there from the start. */
	uid_t uid;
	gid_t gid;
	mode_t dir_mode;
};

int sim_model_new(const struct sim_config *config, struct sim_model **ret_model);
void sim_model_free(struct sim_model *model);

/* Tell the time: of a clock that only grows, in microseconds, and of the calendar for the time
 * stamps of new nodes. */
void sim_model_set_time(struct sim_model *model, uint64_t clock_us, const struct timespec *wall);

/* What a read of a group's file is to take, in microseconds (control command slow). */
uint64_t sim_model_slow_us(const struct sim_model *model);

/* The control command exit was given. */
bool sim_model_exit_wanted(const struct sim_model *model);

struct sim_node *sim_root(struct sim_model *model);
bool sim_is_root(const struct sim_node *node);

/* Find a child; the reference is the caller's. */
int sim_lookup(struct sim_model *model, struct sim_node *dir, const char *name,
	       struct sim_node **ret_node);
void sim_ref(struct sim_node *node);
void sim_unref(struct sim_model *model, struct sim_node *node, uint64_t count);

void sim_getattr(const struct sim_model *model, const struct sim_node *node, struct stat *ret_stat);
/* Which of these to set are the bits of sim_setattr(). */
#define SIM_SET_MODE (1 << 0)
#define SIM_SET_UID (1 << 1)
#define SIM_SET_GID (1 << 2)
#define SIM_SET_ATIME (1 << 3)
#define SIM_SET_MTIME (1 << 4)
void sim_setattr(struct sim_model *model, struct sim_node *node, unsigned int which,
		 const struct stat *stat);

struct sim_dirent {
	const char *name; /* borrowed */
	uint64_t ino;
	mode_t mode;
	/* The position behind this entry. */
	uint64_t next;
};

/* The first entry behind a position, which is 0 at the start. 1, or 0 at the end. */
int sim_readdir(const struct sim_model *model, const struct sim_node *dir, uint64_t position,
		struct sim_dirent *ret_entry);

/* May the file be opened so? accmode is O_RDONLY, O_WRONLY or O_RDWR. */
int sim_open(const struct sim_node *node, int accmode);

/* Has it been removed? */
bool sim_is_dead(const struct sim_node *node);
bool sim_is_control(const struct sim_node *node);
/* Does the kernel take its one lock for a read or write of it? */
bool sim_takes_lock(const struct sim_node *node);

/* The whole text that a read at offset 0 finds. */
int sim_show(struct sim_model *model, struct sim_node *node, struct text *text);
/* One write: one command. */
int sim_store(struct sim_model *model, struct sim_node *node, const struct sim_caller *caller,
	      const char *data, size_t len);

int sim_mkdir(struct sim_model *model, struct sim_node *dir, const char *name, mode_t mode,
	      const struct sim_caller *caller, struct sim_node **ret_node);
int sim_rmdir(struct sim_model *model, struct sim_node *dir, const char *name);
int sim_rename(struct sim_model *model, struct sim_node *dir, const char *name,
	       struct sim_node *new_dir, const char *new_name, unsigned int flags);

/* One control command. What came of it is put into outcome, one line. */
int sim_control(struct sim_model *model, const char *line, size_t len, struct text *outcome);
/* The state, for people and tests. */
void sim_dump(struct sim_model *model, struct text *text);

#endif
