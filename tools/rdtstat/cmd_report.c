// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "first.h"
#include "format.h"
#include "interval.h"
#include "message.h"
#include "options.h"
#include "output.h"
#include "report.h"
#include "sampling.h"
#include "ticker.h"
#include "trouble.h"

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

	*interval_ns = INTERVAL_DEFAULT_NS;
	*count = options->argument_count ? UINT64_MAX : 1;
	if (options->argument_count > 0 && !interval_parse(words[0], interval_ns)) {
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

/* Take a sample; it is NULL if a signal came meanwhile that ends the program. */
static int take(struct sampler *sampler, struct sample **ret_sample)
{
	int r;

	ticker_end_at_once(trouble_status());
	r = sampler_take(sampler, ret_sample);
	ticker_end_at_once(-1);
	if (r == 0)
		return EXIT_FINE;
	if (r == -ECANCELED) {
		*ret_sample = NULL;
		return EXIT_FINE;
	}
	complain_rdtgrp(r, sampler->root->path);
	return EXIT_FAILED;
}

/* Once. Nothing is missing in the report then, but it takes more time. */
static void tell_not_held(const struct sampler *sampler, const struct sample *sample)
{
	static bool told;
	bool lacking = rdtgrp_reader_count_not_held(sampler->reader) > 0;

	for (size_t i = 0; i < sample->group_count; i++)
		lacking = lacking || (sample->groups[i].held == SIZE_MAX &&
				      sample->groups[i].status == RDTGRP_STATUS_OK);
	if (lacking && !told)
		complain("file descriptors have run out, see 'ulimit -n': files are opened anew "
			 "for each report");
	told = told || lacking;
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
		tell_not_held(sampler, newer);
		report = report_new(sampler, *older, newer);
		if ((options->sort || options->breakdown) && !report_sort(report, options->sort)) {
			complain("--sort: there is no column '%s': the name of an event that is "
				 "shown, or RESOURCE:EVENT",
				 options->sort);
			report_free(report);
			sample_free(newer);
			return EXIT_FAILED;
		}
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
	struct sample *sample = NULL;
	uint64_t interval_ns, count;
	struct sampling sampling;
	int r;

	r = parse_arguments(options, &interval_ns, &count);
	if (r != EXIT_FINE)
		return r;
	if (options->format->once && options->argument_count < 2)
		count = 1;
	if (options->format->once && count != 1) {
		complain("--openmetrics is one exposition: a count of %s is none",
			 options->arguments[1]);
		return EXIT_USAGE;
	}
	if (options->breakdown && options->type == RDTGRP_TYPE_MON) {
		complain("--breakdown takes CTRL_MON groups apart: there are none with --type mon");
		return EXIT_USAGE;
	}
	r = sampling_open(&sampling, options);
	if (r != EXIT_FINE)
		return r;
	r = ticker_start(interval_ns);
	if (r == EXIT_FINE)
		r = take(&sampling.sampler, &sample);
	if (r == EXIT_FINE && sample)
		r = first_check(&sampling.sampler, sample);
	if (r == EXIT_FINE && sample)
		r = run_reports(&sampling.sampler, options, count, &sample);
	sample_free(sample);
	sampling_close(&sampling);
	return r;
}
