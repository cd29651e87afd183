/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSIM_PROC_H
#define RDTSIM_PROC_H

#include "model.h"

/* The threads of this machine, as far as this process's /proc shows them. */
extern const struct sim_threads proc_threads;

#endif
