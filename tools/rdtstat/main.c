// SPDX-License-Identifier: GPL-2.0-or-later
#include <locale.h>
#include <rdtgrp.h>

#include "commands.h"
#include "message.h"
#include "options.h"
#include "output.h"
#include "trouble.h"

/* The first one is what rdtstat does where no command is named. */
static const struct command commands[] = {
	{NULL, "[options] [interval [count]]",
	 "Show what resctrl groups occupy in the cache and move through memory.\n"
	 "\n"
	 "Every interval (in seconds, decimals allowed, at least 0.1) one report: gauges\n"
	 "such as llc_occupancy as they are, counters as their rate over the interval just\n"
	 "past. Without a count reports go on until interrupted; without an interval there\n"
	 "is one report, over one second.",
	 "gedBYSWbKiCjcORhV", cmd_report},
	{"list", "[options]", "List the groups as a tree, with type, mode and number of tasks.",
	 "jRhV", cmd_list},
	{"top", "[options]",
	 "Show the groups on the whole screen, live: sorted, filtered, as a tree, with bars\n"
	 "and a short history. q ends it, h shows the keys.",
	 "gedYSKiTDRhV", cmd_top},
	{"info", "[options]",
	 "Show what resctrl offers here, and what is missing and can be done about it.", "jRyhV",
	 cmd_info},
	{"capture", "[options]",
	 "Pack what a bug report needs: the tree of groups with its contents, and what CPU and\n"
	 "kernel say, as a tar archive. Thread ids are not in it.",
	 "RonhV", cmd_capture},
	{"run", "[options] [--] [command [argument]...]",
	 "Run a command in a MON group of its own and report what it took.\n"
	 "\n"
	 "The report goes to standard error when the command has ended, and the exit status\n"
	 "is the command's. With --pid or --tid running processes or threads are measured,\n"
	 "until they end, the command ends or rdtstat is interrupted.",
	 "+IrptobjRhV", cmd_run},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static int run(const struct options *options)
{
	if (options->help) {
		options_print_help(options, commands, COMMAND_COUNT);
		return EXIT_FINE;
	}
	if (options->version) {
		fprintf(output, "rdtstat %s (librdtgrp %s)\n", RDTGRP_VERSION, rdtgrp_version());
		return EXIT_FINE;
	}
	return options->command->run(options);
}

/* The report of run goes to stderr, or as the archive of capture to a file. */
static bool needs_stdout(const struct options *options)
{
	return options->help || options->version ||
	       (!options->output && options->command->run != cmd_run);
}

int main(int argc, char **argv)
{
	struct options options;
	int r, closed;

	/* Characters as the terminal has them, but numbers with a point everywhere. */
	setlocale(LC_CTYPE, "");
	r = output_open();
	if (r != EXIT_FINE)
		return r;
	r = options_parse(argc, argv, commands, COMMAND_COUNT, &options);
	if (r == EXIT_FINE && needs_stdout(&options))
		r = output_check();
	if (r == EXIT_FINE)
		r = run(&options);
	options_clear(&options);
	/* After a failure the message is out, and what was not sent is half a result. */
	closed = output_close(r == EXIT_FINE);
	if (r == EXIT_FINE)
		r = closed;
	if (r == EXIT_FINE)
		r = trouble_status();
	trouble_clear();
	return r;
}
