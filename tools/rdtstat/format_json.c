// SPDX-License-Identifier: GPL-2.0-or-later
#include <json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "doctor.h"
#include "escape.h"
#include "findings.h"
#include "format.h"
#include "listing.h"
#include "locks.h"
#include "machine.h"
#include "output.h"
#include "report.h"
#include "root.h"
#include "run_report.h"
#include "units.h"
#include "words.h"
#include "xalloc.h"

/* The schema is docs/rdtstat.schema.json, explained in rdtstat(1). */

/* Takes value over; NULL is JSON's null. */
static void add(struct json_object *object, const char *key, struct json_object *value)
{
	if (json_object_object_add(object, key, value) < 0)
		out_of_memory();
}

static void append(struct json_object *array, struct json_object *value)
{
	if (json_object_array_add(array, value) < 0)
		out_of_memory();
}

static struct json_object *need(struct json_object *object)
{
	if (!object)
		out_of_memory();
	return object;
}

static struct json_object *new_object(void)
{
	return need(json_object_new_object());
}

static struct json_object *new_array(void)
{
	return need(json_object_new_array());
}

static struct json_object *new_bool(bool value)
{
	return need(json_object_new_boolean(value));
}

static struct json_object *new_uint(uint64_t value)
{
	return need(json_object_new_uint64(value));
}

/* A string that was made by us or by the library. */
static struct json_object *new_string(const char *text)
{
	return need(json_object_new_string(text));
}

/* A string that may hold any bytes. JSON has to be UTF-8, and a name must not become another's. */
static struct json_object *new_name(const char *bytes)
{
	char *text = escape(bytes, true);
	struct json_object *string = new_string(text);

	free(text);
	return string;
}

/* A number with just these digits. */
static struct json_object *new_number(double number, const char *digits)
{
	return need(json_object_new_double_s(number, digits));
}

static struct json_object *new_decimal(double number, int decimals)
{
	char *digits = xasprintf("%.*f", decimals, number);
	struct json_object *object = new_number(number, digits);

	free(digits);
	return object;
}

static struct json_object *new_value(const struct rdtgrp_value *value)
{
	struct json_object *object;
	char *digits;

	if (!value->decimals)
		return new_uint(value->integer);
	digits = units_digits(value);
	object = new_number(rdtgrp_value_to_double(value), digits);
	free(digits);
	return object;
}

