// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "escape.h"
#include "findings.h"
#include "format.h"
#include "listing.h"
#include "output.h"
#include "root.h"
#include "run_report.h"
#include "screen.h"
#include "table.h"
#include "words.h"
#include "xalloc.h"

static char *error_text(int error)
{
	char words[64];

	words_for_error(words, sizeof(words), error);
	return xasprintf("- %s", words);
}

static void table_list(const struct listing *listing)
{
	struct libscols_table *table = table_new();
	const struct rdtgrp_tree *tree = listing->tree;
	size_t i, count = rdtgrp_tree_count(tree);
	struct libscols_line **lines = xcalloc(count, sizeof(struct libscols_line *));
	char *path = escape_for_terminal(listing->root->path);

	fprintf(output, "%s%s\n", path, table_foreign_mark(listing->root));
	table_add_column(table, "GROUP", SCOLS_FL_TREE);
	table_add_column(table, "TYPE", 0);
	table_add_column(table, "MODE", 0);
	table_add_column(table, "TASKS", SCOLS_FL_RIGHT);
	for (i = 0; i < count; i++) {
		const struct listing_group *group = &listing->groups[i];
		const char *name = rdtgrp_tree_get_name(tree, i);
		ssize_t parent = rdtgrp_tree_get_parent(tree, i);

		lines[i] = table_add_line(table, parent < 0 ? NULL : lines[parent]);
		table_set_cell(lines[i], 0, xstrdup(name ? name : rdtgrp_tree_get_path(tree, i)));
		table_set_cell(lines[i], 1,
			       xstrdup(rdtgrp_type_name(rdtgrp_tree_get_type(tree, i))));
		/* A MON group has its parent's. */
		if (rdtgrp_tree_get_type(tree, i) == RDTGRP_TYPE_CTRL_MON)
			table_set_cell(lines[i], 2,
				       *group->mode_missing
					       ? xasprintf("- %s", group->mode_missing)
					       : xstrdup(rdtgrp_mode_name(group->mode)));
		table_set_cell(lines[i], 3,
			       *group->tasks_missing ? xasprintf("- %s", group->tasks_missing)
						     : xasprintf("%zu", group->tasks));
		if (rdtgrp_tree_get_error(tree, i) < 0) {
			struct libscols_line *line = table_add_line(table, lines[i]);

			table_set_cell(line, 0, error_text(rdtgrp_tree_get_error(tree, i)));
			table_set_cell(line, 1, xstrdup("MON"));
		}
	}
	table_print(table);
	free(path);
	free(lines);
}

/* Several lines as one: "a, b". The caller's to be freed. */
static char *join_lines(const char *text)
{
	char *joined = xcalloc(2 * strlen(text) + 1, 1), *out = joined;

	for (; *text; text++) {
		if (*text != '\n')
			*out++ = *text;
		else
			out = stpcpy(out, ", ");
	}
	return joined;
}

static void add_finding(struct libscols_table *table, const char *name, char *text)
{
	struct libscols_line *line = table_add_line(table, NULL);

	table_set_cell(line, 0, xstrdup(name));
	table_set_cell(line, 1, text);
}

static void add_mounts(struct libscols_table *table, const struct rdtgrp_mounts *mounts)
{
	size_t i;

	for (i = 0; i < rdtgrp_mounts_count(mounts); i++) {
		const char *root = rdtgrp_mounts_get_root(mounts, i);
		bool whole = strcmp(root, "/") == 0;

		add_finding(table, i ? "" : "mounted at",
			    xasprintf("%s%s%s  (%s)", rdtgrp_mounts_get_path(mounts, i),
				      whole ? "" : "  only ", whole ? "" : root,
				      rdtgrp_mounts_get_options_text(mounts, i)));
	}
}

/* "L3_MON" where path is that directory's file: "L3_MON/mon_features"; else NULL. */
static char *directory_with(const char *path, const char *file)
{
	const char *slash = strchr(path, '/');

	if (!slash || strcmp(slash + 1, file) != 0)
		return NULL;
	return xasprintf("%.*s", (int)(slash - path), path);
}

static const char *find_info(const struct rdtgrp_info *info, const char *directory,
			     const char *file)
{
	char *path = xasprintf("%s/%s", directory, file);
	const char *text = rdtgrp_info_find(info, path);

	free(path);
	return text;
}

static void add_monitoring(struct libscols_table *table, const struct rdtgrp_info *info,
			   const char *directory, const char *features)
{
	const char *rmids = find_info(info, directory, "num_rmids");
	const char *mode = find_info(info, directory, "mbm_assign_mode");
	/* "L3", without the _MON that all these directories end with. */
	const char *suffix = strstr(directory, "_MON");
	int length = (int)(suffix ? (size_t)(suffix - directory) : strlen(directory));
	char *joined = join_lines(features);

	add_finding(
		table, "monitoring",
		xasprintf("%.*s: %s RMIDs; %s", length, directory, rmids ? rmids : "?", joined));
	/* The active mode stands in brackets. */
	mode = mode ? strchr(mode, '[') : NULL;
	if (mode)
		add_finding(table, "",
			    xasprintf("%.*s: bandwidth counters in mode %.*s", length, directory,
				      (int)strcspn(mode + 1, "]"), mode + 1));
	free(joined);
}

