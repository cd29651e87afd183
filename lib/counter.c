/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdbool.h>

#include "error.h"
#include "rdtgrp.h"

/*
 * Bytes per second that no memory moves through one domain: a count that rises faster did not count
 * them (AMD's counters are given to another RMID unseen, and the kernel takes that for a wrap of 44
 * bits or more, times the unit).
 */
#define BYTES_PER_SEC_MAX (1ULL << 44)

/* Bits of the counter's state. */
enum {
	STARTED = 1 << 0, /* it has had a number before */
	HAS_LAST = 1 << 1,
	HAS_PEAK = 1 << 2,
};

/* All numbers of one counter have the same number of decimals. */
struct number {
	uint64_t integer;
	uint64_t fraction;
};

static uint64_t one(uint32_t decimals)
{
	uint64_t power = 1;

	while (decimals--)
		power *= 10;
	return power;
}

static int compare(struct number a, struct number b)
{
	if (a.integer != b.integer)
		return a.integer < b.integer ? -1 : 1;
	if (a.fraction != b.fraction)
		return a.fraction < b.fraction ? -1 : 1;
	return 0;
}

/* a is not less than b. */
static struct number subtract(struct number a, struct number b, uint32_t decimals)
{
	struct number difference = {a.integer - b.integer, a.fraction - b.fraction};

	if (a.fraction < b.fraction) {
		difference.integer--;
		difference.fraction += one(decimals);
	}
	return difference;
}

/* Ends at the largest number there is. */
static struct number add(struct number a, struct number b, uint32_t decimals)
{
	struct number sum = {0, a.fraction + b.fraction};
	uint64_t carry = sum.fraction >= one(decimals);

	sum.fraction -= carry * one(decimals);
	if (__builtin_add_overflow(a.integer, b.integer, &sum.integer) ||
	    __builtin_add_overflow(sum.integer, carry, &sum.integer))
		return (struct number){UINT64_MAX, one(decimals) - 1};
	return sum;
}

static struct number number_of(const struct rdtgrp_value *value)
{
	return (struct number){value->integer, value->fraction};
}

static struct number last_of(const struct rdtgrp_counter *counter)
{
	return (struct number){counter->last_integer, counter->last_fraction};
}

/* Does the kernel's count go on afterwards as if nothing had been? */
static bool is_harmless(uint32_t status)
{
	switch (status) {
	case RDTGRP_STATUS_NONE:
	case RDTGRP_STATUS_DENIED:
	case RDTGRP_STATUS_MALFORMED:
	case RDTGRP_STATUS_FAILED:
		return true;
	default:
		return false;
	}
}

static bool goes_on(const struct rdtgrp_counter *counter, const struct rdtgrp_value *value)
{
	return (counter->state & HAS_LAST) && value->file_inode &&
	       value->file_inode == counter->last_inode && value->epoch == counter->last_epoch &&
	       value->decimals == counter->decimals;
}

static bool is_plausible(const char *event, struct number rise, uint64_t elapsed_ns)
{
	uint64_t seconds = elapsed_ns / 1000000000 + 1, most;

	if (*rdtgrp_event_get_unit(event) != 'b')
		return true;
	return __builtin_mul_overflow(seconds, BYTES_PER_SEC_MAX, &most) || rise.integer <= most;
}

/* The decimals of what was counted can only change with those of the event, which never do. */
static void set_decimals(struct rdtgrp_counter *counter, uint32_t decimals)
{
	if (counter->decimals == decimals)
		return;
	counter->fraction = 0;
	counter->decimals = decimals;
}

static void set_last(struct rdtgrp_counter *counter, const struct rdtgrp_value *value)
{
	counter->state |= STARTED | HAS_LAST;
	counter->last_integer = value->integer;
	counter->last_fraction = value->fraction;
	counter->last_inode = value->file_inode;
	counter->last_epoch = value->epoch;
	counter->last_time_ns = value->time_ns;
}

