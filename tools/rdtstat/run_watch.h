/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_RUN_WATCH_H
#define RDTSTAT_RUN_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct run_meter;
struct run_program;
struct run_targets;

/* What is measured until it ends. */
struct run_watch {
	struct run_meter *meter;
	/* NULL: there is no command. It ends the measurement; signals are passed on to it. */
	const struct run_program *program;
	/* NULL: there are none. When all have ended the measurement is over. */
	struct run_targets *targets;
	int signal_fd;
	/* Every so often `line` is called behind a sample; 0: never. */
	uint64_t interval_ns;
	void (*line)(void *data);
	void *data;
	/* Told by run_watch(): a person wants it to end. */
	bool interrupted;
};

/* Sample until the end, and once more then. @return an exit status; a failure is told on stderr. */
int run_watch(struct run_watch *watch);

#endif