static void print_line(struct json_object *object)
{
	const char *text = json_object_to_json_string_ext(
		object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

	if (!text)
		out_of_memory();
	fprintf(output, "%s\n", text);
	json_object_put(object);
}

static void add_root(struct json_object *object, const struct root *root)
{
	add(object, "root", new_name(root->path));
	add(object, "resctrl", new_bool(!root->foreign));
}

static struct json_object *new_cell(const struct column *column, const struct cell *cell)
{
	static const char *const kinds[] = {
		[RDTGRP_EVENT_UNKNOWN] = "unknown",
		[RDTGRP_EVENT_GAUGE] = "gauge",
		[RDTGRP_EVENT_CUMULATIVE] = "cumulative",
	};
	bool ok = cell->value.status == RDTGRP_STATUS_OK;
	struct json_object *object = new_object();

	add(object, "resource", new_name(column->resource));
	add(object, "event", new_name(column->event));
	add(object, "kind", new_string(kinds[column->kind]));
	add(object, "unit", new_string(rdtgrp_event_get_unit(column->event)));
	add(object, "value", ok ? new_value(&cell->value) : NULL);
	add(object, "partial", new_bool(cell->partial));
	if (*cell->missing)
		add(object, "missing", new_string(cell->missing));
	if (column->kind != RDTGRP_EVENT_CUMULATIVE)
		return object;
	add(object, "rate", cell->has_rate ? new_decimal(cell->rate, 6) : NULL);
	add(object, "rate_partial", new_bool(cell->rate_partial));
	if (*cell->rate_missing)
		add(object, "rate_missing", new_string(cell->rate_missing));
	return object;
}

static struct json_object *new_totals(const struct plan *plan, const struct report_part *part)
{
	struct json_object *totals = new_array();
	size_t i;

	for (i = 0; i < plan->column_count; i++)
		if (part->totals[i].present)
			append(totals, new_cell(&plan->columns[i], &part->totals[i]));
	return totals;
}

static struct json_object *new_domain(const struct plan *plan, const struct report_part *part,
				      size_t index)
{
	const struct domain *domain = &plan->domains[index];
	struct json_object *object = new_object(), *events = new_array();
	size_t i;

	add(object, "path", new_name(domain->path));
	add(object, "resource", new_name(domain->resource));
	add(object, "id", domain->has_id ? new_uint(domain->id) : NULL);
	add(object, "inside",
	    domain->parent < 0 ? NULL : new_name(plan->domains[domain->parent].path));
	for (i = 0; i < plan->slot_count; i++)
		if (plan->slots[i].domain == index && part->cells[i].present)
			append(events,
			       new_cell(&plan->columns[plan->slots[i].column], &part->cells[i]));
	add(object, "events", events);
	return object;
}

static void add_values(struct json_object *object, const struct plan *plan,
		       const struct report_part *part)
{
	struct json_object *domains = new_array();
	size_t i;

	add(object, "totals", new_totals(plan, part));
	for (i = 0; i < plan->domain_count; i++)
		append(domains, new_domain(plan, part, i));
	add(object, "domains", domains);
}

static struct json_object *new_group(const struct report *report, const struct report_group *group)
{
	struct report_part parts[REPORT_PARTS_MAX];
	size_t count = report_parts(report, group, parts);
	struct json_object *object = new_object(), *own;

	add(object, "path", new_name(group->group->path));
	add(object, "type", new_string(rdtgrp_type_name(group->group->type)));
	add(object, "inode", new_uint(group->group->inode));
	add(object, "status", new_string(*group->missing ? group->missing : "ok"));
	add_values(object, report->plan, &parts[0]);
	if (count > 1) {
		own = new_object();
		add_values(own, report->plan, &parts[1]);
		add(object, parts[1].name, own);
	}
	return object;
}

static struct json_object *new_time(const struct timespec *time)
{
	char *when = words_for_time(time);
	struct json_object *object = new_string(when);

	free(when);
	return object;
}

static void json_report(const struct report *report, const struct options *options)
{
	struct json_object *object = new_object(), *groups = new_array();
	size_t i;

	/* All is in it always: a reader picks what it wants. */
	(void)options;
	add(object, "time", new_time(&report->sample->wall));
	add(object, "interval", new_decimal(report->interval_s, 9));
	add_root(object, report->root);
	for (i = 0; i < report->group_count; i++)
		append(groups, new_group(report, &report->groups[i]));
	add(object, "groups", groups);
	print_line(object);
}

/* "key": value, or null and a second key that says why. */
static void add_or_missing(struct json_object *object, const char *key, struct json_object *value,
			   const char *missing)
{
	char why[64];

	add(object, key, value);
	if (!*missing)
		return;
	snprintf(why, sizeof(why), "%s_missing", key);
	add(object, why, new_string(missing));
}

static void json_list(const struct listing *listing)
{
	const struct rdtgrp_tree *tree = listing->tree;
	struct json_object *object = new_object(), *groups = new_array();
	size_t i;

	add_root(object, listing->root);
	for (i = 0; i < rdtgrp_tree_count(tree); i++) {
		const struct listing_group *group = &listing->groups[i];
		ssize_t parent = rdtgrp_tree_get_parent(tree, i);
		struct json_object *entry = new_object();
		char words[64];

		add(entry, "path", new_name(root_group_path(listing->root, tree, i)));
		add(entry, "parent",
		    parent < 0 ? NULL
			       : new_name(root_group_path(listing->root, tree, (size_t)parent)));
		add(entry, "type", new_string(rdtgrp_type_name(rdtgrp_tree_get_type(tree, i))));
		add(entry, "inode", new_uint(rdtgrp_tree_get_inode(tree, i)));
		add_or_missing(entry, "mode",
			       *group->mode_missing ? NULL
						    : new_string(rdtgrp_mode_name(group->mode)),
			       group->mode_missing);
		add_or_missing(entry, "tasks",
			       *group->tasks_missing ? NULL : new_uint(group->tasks),
			       group->tasks_missing);
		if (rdtgrp_tree_get_error(tree, i) < 0) {
			words_for_error(words, sizeof(words), rdtgrp_tree_get_error(tree, i));
			add_or_missing(entry, "mon_groups", NULL, words);
		}
		append(groups, entry);
	}
	add(object, "groups", groups);
	print_line(object);
}

static struct json_object *new_mounts(const struct rdtgrp_mounts *mounts)
{
	struct json_object *array = new_array();
	size_t i;

	for (i = 0; i < rdtgrp_mounts_count(mounts); i++) {
		struct json_object *object = new_object();

		add(object, "path", new_name(rdtgrp_mounts_get_path(mounts, i)));
		add(object, "root", new_name(rdtgrp_mounts_get_root(mounts, i)));
		add(object, "options", new_name(rdtgrp_mounts_get_options_text(mounts, i)));
		append(array, object);
	}
	return array;
}

static struct json_object *new_info(const struct rdtgrp_info *info)
{
	struct json_object *array = new_array();
	size_t i;

	for (i = 0; i < rdtgrp_info_count(info); i++) {
		const char *text = rdtgrp_info_get_text(info, i);
		struct json_object *object = new_object();
		char words[64] = "";

		if (!text)
			words_for_error(words, sizeof(words), rdtgrp_info_get_error(info, i));
		add(object, "file", new_name(rdtgrp_info_get_path(info, i)));
		add_or_missing(object, "text", text ? new_name(text) : NULL, words);
		append(array, object);
	}
	return array;
}

static struct json_object *new_names(char *const *names, size_t count)
{
	struct json_object *array = new_array();

	for (size_t i = 0; i < count; i++)
		append(array, new_name(names[i]));
	return array;
}

static struct json_object *new_cpu(const struct machine *machine)
{
	static const char *const names[] = {
		[MACHINE_OTHER] = "unknown",
		[MACHINE_X86] = "x86",
		[MACHINE_ARM] = "arm",
	};
	struct json_object *object = new_object();

	add(object, "architecture", new_string(names[machine->arch]));
	add(object, "features", new_names(machine->features, machine->feature_count));
	return object;
}

static struct json_object *new_kernel(const struct machine *machine)
{
	struct json_object *object = new_object(), *config = NULL;

	if (machine->config_file) {
		config = new_object();
		for (size_t i = 0; i < machine_option_count; i++)
			add(config, machine_options[i],
			    machine->config[i] ? new_name(machine->config[i]) : NULL);
	}
	add(object, "release", new_name(machine->release));
	add(object, "config_file", machine->config_file ? new_name(machine->config_file) : NULL);
	add(object, "config", config);
	add(object, "parameters",
	    machine->parameters_known ? new_names(machine->parameters, machine->parameter_count)
				      : NULL);
	return object;
}

static struct json_object *new_ids(const struct ids *ids)
{
	struct json_object *object;

	if (!ids->known)
		return NULL;
	object = new_object();
	add(object, "total", new_uint(ids->total));
	add(object, "used", new_uint(ids->used));
	return object;
}

static struct json_object *new_counters(const struct doctor *doctor)
{
	struct json_object *object = new_object(), *array = new_array();

	for (size_t i = 0; i < doctor->missing_count; i++) {
		struct json_object *missing = new_object();

		add(missing, "group", new_name(doctor->missing[i].group));
		add(missing, "event", new_name(doctor->missing[i].event));
		add(missing, "domain", new_name(doctor->missing[i].domain));
		append(array, missing);
	}
	add(object, "mode", *doctor->counter_mode ? new_name(doctor->counter_mode) : NULL);
	add(object, "missing", array);
	return object;
}

static struct json_object *new_lock(const struct doctor *doctor)
{
	struct json_object *array = new_array();

	for (size_t i = 0; i < doctor->holder_count; i++) {
		const struct lock_holder *holder = &doctor->holders[i];
		struct json_object *object = new_object();

		add(object, "pid", holder->pid ? new_uint((uint64_t)holder->pid) : NULL);
		add(object, "command", *holder->command ? new_name(holder->command) : NULL);
		add(object, "exclusive", new_bool(holder->exclusive));
		add(object, "waits", new_bool(holder->waits));
		append(array, object);
	}
	return array;
}

static struct json_object *new_findings(const struct doctor *doctor)
{
	struct json_object *array = new_array();

	for (size_t i = 0; i < doctor->count; i++) {
		const struct finding *finding = &doctor->findings[i];
		struct json_object *object = new_object();

		add(object, "about", new_string(finding->about));
		add(object, "level", new_string(level_name(finding->level)));
		add(object, "text", new_name(finding->text));
		add(object, "remedy", new_name(finding->remedy));
		append(array, object);
	}
	return array;
}

static void add_doctor(struct json_object *object, const struct findings *findings)
{
	const struct doctor *doctor = findings->doctor;

	if (findings->machine) {
		add(object, "cpu", new_cpu(findings->machine));
		add(object, "kernel", new_kernel(findings->machine));
	}
	if (findings->info) {
		struct json_object *rmids = new_ids(&doctor->rmids);

		if (rmids)
			add(rmids, "limbo_possible", new_bool(doctor->limbo_possible));
		add(object, "rmids", rmids);
		add(object, "closids", new_ids(&doctor->closids));
		add(object, "counters", new_counters(doctor));
		add(object, "lock", new_lock(doctor));
	}
	add(object, "findings", new_findings(doctor));
}

static void json_info(const struct findings *findings)
{
	struct json_object *object = new_object();

	if (findings->mounts) {
		enum rdtgrp_mount_state state = rdtgrp_mounts_get_state(findings->mounts);

		add(object, "state", new_string(mount_state_name(state, findings->machine)));
		add(object, "mounts", new_mounts(findings->mounts));
	}
	if (findings->root)
		add_root(object, findings->root);
	add(object, "trouble", new_name(findings->trouble));
	add(object, "advice", new_name(findings->advice));
	add(object, "info", findings->info ? new_info(findings->info) : NULL);
	add_doctor(object, findings);
	print_line(object);
}

static struct json_object *new_run_event(const char *event, enum rdtgrp_event_kind kind)
{
	struct json_object *object = new_object();

	add(object, "event", new_name(event));
	add(object, "kind", new_string(kind == RDTGRP_EVENT_GAUGE ? "gauge" : "cumulative"));
	add(object, "unit", new_string(rdtgrp_event_get_unit(event)));
	return object;
}

/* What was computed: with decimals where it has some. */
static struct json_object *new_computed(double number)
{
	return new_decimal(number, number == floor(number) ? 0 : 6);
}

/* A mean, and beside it how far the runs lie from it: null of one run. `exact` is the number itself if there
 * is but one, or NULL. */
static void add_stats(struct json_object *object, const char *key, const struct run_stats *stats,
		      const struct rdtgrp_value *exact)
{
	char *deviation = xasprintf("%s_deviation", key);

	if (stats->count == 1 && exact)
		add(object, key, new_value(exact));
	else
		add(object, key, stats->count ? new_computed(stats->mean) : NULL);
	add(object, deviation, stats->count > 1 ? new_computed(run_stats_deviation(stats)) : NULL);
	free(deviation);
}

static void add_gap(struct json_object *object, const struct run_figure *figure)
{
	add(object, "partial", new_bool(figure->partial));
	if (*figure->missing)
		add(object, "missing", new_string(figure->missing));
}

static struct json_object *new_tids(const pid_t *ids, size_t count)
{
	struct json_object *array = new_array();
	size_t i;

	for (i = 0; i < count; i++)
		append(array, new_uint((uint64_t)ids[i]));
	return array;
}

static struct json_object *new_words(char *const *words)
{
	struct json_object *array = new_array();

	for (; *words; words++)
		append(array, new_name(*words));
	return array;
}

static void json_run(const struct run_report *report, const struct options *options)
{
	struct json_object *object = new_object(), *events = new_array();
	const struct run_args *args = report->args;
	size_t i;

	(void)options;
	add(object, "type", new_string("report"));
	add(object, "time", new_time(&report->wall));
	add_root(object, report->root);
	add(object, "group", new_name(report->group));
	add(object, "command", args->command ? new_words(args->command) : NULL);
	add(object, "status", args->command ? new_uint((uint64_t)report->status) : NULL);
	add(object, "pids", new_tids(args->targets, args->process_count));
	add(object, "tids",
	    new_tids(args->targets + args->process_count,
		     args->target_count - args->process_count));
	add(object, "runs", new_uint(report->runs));
	add_stats(object, "elapsed", &report->elapsed_s, NULL);
	for (i = 0; i < report->event_count; i++) {
		const struct run_summary *summary = &report->events[i];
		bool gauge = summary->figure.kind == RDTGRP_EVENT_GAUGE;
		struct json_object *event =
			new_run_event(summary->figure.event, summary->figure.kind);

		add_stats(event, gauge ? "peak" : "total", &summary->amount, &summary->last_amount);
		add_stats(event, gauge ? "mean" : "rate", &summary->mean, NULL);
		add_gap(event, &summary->figure);
		append(events, event);
	}
	add(object, "events", events);
	print_line(object);
}

static void json_run_line(const struct run_line *line, const struct options *options)
{
	struct json_object *object = new_object(), *events = new_array();
	size_t i;

	(void)options;
	add(object, "type", new_string("interval"));
	add(object, "run", new_uint(line->run));
	add(object, "at", new_decimal(line->at_s, 6));
	add(object, "interval", new_decimal(line->duration_s, 6));
	for (i = 0; i < line->figure_count; i++) {
		const struct run_figure *figure = &line->figures[i];
		bool gauge = figure->kind == RDTGRP_EVENT_GAUGE;
		struct json_object *event = new_run_event(figure->event, figure->kind);

		add(event, gauge ? "peak" : "total",
		    figure->present ? new_value(&figure->amount) : NULL);
		add(event, gauge ? "mean" : "rate",
		    figure->present ? new_computed(figure->mean) : NULL);
		add_gap(event, figure);
		append(events, event);
	}
	add(object, "events", events);
	print_line(object);
}

const struct format format_json = {
	.report = json_report,
	.list = json_list,
	.info = json_info,
	.run = json_run,
	.run_line = json_run_line,
};
