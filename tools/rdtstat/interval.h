/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_INTERVAL_H
#define RDTSTAT_INTERVAL_H

#include <stdbool.h>
#include <stdint.h>

#define INTERVAL_DEFAULT_NS 1000000000ULL
#define INTERVAL_MAX_SEC 1000000

/* Seconds from 0.1 to INTERVAL_MAX_SEC, "0.25", in nanoseconds; false if it is no such number. */
bool interval_parse(const char *text, uint64_t *ret_ns);

#endif
