// SPDX-License-Identifier: GPL-2.0-or-later
#include "run_signals.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "message.h"

static int fd = -1;
static sigset_t former_mask;
static struct sigaction former_pipe, former_child;

static bool is_ignored(int number)
{
	struct sigaction action;

	return sigaction(number, NULL, &action) < 0 || action.sa_handler == SIG_IGN;
}

int run_signals_take(void)
{
	static const int numbers[] = {SIGHUP,  SIGINT,	  SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM,
				      SIGTERM, SIGVTALRM, SIGPROF, SIGIO,   SIGPWR,  SIGXCPU};
	const struct sigaction ignore = {.sa_handler = SIG_IGN}, normal = {.sa_handler = SIG_DFL};
	sigset_t taken;
	size_t i;
	int number;

	sigemptyset(&taken);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (!is_ignored(numbers[i]))
			sigaddset(&taken, numbers[i]);
	for (number = SIGRTMIN; number <= SIGRTMAX; number++)
		if (!is_ignored(number))
			sigaddset(&taken, number);
	sigprocmask(SIG_BLOCK, &taken, &former_mask);
	/* A report that nobody reads must not end rdtstat before the group is removed. */
	sigaction(SIGPIPE, &ignore, &former_pipe);
	/* Where it is ignored the kernel reaps the children and their statuses are lost. */
	sigaction(SIGCHLD, &normal, &former_child);
	fd = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		complain("signals: %s", strerror(errno));
	return fd;
}

bool run_signals_next(struct run_signal *ret_signal)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return false;
	*ret_signal = (struct run_signal){
		.number = (int)info.ssi_signo,
		.ends = info.ssi_signo == SIGINT || info.ssi_signo == SIGTERM ||
			info.ssi_signo == SIGHUP || info.ssi_signo == SIGQUIT,
		.shared = info.ssi_code == SI_KERNEL,
	};
	return true;
}

void run_signals_give_back(void)
{
	sigaction(SIGPIPE, &former_pipe, NULL);
	sigaction(SIGCHLD, &former_child, NULL);
	sigprocmask(SIG_SETMASK, &former_mask, NULL);
}
