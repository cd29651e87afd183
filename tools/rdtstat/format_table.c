// SPDX-License-Identifier: GPL-2.0-or-later
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "color.h"
#include "doctor.h"
#include "escape.h"
#include "findings.h"
#include "format.h"
#include "listing.h"
#include "options.h"
#include "output.h"
#include "report.h"
#include "root.h"
#include "run_report.h"
#include "units.h"
#include "words.h"
#include "xalloc.h"

static struct libscols_table *new_table(void)
{
	struct libscols_table *table = scols_new_table();

	if (!table || scols_table_set_stream(table, output) < 0)
		out_of_memory();
	return table;
}

static void add_column(struct libscols_table *table, const char *title, int flags)
{
	char *harmless = escape_for_terminal(title);
	struct libscols_column *column = scols_table_new_column(table, harmless, 0, flags);

	/* Backslashes are those of escape(): the library would escape some of them again. */
	if (!column || scols_column_set_safechars(column, "\\") < 0)
		out_of_memory();
	free(harmless);
}

static struct libscols_line *add_line(struct libscols_table *table, struct libscols_line *parent)
{
	struct libscols_line *line = scols_table_new_line(table, parent);

	if (!line)
		out_of_memory();
	return line;
}

/* Takes text over; NULL leaves the cell empty. */
static void set_cell(struct libscols_line *line, size_t column, char *text)
{
	char *harmless;

	if (!text)
		return;
	harmless = escape_for_terminal(text);
	if (scols_line_refer_data(line, column, harmless) < 0)
		out_of_memory();
	free(text);
}

static void print_table(struct libscols_table *table)
{
	/* It goes to memory. */
	if (scols_print_table(table) < 0)
		out_of_memory();
	scols_unref_table(table);
}

/* The word that tells a simulator from the machine's own numbers. */
static const char *foreign_mark(const struct root *root)
{
	return root->foreign ? "  [not resctrl: a simulator or captured tree]" : "";
}

static void print_report_title(const struct report *report)
{
	char *path = escape_for_terminal(report->root->path);
	struct tm local;
	char when[32];

	localtime_r(&report->sample->wall.tv_sec, &local);
	strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &local);
	fprintf(output, "%s  over %.3f s  %s%s\n", when, report->interval_s, path,
		foreign_mark(report->root));
	free(path);
}

static char *mark_partial(char *text, bool partial)
{
	char *marked = partial ? xasprintf("%s partial", text) : NULL;

	if (!marked)
		return text;
	free(text);
	return marked;
}

static char *cell_text(const struct column *column, const struct cell *cell, enum units units)
{
	const char *unit = rdtgrp_event_get_unit(column->event);

	if (!cell->present)
		return NULL;
	if (column->kind == RDTGRP_EVENT_CUMULATIVE) {
		if (!cell->has_rate)
			return xasprintf("- %s",
					 *cell->rate_missing ? cell->rate_missing : cell->missing);
		return mark_partial(units_rate(cell->rate, unit, units), cell->rate_partial);
	}
	if (cell->value.status != RDTGRP_STATUS_OK)
		return xasprintf("- %s", cell->missing);
	return mark_partial(units_value(&cell->value, unit, units), cell->partial);
}

/* The text of a cell, in color if there is less than a whole number in it: the table shows colors only
 * where they are wanted. */
static void set_number(struct libscols_line *line, size_t index, const struct column *column,
		       const struct cell *cell, enum units units)
{
	bool rate = column->kind == RDTGRP_EVENT_CUMULATIVE;
	bool there = rate ? cell->has_rate : cell->value.status == RDTGRP_STATUS_OK;
	bool partial = rate ? cell->rate_partial : cell->partial;

	set_cell(line, index, cell_text(column, cell, units));
	if (cell->present && (!there || partial) &&
	    scols_cell_set_color(scols_line_get_cell(line, index),
				 there ? COLOR_OF_PARTIAL : COLOR_OF_MISSING) < 0)
		out_of_memory();
}

