/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control commands about values, and about files that show something else. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"

#define MAX_TEXT_SIZE (64 * 1024 * 1024)
#define HIGHEST_ERRNO 133

static int set_one(struct control *command, const struct target *target)
{
	const struct sim_event *event = target->slot->event;
	uint64_t value;

	if (control_parse_value(command->words[4], event->kind, &value))
		return control_fail(command, -EINVAL, "no value for %s: %s", event->name,
				    command->words[4]);
	sim_counter_set(command->model,
			sim_counter_get(command->model, target->group, target->slot), event, value);
	return 0;
}

int control_do_set(struct control *command)
{
	return control_each_target(command, COUNTS_ONLY, set_one);
}

static int rate_one(struct control *command, const struct target *target)
{
	const struct sim_event *event = target->slot->event;
	const char *word = command->words[4];
	bool negative = *word == '-' && event->kind == SIM_OCCUPANCY;
	uint64_t rate;

	if (control_parse_value(word + negative, event->kind, &rate) || rate > INT64_MAX)
		return control_fail(command, -EINVAL, "no rate for %s: %s", event->name, word);
	sim_counter_rate(command->model,
			 sim_counter_get(command->model, target->group, target->slot), event,
			 negative ? -(int64_t)rate : (int64_t)rate);
	return 0;
}

int control_do_rate(struct control *command)
{
	return control_each_target(command, COUNTS_ONLY, rate_one);
}

static const char *const status_names[] = {
	[SIM_OK] = "ok",
	[SIM_UNAVAILABLE] = "unavailable",
	[SIM_ERROR] = "error",
	[SIM_UNASSIGNED] = "unassigned",
};

#define N_STATUS_NAMES (sizeof(status_names) / sizeof(status_names[0]))

static void set_status(struct sim_model *model, const struct sim_group *group,
		       const struct sim_slot *slot, enum sim_status status)
{
	struct sim_counter *counter = sim_counter_get(model, group, slot);

	if (counter)
		sim_counter_status(counter, slot->event, status);
}

static int status_one(struct control *command, const struct target *target)
{
	struct sim_model *model = command->model;
	enum sim_status status = SIM_OK;

	while (strcmp(command->words[4], status_names[status]))
		status++;
	set_status(model, target->group, target->slot, status);
	/* A sum's status is that of what it sums up. */
	for (struct sim_domain *node = model->domains; node; node = node->next) {
		const struct sim_slot *slot;

		if (!target->domain->sum || node->parent != target->domain)
			continue;
		slot = sim_domain_slot(node, target->slot->event->name);
		if (slot)
			set_status(model, target->group, slot, status);
	}
	return 0;
}

int control_do_status(struct control *command)
{
	size_t i;

	for (i = 0; i < N_STATUS_NAMES && strcmp(command->words[4], status_names[i]); i++)
		;
	if (i == N_STATUS_NAMES)
		return control_fail(command, -EINVAL,
				    "no status: %s (ok, unavailable, error, unassigned)",
				    command->words[4]);
	return control_each_target(command, 0, status_one);
}

static struct sim_node *target_file(const struct target *target)
{
	struct sim_node *dir = sim_mon_data_dir(target->group, target->domain);

	return dir ? sim_node_find(dir, target->slot->event->name) : NULL;
}

static void text_back(struct sim_node *file)
{
	if (!file->fault_text)
		return;
	text_free(file->fault_text);
	free(file->fault_text);
	file->fault_text = NULL;
}

static int new_text(struct sim_node *file)
{
	text_back(file);
	file->fault_text = calloc(1, sizeof(*file->fault_text));
	return file->fault_text ? 0 : -ENOMEM;
}

static int text_one(struct control *command, const struct target *target)
{
	const char *word = command->n_words > 4 ? command->words[4] : "";
	struct sim_node *file = target_file(target);

	if (!file)
		return 0;
	if (!strcmp(word, "-")) {
		text_back(file);
		return 0;
	}
	if (new_text(file))
		return -ENOMEM;
	text_puts(file->fault_text, word);
	return text_error(file->fault_text);
}

int control_do_text(struct control *command)
{
	return control_each_target(command, 0, text_one);
}

static int text_size_one(struct control *command, const struct target *target)
{
	struct sim_node *file = target_file(target);
	uint64_t bytes = 0;
	int r;

	r = control_get_count(command, command->words[4], MAX_TEXT_SIZE, &bytes);
	if (r || !file)
		return r;
	if (new_text(file))
		return -ENOMEM;
	while (bytes) {
		static const char digits[] = "1234567890123456789012345678901234567890";
		size_t part = bytes < 40 ? (size_t)bytes : 40;

		text_add(file->fault_text, digits, part);
		bytes -= part;
	}
	text_puts(file->fault_text, "\n");
	return text_error(file->fault_text);
}

int control_do_text_size(struct control *command)
{
	return control_each_target(command, 0, text_size_one);
}

static int errno_by_name(const char *name)
{
	for (int error = 1; error <= HIGHEST_ERRNO; error++) {
		const char *known = strerrorname_np(error);

		if (known && !strcmp(known, name))
			return error;
	}
	return 0;
}

/* Whoever gets one of these reads again, for ever: the kernel's resctrl has none of them for readers. */
static bool means_again(const char *name)
{
	return !strcmp(name, "EINTR") || !strcmp(name, "EAGAIN") || !strcmp(name, "EWOULDBLOCK") ||
	       !strncmp(name, "ERESTART", strlen("ERESTART"));
}

static int errno_one(struct control *command, const struct target *target)
{
	struct sim_node *file = target_file(target);

	if (file)
		file->fault_errno = errno_by_name(command->words[4]);
	return 0;
}

int control_do_errno(struct control *command)
{
	if (means_again(command->words[4]))
		return control_fail(command, -EINVAL,
				    "no read of resctrl fails with %s, and readers would try "
				    "again for ever",
				    command->words[4]);
	if (strcmp(command->words[4], "-") && !errno_by_name(command->words[4]))
		return control_fail(command, -EINVAL, "no errno: %s (such as EIO, or -)",
				    command->words[4]);
	return control_each_target(command, 0, errno_one);
}
