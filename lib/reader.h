/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RG_READER_H
#define RG_READER_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain-cpu.h"
#include "pmu.h"
#include "rdtgrp.h"

/*
 * The plan of a reader: groups, their values, and what changes behind them. reader-plan.c keeps it,
 * reader-changes.c watches the groups, a backend holds the values open and reads them, and reader.c
 * is what a caller sees of all that.
 */

/* Is a value part of the sums that the kernel makes? */
enum {
	RG_PART_UNKNOWN, /* it has not been read yet */
	RG_PART_IN,
	RG_PART_OUT,  /* the kernel cannot read it */
	RG_PART_AWAY, /* with its domain */
};

/* The end of a chain of values. */
#define RG_NO_VALUE UINT32_MAX

/* In place of a value's fd: it could not be opened, and is tried again at each reading. */
#define RG_NOT_OPEN (-1)
/* In place of a value's fd: there was no fd left, so it is opened for each reading. */
#define RG_NOT_HELD (-2)

/* In place of the fd of a value's event, besides the negative errno for which there is none: it is tried
 * as soon as there is a file. */
#define RG_EVENT_TO_TRY INT_MIN
/* How many events are read by one system call; a domain with more has more bundles. */
#define RG_BUNDLE_MAX 8

/* What a group was added with, all domains being meant. */
struct rg_wish {
	struct rg_wish *next;
	bool all; /* events */
	char event[];
};

/* A group of the plan. */
struct rg_member {
	struct rdtgrp *group;
	struct rg_wish *wishes;
	uint32_t first; /* of its values */
	bool gone;
	bool locked;  /* pseudo-locksetup, pseudo-locked */
	bool watched; /* by inotify, else it is looked at anew at each reading */
	int mode_watch;
	int children_watch;
	uint64_t children; /* of an unwatched one: what tells one set of MON groups from another */
	uint64_t seen;	   /* the reading in which it was last seen to exist */
	/* Differences across a change of these are void. The second one is for counts that a new MON
	 * group brings with it: only those of L3 are set to 0 for it (fs/resctrl/rdtgroup.c,
	 * mkdir_mondata_subdir). */
	uint32_t epochs[2];
};

/* A value of the plan, or, with member NULL, a free index. */
struct rg_planned {
	int fd;
	uint32_t next; /* of the same group, or the next free one */
	uint64_t inode;
	struct rg_member *member;
	uint32_t domain;
	int event_fd;	     /* with the pmu backend */
	uint32_t bundle;     /* with the pmu backend */
	uint32_t own_epochs; /* on top of the member's */
	uint32_t event : 24;
	uint32_t epoch : 1;   /* which one of the member's */
	uint32_t offline : 1; /* its domain was found to be missing */
	uint32_t tries : 2;   /* of its event, since that last had a value */
	uint32_t part : 2;
	uint32_t part_told : 2; /* what the sums know of it */
};

/* The values of a group in a domain, with the pmu backend. */
struct rg_bundle {
	uint64_t running;     /* the time that the events had been running at the last reading */
	uint64_t read_raw_ns; /* when that, or the opening, was over, by CLOCK_MONOTONIC_RAW */
	uint64_t reading;     /* in which they were last read */
	uint64_t lost[RG_BUNDLE_MAX];
	uint32_t values
		[RG_BUNDLE_MAX]; /* those with an open event, in the order of the perf group */
	uint32_t open;
	uint32_t planned; /* the number of values, also those without an event */
	uint32_t next;	  /* of the free ones */
};

/* Names that many values share. They stay until the reader ends. */
struct rg_texts {
	char **texts;
	size_t count;
	size_t size;
};

struct rg_backend;

struct rdtgrp_reader {
	atomic_uint references;
	const struct rg_backend *backend;
	struct rg_planned *values;
	size_t count;
	size_t size;
	uint32_t first_free;
	struct rg_member **members;
	size_t member_count;
	size_t member_size;
	struct rg_texts domains;
	struct rg_texts events;
	uint64_t reading; /* the number of readings */
	bool parts_changed;
	int inotify; /* or -1 */
	size_t unwatched_count;
	bool full; /* fds ran out: no more are held until the next update */
	size_t not_held;
	size_t not_held_told; /* in the log */

	/* With the pmu backend, else NULL and why. */
	struct rg_pmu *pmu;
	int pmu_error;
	struct rg_bundle *bundles;
	size_t bundle_count;
	size_t bundle_size;
	uint32_t free_bundle;

	/* With the pmu backend or RDTGRP_READER_ON_DOMAIN_CPUS. */
	bool places_stale;
	struct rg_place *places; /* of the domains */
	size_t place_count;
	size_t place_size;

