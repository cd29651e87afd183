/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RG_READ_H
#define RG_READ_H

#include <stdbool.h>

#include "rdtgrp.h"

/* Can these be a domain's path below mon_data and an event's file in it? Records an error if not. */
int rg_check_value_name(const char *domain, const char *event);

/*
 * Read one value of the group at this fd; the names have been checked. Sets all of the value. Returns 0,
 * or -ENOENT where group and domain are there and the event is not; records no error.
 */
int rg_read_value(int group_fd, const char *domain, const char *event, struct rdtgrp_value *value);

#endif
