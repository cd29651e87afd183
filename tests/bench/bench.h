/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>

#define DOMAINS 8
#define EVENTS 3
#define VALUES_PER_GROUP (DOMAINS * EVENTS)

/*
 * A plain tree with the shape of resctrl: a default group, and CTRL_MON groups g0, g1, … with 8 domains
 * of 3 events. The path is to be freed. These end the program on failure.
 */
char *plain_tree_make(size_t groups);
void plain_tree_remove(char *path);

/* A value's path below a group. Static. */
const char *plain_tree_value(size_t index);

/* What the whole process has allocated until now, and has allocated now. */
size_t heap_allocations(void);
size_t heap_bytes(void);

#endif
