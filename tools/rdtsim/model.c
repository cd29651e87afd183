/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole: start, end, time, and what is common to all files. */
#include "model.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model-internal.h"

/* What the kernel accepts in one write. */
#define WRITE_MAX 4096
/* Control commands may carry longer texts. */
#define CONTROL_MAX (128 * 1024)

int sim_parse_u64(const char *string, int base, uint64_t *ret_value)
{
	unsigned long long value;
	char *end;

	if (!isxdigit((unsigned char)*string))
		return -EINVAL;
	errno = 0;
	value = strtoull(string, &end, base);
	if (end == string || *end)
		return -EINVAL;
	if (errno)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

void sim_last_cmd_clear(struct sim_model *model)
{
	*model->last_cmd = '\0';
	model->last_cmd_truncated = false;
}

void sim_last_cmd(struct sim_model *model, const char *format, ...)
{
	size_t len = strlen(model->last_cmd);
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(model->last_cmd + len, sizeof(model->last_cmd) - len, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(model->last_cmd) - len)
		model->last_cmd_truncated = true;
}

int sim_invalid_input(struct sim_model *model, const struct sim_node *node)
{
	sim_last_cmd(model, "%s: Invalid input\n", node->file->name);
	return -EINVAL;
}

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

int sim_open(const struct sim_node *node, int accmode)
{
	bool reads = accmode != O_WRONLY, writes = accmode != O_RDONLY;

	if (node->dead)
		return -ENODEV;
	/* These hold for root, too: there must be somebody who may, and something to be done. */
	if (reads && (!(node->mode & 0444) || !node->file->show))
		return -EACCES;
	if (writes && (!(node->mode & 0222) || !node->file->store))
		return -EACCES;
	return 0;
}

int sim_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	int r;

	/* Found dead only after waiting for the lock; who finds it before that says ENODEV. */
	if (node->dead)
		return -ENOENT;
	if (node->file->locks)
		sim_last_cmd_clear(model);
	text_clear(text);
	r = node->file->show(model, node, text);
	return r ? r : text_error(text);
}

int sim_store(struct sim_model *model, struct sim_node *node, const struct sim_caller *caller,
	      const char *data, size_t len)
{
	bool control = sim_is_control(node);
	char *copy;
	int r;

	if (len > (control ? CONTROL_MAX : WRITE_MAX))
		return -E2BIG;
	if (node->dead)
		return -ENOENT;
	if (node->file->newline && (!len || data[len - 1] != '\n')) {
		sim_last_cmd_clear(model);
		return sim_invalid_input(model, node);
	}
	copy = malloc(len + 1);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, data, len);
	copy[len] = '\0';
	if (node->file->newline)
		copy[--len] = '\0';
	if (!control)
		sim_last_cmd_clear(model);
	r = node->file->store(model, node, caller, copy, len);
	free(copy);
	return r;
}
