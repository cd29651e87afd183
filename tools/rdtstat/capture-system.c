// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "file.h"
#include "machine.h"
#include "xalloc.h"

#define FILE_MODE (S_IFREG | 0644)

/* Of each CPU what tells its kind; serial numbers and the like are left out. */
static bool wants_cpu_line(const char *line)
{
	static const char *const keys[] = {
		"vendor_id",	    "cpu family",  "model",    "stepping",
		"microcode",	    "flags",	   "Features", "CPU implementer",
		"CPU architecture", "CPU variant", "CPU part", "CPU revision",
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strncmp(line, keys[i], strlen(keys[i])) == 0)
			return true;
	return false;
}

static char *read_text(const char *path)
{
	char *text;
	size_t size;

	return file_read(AT_FDCWD, path, 0, &text, &size) < 0 ? NULL : text;
}

/* Takes text over. */
static void add_text(struct capture *capture, const char *path, char *text)
{
	if (text)
		capture_add(capture, xstrdup(path), FILE_MODE, text, strlen(text));
}

/* Those lines or words of a text for which `wanted` says so, joined by the first of the separators.
 * Takes text over. */
static char *filter(char *text, const char *separators, bool (*wanted)(const char *))
{
	char *rest = text, *word, *kept = NULL;
	size_t size;
	FILE *stream = open_memstream(&kept, &size);

	if (!stream)
		out_of_memory();
	while ((word = next_word(&rest, separators)))
		if (wanted(word))
			fprintf(stream, "%s%c", word, separators[0]);
	if (fclose(stream) != 0)
		out_of_memory();
	free(text);
	return kept;
}

/* A block per kind of CPU: they are alike but for their numbers. */
static void add_cpuinfo(struct capture *capture)
{
	char *text = read_text("/proc/cpuinfo"), *rest = text, *last = xstrdup(""), *all = NULL;
	size_t size;
	FILE *stream = open_memstream(&all, &size);

	if (!stream)
		out_of_memory();
	for (unsigned int number = 0; rest && *rest; number++) {
		char *end = strstr(rest, "\n\n"), *block;

		block = xasprintf("%.*s", end ? (int)(end - rest) : (int)strlen(rest), rest);
		rest = end ? end + 2 : NULL;
		block = filter(block, "\n", wants_cpu_line);
		if (!*block || strcmp(block, last) == 0) {
			free(block);
			continue;
		}
		fprintf(stream, "processor\t: %u\n%s\n", number, block);
		free(last);
		last = block;
	}
	if (fclose(stream) != 0)
		out_of_memory();
	free(last);
	if (text)
		add_text(capture, "proc/cpuinfo", all);
	else
		free(all);
	free(text);
}

static bool wants_config_line(const char *line)
{
	static const char set[] = "CONFIG_";
	char *name;
	bool wanted;

	if (strncmp(line, set, sizeof(set) - 1) != 0)
		return false;
	name = xstrdup(line + sizeof(set) - 1);
	name[strcspn(name, "=")] = '\0';
	wanted = machine_wants_option(name);
	free(name);
	return wanted;
}

static void add_config(struct capture *capture, const char *release)
{
	char *file, *text = machine_read_config("", release, &file), *path, *lines;

	if (!text)
		return;
	path = xasprintf("boot/config-%s", release);
	lines = filter(text, "\n", wants_config_line);
	/* Also where nothing is set the file is not empty: that it could be read is the news. */
	add_text(capture, path, xasprintf("# of %s what is about resctrl\n%s", file, lines));
	free(lines);
	free(path);
	free(file);
}

void capture_system(struct capture *capture)
{
	char *release = read_text("/proc/sys/kernel/osrelease");
	char *parameters = read_text("/proc/cmdline"), *init;
	char *name = xstrdup(release ? release : "");

	name[strcspn(name, "\n")] = '\0';
	add_text(capture, "proc/version", read_text("/proc/version"));
	add_text(capture, "proc/sys/kernel/osrelease", release);
	if (parameters) {
		/* What follows is init's. */
		init = strstr(parameters, " -- ");
		if (init)
			*init = '\0';
		parameters = filter(parameters, " \n", machine_wants_parameter);
	}
	add_text(capture, "proc/cmdline", parameters);
	add_cpuinfo(capture);
	if (*name)
		add_config(capture, name);
	free(name);
}
