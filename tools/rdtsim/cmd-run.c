/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rdtsim run: a simulator for as long as a command runs. Three processes: this one, which waits and
 * takes the signals, the command, and the simulator. Whichever of this one and the simulator dies
 * first, the other one takes the mount and its directory away.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "command.h"

/* How long a command may go on after a signal was passed to it, before its filesystem goes. */
#define GRACE_S 5

enum {
	EXIT_CANNOT_RUN = 126,
	EXIT_NOT_FOUND = 127,
	EXIT_SIGNAL = 128,
};

static int parse(int argc, char **argv, struct server_options *options)
{
	static const struct option long_options[] = {
		SERVER_LONG_OPTIONS,
		{0},
	};
	int option, r;

	optind = 1;
	/* The command's options are its own, with or without -- before it. */
	while ((option = getopt_long(argc, argv, "+" SERVER_SHORT_OPTIONS, long_options, NULL)) !=
	       -1) {
		r = server_option(options, option, optarg);
		if (r)
			return r;
	}
	if (optind == argc) {
		fputs("rdtsim: run needs a command\n", stderr);
		return usage_error();
	}
	return 0;
}

static int make_directory(char path[static PATH_MAX])
{
	const char *parent = getenv("TMPDIR");

	if (!parent || *parent != '/')
		parent = "/tmp";
	if (snprintf(path, PATH_MAX, "%s/rdtsim.XXXXXX", parent) >= PATH_MAX) {
		errno = ENAMETOOLONG;
	} else if (mkdtemp(path)) {
		/* Others than the mounter may look inside, as they may in resctrl. */
		if (!chmod(path, 0755))
			return 0;
		rmdir(path);
	}
	fprintf(stderr, "rdtsim: %s: %s\n", path, strerror(errno));
	return EXIT_FAILURE;
}

static void remove_directory(const char *path)
{
	server_unmount_dead(path);
	if (rmdir(path) && errno != ENOENT)
		fprintf(stderr, "rdtsim: %s: %s\n", path, strerror(errno));
}

/* In a session of its own: what the terminal sends goes to the command and to the waiting process. */
static pid_t start_server(const struct server_options *options, const sigset_t *old_mask,
			  int ready[static 2])
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	close(ready[0]);
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigprocmask(SIG_SETMASK, old_mask, NULL);
	if (getppid() == parent) {
		int status = server_run(options, ready[1]);

		rmdir(options->mountpoint);
		exit(status);
	}
	rmdir(options->mountpoint);
	exit(EXIT_FAILURE);
}

static pid_t start_command(char **argv, const char *mountpoint, const sigset_t *old_mask)
{
	pid_t pid = fork();
	int error;

	if (pid)
		return pid;
	sigprocmask(SIG_SETMASK, old_mask, NULL);
	if (!setenv("RDTSIM_ROOT", mountpoint, 1))
		execvp(argv[0], argv);
	error = errno;
	fprintf(stderr, "rdtsim: %s: %s\n", argv[0], strerror(error));
	_exit(error == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN);
}

/* Has it ended? Its status is put into *status. */
static bool has_ended(pid_t pid, int *status)
{
	return waitpid(pid, status, WNOHANG) == pid;
}

static int shell_status(int status)
{
	return WIFSIGNALED(status) ? EXIT_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Until the command ends, or does not after it was told to. */
static int wait_command(pid_t command, const sigset_t *signals)
{
	struct timespec now, end = {0};
	int status, passed = 0;

	for (;;) {
		struct timespec left = {.tv_sec = 3600};
		siginfo_t info;
		int signal;

		if (has_ended(command, &status))
			return shell_status(status);
		if (passed) {
			clock_gettime(CLOCK_MONOTONIC, &now);
			left.tv_sec = end.tv_sec - now.tv_sec;
			if (left.tv_sec <= 0)
				return EXIT_SIGNAL + passed;
		}
		signal = sigtimedwait(signals, &info, &left);
		if (signal < 0 || signal == SIGCHLD)
			continue;
		/* The kernel sends the terminal's signals to the command itself. */
		if (info.si_code != SI_KERNEL)
			kill(command, signal);
		if (!passed && signal != SIGINT && signal != SIGQUIT) {
			passed = signal;
			clock_gettime(CLOCK_MONOTONIC, &end);
			end.tv_sec += GRACE_S + 1;
		}
	}
}

static int run(const struct server_options *options, char **argv)
{
	sigset_t signals, old_mask;
	pid_t server, command;
	int ready[2], status = EXIT_FAILURE;
	bool is_ready;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGQUIT);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, &old_mask);
	if (pipe2(ready, O_CLOEXEC)) {
		fprintf(stderr, "rdtsim: pipe: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	server = start_server(options, &old_mask, ready);
	close(ready[1]);
	is_ready = server > 0 && server_wait_ready(options->mountpoint, ready[0]);
	close(ready[0]);
	if (is_ready) {
		command = start_command(argv, options->mountpoint, &old_mask);
		if (command > 0)
			status = wait_command(command, &signals);
		else
			fprintf(stderr, "rdtsim: fork: %s\n", strerror(errno));
	} else if (server < 0) {
		fprintf(stderr, "rdtsim: fork: %s\n", strerror(errno));
	}
	if (server > 0) {
		kill(server, SIGTERM);
		waitpid(server, NULL, 0);
	}
	return status;
}

int cmd_run(int argc, char **argv)
{
	struct server_options options = SERVER_OPTIONS_INIT;
	char mountpoint[PATH_MAX];
	int r;

	r = parse(argc, argv, &options);
	if (!r)
		r = make_directory(mountpoint);
	if (r)
		return r;
	options.mountpoint = mountpoint;
	r = run(&options, argv + optind);
	remove_directory(mountpoint);
	return r;
}
