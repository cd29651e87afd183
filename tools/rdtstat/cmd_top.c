// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "escape.h"
#include "first.h"
#include "interval.h"
#include "message.h"
#include "options.h"
#include "report.h"
#include "sampling.h"
#include "top_canvas.h"
#include "top_draw.h"
#include "top_rows.h"
#include "top_table.h"
#include "top_terminal.h"
#include "top_view.h"
#include "xalloc.h"

/* All that lasts while it runs. */
struct top {
	struct sampler *sampler;
	/* The newest one. */
	struct sample *sample;
	struct top_table table;
	struct top_view view;
	struct top_rows rows;
	struct top_scene scene;
};

/* What was told: the last line is shown on the screen, and all go to stderr when the terminal is given
 * back. */
static char **held;
static size_t held_count, held_room;

static void hold(const char *line)
{
	held = xgrow(held, held_count, &held_room, sizeof(*held));
	held[held_count++] = xstrdup(line);
}

static void release(void)
{
	size_t i;

	message_divert(NULL);
	for (i = 0; i < held_count; i++) {
		fprintf(stderr, "rdtstat: %s\n", held[i]);
		free(held[i]);
	}
	free(held);
	held = NULL;
	held_count = held_room = 0;
}

static void draw(struct top *top)
{
	struct top_canvas canvas;

	top->scene.trouble = held_count ? held[held_count - 1] : NULL;
	top_rows_fill(&top->rows, &top->table, &top->view);
	top_terminal_canvas(&canvas);
	top_draw(&canvas, &top->scene, &top->table, &top->rows, &top->view);
	top_terminal_show(&canvas);
	top_canvas_clear(&canvas);
}

/* Another sample, and what lies between it and the one before. @return an exit status. */
static int take(struct top *top)
{
	struct sample *newer;
	struct report *report;
	struct tm local;
	int r = sampler_take(top->sampler, &newer);

	/* A signal came meanwhile that ends the program. */
	if (r == -ECANCELED)
		return EXIT_FINE;
	if (r < 0) {
		complain_rdtgrp(r, top->sampler->root->path);
		return EXIT_FAILED;
	}
	report = report_new(top->sampler, top->sample, newer);
	top_table_update(&top->table, report);
	top->scene.interval_s = report->interval_s;
	localtime_r(&newer->wall.tv_sec, &local);
	strftime(top->scene.when, sizeof(top->scene.when), "%H:%M:%S", &local);
	report_free(report);
	sample_free(top->sample);
	top->sample = newer;
	return EXIT_FINE;
}

static void take_keys(struct top *top)
{
	uint32_t key;

	while (!top->view.quit && (key = top_terminal_key()) != TOP_KEY_NONE)
		top_view_key(&top->view, &top->table, key);
}

static int run(struct top *top)
{
	int r = EXIT_FINE;

	while (r == EXIT_FINE && !top->view.quit) {
		draw(top);
		switch (top_terminal_wait()) {
		case TOP_EVENT_TICK:
			if (!top->view.paused)
				r = take(top);
			break;
		case TOP_EVENT_KEY:
			take_keys(top);
			break;
		case TOP_EVENT_REDRAW:
			break;
		case TOP_EVENT_STOP:
			return EXIT_FINE;
		case TOP_EVENT_FAILED:
			complain("waiting: %s", strerror(errno));
			r = EXIT_FAILED;
		}
	}
	return r;
}

/* Which column the words "--sort COLUMN" mean; the table has no columns before the second sample. */
static int find_sort(const struct plan *plan, const struct options *options, ssize_t *ret_sort)
{
	*ret_sort = TOP_SORT_GROUP;
	if (strcmp(options->sort, "group") == 0)
		return EXIT_FINE;
	if (strcmp(options->sort, "domain") == 0 && options->per_domain) {
		*ret_sort = TOP_SORT_DOMAIN;
		return EXIT_FINE;
	}
	*ret_sort = plan_find_column(plan, options->sort);
	if (*ret_sort >= 0)
		return EXIT_FINE;
	complain("top: --sort %s: neither an event that is shown nor group%s", options->sort,
		 options->per_domain ? " nor domain" : "");
	return EXIT_FAILED;
}

/* The column that bars are drawn of where nobody chose one: memory bandwidth if there is any. */
static size_t usual_column(const struct plan *plan)
{
	size_t i, found = 0;

	for (i = plan->column_count; i-- > 0;) {
		if (strcmp(plan->columns[i].event, "mbm_total_bytes") == 0)
			return i;
		if (plan->columns[i].kind == RDTGRP_EVENT_CUMULATIVE)
			found = i;
	}
	return found;
}

static int begin(struct top *top, const struct options *options)
{
	int r = sampler_take(top->sampler, &top->sample);

	if (r < 0) {
		complain_rdtgrp(r, top->sampler->root->path);
		return EXIT_FAILED;
	}
	r = first_check(top->sampler, top->sample);
	if (r != EXIT_FINE)
		return r;
	top->view.tree = options->tree;
	top->view.per_domain = options->per_domain;
	top->view.meter = usual_column(&top->sampler->plan);
	top->view.sort = (ssize_t)top->view.meter;
	return options->sort ? find_sort(&top->sampler->plan, options, &top->view.sort) : EXIT_FINE;
}

static int show(struct top *top, const struct options *options, uint64_t delay_ns)
{
	int r;

	message_divert(hold);
	r = begin(top, options);
	if (r == EXIT_FINE)
		r = top_terminal_open(delay_ns);
	if (r == EXIT_FINE) {
		r = run(top);
		top_terminal_close();
	}
	release();
	sample_free(top->sample);
	top_table_clear(&top->table);
	top_rows_clear(&top->rows);
	return r;
}

int cmd_top(const struct options *options)
{
	uint64_t delay_ns = INTERVAL_DEFAULT_NS;
	struct sampling sampling;
	struct top top = {.sampler = &sampling.sampler};
	char *path;
	int r;

	if (options->argument_count) {
		complain("top: unexpected argument '%s'", options->arguments[0]);
		return EXIT_USAGE;
	}
	if (options->delay && !interval_parse(options->delay, &delay_ns)) {
		complain("top: --delay '%s': seconds, from 0.1 to %d", options->delay,
			 INTERVAL_MAX_SEC);
		return EXIT_USAGE;
	}
	r = sampling_open(&sampling, options);
	if (r != EXIT_FINE)
		return r;
	path = escape_for_terminal(sampling.root.path);
	top.scene.root = path;
	top.scene.foreign = sampling.root.foreign;
	top.scene.delay_s = (double)delay_ns / 1e9;
	top.table.units = options->units;
	r = show(&top, options, delay_ns);
	sampling_close(&sampling);
	free(path);
	return r;
}
