// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "xalloc.h"

const char *const machine_options[] = {
	"RESCTRL_FS", "PROC_CPU_RESCTRL",  "X86_CPU_RESCTRL",	    "X86_CPU_RESCTRL_INTEL_AET",
	"ARM64_MPAM", "ARM64_MPAM_DRIVER", "ARM64_MPAM_RESCTRL_FS", "ACPI_MPAM",
};
const size_t machine_option_count = sizeof(machine_options) / sizeof(machine_options[0]);

static char *read_below(const char *sysroot, const char *path)
{
	char *whole = xasprintf("%s%s", sysroot, path), *text = NULL;
	size_t size;

	if (file_read(AT_FDCWD, whole, 0, &text, &size) < 0)
		text = NULL;
	free(whole);
	return text;
}

static void add_word(char ***words, size_t *count, const char *word)
{
	*words = reallocarray(*words, *count + 1, sizeof(**words));
	if (!*words)
		out_of_memory();
	(*words)[(*count)++] = xstrdup(word);
}

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

bool machine_has_feature(const struct machine *machine, const char *feature)
{
	for (size_t i = 0; i < machine->feature_count; i++)
		if (strcmp(machine->features[i], feature) == 0)
			return true;
	return false;
}

static bool is_feature(const char *flag)
{
	return starts_with(flag, "cqm") || starts_with(flag, "cat_l") ||
	       starts_with(flag, "cdp_l") || strcmp(flag, "rdt_a") == 0 || strcmp(flag, "mba") == 0;
}

/* All CPUs of a machine that resctrl takes are alike in these, so the first that has flags counts. */
static void read_cpuinfo(const char *sysroot, struct machine *machine)
{
	char *text = read_below(sysroot, "/proc/cpuinfo"), *rest = text, *line, *word;

	while (rest && (line = next_word(&rest, "\n"))) {
		if (starts_with(line, "CPU implementer")) {
			machine->arch = MACHINE_ARM;
			break;
		}
		if (!starts_with(line, "flags"))
			continue;
		machine->arch = MACHINE_X86;
		while ((word = next_word(&line, " \t:")))
			if (is_feature(word))
				add_word(&machine->features, &machine->feature_count, word);
		break;
	}
	free(text);
}

bool machine_wants_parameter(const char *word)
{
	static const char *const starts[] = {
		"rdt=", "arm64.nompam", "clearcpuid=", "nohz_full=", "isolcpus=", "acpi=",
	};

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (starts_with(word, starts[i]))
			return true;
	return false;
}

static void read_parameters(const char *sysroot, struct machine *machine)
{
	char *text = read_below(sysroot, "/proc/cmdline"), *rest = text, *word;

	machine->parameters_known = text;
	while (rest && (word = next_word(&rest, " \t\n"))) {
		/* What follows is init's. */
		if (strcmp(word, "--") == 0)
			break;
		if (machine_wants_parameter(word))
			add_word(&machine->parameters, &machine->parameter_count, word);
	}
	free(text);
}

bool machine_switched_off(const struct machine *machine, const char *name)
{
	bool off = false;

	for (size_t i = 0; i < machine->parameter_count; i++) {
		char *copy, *rest, *token;

		if (!starts_with(machine->parameters[i], "rdt="))
			continue;
		copy = rest = xstrdup(machine->parameters[i] + 4);
		while ((token = next_word(&rest, ","))) {
			if (strcmp(token + (*token == '!'), name) == 0)
				off = *token == '!';
		}
		free(copy);
	}
	return off;
}

/* The text of a file that may be compressed, or NULL. */
static char *read_packed(const char *path)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;
	char *text = NULL;
	size_t size = 0, capacity = 0;
	la_ssize_t n = -1;

	if (!archive)
		out_of_memory();
	archive_read_support_filter_gzip(archive);
	archive_read_support_format_raw(archive);
	if (archive_read_open_filename(archive, path, 65536) == ARCHIVE_OK &&
	    archive_read_next_header(archive, &entry) == ARCHIVE_OK) {
		do {
			text = xgrow(text, size + 65536, &capacity, 1);
			n = archive_read_data(archive, text + size, capacity - size - 1);
			size += n > 0 ? (size_t)n : 0;
		} while (n > 0);
	}
	archive_read_free(archive);
	if (n < 0) {
		free(text);
		return NULL;
	}
	text[size] = '\0';
	return text;
}

char *machine_read_config(const char *sysroot, const char *release, char **ret_file)
{
	char *paths[] = {
		xasprintf("%s/proc/config.gz", sysroot),
		xasprintf("%s/boot/config-%s", sysroot, release),
		xasprintf("%s/lib/modules/%s/config", sysroot, release),
	};
	char *text = NULL;

	*ret_file = NULL;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (!text && (i == 0 || *release)) {
			text = read_packed(paths[i]);
			if (text)
				*ret_file = xstrdup(paths[i] + strlen(sysroot));
		}
		free(paths[i]);
	}
	return text;
}

/* The index of "RESCTRL_FS" in machine_options, or -1. */
static ssize_t find_option(const char *name)
{
	for (size_t i = 0; i < machine_option_count; i++)
		if (strcmp(machine_options[i], name) == 0)
			return (ssize_t)i;
	return -1;
}

bool machine_wants_option(const char *option)
{
	return find_option(option) >= 0;
}

static void read_config(const char *sysroot, struct machine *machine)
{
	char *text = machine_read_config(sysroot, machine->release, &machine->config_file);
	char *rest = text, *line;

	machine->config = xcalloc(machine_option_count, sizeof(*machine->config));
	while (rest && (line = next_word(&rest, "\n"))) {
		char *name = strsep(&line, "=");
		ssize_t index = starts_with(name, "CONFIG_") ? find_option(name + 7) : -1;

		if (index >= 0 && line && !machine->config[index])
			machine->config[index] = xstrdup(line);
	}
	free(text);
}

const char *machine_config(const struct machine *machine, const char *option)
{
	ssize_t index = find_option(option);

	return index < 0 ? NULL : machine->config[index];
}

void machine_read(const char *sysroot, struct machine *machine)
{
	char *table = xasprintf("%s/sys/firmware/acpi/tables/MPAM", sysroot);

	*machine = (struct machine){.arch = MACHINE_OTHER};
	machine->release = read_below(sysroot, "/proc/sys/kernel/osrelease");
	if (machine->release)
		machine->release[strcspn(machine->release, "\n")] = '\0';
	else
		machine->release = xstrdup("");
	read_cpuinfo(sysroot, machine);
	read_parameters(sysroot, machine);
	read_config(sysroot, machine);
	machine->firmware_mpam = access(table, F_OK) == 0;
	free(table);
}

static void free_words(char **words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(words[i]);
	free(words);
}

void machine_clear(struct machine *machine)
{
	free_words(machine->features, machine->feature_count);
	free_words(machine->parameters, machine->parameter_count);
	free_words(machine->config, machine_option_count);
	free(machine->config_file);
	free(machine->release);
}
