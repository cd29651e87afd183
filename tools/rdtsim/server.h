/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSIM_SERVER_H
#define RDTSIM_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "scenario.h"

/* What mount and run have in common. */
struct server_options {
	const struct sim_scenario *scenario;
	uint64_t seed;
	bool debug;
	bool frozen;
	/* An absolute path. */
	const char *mountpoint;
};

/*
 * Mount and serve until a signal (TERM, INT, HUP), the control command exit or an unmount ends it;
 * then unmount. If ready_fd is not -1, standard input, output and error are let go once it is mounted,
 * and a byte is written to ready_fd. Returns 0, or 1 after telling on stderr what is wrong.
 */
int server_run(const struct server_options *options, int ready_fd);

/* Wait for the byte, and then for the first answer of the filesystem. False if there is none. */
bool server_wait_ready(const char *mountpoint, int ready_fd);

/* Say on stderr why something failed with errno at a mount point. */
void server_print_error(const char *mountpoint);

/* Take the mount away whose server has died. Nothing happens if there is none. */
void server_unmount_dead(const char *mountpoint);

#endif
