// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "format.h"
#include "message.h"
#include "options.h"
#include "outfile.h"
#include "output.h"
#include "root.h"
#include "run_args.h"
#include "run_group.h"
#include "run_meter.h"
#include "run_places.h"
#include "run_program.h"
#include "run_report.h"
#include "run_signals.h"
#include "run_targets.h"
#include "run_watch.h"
#include "xalloc.h"

/* All that one call of rdtstat run has. */
struct session {
	const struct options *options;
	struct run_args args;
	struct root root;
	struct run_targets targets;
	struct run_meter meter;
	struct run_watch watch;
	struct rdtgrp *group;
	struct run_report report;
	/* Of the first run that did not end with 0; or the number of the signal that kept all from running. */
	int status;
};

/* @return an exit status. */
static int send_report(const struct session *session)
{
	int r;

	if (session->options->output)
		return output_replace(session->options->output);
	r = output_send_to(STDERR_FILENO);
	/* Where standard error takes nothing there is nobody to tell. */
	return r < 0 ? EXIT_FAILED : EXIT_FINE;
}

static void collect_run(struct session *session)
{
	struct run_report *report = &session->report;
	size_t i;

	report->runs++;
	run_stats_add(&report->elapsed_s, run_meter_run_s(&session->meter));
	report->events = reallocarray(report->events, session->meter.event_count + 1,
				      sizeof(*report->events));
	if (!report->events)
		out_of_memory();
	for (; report->event_count < session->meter.event_count; report->event_count++)
		report->events[report->event_count] = (struct run_summary){0};
	for (i = 0; i < report->event_count; i++) {
		struct run_figure figure = run_meter_run_figure(&session->meter, i);
		struct run_summary *event = &report->events[i];

		if (!event->figure.event || *figure.missing)
			event->figure = figure;
		if (!figure.present)
			continue;
		event->last_amount = figure.amount;
		run_stats_add(&event->amount, rdtgrp_value_to_double(&figure.amount));
		run_stats_add(&event->mean, figure.mean);
	}
}

static void print_interval(void *data)
{
	struct session *session = data;
	const struct run_meter *meter = &session->meter;
	struct run_figure *figures = xcalloc(meter->event_count, sizeof(*figures));
	struct run_line line = {
		.run = session->report.runs + 1,
		.at_s = run_meter_run_s(meter),
		.duration_s = run_meter_line_s(meter),
		.figures = figures,
		.figure_count = meter->event_count,
	};
	size_t i;

	for (i = 0; i < meter->event_count; i++)
		figures[i] = run_meter_line_figure(meter, i);
	session->options->format->run_line(&line, session->options);
	free(figures);
	/* A file is written when all is there. */
	if (!session->options->output)
		send_report(session);
}

/* Measure until the end, with or without a command. @return an exit status. */
static int measure(struct session *session)
{
	int r = run_watch(&session->watch);

	/* What came behind the last whole interval. */
	if (r == EXIT_FINE && session->watch.interval_ns && run_meter_line_s(&session->meter) > 0)
		print_interval(session);
	return r;
}

/* Did a signal come before there was anything that it could end? */
static bool interrupted_before(struct session *session)
{
	struct run_signal signal;

	if (!run_signals_next(&signal))
		return false;
	session->watch.interrupted = true;
	session->status = 128 + signal.number;
	return true;
}

/* A process inherits its parent's groups, but not in a simulator, where it has to get into the control
 * group first. @return 0 or a negative errno of the library. */
static int enter_control_group(const struct session *session, pid_t pid)
{
	struct rdtgrp *control;
	int r;

	if (!session->root.foreign)
		return 0;
	r = rdtgrp_open_parent(session->group, &control);
	if (r < 0)
		return r;
	r = rdtgrp_move_task(control, pid);
	rdtgrp_unref(control);
	return r;
}

/* Put the process into the group, unless others are measured. @return an exit status. */
static int place_program(struct session *session, struct run_program *program)
{
	int r;

	if (session->args.target_count)
		return EXIT_FINE;
	r = enter_control_group(session, program->pid);
	if (r == 0)
		r = rdtgrp_move_task(session->group, program->pid);
	if (r == 0)
		return EXIT_FINE;
	complain("run: the command cannot be moved into its group; it was not started");
	complain_rdtgrp(r, "tasks");
	return EXIT_FAILED;
}