	/* With RDTGRP_READER_ON_DOMAIN_CPUS. */
	bool on_domain_cpus;
	int cpu_count;	 /* of the machine, those that are offline included */
	uint32_t *order; /* in which the values are read */
	size_t order_size;
	size_t elsewhere; /* values that were not read on a CPU of their domain */
};

/* What holds values open and reads them. */
struct rg_backend {
	/* Take note of a value that was added to the plan; NULL if there is nothing to do. */
	void (*plan)(struct rdtgrp_reader *reader, struct rg_planned *planned);
	/* Release a value that leaves the plan. */
	void (*forget)(struct rdtgrp_reader *reader, struct rg_planned *planned);
	/* Open a value of the plan. Returns 0, also if it has to be opened for each reading, or the
	 * negative errno that it will be read with. */
	int (*hold)(struct rdtgrp_reader *reader, struct rg_planned *planned);
	void (*release)(struct rdtgrp_reader *reader, struct rg_planned *planned);
	/* Try again to hold what could not be held. */
	void (*update)(struct rdtgrp_reader *reader);
	/* Read the value at an index, and others of its domain along with it if that is cheaper.
	 * Allocates nothing. */
	void (*read)(struct rdtgrp_reader *reader, struct rdtgrp_value *values, uint32_t index);
};

extern const struct rg_backend rg_backend_fs;
extern const struct rg_backend rg_backend_pmu;

/* The time of a value that has just been read. */
uint64_t rg_reader_now_ns(void);

static inline uint32_t rg_planned_epoch(const struct rg_planned *planned)
{
	return planned->member->epochs[planned->epoch] + planned->own_epochs;
}

struct rg_member *rg_plan_find_member(const struct rdtgrp_reader *reader,
				      const struct rdtgrp *group);
/* Add a group without values. Returns 0 or -ENOMEM. */
int rg_plan_add_member(struct rdtgrp_reader *reader, struct rdtgrp *group,
		       struct rg_member **ret_member);
/* Remove a member that is not watched, and its values. */
void rg_plan_remove_member(struct rdtgrp_reader *reader, struct rg_member *member);
/* Give a member's files back. Its values are opened again at the next reading unless it is gone. */
void rg_plan_release_member(struct rdtgrp_reader *reader, const struct rg_member *member);
/* Note that all domains are meant, of an event or, if that is NULL, of all. Returns 0 or -ENOMEM. */
int rg_plan_add_wish(struct rg_member *member, const char *event);
/*
 * Add a value unless it is there. ret_held has what holding it came to. Returns 1 if it was added, 0 or
 * -ENOMEM.
 */
int rg_plan_add_value(struct rdtgrp_reader *reader, struct rg_member *member, const char *domain,
		      const char *event, int *ret_held);
/* Take back what was added to the member since its first value was this one. */
void rg_plan_take_back(struct rdtgrp_reader *reader, struct rg_member *member, uint32_t first);
/* Returns an index or RG_NO_VALUE. */
uint32_t rg_plan_find_value(const struct rdtgrp_reader *reader, const struct rg_member *member,
			    const char *domain, const char *event);
/* Release all. */
void rg_plan_clear(struct rdtgrp_reader *reader);

/* Take note of what a value's status says of the sums that it is part of. */
void rg_reader_note_part(struct rdtgrp_reader *reader, struct rg_planned *planned, uint32_t status);
/* After a reading: void the differences of sums that have won or lost a part. */
void rg_reader_see_parts(struct rdtgrp_reader *reader, struct rdtgrp_value *values);

static inline void rg_reader_saw(struct rdtgrp_reader *reader, struct rg_planned *planned,
				 const struct rdtgrp_value *value)
{
	if (value->status != RDTGRP_STATUS_OK || planned->part != RG_PART_IN)
		rg_reader_note_part(reader, planned, value->status);
}

/* Find the CPUs of all domains, and the order of the values by domain. */
void rg_reader_find_places(struct rdtgrp_reader *reader);
void rg_reader_order(struct rdtgrp_reader *reader);
/* Read all values, each on a CPU of its domain. */
void rg_reader_read_on_domain_cpus(struct rdtgrp_reader *reader, struct rdtgrp_value *values);

/* Begin and end to follow a member's mode and MON groups. Following ends with the member, too. */
void rg_reader_watch(struct rdtgrp_reader *reader, struct rg_member *member);
void rg_reader_unwatch(struct rdtgrp_reader *reader, struct rg_member *member);
/* Try again to follow the members for which that failed. It is not for the midst of a reading. */
void rg_reader_watch_unwatched(struct rdtgrp_reader *reader);
/*
 * Find out what changed since the last time, and mark the values that were read meanwhile. It comes
 * after the reading: a change that comes before a value was read has then been told.
 */
void rg_reader_see_changes(struct rdtgrp_reader *reader, struct rdtgrp_value *values);

#endif
