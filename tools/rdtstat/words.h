/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_WORDS_H
#define RDTSTAT_WORDS_H

#include <rdtgrp.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct machine;

/* Write in words what a status other than OK means: "unavailable", "failed EIO". */
void words_for_status(char *words, size_t size, enum rdtgrp_status status, int error);

/* The status that a call's negative errno, or 0, comes to for the group that it was about. */
enum rdtgrp_status status_of_error(int error);

/* The words for a call's negative errno: "denied", "gone", "failed EMFILE". */
void words_for_error(char *words, size_t size, int error);

/* Is this a mode in which a group can be neither opened nor read? Its name is the word for it. */
bool mode_is_pseudo_locking(enum rdtgrp_mode mode);

/* The word for a mount state. `machine` may be NULL. */
const char *mount_state_name(enum rdtgrp_mount_state state, const struct machine *machine);

/* A time in UTC, "2026-11-22T13:00:00.123456Z". The caller's, to be freed. */
char *words_for_time(const struct timespec *time);

#endif
