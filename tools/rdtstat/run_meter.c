// SPDX-License-Identifier: GPL-2.0-or-later
#include "run_meter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "value_math.h"
#include "words.h"
#include "xalloc.h"

#define NO_EVENT SIZE_MAX

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static size_t find_event(struct run_meter *meter, const char *name)
{
	enum rdtgrp_event_kind kind = rdtgrp_event_get_kind(name);
	size_t i;

	if (kind == RDTGRP_EVENT_UNKNOWN)
		return NO_EVENT;
	for (i = 0; i < meter->event_count; i++)
		if (strcmp(meter->events[i].name, name) == 0)
			return i;
	meter->events = reallocarray(meter->events, meter->event_count + 1, sizeof(*meter->events));
	if (!meter->events)
		out_of_memory();
	meter->events[meter->event_count++] = (struct run_event){.name = name, .kind = kind};
	return i;
}

/* Give the reader's new values their places. */
static void follow_reader(struct run_meter *meter)
{
	size_t count = rdtgrp_reader_count(meter->reader);

	if (count == meter->count)
		return;
	meter->values = reallocarray(meter->values, count, sizeof(*meter->values));
	meter->slots = reallocarray(meter->slots, count, sizeof(*meter->slots));
	if (!meter->values || !meter->slots)
		out_of_memory();
	for (; meter->count < count; meter->count++) {
		const char *domain = rdtgrp_reader_get_domain(meter->reader, meter->count);
		const char *event = rdtgrp_reader_get_event(meter->reader, meter->count);

		/* What lies in another domain is in that one's sum. */
		meter->slots[meter->count] = (struct run_slot){
			.event = strchr(domain, '/') ? NO_EVENT : find_event(meter, event),
		};
	}
}

int run_meter_open(struct run_meter *meter, struct rdtgrp *group)
{
	int r;

	*meter = (struct run_meter){0};
	r = rdtgrp_reader_new(0, &meter->reader);
	if (r == 0)
		r = rdtgrp_reader_add(meter->reader, group, NULL, NULL);
	if (r == 0)
		follow_reader(meter);
	return r;
}

void run_meter_close(struct run_meter *meter)
{
	rdtgrp_reader_unref(meter->reader);
	free(meter->values);
	free(meter->slots);
	free(meter->events);
}

static void read_values(struct run_meter *meter)
{
	size_t i;

	/* A failure is of domains that are new: they are tried again the next time. */
	if (rdtgrp_reader_update(meter->reader) > 0)
		follow_reader(meter);
	/* The array is large enough, which is all that could go wrong. */
	rdtgrp_reader_read(meter->reader, meter->values, meter->count);
	for (i = 0; i < meter->count; i++) {
		struct run_slot *slot = &meter->slots[i];

		if (slot->event == NO_EVENT ||
		    meter->events[slot->event].kind != RDTGRP_EVENT_CUMULATIVE)
			continue;
		/* ETIME, all that can fail here, is of two readings within the clock's step. */
		rdtgrp_counter_add(&slot->counter, meter->events[slot->event].name,
				   &meter->values[i]);
	}
	meter->now_ns = now_ns();
}

void run_meter_start(struct run_meter *meter)
{
	size_t i;

	for (i = 0; i < meter->count; i++)
		memset(&meter->slots[i].counter, 0, sizeof(meter->slots[i].counter));
	read_values(meter);
	for (i = 0; i < meter->count; i++)
		meter->slots[i].based = meter->values[i].status == RDTGRP_STATUS_OK;
	for (i = 0; i < meter->event_count; i++)
		meter->events[i].run = meter->events[i].line = (struct run_span){0};
	meter->started_ns = meter->line_ns = meter->now_ns;
}

static double seconds(uint64_t ns)
{
	return (double)ns / 1e9;
}

/* The event's values now: a gauge's sum, or what the counters have counted. It is OK, or NONE where no domain
 * has had a number, or MALFORMED where the numbers are too large to be added up. */
static struct rdtgrp_value add_up(const struct run_meter *meter, size_t event)
{
	bool gauge = meter->events[event].kind == RDTGRP_EVENT_GAUGE;
	struct rdtgrp_value sum = {.status = RDTGRP_STATUS_NONE};
	size_t i;

