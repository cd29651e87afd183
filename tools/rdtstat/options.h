/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_OPTIONS_H
#define RDTSTAT_OPTIONS_H

#include <rdtgrp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "color.h"
#include "units.h"

struct format;
struct options;

/* A command of rdtstat. The table of them is in main.c. */
struct command {
	/* NULL: what rdtstat does where no command is named. */
	const char *name;
	/* For --help: the arguments, and what it does. */
	const char *arguments;
	const char *summary;
	/* The letters of the options that it takes (options.c). A '+' in front, as for getopt(3): the first
	 * argument is a program, and all behind it belongs to that one. */
	const char *options;
	/* @return an exit status. */
	int (*run)(const struct options *options);
};

/* The words of the command line. Nothing in it is copied but the arrays. */
struct options {
	const struct command *command;
	bool help;
	bool version;
	const struct format *format;
	/* NULL: the system's resctrl. */
	const char *root;
	/* NULL: this system. */
	const char *sysroot;
	/* NULL: standard output, or of run standard error. */
	const char *output;
	bool hide_names;
	bool per_domain;
	bool breakdown;
	bool timestamp;
	enum units units;
	enum color_when color;
	/* 0: both. */
	enum rdtgrp_type type;
	/* The column by which the groups are sorted; NULL: as in the tree. */
	const char *sort;
	bool tree;
	/* NULL: not given. */
	const char *delay;
	const char **groups;
	size_t group_count;
	const char **events;
	size_t event_count;
	/* Of run, as they were typed. */
	const char *interval_ms;
	const char *repeat;
	const char *pids;
	const char *tids;
	/* What is neither an option nor the command's name. */
	const char **arguments;
	size_t argument_count;
};

/* Take the command line apart. What is wrong with it is told on stderr. @return an exit status. */
int options_parse(int argc, char **argv, const struct command *commands, size_t command_count,
		  struct options *options);
void options_clear(struct options *options);

/* Write the help of the command that was named, on stdout. */
void options_print_help(const struct options *options, const struct command *commands,
			size_t command_count);

#endif
