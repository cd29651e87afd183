/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control commands about time, ids, groups, and the whole. */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "control.h"

#define MILLION UINT64_C(1000000)

int control_do_freeze(struct control *command)
{
	command->model->frozen = true;
	return 0;
}

int control_do_thaw(struct control *command)
{
	command->model->frozen = false;
	return 0;
}

int control_do_advance(struct control *command)
{
	uint64_t ms = 0;
	int r;

	r = control_get_count(command, command->words[1], UINT64_C(1) << 40, &ms);
	if (!r)
		command->model->now_us += ms * 1000;
	return r;
}

int control_do_rmids(struct control *command)
{
	unsigned int count;
	int r;

	r = control_get_ids(command, command->words[1], &count);
	return r ? r : sim_rmids_resize(command->model, count);
}

int control_do_closids(struct control *command)
{
	unsigned int count;
	int r;

	r = control_get_ids(command, command->words[1], &count);
	return r ? r : sim_closids_resize(command->model, count);
}

int control_do_limbo(struct control *command)
{
	const char *word = command->words[1];

	if (!strcmp(word, "on"))
		command->model->limbo = SIM_LIMBO_ON;
	else if (!strcmp(word, "auto"))
		command->model->limbo = SIM_LIMBO_AUTO;
	else if (!strcmp(word, "off"))
		command->model->limbo = SIM_LIMBO_OFF;
	else
		return control_fail(command, -EINVAL, "neither on, off nor auto: %s", word);
	if (command->model->limbo == SIM_LIMBO_OFF)
		sim_limbo_evict(command->model);
	return 0;
}

int control_do_evict(struct control *command)
{
	sim_limbo_evict(command->model);
	return 0;
}

int control_do_mode(struct control *command)
{
	struct sim_group *group;
	enum sim_group_mode mode;
	int r;

	r = control_get_group(command, command->words[1], &group);
	if (r)
		return r;
	if (group->parent)
		return control_fail(command, -EINVAL, "a MON group has no mode: %s",
				    command->words[1]);
	for (mode = SIM_SHAREABLE; mode <= SIM_LOCKED; mode++) {
		if (strcmp(sim_group_mode_name(mode), command->words[2]))
			continue;
		if (mode >= SIM_LOCKSETUP && sim_group_is_default(command->model, group))
			return control_fail(command, -EINVAL, "the default group cannot be locked");
		r = sim_group_force_mode(command->model, group, mode);
		return r ? control_fail(command, r, "no RMID for it") : 0;
	}
	return control_fail(command, -EINVAL, "no mode: %s", command->words[2]);
}

int control_do_kill(struct control *command)
{
	struct sim_group *group;
	int r;

	r = control_get_group(command, command->words[1], &group);
	if (r)
		return r;
	if (sim_group_is_default(command->model, group))
		return control_fail(command, -EINVAL, "the default group cannot be removed");
	sim_group_remove(command->model, group);
	return 0;
}

int control_do_slow(struct control *command)
{
	/* An hour. */
	return control_get_count(command, command->words[1], 3600 * MILLION,
				 &command->model->slow_us);
}

int control_do_nlink(struct control *command)
{
	const char *word = command->words[1];

	if (strcmp(word, "zero") && strcmp(word, "keep"))
		return control_fail(command, -EINVAL, "neither zero nor keep: %s", word);
	command->model->keep_nlink = !strcmp(word, "keep");
	return 0;
}

int control_do_exit(struct control *command)
{
	command->model->exit_wanted = true;
	return 0;
}
