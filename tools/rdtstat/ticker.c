// SPDX-License-Identifier: GPL-2.0-or-later
#include "ticker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "message.h"

static int timer_fd = -1;
/* The mask while waiting: the signals are blocked at all other moments around it, so that none is lost
 * between the look at `stop` and the sleep. */
static sigset_t waiting_mask;
static volatile sig_atomic_t stop;
/* What to end with at once, or -1. */
static volatile sig_atomic_t status_at_once = -1;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
	if (status_at_once >= 0)
		_exit(status_at_once);
}

static struct timespec from_ns(uint64_t ns)
{
	return (struct timespec){.tv_sec = (time_t)(ns / 1000000000),
				 .tv_nsec = (long)(ns % 1000000000)};
}

int ticker_start(uint64_t interval_ns)
{
	struct itimerspec times = {from_ns(interval_ns), from_ns(interval_ns)};
	/* RESETHAND: a second signal ends a program that hangs, on a full pipe or a slow read. */
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART | SA_RESETHAND};
	static const int numbers[] = {SIGINT, SIGTERM};
	size_t i;

	timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (timer_fd < 0 || timerfd_settime(timer_fd, 0, &times, NULL) < 0) {
		complain("timer: %s", strerror(errno));
		return EXIT_FAILED;
	}
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct sigaction former;

		/* Started in the background or by nohup it stays deaf to what is ignored. */
		if (sigaction(numbers[i], NULL, &former) == 0 && former.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
	}
	return EXIT_FINE;
}

void ticker_end_at_once(int status)
{
	status_at_once = status;
}

bool ticker_stopped(void)
{
	return stop;
}

void ticker_stop(void)
{
	stop = 1;
}

enum tick ticker_wait(void)
{
	/* Of stdout only the error is wanted that tells of a pipe without a reader. */
	struct pollfd fds[] = {{.fd = timer_fd, .events = POLLIN}, {.fd = STDOUT_FILENO}};
	enum tick tick = TICK_FAILED;
	sigset_t ours;
	uint64_t ticks;
	int r;

	sigemptyset(&ours);
	sigaddset(&ours, SIGINT);
	sigaddset(&ours, SIGTERM);
	sigprocmask(SIG_BLOCK, &ours, &waiting_mask);
	do
		r = stop ? 0 : ppoll(fds, 2, NULL, &waiting_mask);
	while (r < 0 && errno == EINTR && !stop);
	if (stop)
		tick = TICK_STOP;
	else if (r < 0)
		complain("waiting: %s", strerror(errno));
	else if (fds[1].revents & (POLLERR | POLLNVAL))
		tick = TICK_NOBODY;
	else if (read(timer_fd, &ticks, sizeof(ticks)) != sizeof(ticks))
		complain("timer: %s", strerror(errno));
	else
		tick = TICK_NEXT;
	sigprocmask(SIG_SETMASK, &waiting_mask, NULL);
	return tick;
}
