/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole: as mounted, its time, its end. */
#include <errno.h>
#include <stdlib.h>

#include "control.h"

static int control_init(struct sim_model *model)
{
	struct sim_node *node;
	int r;

	r = sim_file_new(model, model->root, &sim_file_control, model->config.uid,
			 model->config.gid, &node);
	if (!r)
		node->kind = SIM_NODE_CONTROL;
	return r;
}

static int init(struct sim_model *model)
{
	const struct sim_scenario *scenario = model->scenario;
	int r;

	r = sim_domains_init(model);
	if (!r)
		r = sim_rmids_resize(model, scenario->n_rmids);
	if (!r)
		r = sim_closids_resize(model, scenario->n_closids);
	if (!r)
		r = sim_groups_init(model);
	if (r)
		return r;
	model->root = model->groups->node;
	model->groups->cpus = sim_online_cpus(model);
	r = sim_info_init(model);
	if (!r)
		r = control_init(model);
	return r;
}

int sim_model_new(const struct sim_config *config, struct sim_model **ret_model)
{
	struct sim_model *model = calloc(1, sizeof(*model));
	int r;

	if (!model)
		return -ENOMEM;
	model->config = *config;
	model->scenario = config->scenario;
	model->frozen = config->frozen;
	model->wall = config->wall;
	model->threshold = model->scenario->occupancy_threshold;
	model->counter_mode = model->scenario->n_counters > 0;
	model->assign_on_mkdir = true;
	r = init(model);
	if (r) {
		sim_model_free(model);
		return r;
	}
	*ret_model = model;
	return 0;
}

void sim_model_free(struct sim_model *model)
{
	if (!model)
		return;
	if (!model->root && model->groups)
		model->root = model->groups->node;
	sim_nodes_free(model);
	sim_groups_free(model);
	sim_domains_free(model);
	for (unsigned int i = 0; i < model->n_rmids_size; i++)
		free(model->rmids[i].counters);
	free(model->rmids);
	free(model->closids);
	free(model->tasks);
	text_free(&model->control_outcome);
	free(model);
}

void sim_model_set_time(struct sim_model *model, uint64_t clock_us, const struct timespec *wall)
{
	/* The first time told is where the simulated time begins. */
	if (model->clock_us && clock_us > model->clock_us && !model->frozen)
		model->now_us += clock_us - model->clock_us;
	model->clock_us = clock_us;
	model->wall = *wall;
}

uint64_t sim_model_slow_us(const struct sim_model *model)
{
	return model->slow_us;
}

bool sim_model_exit_wanted(const struct sim_model *model)
{
	return model->exit_wanted;
}
