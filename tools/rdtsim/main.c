/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"mount", cmd_mount},
	{"run", cmd_run},
	{"ctl", cmd_ctl},
	{"scenarios", cmd_scenarios},
};

/*
 * Who closed standard input, output or error must not get another file there, which going to the
 * background would then take for it. Writing there still fails, and for what is executed they are
 * closed as before.
 */
static bool fill_standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int main(int argc, char **argv)
{
	if (!fill_standard_fds()) {
		fprintf(stderr, "rdtsim: /dev/null: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	if (argc < 2) {
		fputs("rdtsim: no command given\n", stderr);
		return usage_error();
	}
	if (is_help(argv[1]))
		print_help();
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		puts("rdtsim " RDTGRP_VERSION);
		return flush_stdout(EXIT_SUCCESS);
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].name))
			continue;
		/* For the messages of getopt_long(). */
		argv[1] = argv[0];
		return flush_stdout(commands[i].run(argc - 1, argv + 1));
	}
	fprintf(stderr, "rdtsim: no such command: %s\n", argv[1]);
	return usage_error();
}
