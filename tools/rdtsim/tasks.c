/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which thread is in which group. Threads are in the default group unless they were moved. */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "rules.h"

/* Forget threads that are no more: their ids may be given to others. */
static void forget_dead(struct sim_model *model)
{
	size_t kept = 0;

	for (size_t i = 0; i < model->n_tasks; i++) {
		struct sim_thread thread;

		if (model->config.threads->get(model->tasks[i].tid, &thread) ||
		    thread.start != model->tasks[i].start)
			continue;
		model->tasks[kept++] = model->tasks[i];
	}
	model->n_tasks = kept;
}

static struct sim_group *task_group(const struct sim_model *model, pid_t tid)
{
	for (size_t i = 0; i < model->n_tasks; i++) {
		if (model->tasks[i].tid == tid)
			return model->tasks[i].group;
	}
	return model->groups;
}

/* A CTRL_MON group's threads include those of its MON groups. */
static bool is_member(const struct sim_group *group, const struct sim_group *of_task)
{
	return of_task == group || of_task->parent == group;
}

bool sim_tasks_any(struct sim_model *model, const struct sim_group *group)
{
	forget_dead(model);
	for (size_t i = 0; i < model->n_tasks; i++) {
		if (is_member(group, model->tasks[i].group))
			return true;
	}
	return false;
}

static int tasks_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	size_t count;
	pid_t *tids;
	int r;

	forget_dead(model);
	r = model->config.threads->list(&tids, &count);
	if (r)
		return r;
	for (size_t i = 0; i < count; i++) {
		if (is_member(node->group, task_group(model, tids[i])))
			text_printf(text, "%d\n", (int)tids[i]);
	}
	free(tids);
	return 0;
}

static int set_group(struct sim_model *model, pid_t tid, uint64_t start, struct sim_group *group)
{
	struct sim_task *tasks;

	for (size_t i = 0; i < model->n_tasks; i++) {
		if (model->tasks[i].tid == tid) {
			model->tasks[i].start = start;
			model->tasks[i].group = group;
			return 0;
		}
	}
	tasks = reallocarray(model->tasks, model->n_tasks + 1, sizeof(*tasks));
	if (!tasks)
		return -ENOMEM;
	model->tasks = tasks;
	tasks[model->n_tasks++] = (struct sim_task){tid, start, group};
	return 0;
}

static int move_task(struct sim_model *model, struct sim_group *group,
		     const struct sim_caller *caller, pid_t tid)
{
	struct sim_thread thread;
	int r;

	if (!tid)
		tid = caller->tid;
	r = model->config.threads->get(tid, &thread);
	if (r == -ESRCH)
		sim_last_cmd(model, "No task %d\n", (int)tid);
	if (r)
		return r;
	if (caller->uid != 0 && caller->uid != thread.uid && caller->uid != thread.suid) {
		sim_last_cmd(model, "No permission to move task %d\n", (int)tid);
		return -EPERM;
	}
	forget_dead(model);
	if (group->parent && sim_group_ctrl(task_group(model, tid)) != group->parent) {
		sim_last_cmd(model, "Can't move task to different control group\n");
		return -EINVAL;
	}
	return set_group(model, tid, thread.start, group);
}

/* As the kernel reads a pid: any base by its prefix, blanks around it. */
static int parse_pid(char *item, pid_t *ret_pid)
{
	char *end;
	long pid;

	item = text_trim(item);
	if (!isdigit((unsigned char)*item) && *item != '-' && *item != '+')
		return -EINVAL;
	errno = 0;
	pid = strtol(item, &end, 0);
	if (*end || end == item || errno || pid > INT_MAX || pid < INT_MIN)
		return -EINVAL;
	*ret_pid = (pid_t)pid;
	return 0;
}

static int tasks_store(struct sim_model *model, struct sim_node *node,
		       const struct sim_caller *caller, char *data, size_t len)
{
	(void)len;
	if (sim_group_ctrl(node->group)->mode >= SIM_LOCKSETUP) {
		sim_last_cmd(model, "Pseudo-locking in progress\n");
		return -EINVAL;
	}
	/* One after the other: those before the first that fails stay moved. */
	while (data && *data && *data != '\n') {
		char *item = strsep(&data, ",");
		pid_t pid;
		int r;

		if (parse_pid(item, &pid)) {
			sim_last_cmd(model, "Task list parsing error pid %s\n", item);
			return -EINVAL;
		}
		if (pid < 0) {
			sim_last_cmd(model, "Invalid pid %d\n", (int)pid);
			return -EINVAL;
		}
		r = move_task(model, node->group, caller, pid);
		if (r) {
			sim_last_cmd(model, "Error while processing task %d\n", (int)pid);
			return r;
		}
	}
	return 0;
}

void sim_tasks_group_gone(struct sim_model *model, struct sim_group *group, struct sim_group *to)
{
	for (size_t i = 0; i < model->n_tasks; i++) {
		if (model->tasks[i].group == group)
			model->tasks[i].group = to;
	}
}

const struct sim_file sim_file_tasks = {
	.name = "tasks",
	.mode = 0644,
	.show = tasks_show,
	.store = tasks_store,
	.locks = true,
};
