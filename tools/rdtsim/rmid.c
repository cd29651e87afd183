/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RMIDs and CLOSIDs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules.h"

#define LIMBO_TICK_US UINT64_C(1000000)

int sim_rmids_resize(struct sim_model *model, unsigned int count)
{
	struct sim_rmid *rmids;

	/* What is in use stays in use; what is beyond the number is not given out again. */
	if (count > model->n_rmids_size) {
		rmids = reallocarray(model->rmids, count, sizeof(*rmids));
		if (!rmids)
			return -ENOMEM;
		model->rmids = rmids;
		while (model->n_rmids_size < count) {
			struct sim_rmid *rmid = &rmids[model->n_rmids_size];

			*rmid = (struct sim_rmid){.freed = model->freed++};
			rmid->counters = calloc(model->n_counters, sizeof(*rmid->counters));
			if (!rmid->counters)
				return -ENOMEM;
			model->n_rmids_size++;
		}
	}
	model->n_rmids = count;
	return 0;
}

void sim_rmids_count(const struct sim_model *model, unsigned int *ret_used, unsigned int *ret_limbo)
{
	*ret_used = *ret_limbo = 0;
	for (unsigned int i = 0; i < model->n_rmids_size; i++) {
		*ret_used += model->rmids[i].state == SIM_RMID_USED;
		*ret_limbo += model->rmids[i].state == SIM_RMID_LIMBO;
	}
}

int sim_rmid_alloc(struct sim_model *model, unsigned int *ret_rmid)
{
	struct sim_rmid *best = NULL;
	unsigned int used, limbo;

	sim_limbo_check(model);
	sim_rmids_count(model, &used, &limbo);
	/* Those that were given out before the number was made smaller count, too. */
	for (unsigned int i = 0; used + limbo < model->n_rmids && i < model->n_rmids; i++) {
		struct sim_rmid *rmid = &model->rmids[i];

		if (rmid->state == SIM_RMID_FREE && (!best || rmid->freed < best->freed))
			best = rmid;
	}
	if (!best) {
		sim_last_cmd(model, "Out of RMIDs\n");
		return limbo ? -EBUSY : -ENOSPC;
	}
	best->state = SIM_RMID_USED;
	*ret_rmid = (unsigned int)(best - model->rmids);
	return 0;
}

static void set_free(struct sim_model *model, struct sim_rmid *rmid)
{
	rmid->state = SIM_RMID_FREE;
	rmid->freed = model->freed++;
}

void sim_rmid_free(struct sim_model *model, unsigned int index)
{
	struct sim_rmid *rmid = &model->rmids[index];

	sim_counters_stop(model, index);
	if (model->limbo == SIM_LIMBO_OFF)
		set_free(model, rmid);
	else
		rmid->state = SIM_RMID_LIMBO;
}

/* Are its lines gone from the caches, as far as anybody looks? */
static bool is_evicted(struct sim_model *model, const struct sim_rmid *rmid)
{
	for (struct sim_domain *domain = model->domains; domain; domain = domain->next) {
		for (size_t i = 0; i < domain->n_slots; i++) {
			const struct sim_slot *slot = &domain->slots[i];

			if (slot->counter == SIM_NO_COUNTER || slot->event->kind != SIM_OCCUPANCY ||
			    !sim_domain_is_online(domain))
				continue;
			if (sim_counter_hardware(model, &rmid->counters[slot->counter],
						 slot->event) >= model->threshold)
				return false;
		}
	}
	return true;
}

void sim_limbo_check(struct sim_model *model)
{
	if (model->limbo != SIM_LIMBO_AUTO ||
	    model->now_us / LIMBO_TICK_US == model->limbo_tick_us / LIMBO_TICK_US)
		return;
	model->limbo_tick_us = model->now_us;
	for (unsigned int i = 0; i < model->n_rmids_size; i++) {
		if (model->rmids[i].state == SIM_RMID_LIMBO && is_evicted(model, &model->rmids[i]))
			set_free(model, &model->rmids[i]);
	}
}

void sim_limbo_evict(struct sim_model *model)
{
	for (unsigned int i = 0; i < model->n_rmids_size; i++) {
		if (model->rmids[i].state == SIM_RMID_LIMBO)
			set_free(model, &model->rmids[i]);
	}
}

int sim_closids_resize(struct sim_model *model, unsigned int count)
{
	bool *closids;

	if (count > model->n_closids_size) {
		closids = reallocarray(model->closids, count, sizeof(*closids));
		if (!closids)
			return -ENOMEM;
		memset(closids + model->n_closids_size, 0,
		       (count - model->n_closids_size) * sizeof(*closids));
		model->closids = closids;
		model->n_closids_size = count;
	}
	model->n_closids = count;
	return 0;
}

int sim_closid_alloc(struct sim_model *model, unsigned int *ret_closid)
{
	for (unsigned int i = 0; i < model->n_closids; i++) {
		if (!model->closids[i]) {
			model->closids[i] = true;
			*ret_closid = i;
			return 0;
		}
	}
	sim_last_cmd(model, "Out of CLOSIDs\n");
	return -ENOSPC;
}

void sim_closid_free(struct sim_model *model, unsigned int closid)
{
	model->closids[closid] = false;
}
