/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control commands, which do what on a real machine hardware, kernel or fate would do. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"

static int unescape(char *word)
{
	char *to = word;

	for (const char *from = word; *from; from++) {
		if (*from != '\\') {
			*to++ = *from;
			continue;
		}
		switch (*++from) {
		case 's':
			*to++ = ' ';
			break;
		case 'n':
			*to++ = '\n';
			break;
		case 't':
			*to++ = '\t';
			break;
		case '\\':
			*to++ = '\\';
			break;
		default:
			return -EINVAL;
		}
	}
	*to = '\0';
	return 0;
}

static int split(struct control *command, char *line)
{
	line[strcspn(line, "\n")] = '\0';
	for (char *rest = line; rest;) {
		char *word = strsep(&rest, " \t");

		if (!*word)
			continue;
		if (command->n_words == CONTROL_MAX_WORDS)
			return control_fail(command, -EINVAL, "too many words");
		if (unescape(word))
			return control_fail(command, -EINVAL, "unknown escape in \"%s\"", word);
		command->words[command->n_words++] = word;
	}
	return 0;
}

static const struct {
	const char *name;
	size_t min_words;
	size_t max_words;
	int (*run)(struct control *command);
	const char *usage;
} commands[] = {
	{"set", 5, 5, control_do_set, "GROUP DOMAIN EVENT VALUE"},
	{"rate", 5, 5, control_do_rate, "GROUP DOMAIN EVENT PER_SECOND"},
	{"status", 5, 5, control_do_status, "GROUP DOMAIN EVENT ok|unavailable|error|unassigned"},
	{"text", 4, 5, control_do_text, "GROUP DOMAIN EVENT [TEXT|-]"},
	{"text-size", 5, 5, control_do_text_size, "GROUP DOMAIN EVENT BYTES"},
	{"errno", 5, 5, control_do_errno, "GROUP DOMAIN EVENT ENAME|-"},
	{"freeze", 1, 1, control_do_freeze, ""},
	{"thaw", 1, 1, control_do_thaw, ""},
	{"advance", 2, 2, control_do_advance, "MILLISECONDS"},
	{"offline", 3, 3, control_do_offline, "RESOURCE ID"},
	{"online", 3, 3, control_do_online, "RESOURCE ID"},
	{"add-event", 4, 4, control_do_add_event, "DOMAIN EVENT VALUE"},
	{"add-resource", 4, 4, control_do_add_resource, "DIRECTORY EVENT VALUE"},
	{"rmids", 2, 2, control_do_rmids, "NUMBER"},
	{"closids", 2, 2, control_do_closids, "NUMBER"},
	{"limbo", 2, 2, control_do_limbo, "on|off|auto"},
	{"evict", 1, 1, control_do_evict, ""},
	{"mode", 3, 3, control_do_mode, "GROUP MODE"},
	{"kill", 2, 2, control_do_kill, "GROUP"},
	{"slow", 2, 2, control_do_slow, "MICROSECONDS"},
	{"nlink", 2, 2, control_do_nlink, "zero|keep"},
	{"exit", 1, 1, control_do_exit, ""},
};

static int dispatch(struct control *command)
{
	const char *name;

	if (!command->n_words)
		return control_fail(command, -EINVAL, "no command");
	name = command->words[0];
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, name))
			continue;
		if (command->n_words < commands[i].min_words ||
		    command->n_words > commands[i].max_words)
			return control_fail(command, -EINVAL, "usage: %s %s", name,
					    commands[i].usage);
		return commands[i].run(command);
	}
	return control_fail(command, -EINVAL, "unknown command: %s", name);
}

int sim_control(struct sim_model *model, const char *line, size_t len, struct text *outcome)
{
	struct control command = {.model = model, .outcome = outcome};
	char *copy = strndup(line, len);
	int r;

	text_clear(outcome);
	if (!copy)
		return -ENOMEM;
	r = split(&command, copy);
	if (!r)
		r = dispatch(&command);
	if (!r)
		text_puts(outcome, "ok\n");
	else if (!outcome->len)
		text_printf(outcome, "error: %s\n", strerror(-r));
	free(copy);
	return r;
}

static int control_show(struct sim_model *model, struct sim_node *node, struct text *text)
{
	(void)node;
	if (model->control_outcome.len)
		text_add(text, model->control_outcome.data, model->control_outcome.len);
	else
		text_puts(text, "ok\n");
	sim_dump(model, text);
	return 0;
}

static int control_store(struct sim_model *model, struct sim_node *node,
			 const struct sim_caller *caller, char *data, size_t len)
{
	(void)node;
	(void)caller;
	return sim_control(model, data, len, &model->control_outcome);
}

const struct sim_file sim_file_control = {
	.name = ".rdtsim",
	.mode = 0600,
	.show = control_show,
	.store = control_store,
};