/* What can be monitored and allocated, from the files that say so. */
static void add_summary(struct libscols_table *table, const struct rdtgrp_info *info)
{
	size_t i;

	for (i = 0; i < rdtgrp_info_count(info); i++) {
		const char *text = rdtgrp_info_get_text(info, i);
		char *directory = directory_with(rdtgrp_info_get_path(info, i), "mon_features");

		if (directory && text)
			add_monitoring(table, info, directory, text);
		free(directory);
	}
	for (i = 0; i < rdtgrp_info_count(info); i++) {
		const char *text = rdtgrp_info_get_text(info, i);
		char *directory = directory_with(rdtgrp_info_get_path(info, i), "num_closids");

		if (directory && text)
			add_finding(table, "allocation",
				    xasprintf("%s: %s CLOSIDs", directory, text));
		free(directory);
	}
}

static void print_info_files(const struct rdtgrp_info *info)
{
	struct libscols_table *table = table_new();
	size_t i;

	table_add_column(table, "INFO FILE", 0);
	table_add_column(table, "CONTENT", 0);
	for (i = 0; i < rdtgrp_info_count(info); i++) {
		const char *text = rdtgrp_info_get_text(info, i);

		add_finding(table, rdtgrp_info_get_path(info, i),
			    text ? join_lines(text) : error_text(rdtgrp_info_get_error(info, i)));
	}
	fprintf(output, "\n");
	table_print(table);
}

/* How much of the text goes into so many columns, up to the end of a word if there is one. */
static size_t fitting(const char *text, size_t columns)
{
	size_t i, used = 0, word = 0;

	for (i = 0; text[i]; i++) {
		if (text[i] == ' ')
			word = i;
		/* The first byte of a character. */
		if (((unsigned char)text[i] & 0xc0) != 0x80 && ++used > columns)
			return word ? word : i;
	}
	return i;
}

/* In the third column, in as many lines as it takes; its other lines have nothing else in them. */
static void add_wrapped(struct libscols_table *table, struct libscols_line *line, const char *text,
			size_t columns)
{
	while (*text) {
		size_t length = fitting(text, columns);

		if (!line)
			line = table_add_line(table, NULL);
		table_set_cell(line, 2, xasprintf("%.*s", (int)length, text));
		line = NULL;
		text += length;
		text += *text == ' ';
	}
}

/* What the first two columns leave of the terminal to the third. */
static size_t finding_columns(const struct doctor *doctor)
{
	size_t i, about = strlen("EXAMINED"), level = strlen("RESULT"), columns = screen_columns();

	for (i = 0; i < doctor->count; i++) {
		if (about < strlen(doctor->findings[i].about))
			about = strlen(doctor->findings[i].about);
		if (level < strlen(level_name(doctor->findings[i].level)))
			level = strlen(level_name(doctor->findings[i].level));
	}
	/* Narrower it is no text any more. */
	return columns > about + level + 2 + 20 ? columns - about - level - 2 : 20;
}

static void print_doctor(const struct doctor *doctor)
{
	struct libscols_table *table = table_new();
	size_t columns = finding_columns(doctor);

	table_add_column(table, "EXAMINED", 0);
	table_add_column(table, "RESULT", 0);
	table_add_column(table, "FINDING", 0);
	for (size_t i = 0; i < doctor->count; i++) {
		const struct finding *finding = &doctor->findings[i];
		struct libscols_line *line = table_add_line(table, NULL);
		char *remedy;

		table_set_cell(line, 0, xstrdup(finding->about));
		table_set_cell(line, 1, xstrdup(level_name(finding->level)));
		add_wrapped(table, line, finding->text, columns);
		if (!*finding->remedy)
			continue;
		remedy = xasprintf("what to do: %s", finding->remedy);
		add_wrapped(table, NULL, remedy, columns);
		free(remedy);
	}
	fprintf(output, "\n");
	table_print(table);
}

static void table_info(const struct findings *findings)
{
	struct libscols_table *table = table_new();

	table_add_column(table, "", 0);
	table_add_column(table, "", 0);
	scols_table_enable_noheadings(table, 1);
	if (findings->mounts) {
		enum rdtgrp_mount_state state = rdtgrp_mounts_get_state(findings->mounts);

		add_finding(table, "resctrl", xstrdup(mount_state_name(state, findings->machine)));
		add_mounts(table, findings->mounts);
	} else if (findings->root) {
		add_finding(table, "tree",
			    xasprintf("%s%s", findings->root->path,
				      table_foreign_mark(findings->root)));
	}
	if (*findings->trouble)
		add_finding(table, "trouble", xstrdup(findings->trouble));
	if (*findings->advice)
		add_finding(table, "what to do", xstrdup(findings->advice));
	if (findings->info)
		add_summary(table, findings->info);
	table_print(table);
	print_doctor(findings->doctor);
	if (findings->info && rdtgrp_info_count(findings->info))
		print_info_files(findings->info);
}

const struct format format_table = {
	.report = table_report,
	.list = table_list,
	.info = table_info,
	.run = run_text_report,
	.run_line = run_text_line,
};