/* Take the count as it is now, without knowing what it did before. */
static void start_anew(struct rdtgrp_counter *counter, const struct rdtgrp_value *value)
{
	if (counter->state & STARTED)
		counter->resets++;
	counter->state &= ~(uint32_t)HAS_PEAK;
	set_decimals(counter, value->decimals);
	set_last(counter, value);
}

/*
 * Without a reason that can be seen. Either the count restarted, or the kernel could not read a member
 * of the group and left it out. In the second case the member's count, which is not less than the depth
 * of the fall, will be back at once some day; so what was before is kept in mind.
 */
static void fall(struct rdtgrp_counter *counter, const struct rdtgrp_value *value)
{
	struct number depth = subtract(last_of(counter), number_of(value), counter->decimals);
	struct number former = {counter->depth_integer, counter->depth_fraction};

	if (!(counter->state & HAS_PEAK)) {
		counter->peak_integer = counter->last_integer;
		counter->peak_fraction = counter->last_fraction;
	}
	/* Of several members that are missing the smallest one may be the first to come back. */
	if (!(counter->state & HAS_PEAK) || compare(depth, former) < 0) {
		counter->depth_integer = depth.integer;
		counter->depth_fraction = depth.fraction;
	}
	counter->state |= HAS_PEAK;
	counter->resets++;
	set_last(counter, value);
}

/*
 * May it be the return of a member? It need not come back with the count that it had: after Unavailable
 * the kernel may add all that the hardware has (arch/x86/kernel/cpu/resctrl/monitor.c,
 * resctrl_arch_rmid_read).
 */
static bool is_return(struct rdtgrp_counter *counter, const struct rdtgrp_value *value,
		      struct number rise)
{
	const struct number peak = {counter->peak_integer, counter->peak_fraction};
	const struct number depth = {counter->depth_integer, counter->depth_fraction};

	if (!(counter->state & HAS_PEAK) || compare(rise, depth) < 0)
		return false;
	/* As long as the sum is less than it was, another member is missing. */
	if (compare(number_of(value), peak) >= 0)
		counter->state &= ~(uint32_t)HAS_PEAK;
	counter->resets++;
	return true;
}

static void rise_to(struct rdtgrp_counter *counter, const struct rdtgrp_value *value,
		    struct number rise)
{
	struct number total = {counter->integer, counter->fraction};

	if (!is_return(counter, value, rise)) {
		total = add(total, rise, counter->decimals);
		counter->integer = total.integer;
		counter->fraction = total.fraction;
	}
	set_last(counter, value);
}

int rdtgrp_counter_add(struct rdtgrp_counter *counter, const char *event,
		       const struct rdtgrp_value *value)
{
	struct number rise;

	if (rdtgrp_event_get_kind(event) == RDTGRP_EVENT_GAUGE)
		return rg_fail(-EINVAL, event, "is a state, which cannot be counted");
	if (is_harmless(value->status))
		return 0;
	if (value->status != RDTGRP_STATUS_OK) {
		counter->state &= ~(uint32_t)HAS_LAST;
		return 0;
	}
	if (!goes_on(counter, value)) {
		start_anew(counter, value);
		return 0;
	}
	if (value->time_ns <= counter->last_time_ns)
		return rg_fail(-ETIME, event, "no time has passed since the last value");
	if (compare(number_of(value), last_of(counter)) < 0) {
		fall(counter, value);
		return 0;
	}
	rise = subtract(number_of(value), last_of(counter), counter->decimals);
	if (is_plausible(event, rise, value->time_ns - counter->last_time_ns))
		rise_to(counter, value, rise);
	else
		start_anew(counter, value);
	return 0;
}

double rdtgrp_counter_to_double(const struct rdtgrp_counter *counter)
{
	return (double)counter->integer +
	       (double)counter->fraction / (double)one(counter->decimals);
}
