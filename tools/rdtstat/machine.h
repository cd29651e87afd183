/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSTAT_MACHINE_H
#define RDTSTAT_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

/* What CPU, kernel and firmware say about resctrl, whether it is mounted or not. */

enum machine_arch {
	MACHINE_OTHER,
	MACHINE_X86,
	MACHINE_ARM,
};

/* The options of the kernel's configuration that matter, without CONFIG_. */
extern const char *const machine_options[];
extern const size_t machine_option_count;

struct machine {
	enum machine_arch arch;
	/* "" where it cannot be read. */
	char *release;
	/* Of the flags in /proc/cpuinfo those that are about resctrl. On Arm there are none. */
	char **features;
	size_t feature_count;
	/* The file that the configuration is from; NULL: none can be read. */
	char *config_file;
	/* By index of machine_options: "y", "m", or NULL: not set. */
	char **config;
	/* Of the kernel's command line those that are about resctrl or its reading. */
	bool parameters_known;
	char **parameters;
	size_t parameter_count;
	/* The firmware has an ACPI table about MPAM. */
	bool firmware_mpam;
};

/* Read it all; what cannot be read is told by the members. `sysroot` is "" or the directory below which
 * /proc, /boot and /sys of another system are. */
void machine_read(const char *sysroot, struct machine *machine);
void machine_clear(struct machine *machine);

bool machine_has_feature(const struct machine *machine, const char *feature);

/* The value of an option, or NULL. */
const char *machine_config(const struct machine *machine, const char *option);

/* "rdt=!mba" in the parameters switches `name` off, unless a later one switches it on again. */
bool machine_switched_off(const struct machine *machine, const char *name);

/* Is this word of the kernel's command line, or this option without CONFIG_, one that matters? */
bool machine_wants_parameter(const char *word);
bool machine_wants_option(const char *option);

/* The text of the kernel's configuration, the caller's to be freed, and of which file; or NULL. */
char *machine_read_config(const char *sysroot, const char *release, char **ret_file);

#endif
