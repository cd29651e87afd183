/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSIM_COMMAND_H
#define RDTSIM_COMMAND_H

#include <stdbool.h>

#include "server.h"

enum {
	EXIT_USAGE = 2,
};

/* A command of the tool: its arguments begin with argv[1]. Returns the exit status. */
int cmd_mount(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_ctl(int argc, char **argv);
int cmd_scenarios(int argc, char **argv);

/* "Try ... --help" on stderr; returns EXIT_USAGE. */
int usage_error(void);

/* What was written must have got there: status, or EXIT_FAILURE. */
int flush_stdout(int status);

/* The help, wherever it is asked for: ends the program. */
_Noreturn void print_help(void);
bool is_help(const char *argument);

/* The options that mount and run share, for getopt_long(). */
enum {
	OPT_SCENARIO = 256,
	OPT_SEED,
	OPT_DEBUG,
	OPT_FROZEN,
	OPT_HELP = 'h',
};

#define SERVER_SHORT_OPTIONS "h"

#define SERVER_LONG_OPTIONS                                                                        \
	{"scenario", required_argument, NULL, OPT_SCENARIO},                                       \
		{"seed", required_argument, NULL, OPT_SEED},                                       \
		{"debug", no_argument, NULL, OPT_DEBUG}, {"help", no_argument, NULL, OPT_HELP},    \
	{                                                                                          \
		"frozen", no_argument, NULL, OPT_FROZEN                                            \
	}

#define SERVER_OPTIONS_INIT                                                                        \
	{                                                                                          \
		.scenario = sim_scenarios[0], .seed = 1                                            \
	}

/* Take one of them. 0, or EXIT_USAGE after telling what is wrong. */
int server_option(struct server_options *options, int option, const char *argument);

#endif
