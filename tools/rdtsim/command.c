/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands have in common. */
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
	"Usage: rdtsim mount [OPTION]... MOUNTPOINT\n"
	"       rdtsim run [OPTION]... -- COMMAND [ARG]...\n"
	"       rdtsim ctl MOUNTPOINT COMMAND [ARG]...\n"
	"       rdtsim scenarios\n"
	"Simulate the kernel's resctrl filesystem, without the hardware, by FUSE.\n"
	"\n"
	"  mount      mount it and go to the background\n"
	"  run        mount it on a new directory, named by RDTSIM_ROOT, while COMMAND runs\n"
	"  ctl        control a mounted simulator: see rdtsim(1) for the commands\n"
	"  scenarios  list the machines that can be simulated\n"
	"\n"
	"Options of mount and run:\n"
	"      --scenario NAME  the machine (default: intel)\n"
	"      --seed NUMBER    for other counts than those of seed 1\n"
	"      --debug          files mon_hw_id and ctrl_hw_id, as with the mount option debug\n"
	"      --frozen         begin with the time stopped, so that counts stand still\n"
	"Options of mount:\n"
	"      --foreground     stay, until a signal or the control command exit\n"
	"      --pid-file FILE  write the simulator's process id to FILE, removed at its end\n"
	"\n"
	"  -h, --help           this text\n"
	"  -V, --version        the version\n";

int usage_error(void)
{
	fputs("Try 'rdtsim --help'.\n", stderr);
	return EXIT_USAGE;
}

int flush_stdout(int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	fprintf(stderr, "rdtsim: standard output: %s\n", strerror(errno));
	return EXIT_FAILURE;
}

void print_help(void)
{
	fputs(help, stdout);
	exit(flush_stdout(EXIT_SUCCESS));
}

bool is_help(const char *argument)
{
	return !strcmp(argument, "--help") || !strcmp(argument, "-h");
}

int server_option(struct server_options *options, int option, const char *argument)
{
	char *end;

	switch (option) {
	case OPT_HELP:
		print_help();
	case OPT_SCENARIO:
		options->scenario = sim_scenario_find(argument);
		if (options->scenario)
			return 0;
		fprintf(stderr, "rdtsim: no scenario: %s (see 'rdtsim scenarios')\n", argument);
		return EXIT_USAGE;
	case OPT_SEED:
		errno = 0;
		options->seed = strtoull(argument, &end, 10);
		if (strspn(argument, "0123456789") && !*end && !errno)
			return 0;
		fprintf(stderr, "rdtsim: no number: %s\n", argument);
		return EXIT_USAGE;
	case OPT_DEBUG:
		options->debug = true;
		return 0;
	case OPT_FROZEN:
		options->frozen = true;
		return 0;
	}
	return usage_error();
}