static int run_once(struct session *session)
{
	struct run_program program;
	int r;

	if (interrupted_before(session))
		return EXIT_FINE;
	r = run_program_prepare(&program, session->args.command);
	if (r != EXIT_FINE)
		return r;
	r = place_program(session, &program);
	if (r != EXIT_FINE) {
		run_program_reap(&program);
		return r;
	}
	run_meter_start(&session->meter);
	if (!run_program_go(&program, session->args.command[0])) {
		session->status = program.status;
		session->watch.interrupted = true;
		return EXIT_FINE;
	}
	session->watch.program = &program;
	r = measure(session);
	session->watch.program = NULL;
	run_program_reap(&program);
	if (r == EXIT_FINE)
		collect_run(session);
	if (!session->status)
		session->status = program.status;
	return r;
}

static int run_all(struct session *session)
{
	unsigned long i;
	int r = EXIT_FINE;

	clock_gettime(CLOCK_REALTIME, &session->report.wall);
	if (session->args.command) {
		for (i = 0; i < session->args.repeat && r == EXIT_FINE; i++) {
			r = run_once(session);
			if (session->watch.interrupted)
				break;
		}
		return r;
	}
	run_meter_start(&session->meter);
	r = measure(session);
	if (r == EXIT_FINE)
		collect_run(session);
	return r;
}

static int take_and_run(struct session *session, const struct run_places *places)
{
	int r, back;

	r = run_meter_open(&session->meter, session->group);
	if (r < 0) {
		complain_rdtgrp(r, run_group_path());
		return EXIT_FAILED;
	}
	if (!session->args.target_count)
		return run_all(session);
	r = run_targets_take(&session->targets, places, session->group);
	if (r == EXIT_FINE)
		r = run_all(session);
	back = run_targets_put_back(&session->targets, session->group);
	return r == EXIT_FINE ? back : r;
}

static int run_in_group(struct session *session, const struct run_places *places, size_t control)
{
	char *path;
	int r, removed;

	session->group = run_group_make(&session->root, places->tree, control);
	if (!session->group)
		return EXIT_FAILED;
	path = xstrdup(run_group_path());
	r = take_and_run(session, places);
	/* Before the report: who reads it may be slow. */
	removed = run_group_remove();
	if (r == EXIT_FINE && session->report.runs) {
		session->report.group = path;
		session->report.status = session->status;
		session->options->format->run(&session->report, session->options);
		r = send_report(session);
	}
	free(path);
	return r == EXIT_FINE ? removed : r;
}

static int find_and_run(struct session *session)
{
	struct run_places places;
	size_t control = 0;
	int r;

	run_group_clear_dead(&session->root);
	r = run_places_read(&session->root, &places);
	if (r < 0) {
		complain_rdtgrp(r, session->root.path);
		return EXIT_FAILED;
	}
	if (!session->args.target_count) {
		control = run_places_control(&places, getpid());
		r = EXIT_FINE;
	} else {
		r = run_targets_find(&session->targets, &session->args);
		if (r == EXIT_FINE)
			r = run_targets_control(&session->targets, &places, &control);
		session->watch.targets = &session->targets;
	}
	/* What cannot be written is told before anything is run. */
	if (r == EXIT_FINE && session->options->output)
		r = outfile_check(session->options->output);
	if (r == EXIT_FINE)
		r = run_in_group(session, &places, control);
	run_places_clear(&places);
	return r;
}

int cmd_run(const struct options *options)
{
	struct session session = {.options = options};
	int r;

	r = run_args_parse(options, &session.args);
	if (r != EXIT_FINE)
		return r;
	r = root_open_or_tell(options->root, &session.root);
	if (r != EXIT_FINE) {
		run_args_clear(&session.args);
		return r;
	}
	session.report.root = &session.root;
	session.report.args = &session.args;
	session.watch.meter = &session.meter;
	session.watch.interval_ns = session.args.interval_ns;
	session.watch.line = print_interval;
	session.watch.data = &session;
	session.watch.signal_fd = run_signals_take();
	if (session.root.unpacked.directory) {
		complain("run: %s: in an archive nothing can be run", session.root.path);
		r = EXIT_FAILED;
	} else if (!rdtgrp_is_default(session.root.group)) {
		complain("run: %s: is not the root of resctrl", session.root.path);
		r = EXIT_FAILED;
	} else {
		r = session.watch.signal_fd < 0 ? EXIT_FAILED : find_and_run(&session);
	}
	run_targets_clear(&session.targets);
	run_meter_close(&session.meter);
	free(session.report.events);
	root_close(&session.root);
	run_args_clear(&session.args);
	/* The command's own status comes first. */
	return session.status ? session.status : r;
}