/* The event, with its resource where two resources have events of that name. */
static char *column_title(const struct plan *plan, size_t index)
{
	const struct column *column = &plan->columns[index];
	const char *per_second = column->kind == RDTGRP_EVENT_CUMULATIVE ? "/s" : "";
	size_t i;

	for (i = 0; i < plan->column_count; i++)
		if (i != index && strcmp(plan->columns[i].event, column->event) == 0)
			return xasprintf("%s:%s%s", column->resource, column->event, per_second);
	return xasprintf("%s%s", column->event, per_second);
}

/* The cells that a row begins with. @return how many. */
static size_t set_head(struct libscols_line *line, const struct report_group *group,
		       const char *part, const char *domain)
{
	size_t count = 0;

	set_cell(line, count++, xstrdup(group->group->path));
	if (part)
		set_cell(line, count++, xstrdup(part));
	if (domain)
		set_cell(line, count++, xstrdup(domain));
	return count;
}

static void add_totals(struct libscols_table *table, const struct plan *plan,
		       const struct report_group *group, const struct report_part *part,
		       enum units units)
{
	struct libscols_line *line = add_line(table, NULL);
	size_t i, first = set_head(line, group, part->name, NULL);

	for (i = 0; i < plan->column_count; i++)
		set_number(line, first + i, &plan->columns[i], &part->totals[i], units);
}

static void add_domains(struct libscols_table *table, const struct plan *plan,
			const struct report_group *group, const struct report_part *part,
			enum units units)
{
	size_t i, j, first = 0;

	for (i = 0; i < plan->domain_count; i++) {
		struct libscols_line *line = NULL;

		for (j = 0; j < plan->slot_count; j++) {
			size_t column = plan->slots[j].column;

			if (plan->slots[j].domain != i || !part->cells[j].present)
				continue;
			if (!line) {
				line = add_line(table, NULL);
				first = set_head(line, group, part->name, plan->domains[i].path);
			}
			set_number(line, first + column, &plan->columns[column], &part->cells[j],
				   units);
		}
	}
}

static void add_group(struct libscols_table *table, const struct report *report,
		      const struct report_group *group, const struct options *options)
{
	struct report_part parts[REPORT_PARTS_MAX];
	size_t i, count = report_parts(report, group, parts);

	for (i = 0; i < count; i++) {
		if (options->per_domain)
			add_domains(table, report->plan, group, &parts[i], options->units);
		else
			add_totals(table, report->plan, group, &parts[i], options->units);
	}
}

static void table_report(const struct report *report, const struct options *options)
{
	const struct plan *plan = report->plan;
	struct libscols_table *table = new_table();
	size_t i;

	if (scols_table_enable_colors(table, color_wanted(options->color)) < 0)
		out_of_memory();
	print_report_title(report);
	add_column(table, "GROUP", 0);
	if (report->breakdown)
		add_column(table, "PART", 0);
	if (options->per_domain)
		add_column(table, "DOMAIN", 0);
	for (i = 0; i < plan->column_count; i++) {
		char *title = column_title(plan, i);

		add_column(table, title, SCOLS_FL_RIGHT);
		free(title);
	}
	for (i = 0; i < report->group_count; i++)
		add_group(table, report, &report->groups[i], options);
	print_table(table);
	fprintf(output, "\n");
}

static char *error_text(int error)
{
	char words[64];

	words_for_error(words, sizeof(words), error);
	return xasprintf("- %s", words);
}

