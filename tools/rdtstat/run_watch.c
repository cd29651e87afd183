// SPDX-License-Identifier: GPL-2.0-or-later
#include "run_watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "message.h"
#include "run_meter.h"
#include "run_program.h"
#include "run_signals.h"
#include "run_targets.h"
#include "xalloc.h"

/* Nanoseconds between two looks at the occupancy, at the most: a sample takes some hundred microseconds. */
#define SAMPLE_NS UINT64_C(100000000)

/* How many samples there are to a line. */
static uint64_t samples_per_line(uint64_t interval_ns)
{
	return interval_ns ? (interval_ns + SAMPLE_NS - 1) / SAMPLE_NS : 1;
}

static int start_timer(uint64_t interval_ns)
{
	uint64_t ns = interval_ns ? interval_ns / samples_per_line(interval_ns) : SAMPLE_NS;
	const struct timespec period = {.tv_sec = 0, .tv_nsec = (long)ns};
	const struct itimerspec times = {period, period};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0 || timerfd_settime(fd, 0, &times, NULL) < 0) {
		complain("timer: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

/* @return true: it is over. */
static bool take_signals(struct run_watch *watch)
{
	struct run_signal signal;
	bool over = false;

	while (run_signals_next(&signal)) {
		watch->interrupted = watch->interrupted || signal.ends;
		if (!watch->program)
			over = true;
		else if (!signal.shared)
			kill(watch->program->pid, signal.number);
	}
	return over;
}

/* What is polled besides the signals and the timer: the command, then processes. */
static size_t fill(const struct run_watch *watch, struct pollfd *fds)
{
	size_t count = 0, i;

	if (watch->program)
		fds[count++] = (struct pollfd){watch->program->pidfd, POLLIN, 0};
	for (i = 0; watch->targets && i < watch->targets->count; i++) {
		const struct run_target *target = &watch->targets->targets[i];

		/* poll(2) passes over a negative one. */
		fds[count++] = (struct pollfd){target->ended ? -1 : target->pidfd, POLLIN, 0};
	}
	return count;
}

static int loop(struct run_watch *watch, int timer_fd, struct pollfd *fds)
{
	uint64_t per_line = samples_per_line(watch->interval_ns), ticks, passed = 0;

	for (;;) {
		size_t count = fill(watch, fds + 2);

		fds[0] = (struct pollfd){watch->signal_fd, POLLIN, 0};
		fds[1] = (struct pollfd){timer_fd, POLLIN, 0};
		if (poll(fds, count + 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			complain("waiting: %s", strerror(errno));
			return EXIT_FAILED;
		}
		if (fds[0].revents && take_signals(watch))
			return EXIT_FINE;
		if (watch->program && fds[2].revents)
			return EXIT_FINE;
		if (watch->targets && run_targets_ended(watch->targets))
			return EXIT_FINE;
		if (!fds[1].revents || read(timer_fd, &ticks, sizeof(ticks)) != sizeof(ticks))
			continue;
		run_meter_sample(watch->meter);
		passed += ticks;
		if (!watch->interval_ns || passed < per_line)
			continue;
		watch->line(watch->data);
		run_meter_next_line(watch->meter);
		passed %= per_line;
	}
}

int run_watch(struct run_watch *watch)
{
	size_t targets = watch->targets ? watch->targets->count : 0;
	struct pollfd *fds;
	int timer_fd, r;

	watch->interrupted = false;
	timer_fd = start_timer(watch->interval_ns);
	if (timer_fd < 0)
		return EXIT_FAILED;
	fds = xcalloc(3 + targets, sizeof(*fds));
	r = loop(watch, timer_fd, fds);
	run_meter_sample(watch->meter);
	free(fds);
	close(timer_fd);
	return r;
}
