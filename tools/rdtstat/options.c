// SPDX-License-Identifier: GPL-2.0-or-later
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "message.h"
#include "output.h"
#include "xalloc.h"

/* All options of all commands: a letter means the same everywhere. Long options without a letter have
 * a number above all letters. */
enum {
	OPTION_ARGUMENT = 1, /* getopt's word for what is no option */
};

static const struct {
	char letter;
	bool shown; /* the letter may be typed; else it only names the option in the code */
	const char *name;
	/* "[=WORD]": it may be left out, and if not it stands behind a '='. */
	const char *value;
	const char *help;
} table[] = {
	{'g', true, "group", "GROUP",
	 "this group only, by path, name or pattern (repeatable; default: all groups)"},
	{'e', true, "event", "EVENT", "this event only (repeatable; default: all events)"},
	{'d', true, "per-domain", NULL, "a row for each domain instead of one total"},
	{'B', false, "breakdown", NULL,
	 "of each CTRL_MON group the total, its own and its MON groups"},
	{'Y', false, "type", "TYPE", "groups of this type only: ctrl or mon"},
	{'S', false, "sort", "COLUMN", "the largest of this event first; top: also group, domain"},
	{'W', false, "timestamp", NULL, "a time in each row, and a header for each screenful only"},
	{'b', false, "bytes", NULL, "exact numbers instead of KiB, MiB, GiB"},
	{'K', false, "iec", NULL, "powers of 1024: KiB, MiB, GiB (default)"},
	{'i', false, "si", NULL, "powers of 1000: kB, MB, GB"},
	{'C', false, "color", "[=WHEN]",
	 "color for what is missing or partial: auto (default), always, never"},
	{'j', false, "json", NULL, "JSON, one object per line, instead of tables"},
	{'c', false, "csv", NULL, "comma separated values (RFC 4180)"},
	{'O', false, "openmetrics", NULL, "one exposition of OpenMetrics"},
	{'D', false, "delay", "SECONDS", "the time between two samples, from 0.1 (default: 1)"},
	{'T', false, "tree", NULL, "MON groups below their CTRL_MON group"},
	{'I', true, "interval", "MS", "a line every so many milliseconds"},
	{'r', true, "repeat", "N", "run the command so often; means and deviations in the end"},
	{'p', true, "pid", "PID", "measure running processes, with commas between them"},
	{'t', true, "tid", "TID", "measure running threads, with commas between them"},
	{'R', false, "root", "DIR",
	 "the resctrl mounted at DIR; a simulator, captured tree or archive will do"},
	{'y', false, "sysroot", "DIR",
	 "another system's files below DIR; a captured archive will do"},
	{'o', true, "output", "FILE", "write to FILE, which is replaced when all is there"},
	{'n', false, "hide-names", NULL,
	 "other names for the groups, the same for each throughout"},
	{'h', true, "help", NULL, "show this help"},
	{'V', true, "version", NULL, "show the version"},
};

#define TABLE_SIZE (sizeof(table) / sizeof(table[0]))

static const char *command_name(const struct command *command)
{
	return command->name ? command->name : "";
}

static int usage_error(void)
{
	fputs("Try 'rdtstat --help'.\n", stderr);
	return EXIT_USAGE;
}

static int has_arg(const char *value)
{
	if (!value)
		return no_argument;
	return *value == '[' ? optional_argument : required_argument;
}

/* getopt's form of the table: every letter has one, so that the switch below needs no second name for
 * an option. */
static void fill_getopt(struct option *long_options, char *letters)
{
	size_t i;

	/* '-': arguments come in their order, as OPTION_ARGUMENT; ':': messages are ours. */
	letters += sprintf(letters, "-:");
	for (i = 0; i < TABLE_SIZE; i++) {
		long_options[i] = (struct option){
			.name = table[i].name,
			.has_arg = has_arg(table[i].value),
			.val = table[i].letter,
		};
		if (table[i].shown)
			letters += sprintf(letters, "%c%s", table[i].letter,
					   table[i].value ? ":" : "");
	}
	long_options[TABLE_SIZE] = (struct option){0};
}

static const char *long_name(char letter)
{
	size_t i;

	for (i = 0; i < TABLE_SIZE; i++)
		if (table[i].letter == letter)
			return table[i].name;
	return "";
}

