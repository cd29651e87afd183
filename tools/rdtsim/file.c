/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is common to all files: opening, reading, writing, and last_cmd_status. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

/* What the kernel accepts in one write. */
#define WRITE_MAX 4096
/* Control commands may carry longer texts. */
#define CONTROL_MAX (128 * 1024)

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
