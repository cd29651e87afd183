// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "format.h"
#include "message.h"
#include "options.h"
#include "output.h"
#include "report.h"
#include "root.h"
#include "sampler.h"
#include "selection.h"
#include "ticker.h"
#include "trouble.h"
#include "xalloc.h"

#define NS_PER_SEC 1000000000ULL
#define INTERVAL_MIN_NS (NS_PER_SEC / 10)
#define INTERVAL_MAX_SEC 1000000

/* "0.25" in nanoseconds; false if it is no such number. By hand, since strtod(3) also takes "inf",
 * "0x1p3" and, elsewhere, a comma. */
static bool parse_interval(const char *text, uint64_t *ret_ns)
{
	uint64_t seconds = 0, fraction = 0, unit = NS_PER_SEC;
	const char *c = text;

	for (; *c >= '0' && *c <= '9'; c++) {
		seconds = seconds * 10 + (uint64_t)(*c - '0');
		if (seconds > INTERVAL_MAX_SEC)
			return false;
	}
	if (*c == '.')
		/* Digits below the nanosecond count nothing. */
		for (c++; *c >= '0' && *c <= '9'; c++) {
			unit /= 10;
			fraction += (uint64_t)(*c - '0') * unit;
		}
	if (*c || seconds * NS_PER_SEC + fraction < INTERVAL_MIN_NS)
		return false;
	*ret_ns = seconds * NS_PER_SEC + fraction;
	return true;
}

static bool parse_count(const char *text, uint64_t *ret_count)
{
	uint64_t count = 0;
	const char *c;

	for (c = text; *c >= '0' && *c <= '9'; c++)
		if (__builtin_mul_overflow(count, 10, &count) ||
		    __builtin_add_overflow(count, (uint64_t)(*c - '0'), &count))
			return false;
	if (*c || count == 0)
		return false;
	*ret_count = count;
	return true;
}

/* interval and count: UINT64_MAX stands for no end. */
static int parse_arguments(const struct options *options, uint64_t *interval_ns, uint64_t *count)
{
	const char *const *words = options->arguments;

	*interval_ns = NS_PER_SEC;
	*count = options->argument_count ? UINT64_MAX : 1;
	if (options->argument_count > 0 && !parse_interval(words[0], interval_ns)) {
		complain("'%s' is neither a command nor an interval: seconds, from 0.1 to %d",
			 words[0], INTERVAL_MAX_SEC);
		return EXIT_USAGE;
	}
	if (options->argument_count > 1 && !parse_count(words[1], count)) {
		complain("'%s' is no count of reports: a whole number from 1", words[1]);
		return EXIT_USAGE;
	}
	if (options->argument_count > 2) {
		complain("unexpected argument '%s'", words[2]);
		return EXIT_USAGE;
	}
	return EXIT_FINE;
}

/* Do the events asked for exist? Only the first sample can tell. */
static int check_events(const struct plan *plan)
{
	size_t i, j, length = 0;
	char *known;

	for (i = 0; i < plan->wanted_count && plan->found[i]; i++)
		;
	if (i == plan->wanted_count)
		return EXIT_FINE;
	for (j = 0; j < plan->event_count; j++)
		length += strlen(plan->events[j]) + 2;
	known = xcalloc(length + 1, 1);
	for (j = 0; j < plan->event_count; j++) {
		strcat(known, j ? ", " : "");
		strcat(known, plan->events[j]);
	}
	complain("event '%s': no group has it (there are: %s)", plan->wanted[i], known);
	free(known);
	return EXIT_FAILED;
}

/* Nothing can be read at all: say why, rather than to show empty reports. */
static int check_values(const struct sampler *sampler, const struct sample *sample)
{
	struct rdtgrp_layout *layout;
	struct rdtgrp *group;
	size_t i;
	int r = 0;

	if (sampler->plan.event_count)
		return EXIT_FINE;
	for (i = 0; i < sample->group_count; i++) {
		const struct sample_group *entry = &sample->groups[i];

		/* Once more, for the library's sentence. */
		r = sample->before[entry->tree]
			    ? rdtgrp_tree_open(sample->before[entry->tree], entry->index, &group)
			    : entry->error;
		if (r < 0)
			continue;
		r = rdtgrp_layout_read(group, &layout);
		rdtgrp_unref(group);
		if (r < 0)
			break;
		rdtgrp_layout_unref(layout);
	}
	/* It may have been told when the sample was taken. */
	if (r < 0)
		trouble_tell_rdtgrp(r, sampler->root->path);
	else
		complain("nothing to read in %s: mon_data has no events", sampler->root->path);
	return EXIT_FAILED;
}

/* Take a sample; it is NULL if a signal came meanwhile that ends the program. */
static int take(struct sampler *sampler, struct sample **ret_sample)
{
	int r = sampler_take(sampler, ret_sample);

	if (r == 0)
		return EXIT_FINE;
	if (r == -ECANCELED) {
		*ret_sample = NULL;
		return EXIT_FINE;
	}
	complain_rdtgrp(r, sampler->root->path);
	return EXIT_FAILED;
}

/* Wait, sample, report, until `count` reports are out or somebody ends it. */
static int run_reports(struct sampler *sampler, const struct options *options, uint64_t count,
		       struct sample **older)
{
	for (; count; count -= count != UINT64_MAX) {
		struct sample *newer;
		struct report *report;
		enum tick tick = ticker_wait();
		int r;

		if (tick != TICK_NEXT)
			return tick == TICK_STOP ? EXIT_FINE : EXIT_FAILED;
		r = take(sampler, &newer);
		if (r != EXIT_FINE || !newer)
			return r;
		report = report_new(sampler, *older, newer);
		options->format->report(report, options);
		report_free(report);
		sample_free(*older);
		*older = newer;
		r = output_send();
		if (r != EXIT_FINE)
			return r;
	}
	return EXIT_FINE;
}

int cmd_report(const struct options *options)
{
	struct named_group *named = NULL;
	struct sample *sample = NULL;
	size_t named_count = 0;
	uint64_t interval_ns, count;
	struct sampler sampler;
	struct root root;
	int r;

	r = parse_arguments(options, &interval_ns, &count);
	if (r != EXIT_FINE)
		return r;
	r = root_open(options->root, &root);
	if (r < 0) {
		complain_rdtgrp(r, options->root ? options->root : "resctrl");
		return EXIT_FAILED;
	}
	r = selection_open(&root, options->groups, options->group_count, &named, &named_count);
	if (r != EXIT_FINE)
		goto close_root;
	sampler_init(&sampler, &root, named, named_count, options->events, options->event_count);
	r = ticker_start(interval_ns);
	if (r == EXIT_FINE)
		r = take(&sampler, &sample);
	if (r == EXIT_FINE && sample)
		r = check_values(&sampler, sample);
	if (r == EXIT_FINE && sample)
		r = check_events(&sampler.plan);
	if (r == EXIT_FINE && sample)
		r = run_reports(&sampler, options, count, &sample);
	sample_free(sample);
	sampler_clear(&sampler);
	selection_close(named, named_count);
close_root:
	root_close(&root);
	return r;
}
