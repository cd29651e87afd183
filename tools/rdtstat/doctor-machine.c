// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "findings.h"
#include "machine.h"
#include "xalloc.h"

/*
 * What a flag of the CPU lets expect of resctrl: a file of info, with an event in it or a second name
 * that it may have instead; and the word for it in rdt= (arch/x86/kernel/cpu/resctrl/core.c,
 * rdt_options).
 */
static const struct {
	const char *feature;
	const char *parameter;
	const char *file;
	const char *event;
	const char *file_with_cdp;
	const char *what;
} expectations[] = {
	{"cqm_occup_llc", "cmt", "L3_MON/mon_features", "llc_occupancy", NULL,
	 "monitoring of cache occupancy (llc_occupancy)"},
	{"cqm_mbm_total", "mbmtotal", "L3_MON/mon_features", "mbm_total_bytes", NULL,
	 "monitoring of total memory bandwidth (mbm_total_bytes)"},
	{"cqm_mbm_local", "mbmlocal", "L3_MON/mon_features", "mbm_local_bytes", NULL,
	 "monitoring of local memory bandwidth (mbm_local_bytes)"},
	{"cat_l3", "l3cat", "L3/num_closids", NULL, "L3CODE/num_closids", "allocation of L3 cache"},
	{"cat_l2", "l2cat", "L2/num_closids", NULL, "L2CODE/num_closids", "allocation of L2 cache"},
	{"mba", "mba", "MB/num_closids", NULL, NULL, "allocation of memory bandwidth"},
};

#define EXPECTATION_COUNT (sizeof(expectations) / sizeof(expectations[0]))

static bool has_line(const char *text, const char *line)
{
	size_t length = strlen(line);

	for (; text; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (strncmp(text, line, length) == 0 && (text[length] == '\n' || !text[length]))
			return true;
	}
	return false;
}

static bool is_offered(const struct rdtgrp_info *info, size_t index)
{
	const char *text = rdtgrp_info_find(info, expectations[index].file);

	if (!text && expectations[index].file_with_cdp)
		text = rdtgrp_info_find(info, expectations[index].file_with_cdp);
	return text && (!expectations[index].event || has_line(text, expectations[index].event));
}

static char *join(char *const *words, size_t count)
{
	char *text = xstrdup("");

	for (size_t i = 0; i < count; i++) {
		char *longer = xasprintf("%s%s%s", text, i ? " " : "", words[i]);

		free(text);
		text = longer;
	}
	return text;
}

static void examine_x86_cpu(const struct machine *machine, bool kernel_has_it,
			    struct doctor *doctor)
{
	char *features;

	if (!machine->feature_count) {
		doctor_find(
			doctor, "CPU", kernel_has_it ? LEVEL_NOTE : LEVEL_PROBLEM,
			xstrdup("/proc/cpuinfo names no monitoring and no allocation"),
			kernel_has_it
				? NULL
				: xstrdup("take a machine whose CPU has Intel RDT or AMD QoS, and "
					  "look into the firmware's settings; in a virtual machine "
					  "the hypervisor hides it in most cases: look on the "
					  "host"));
		return;
	}
	features = join(machine->features, machine->feature_count);
	doctor_find(doctor, "CPU", LEVEL_OK, xasprintf("has %s", features), NULL);
	free(features);
}

/* Linux tells user space nothing of MPAM but what resctrl shows. The driver finds the hardware by the
 * firmware's table (drivers/acpi/arm64/mpam.c). */
static void examine_arm_cpu(const struct machine *machine, bool kernel_has_it,
			    struct doctor *doctor)
{
	for (size_t i = 0; i < machine->parameter_count; i++)
		if (strcmp(machine->parameters[i], "arm64.nompam") == 0)
			doctor_find(doctor, "command line", LEVEL_PROBLEM,
				    xstrdup("arm64.nompam switches MPAM off"),
				    xstrdup("boot without it"));
	if (kernel_has_it)
		doctor_find(doctor, "CPU", LEVEL_OK, xstrdup("the kernel has found MPAM"), NULL);
	else if (machine->firmware_mpam)
		doctor_find(doctor, "CPU", LEVEL_OK,
			    xstrdup("the firmware describes MPAM (ACPI table MPAM)"), NULL);
	else
		doctor_find(
			doctor, "CPU", LEVEL_PROBLEM,
			xstrdup("no MPAM found: the firmware has no ACPI table MPAM; the CPU "
				"itself "
				"cannot be asked on Arm, /proc/cpuinfo does not name MPAM"),
			xstrdup("take a machine with Arm MPAM and firmware that describes it; in "
				"a virtual machine look on the host"));
}