	for (i = 0; i < meter->count; i++) {
		const struct run_slot *slot = &meter->slots[i];
		const struct rdtgrp_counter *counter = &slot->counter;
		struct rdtgrp_value value = meter->values[i];

		if (slot->event != event ||
		    (gauge ? value.status != RDTGRP_STATUS_OK : !counter->last_time_ns))
			continue;
		if (!gauge)
			value = (struct rdtgrp_value){
				.integer = counter->integer,
				.fraction = counter->fraction,
				.decimals = counter->decimals,
			};
		sum.status = RDTGRP_STATUS_OK;
		if (!value_add(&sum, &value))
			return (struct rdtgrp_value){.status = RDTGRP_STATUS_MALFORMED};
	}
	return sum;
}

static void add_gauge(struct run_span *span, const struct rdtgrp_value *value, double duration)
{
	if (!span->present || value_number(value) > value_number(&span->peak))
		span->peak = *value;
	span->present = true;
	span->weighted += rdtgrp_value_to_double(value) * duration;
	span->weight += duration;
}

void run_meter_sample(struct run_meter *meter)
{
	uint64_t before = meter->now_ns;
	struct rdtgrp_value value;
	double duration;
	size_t i;

	read_values(meter);
	duration = seconds(meter->now_ns - before);
	for (i = 0; i < meter->event_count; i++) {
		struct run_event *event = &meter->events[i];

		if (event->kind != RDTGRP_EVENT_GAUGE)
			continue;
		value = add_up(meter, i);
		if (value.status != RDTGRP_STATUS_OK)
			continue;
		add_gauge(&event->run, &value, duration);
		add_gauge(&event->line, &value, duration);
	}
}

double run_meter_run_s(const struct run_meter *meter)
{
	return seconds(meter->now_ns - meter->started_ns);
}

double run_meter_line_s(const struct run_meter *meter)
{
	return seconds(meter->now_ns - meter->line_ns);
}

/* What of the event was not seen, in words; or nothing. */
static void look_for_gaps(const struct run_meter *meter, size_t event, struct run_figure *figure)
{
	size_t i;

	for (i = 0; i < meter->count && !*figure->missing; i++) {
		const struct run_slot *slot = &meter->slots[i];
		const struct rdtgrp_value *value = &meter->values[i];

		if (slot->event != event)
			continue;
		if (value->status != RDTGRP_STATUS_OK)
			words_for_status(figure->missing, sizeof(figure->missing), value->status,
					 value->error);
		else if (figure->kind == RDTGRP_EVENT_CUMULATIVE && slot->counter.resets)
			snprintf(figure->missing, sizeof(figure->missing), "restarted");
		else if (figure->kind == RDTGRP_EVENT_CUMULATIVE && !slot->based)
			snprintf(figure->missing, sizeof(figure->missing), "late");
	}
	figure->partial = figure->present && *figure->missing;
}

static struct run_figure figure_of(const struct run_meter *meter, size_t index,
				   const struct run_span *span, double duration)
{
	const struct run_event *event = &meter->events[index];
	struct run_figure figure = {
		.event = event->name,
		.unit = rdtgrp_event_get_unit(event->name),
		.kind = event->kind,
	};
	struct rdtgrp_value now = add_up(meter, index);

	if (event->kind == RDTGRP_EVENT_GAUGE) {
		figure.present = span->present;
		figure.amount = span->peak;
		figure.mean = span->weight > 0 ? span->weighted / span->weight
					       : (double)value_number(&span->peak);
	} else if (now.status == RDTGRP_STATUS_OK) {
		figure.amount = now;
		/* A count never falls: so it is no less than it was. */
		figure.present = value_subtract(&figure.amount, &span->amount_before);
		figure.mean = duration > 0 ? rdtgrp_value_to_double(&figure.amount) / duration : 0;
	}
	if (now.status == RDTGRP_STATUS_MALFORMED)
		snprintf(figure.missing, sizeof(figure.missing), "over 2^64");
	look_for_gaps(meter, index, &figure);
	return figure;
}

struct run_figure run_meter_run_figure(const struct run_meter *meter, size_t index)
{
	return figure_of(meter, index, &meter->events[index].run, run_meter_run_s(meter));
}

struct run_figure run_meter_line_figure(const struct run_meter *meter, size_t index)
{
	return figure_of(meter, index, &meter->events[index].line, run_meter_line_s(meter));
}

void run_meter_next_line(struct run_meter *meter)
{
	size_t i;

	for (i = 0; i < meter->event_count; i++)
		meter->events[i].line = (struct run_span){.amount_before = add_up(meter, i)};
	meter->line_ns = meter->now_ns;
}
