/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_RUN_SIGNALS_H
#define RDTSTAT_RUN_SIGNALS_H

#include <stdbool.h>

/* All signals that would end rdtstat, so that it can leave in order. One per process. */

/* Take them from now on, but for those that are ignored. @return an fd to poll, or -1, told on stderr. */
int run_signals_take(void);

struct run_signal {
	int number;
	/* By a person (SIGINT, SIGTERM, SIGHUP, SIGQUIT): all shall end. */
	bool ends;
	/* By the terminal: its whole foreground process group has got it. */
	bool shared;
};

/* The next one. @return false: there is none. */
bool run_signals_next(struct run_signal *ret_signal);

/* In a new process: back to what there was before. */
void run_signals_give_back(void);

#endif
