/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The arguments of control commands. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"

#define MAX_IDS 65536
#define MILLION UINT64_C(1000000)

/* Say what is wrong with the command. */
int control_fail(struct control *command, int error, const char *format, ...)
{
	char message[512];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	text_clear(command->outcome);
	text_printf(command->outcome, "error: %s\n", message);
	return error;
}

int control_get_group(struct control *command, const char *path, struct sim_group **ret_group)
{
	struct sim_node *node = command->model->root;
	char *copy = strdup(path);

	if (!copy)
		return -ENOMEM;
	for (char *rest = copy; rest && node;) {
		const char *name = strsep(&rest, "/");

		if (*name)
			node = sim_node_find(node, name);
	}
	free(copy);
	if (!node || node->kind != SIM_NODE_GROUP)
		return control_fail(command, -ENOENT, "no such group: %s", path);
	*ret_group = node->group;
	return 0;
}

int control_get_count(struct control *command, const char *word, uint64_t max, uint64_t *ret_count)
{
	uint64_t count;

	if (text_parse_u64(word, 10, &count) || count > max)
		return control_fail(command, -EINVAL, "not a number from 0 to %" PRIu64 ": %s", max,
				    word);
	*ret_count = count;
	return 0;
}

int control_get_ids(struct control *command, const char *word, unsigned int *ret_count)
{
	uint64_t count;

	if (text_parse_u64(word, 10, &count) || !count || count > MAX_IDS)
		return control_fail(command, -EINVAL, "not a number from 1 to %d: %s", MAX_IDS,
				    word);
	*ret_count = (unsigned int)count;
	return 0;
}

/* A number in the event's unit, into the unit in which it is kept. */
int control_parse_value(const char *word, enum sim_event_kind kind, uint64_t *ret_value)
{
	char whole[32], fraction[] = "000000";
	const char *point = strchr(word, '.');
	uint64_t integer, millionths;
	size_t len = point ? (size_t)(point - word) : strlen(word);

	if (kind != SIM_DECIMAL)
		return text_parse_u64(word, 10, ret_value);
	if (len >= sizeof(whole))
		return -ERANGE;
	memcpy(whole, word, len);
	whole[len] = '\0';
	if (point) {
		size_t digits = strlen(point + 1);

		if (!digits || digits > 6 || strspn(point + 1, "0123456789") != digits)
			return -EINVAL;
		memcpy(fraction, point + 1, digits);
	}
	if (text_parse_u64(whole, 10, &integer) || text_parse_u64(fraction, 10, &millionths))
		return -EINVAL;
	if (integer > (UINT64_MAX - millionths) / MILLION)
		return -ERANGE;
	*ret_value = integer * MILLION + millionths;
	return 0;
}

static bool matches(const char *wanted, const char *name)
{
	return !strcmp(wanted, "*") || !strcmp(wanted, name);
}

/* The path of a domain below mon_data. */
bool control_domain_matches(const struct sim_domain *domain, const char *path)
{
	size_t len;

	if (!strcmp(path, "*"))
		return true;
	if (!domain->parent)
		return !strcmp(domain->name, path);
	len = strlen(domain->parent->name);
	return !strncmp(domain->parent->name, path, len) && path[len] == '/' &&
	       !strcmp(domain->name, path + len + 1);
}

/* Words 1 to 3 are group, domain and event. */
int control_each_target(struct control *command, unsigned int flags, target_fn call)
{
	const char *path = command->words[2], *event = command->words[3];
	struct target target;
	bool found_domain = false, found = false, sum = false;
	int r;

	r = control_get_group(command, command->words[1], &target.group);
	if (r)
		return r;
	for (target.domain = command->model->domains; target.domain;
	     target.domain = target.domain->next) {
		if (!control_domain_matches(target.domain, path) ||
		    !sim_domain_is_online(target.domain))
			continue;
		found_domain = true;
		if (flags & COUNTS_ONLY && target.domain->sum) {
			sum = true;
			continue;
		}
		for (size_t i = 0; i < target.domain->n_slots; i++) {
			target.slot = &target.domain->slots[i];
			if (!matches(event, target.slot->event->name))
				continue;
			found = true;
			r = call(command, &target);
			if (r)
				return r;
		}
	}
	if (found)
		return 0;
	if (sum)
		return control_fail(command, -EINVAL, "%s shows sums only: name a domain in it",
				    path);
	if (!found_domain)
		return control_fail(command, -ENOENT, "no such domain, or it is offline: %s", path);
	return control_fail(command, -ENOENT, "no such event in %s: %s", path, event);
}
