/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the hardware counts, and what the kernel makes of it. */
#include <math.h>

#include "state.h"

#define USEC_PER_SEC UINT64_C(1000000)
/* A moving count goes up and down by so much of its mean, in so many seconds. */
#define SWING 0.4
#define PERIOD_S 20.0
#define OMEGA (6.283185307179586 / PERIOD_S)

static double seconds(uint64_t us)
{
	return (double)us / 1e6;
}

static uint64_t floor_to(double value, uint64_t granule)
{
	if (value <= 0)
		return 0;
	return (uint64_t)value / granule * granule;
}

/* rate * time without overflow on the way; wraps around as counters do. */
static uint64_t scaled(uint64_t rate, uint64_t us)
{
	return rate * (us / USEC_PER_SEC) + rate / USEC_PER_SEC * (us % USEC_PER_SEC) +
	       rate % USEC_PER_SEC * (us % USEC_PER_SEC) / USEC_PER_SEC;
}

uint64_t sim_counter_hardware(const struct sim_model *model, const struct sim_counter *counter,
			      const struct sim_event *event)
{
	uint64_t passed = model->now_us - counter->since_us;
	double angle = OMEGA * seconds(model->now_us) + counter->phase;
	double start = OMEGA * seconds(counter->since_us) + counter->phase;
	double mean = (double)counter->mean;
	uint64_t change;

	if (counter->wanders && event->kind == SIM_OCCUPANCY)
		return floor_to(mean * (1 + SWING * sin(angle)), event->granule);
	if (counter->wanders)
		/* The integral of mean * (1 + SWING * cos(angle)): it never falls. */
		return counter->base + floor_to(mean * (seconds(passed) +
							SWING / OMEGA * (sin(angle) - sin(start))),
						event->granule);
	if (counter->rate >= 0)
		return counter->base + scaled((uint64_t)counter->rate, passed);
	change = scaled(-(uint64_t)counter->rate, passed);
	return counter->base > change ? counter->base - change : 0;
}

/* Let what follows begin at what is shown now. */
static void rebase(struct sim_model *model, struct sim_counter *counter,
		   const struct sim_event *event)
{
	counter->base = sim_counter_hardware(model, counter, event);
	counter->since_us = model->now_us;
}

static void catch_up(struct sim_model *model, struct sim_counter *counter,
		     const struct sim_event *event)
{
	uint64_t hardware = sim_counter_hardware(model, counter, event);

	counter->chunks += hardware - counter->prev;
	counter->prev = hardware;
}

uint64_t sim_counter_read(struct sim_model *model, struct sim_counter *counter,
			  const struct sim_event *event)
{
	if (event->kind != SIM_MBM)
		return sim_counter_hardware(model, counter, event);
	catch_up(model, counter, event);
	return counter->chunks;
}

void sim_counter_set(struct sim_model *model, struct sim_counter *counter,
		     const struct sim_event *event, uint64_t value)
{
	rebase(model, counter, event);
	switch (event->kind) {
	case SIM_MBM:
		counter->chunks = value;
		counter->prev = counter->base;
		break;
	case SIM_OCCUPANCY:
		/* A level that was asked for stays. */
		counter->wanders = false;
		counter->rate = 0;
		counter->base = value;
		break;
	case SIM_DECIMAL:
	case SIM_COUNT:
		counter->base = value;
		break;
	}
}

void sim_counter_rate(struct sim_model *model, struct sim_counter *counter,
		      const struct sim_event *event, int64_t rate)
{
	rebase(model, counter, event);
	counter->wanders = false;
	counter->rate = rate;
}

void sim_counter_status(struct sim_counter *counter, const struct sim_event *event,
			enum sim_status status)
{
	/* The kernel forgets where it was when the hardware says that it has no count, and adds all
	 * of the hardware's next count: a jump. */
	if (status == SIM_UNAVAILABLE && event->kind == SIM_MBM)
		counter->prev = 0;
	counter->status = status;
}

void sim_counter_first_read(struct sim_model *model, struct sim_counter *counter,
			    const struct sim_event *event)
{
	if (event->kind != SIM_MBM)
		return;
	counter->chunks = 0;
	counter->prev = sim_counter_hardware(model, counter, event);
}

void sim_counter_restart(struct sim_model *model, struct sim_counter *counter,
			 const struct sim_event *event)
{
	rebase(model, counter, event);
	counter->base = 0;
	sim_counter_first_read(model, counter, event);
}

/* A value between low and high that depends on nothing but seed and names. */
static uint64_t pick(uint64_t seed, const char *domain, const char *event, uint64_t low,
		     uint64_t high)
{
	return low + text_hash(text_hash(seed, domain), event) % (high - low + 1);
}

static void start(struct sim_model *model, const struct sim_domain *domain,
		  const struct sim_event *event, uint64_t seed, struct sim_counter *counter)
{
	const char *whole = event->part_of ? event->part_of : event->name;

	rebase(model, counter, event);
	counter->status = SIM_OK;
	/* An event from a control command stands still. */
	if (!event->high)
		return;
	counter->wanders = true;
	counter->mean = pick(seed, domain->name, whole, event->low, event->high);
	counter->phase = (double)pick(seed, domain->name, whole, 0, 999999) * 6.283185307e-6;
	if (event->part_of)
		counter->mean = counter->mean / 100 * pick(seed, domain->name, event->name, 50, 90);
	/* A hardware counter has been running since the machine was switched on. */
	if (event->kind == SIM_MBM && !counter->base)
		counter->base = pick(seed, domain->name, event->name, 1, 1 << 20) * event->granule;
	sim_counter_first_read(model, counter, event);
}

void sim_counters_start(struct sim_model *model, struct sim_group *group)
{
	uint64_t seed = model->config.seed;

	if (group->parent)
		seed = text_hash(seed, group->parent->node->name);
	seed = text_hash(seed, group->node->name);
	for (struct sim_domain *domain = model->domains; domain; domain = domain->next) {
		for (size_t i = 0; i < domain->n_slots; i++) {
			struct sim_counter *counter =
				sim_counter_get(model, group, &domain->slots[i]);

			if (counter)
				start(model, domain, domain->slots[i].event, seed, counter);
		}
	}
}

void sim_counters_stop(struct sim_model *model, unsigned int rmid)
{
	for (struct sim_domain *domain = model->domains; domain; domain = domain->next) {
		for (size_t i = 0; i < domain->n_slots; i++) {
			const struct sim_slot *slot = &domain->slots[i];
			struct sim_counter *counter;

			if (slot->counter == SIM_NO_COUNTER)
				continue;
			counter = &model->rmids[rmid].counters[slot->counter];
			sim_counter_rate(model, counter, slot->event, 0);
			/* Its lines are evicted by others within two seconds. */
			if (slot->event->kind == SIM_OCCUPANCY)
				counter->rate = -(int64_t)(counter->base / 2);
		}
	}
}

struct sim_counter *sim_counter_get(struct sim_model *model, const struct sim_group *group,
				    const struct sim_slot *slot)
{
	if (slot->counter == SIM_NO_COUNTER)
		return NULL;
	return &model->rmids[group->rmid].counters[slot->counter];
}
