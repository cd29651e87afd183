/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_DOCTOR_H
#define RDTSTAT_DOCTOR_H

#include <rdtgrp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct findings;
struct lock_holder;

/* How bad it is. */
enum level {
	LEVEL_OK,
	LEVEL_NOTE,
	LEVEL_PROBLEM,
	/* It could not be found out. */
	LEVEL_UNKNOWN,
};

/* What was looked at, what was found, and what a person can do about it ("": nothing is needed). */
struct finding {
	const char *about;
	enum level level;
	char *text;
	char *remedy;
};

/* Ids of the hardware: RMIDs or CLOSIDs. */
struct ids {
	bool known;
	uint64_t total;
	uint64_t used;
};

struct doctor {
	struct finding *findings;
	size_t count;
	size_t capacity;
	struct ids rmids;
	struct ids closids;
	/* Can there be RMIDs that no group has and that cannot be had either? */
	bool limbo_possible;
	/* "" if the kernel has no file about it. */
	char counter_mode[32];
	/* The groups that have no counter for an event in a domain. */
	struct missing_counter {
		char *group;
		char *event;
		char *domain;
	} * missing;
	size_t missing_count;
	size_t missing_capacity;
	struct lock_holder *holders;
	size_t holder_count;
};

/* Look at all there is: the system if `findings` has mounts or a machine, the tree if it has one. */
void doctor_examine(const struct findings *findings, struct doctor *doctor);

/* What is found; doctor-findings.c. */

/* "ok", "note", "problem", "unknown". */
const char *level_name(enum level level);
/* Add a finding. `text` and `remedy` are taken over; remedy may be NULL. */
void doctor_find(struct doctor *doctor, const char *about, enum level level, char *text,
		 char *remedy);
void doctor_clear(struct doctor *doctor);

/* The parts of the examination. */

/* CPU, kernel and firmware; doctor-machine.c. */
void doctor_examine_machine(const struct findings *findings, struct doctor *doctor);
/* What values are read from; doctor-values.c. */
void doctor_examine_values(const struct findings *findings, struct doctor *doctor);
/* The groups and what they have; doctor-tree.c. */
void doctor_examine_tree(const struct findings *findings, struct doctor *doctor);

#endif