static void examine_config(const struct machine *machine, bool kernel_has_it, struct doctor *doctor)
{
	const char *wanted = machine->arch == MACHINE_ARM ? "ARM64_MPAM_DRIVER" : "X86_CPU_RESCTRL";

	if (!machine->config_file) {
		doctor_find(
			doctor, "kernel", kernel_has_it ? LEVEL_OK : LEVEL_UNKNOWN,
			xasprintf("%s%s%s", machine->release, kernel_has_it ? " has resctrl" : "",
				  kernel_has_it ? ""
						: ": its configuration cannot be read, neither "
						  "/proc/config.gz nor /boot/config-*"),
			kernel_has_it
				? NULL
				: xasprintf("look for CONFIG_%s in the kernel's package", wanted));
		return;
	}
	if (machine_config(machine, wanted))
		doctor_find(doctor, "kernel", LEVEL_OK,
			    xasprintf("%s has CONFIG_%s=%s (%s)", machine->release, wanted,
				      machine_config(machine, wanted), machine->config_file),
			    NULL);
	else if (kernel_has_it)
		doctor_find(doctor, "kernel", LEVEL_NOTE,
			    xasprintf("%s has resctrl, though %s does not set CONFIG_%s",
				      machine->release, machine->config_file, wanted),
			    NULL);
	else
		doctor_find(doctor, "kernel", LEVEL_PROBLEM,
			    xasprintf("%s is built without CONFIG_%s (%s)", machine->release,
				      wanted, machine->config_file),
			    xasprintf("take a kernel that is built with CONFIG_%s=y", wanted));
}

/* What of the CPU is not to be found in resctrl, and why. */
static void examine_losses(const struct findings *findings, struct doctor *doctor)
{
	const struct machine *machine = findings->machine;

	for (size_t i = 0; i < EXPECTATION_COUNT; i++) {
		bool off = machine_switched_off(machine, expectations[i].parameter);

		if (!machine_has_feature(machine, expectations[i].feature))
			continue;
		if (findings->info && is_offered(findings->info, i))
			continue;
		if (off)
			doctor_find(
				doctor, "command line", LEVEL_PROBLEM,
				xasprintf("rdt=!%s switches off %s, which the CPU has",
					  expectations[i].parameter, expectations[i].what),
				xasprintf("boot without !%s in rdt=", expectations[i].parameter));
		else if (findings->info)
			doctor_find(
				doctor, "kernel", LEVEL_PROBLEM,
				xasprintf("does not offer %s, which the CPU has (%s)",
					  expectations[i].what, expectations[i].feature),
				xasprintf("the kernel leaves it out where an erratum or the "
					  "firmware forbids it: see 'dmesg | grep -i resctrl'; "
					  "rdt=%s on its command line switches it on where that "
					  "is possible",
					  expectations[i].parameter));
	}
}

void doctor_examine_machine(const struct findings *findings, struct doctor *doctor)
{
	const struct machine *machine = findings->machine;
	/* Where resctrl is there, the kernel has it: its files say more than its configuration. */
	bool kernel_has_it =
		findings->root || (findings->mounts && rdtgrp_mounts_get_state(findings->mounts) <=
							       RDTGRP_MOUNT_NOT_MOUNTED);

	if (machine->arch == MACHINE_X86)
		examine_x86_cpu(machine, kernel_has_it, doctor);
	else if (machine->arch == MACHINE_ARM)
		examine_arm_cpu(machine, kernel_has_it, doctor);
	else if (!kernel_has_it)
		doctor_find(
			doctor, "CPU", LEVEL_UNKNOWN,
			xstrdup("/proc/cpuinfo cannot be read, or is of an architecture that has "
				"no resctrl"),
			NULL);
	if (machine->arch != MACHINE_OTHER)
		examine_config(machine, kernel_has_it, doctor);
	examine_losses(findings, doctor);
	if (!machine->parameters_known)
		doctor_find(doctor, "command line", LEVEL_UNKNOWN,
			    xstrdup("/proc/cmdline cannot be read"), NULL);
}