static void table_list(const struct listing *listing)
{
	struct libscols_table *table = new_table();
	const struct rdtgrp_tree *tree = listing->tree;
	size_t i, count = rdtgrp_tree_count(tree);
	struct libscols_line **lines = xcalloc(count, sizeof(struct libscols_line *));
	char *path = escape_for_terminal(listing->root->path);

	fprintf(output, "%s%s\n", path, foreign_mark(listing->root));
	add_column(table, "GROUP", SCOLS_FL_TREE);
	add_column(table, "TYPE", 0);
	add_column(table, "MODE", 0);
	add_column(table, "TASKS", SCOLS_FL_RIGHT);
	for (i = 0; i < count; i++) {
		const struct listing_group *group = &listing->groups[i];
		const char *name = rdtgrp_tree_get_name(tree, i);
		ssize_t parent = rdtgrp_tree_get_parent(tree, i);

		lines[i] = add_line(table, parent < 0 ? NULL : lines[parent]);
		set_cell(lines[i], 0, xstrdup(name ? name : rdtgrp_tree_get_path(tree, i)));
		set_cell(lines[i], 1, xstrdup(rdtgrp_type_name(rdtgrp_tree_get_type(tree, i))));
		/* A MON group has its parent's. */
		if (rdtgrp_tree_get_type(tree, i) == RDTGRP_TYPE_CTRL_MON)
			set_cell(lines[i], 2,
				 *group->mode_missing ? xasprintf("- %s", group->mode_missing)
						      : xstrdup(rdtgrp_mode_name(group->mode)));
		set_cell(lines[i], 3,
			 *group->tasks_missing ? xasprintf("- %s", group->tasks_missing)
					       : xasprintf("%zu", group->tasks));
		if (rdtgrp_tree_get_error(tree, i) < 0) {
			struct libscols_line *line = add_line(table, lines[i]);

			set_cell(line, 0, error_text(rdtgrp_tree_get_error(tree, i)));
			set_cell(line, 1, xstrdup("MON"));
		}
	}
	print_table(table);
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
	struct libscols_line *line = add_line(table, NULL);

	set_cell(line, 0, xstrdup(name));
	set_cell(line, 1, text);
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
	struct libscols_table *table = new_table();
	size_t i;

	add_column(table, "INFO FILE", 0);
	add_column(table, "CONTENT", 0);
	for (i = 0; i < rdtgrp_info_count(info); i++) {
		const char *text = rdtgrp_info_get_text(info, i);

		add_finding(table, rdtgrp_info_get_path(info, i),
			    text ? join_lines(text) : error_text(rdtgrp_info_get_error(info, i)));
	}
	fprintf(output, "\n");
	print_table(table);
}

static void print_doctor(const struct doctor *doctor)
{
	struct libscols_table *table = new_table();

	add_column(table, "EXAMINED", 0);
	add_column(table, "RESULT", 0);
	add_column(table, "FINDING", 0);
	for (size_t i = 0; i < doctor->count; i++) {
		const struct finding *finding = &doctor->findings[i];
		struct libscols_line *line = add_line(table, NULL);

		set_cell(line, 0, xstrdup(finding->about));
		set_cell(line, 1, xstrdup(level_name(finding->level)));
		set_cell(line, 2, xstrdup(finding->text));
		if (!*finding->remedy)
			continue;
		line = add_line(table, NULL);
		set_cell(line, 2, xasprintf("what to do: %s", finding->remedy));
	}
	fprintf(output, "\n");
	print_table(table);
}

static void table_info(const struct findings *findings)
{
	struct libscols_table *table = new_table();

	add_column(table, "", 0);
	add_column(table, "", 0);
	scols_table_enable_noheadings(table, 1);
	if (findings->mounts) {
		enum rdtgrp_mount_state state = rdtgrp_mounts_get_state(findings->mounts);

		add_finding(table, "resctrl",
			    xstrdup(findings_state_name(state, findings->machine)));
		add_mounts(table, findings->mounts);
	} else if (findings->root) {
		add_finding(table, "tree",
			    xasprintf("%s%s", findings->root->path, foreign_mark(findings->root)));
	}
	if (*findings->trouble)
		add_finding(table, "trouble", xstrdup(findings->trouble));
	if (*findings->advice)
		add_finding(table, "what to do", xstrdup(findings->advice));
	if (findings->info)
		add_summary(table, findings->info);
	print_table(table);
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