static const struct command *find_command(const char *name, const struct command *commands,
					  size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (commands[i].name && strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

/* Is every option that was seen one of the command's? */
static int check_options(const char *seen, const struct command *command)
{
	for (; *seen; seen++) {
		if (strchr(command->options, *seen))
			continue;
		complain("%s%soption --%s does not belong here", command_name(command),
			 command->name ? ": " : "", long_name(*seen));
		return usage_error();
	}
	return EXIT_FINE;
}

static bool parse_type(const char *word, enum rdtgrp_type *ret_type)
{
	if (strcmp(word, "ctrl") == 0) {
		*ret_type = RDTGRP_TYPE_CTRL_MON;
	} else if (strcmp(word, "mon") == 0) {
		*ret_type = RDTGRP_TYPE_MON;
	} else {
		complain("'%s' is no type of groups: ctrl or mon", word);
		return false;
	}
	return true;
}

static bool parse_color(const char *word, enum color_when *ret_when)
{
	if (strcmp(word, "auto") == 0) {
		*ret_when = COLOR_WHEN_AUTO;
	} else if (strcmp(word, "always") == 0) {
		*ret_when = COLOR_WHEN_ALWAYS;
	} else if (strcmp(word, "never") == 0) {
		*ret_when = COLOR_WHEN_NEVER;
	} else {
		complain("'%s' does not say when to use color: auto, always or never", word);
		return false;
	}
	return true;
}

static void append(const char ***array, size_t *count, const char *word)
{
	*array = reallocarray(*array, *count + 1, sizeof(**array));
	if (!*array)
		out_of_memory();
	(*array)[(*count)++] = word;
}

/* The option that getopt stumbled over, as it was typed. */
static int complain_option(int argc, char **argv, const char *what)
{
	if (optopt > 0 && optopt < 0x80 && strncmp(argv[optind - 1], "--", 2) != 0)
		complain("%s -%c", what, optopt);
	else
		complain("%s %s", what, optind <= argc ? argv[optind - 1] : "");
	return usage_error();
}

int options_parse(int argc, char **argv, const struct command *commands, size_t command_count,
		  struct options *options)
{
	struct option long_options[TABLE_SIZE + 1];
	char letters[2 * TABLE_SIZE + 3], seen[TABLE_SIZE + 1] = "";
	bool first = true, theirs = false;
	int c;

	*options = (struct options){.command = &commands[0], .format = &format_table};
	fill_getopt(long_options, letters);
	opterr = 0;
	while (!theirs && (c = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
		const struct command *named;

		if (c > OPTION_ARGUMENT && c != '?' && c != ':' && !strchr(seen, c))
			seen[strlen(seen)] = (char)c;
		switch (c) {
		case OPTION_ARGUMENT:
			named = first ? find_command(optarg, commands, command_count) : NULL;
			first = false;
			if (named)
				options->command = named;
			else
				append(&options->arguments, &options->argument_count, optarg);
			/* Options behind it belong to the program that it names. */
			theirs = !named && *options->command->options == '+';
			break;
		case 'g':
			append(&options->groups, &options->group_count, optarg);
			break;
		case 'e':
			append(&options->events, &options->event_count, optarg);
			break;
		case 'd':
			options->per_domain = true;
			break;
		case 'B':
			options->breakdown = true;
			break;
		case 'W':
			options->timestamp = true;
			break;
		case 'b':
			options->units = UNITS_EXACT;
			break;
		case 'K':
			options->units = UNITS_IEC;
			break;
		case 'i':
			options->units = UNITS_SI;
			break;
		case 'Y':
			if (!parse_type(optarg, &options->type))
				return usage_error();
			break;
		case 'C':
			if (!parse_color(optarg ? optarg : "always", &options->color))
				return usage_error();
			break;
		case 'c':
			options->format = &format_csv;
			break;
		case 'O':
			options->format = &format_openmetrics;
			break;
		case 'j':
			options->format = &format_json;
			break;
		case 'D':
			options->delay = optarg;
			break;
		case 'S':
			options->sort = optarg;
			break;
		case 'T':
			options->tree = true;
			break;
		case 'I':
			options->interval_ms = optarg;
			break;
		case 'r':
			options->repeat = optarg;
			break;
		case 'p':
			options->pids = optarg;
			break;
		case 't':
			options->tids = optarg;
			break;
		case 'R':
			options->root = optarg;
			break;
		case 'y':
			options->sysroot = optarg;
			break;
		case 'o':
			if (!*optarg) {
				complain("--output: the name of the file is empty");
				return usage_error();
			}
			options->output = optarg;
			break;
		case 'n':
			options->hide_names = true;
			break;
		case 'h':
			options->help = true;
			break;
		case 'V':
			options->version = true;
			break;
		case ':':
			return complain_option(argc, argv, "a value is missing after");
		default:
			return complain_option(argc, argv, "unknown or ambiguous option");
		}
	}
	/* What follows "--", or the name of a program. */
	for (; optind < argc; optind++)
		append(&options->arguments, &options->argument_count, argv[optind]);
	if (options->help || options->version)
		return EXIT_FINE;
	return check_options(seen, options->command);
}

void options_clear(struct options *options)
{
	free(options->groups);
	free(options->events);
	free(options->arguments);
}

void options_print_help(const struct options *options, const struct command *commands,
			size_t command_count)
{
	const struct command *command = options->command;
	size_t i;

	for (i = 0; i < command_count; i++)
		if (!command->name || command == &commands[i])
			fprintf(output, "%s rdtstat %s%s%s\n",
				i && !command->name ? "      " : "Usage:",
				command_name(&commands[i]), commands[i].name ? " " : "",
				commands[i].arguments);
	fprintf(output, "\n%s\n\nOptions:\n", command->summary);
	for (i = 0; i < TABLE_SIZE; i++) {
		char option[40];

		if (!strchr(command->options, table[i].letter))
			continue;
		snprintf(option, sizeof(option), "--%s%s%s", table[i].name,
			 has_arg(table[i].value) == required_argument ? " " : "",
			 table[i].value ? table[i].value : "");
		if (table[i].shown)
			fprintf(output, "  -%c, %-15s %s\n", table[i].letter, option,
				table[i].help);
		else
			fprintf(output, "      %-15s %s\n", option, table[i].help);
	}
	if (!command->name) {
		fprintf(output, "\nCommands:\n");
		for (i = 1; i < command_count; i++)
			fprintf(output, "  %-8s %.*s\n", commands[i].name,
				(int)strcspn(commands[i].summary, "\n.:"), commands[i].summary);
	}
	fprintf(output, "\nSee rdtstat%s%s(1).\n", command->name ? "-" : "", command_name(command));
}
