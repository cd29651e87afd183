/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_TICKER_H
#define RDTSTAT_TICKER_H

#include <stdbool.h>
#include <stdint.h>

/* A clock that ticks at fixed times, however long the work in between takes, and the signals that end
 * the waiting. One per process. */

enum tick {
	TICK_NEXT,   /* the next interval is over */
	TICK_STOP,   /* SIGINT or SIGTERM: end in order; a second one ends the program at once */
	TICK_NOBODY, /* nobody reads standard output any more */
	TICK_FAILED, /* told on stderr */
};

/* Start the clock now. @return an exit status. */
int ticker_start(uint64_t interval_ns);

/* From now on a signal ends the program at once with this status; or no longer, with -1. For work that can
 * take long, cannot be broken off, and leaves nothing to be put in order. */
void ticker_end_at_once(int status);

/* Has a signal come that ends the program? */
bool ticker_stopped(void);

/* For signal handlers of others: as if such a signal had come. */
void ticker_stop(void);

/* Wait for the next tick. Ticks that passed since the last call come as one. */
enum tick ticker_wait(void);

#endif
