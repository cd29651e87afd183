/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "command.h"

int cmd_scenarios(int argc, char **argv)
{
	if (argc > 1 && is_help(argv[1]))
		print_help();
	if (argc > 1) {
		fprintf(stderr, "rdtsim: scenarios takes no argument: %s\n", argv[1]);
		return usage_error();
	}
	for (size_t i = 0; sim_scenarios[i]; i++)
		printf("%-14s%s%s\n", sim_scenarios[i]->name, sim_scenarios[i]->summary,
		       i ? "" : " (default)");
	return EXIT_SUCCESS;
}
