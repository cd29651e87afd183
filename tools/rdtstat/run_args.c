// SPDX-License-Identifier: GPL-2.0-or-later
#include "run_args.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "options.h"
#include "xalloc.h"

#define INTERVAL_MIN_MS 10
#define INTERVAL_MAX_MS 1000000000
#define REPEAT_MAX 1000000

/* Digits and nothing else, from min to max. @return 0: it is no such number. */
static unsigned long parse_number(const char *text, size_t length, unsigned long min,
				  unsigned long max)
{
	unsigned long number = 0;
	size_t i;

	if (!length)
		return 0;
	for (i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		number = number * 10 + (unsigned long)(text[i] - '0');
		if (number > max)
			return 0;
	}
	return number < min ? 0 : number;
}

static int add_targets(struct run_args *args, const char *list, const char *what)
{
	while (list) {
		size_t length = strcspn(list, ",");
		unsigned long id = parse_number(list, length, 1, INT_MAX);

		if (!id) {
			complain("run: '%.*s' is no %s", (int)length, list, what);
			return EXIT_USAGE;
		}
		args->targets = reallocarray(args->targets, args->target_count + 1, sizeof(pid_t));
		if (!args->targets)
			out_of_memory();
		args->targets[args->target_count++] = (pid_t)id;
		list = list[length] ? list + length + 1 : NULL;
	}
	return EXIT_FINE;
}

static int parse(const struct options *options, struct run_args *args)
{
	int r;

	if (options->interval_ms) {
		args->interval_ns = parse_number(options->interval_ms, strlen(options->interval_ms),
						 INTERVAL_MIN_MS, INTERVAL_MAX_MS) *
				    UINT64_C(1000000);
		if (!args->interval_ns) {
			complain("run: '%s' is no interval: %d to %d milliseconds",
				 options->interval_ms, INTERVAL_MIN_MS, INTERVAL_MAX_MS);
			return EXIT_USAGE;
		}
	}
	if (options->repeat) {
		args->repeat =
			parse_number(options->repeat, strlen(options->repeat), 1, REPEAT_MAX);
		if (!args->repeat) {
			complain("run: '%s' is no number of runs: 1 to %d", options->repeat,
				 REPEAT_MAX);
			return EXIT_USAGE;
		}
	}
	r = add_targets(args, options->pids, "process id");
	if (r != EXIT_FINE)
		return r;
	args->process_count = args->target_count;
	r = add_targets(args, options->tids, "thread id");
	if (r != EXIT_FINE)
		return r;
	if (!options->argument_count && !args->target_count) {
		complain("run: a command is missing, or --pid or --tid");
		return EXIT_USAGE;
	}
	if (options->argument_count && !*options->arguments[0]) {
		complain("run: the command's name is empty");
		return EXIT_USAGE;
	}
	if (options->repeat && args->target_count) {
		complain("run: --repeat does not go with --pid and --tid");
		return EXIT_USAGE;
	}
	return EXIT_FINE;
}

int run_args_parse(const struct options *options, struct run_args *args)
{
	size_t i;
	int r;

	*args = (struct run_args){.repeat = 1};
	r = parse(options, args);
	if (r != EXIT_FINE) {
		run_args_clear(args);
		return r;
	}
	if (!options->argument_count)
		return EXIT_FINE;
	args->command = xcalloc(options->argument_count + 1, sizeof(*args->command));
	/* exec changes nothing in them, whatever its prototype says. */
	for (i = 0; i < options->argument_count; i++)
		memcpy(&args->command[i], &options->arguments[i], sizeof(char *));
	return EXIT_FINE;
}

void run_args_clear(struct run_args *args)
{
	free(args->command);
	free(args->targets);
}
