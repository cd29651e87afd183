/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mount.h"

#include <libmount/libmount.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "capability.h"
#include "error.h"
#include "log.h"
#include "mount-table.h"
#include "util.h"

struct rdtgrp_mounts {
	atomic_uint references;
	enum rdtgrp_mount_state state;
	char *advice;
	struct rg_mount_table table;
};

/* Returns 1 where fn returns true for a line of the file, 0 where for none, or a negative errno. */
static int any_line(const char *path, bool (*fn)(char *line))
{
	RG_AUTO_FREE char *line = NULL;
	FILE *file = fopen(path, "re");
	size_t size = 0;
	int r = 0;

	if (!file)
		return -errno;
	errno = 0;
	while (r == 0 && getline(&line, &size, file) >= 0)
		r = fn(line);
	if (r == 0 && !feof(file))
		r = errno ? -errno : -EIO;
	fclose(file);
	return r;
}

/* "nodev\tresctrl" */
static bool offers_resctrl(char *line)
{
	char *save, *word = strtok_r(line, "\t\n", &save);

	while (word && strcmp(word, "resctrl") != 0)
		word = strtok_r(NULL, "\t\n", &save);
	return word;
}

/* What x86 calls monitoring and allocation (arch/x86/include/asm/cpufeatures.h). */
static bool is_feature(const char *word)
{
	static const char *const features[] = {
		"rdt_a",  "cqm",    "cqm_llc", "cqm_occup_llc", "cqm_mbm_total", "cqm_mbm_local",
		"cat_l3", "cat_l2", "cdp_l3",  "cdp_l2",	"mba",
	};

	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		if (strcmp(word, features[i]) == 0)
			return true;
	}
	return false;
}

/* "flags\t\t: fpu vme …" */
static bool names_feature(char *line)
{
	char *save, *word = strtok_r(line, " \t:\n", &save);

	if (!word || strcmp(word, "flags") != 0)
		return false;
	do
		word = strtok_r(NULL, " \t:\n", &save);
	while (word && !is_feature(word));
	return word;
}

/* Where resctrl's root is mounted for process 1; "" where it is not, or where that may not be read. */
static int find_elsewhere(const char *init_mountinfo, char **ret_path)
{
	struct rg_mount_table table;
	int r = rg_mount_table_read(init_mountinfo, &table);

	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		rg_log(LOG_DEBUG, "%s: cannot read: %s", init_mountinfo, strerrordesc_np(-r));
		*ret_path = strdup("");
	} else {
		*ret_path = strdup(table.whole ? table.list[0].path : "");
		rg_mount_table_free(&table);
	}
	return *ret_path ? 0 : -ENOMEM;
}

static int find_state(const struct rg_mount_sources *sources, const char *elsewhere,
		      struct rdtgrp_mounts *mounts)
{
	int r;

	if (mounts->table.whole) {
		mounts->state = RDTGRP_MOUNT_MOUNTED;
		return 0;
	}
	if (mounts->table.count || mounts->table.useless) {
		mounts->state = RDTGRP_MOUNT_PARTIAL;
		return 0;
	}
	if (elsewhere[0]) {
		mounts->state = RDTGRP_MOUNT_ELSEWHERE;
		return 0;
	}
	r = any_line(sources->filesystems, offers_resctrl);
	if (r < 0)
		return rg_fail_errno(r, sources->filesystems, "cannot read");
	if (r) {
		mounts->state = RDTGRP_MOUNT_NOT_MOUNTED;
		return 0;
	}
	r = any_line(sources->cpuinfo, names_feature);
	if (r < 0)
		return rg_fail_errno(r, sources->cpuinfo, "cannot read");
	mounts->state = r ? RDTGRP_MOUNT_NO_KERNEL : RDTGRP_MOUNT_NO_CPU;
	return 0;
}

static char *format_advice(const struct rdtgrp_mounts *mounts, const char *elsewhere)
{
	static const char enter[] = "run the program in the mount namespace of process 1, as root: "
				    "nsenter --mount=/proc/1/ns/mnt COMMAND";
	const char *obstacle;
	char *text = NULL;
	int n = -1;

	switch (mounts->state) {
	case RDTGRP_MOUNT_MOUNTED:
		return strdup("");
	case RDTGRP_MOUNT_PARTIAL:
		if (elsewhere[0])
			n = asprintf(&text,
				     "the root of resctrl is not to be seen here; it is mounted at "
				     "%s elsewhere: %s",
				     elsewhere, enter);
		else if (mounts->table.count)
			n = asprintf(
				&text,
				"only a directory of resctrl is mounted here, at %s: open "
				"groups at or below that path, or mount the root here as well: "
				"mount --bind ROOT DIRECTORY",
				mounts->table.list[0].path);
		else
			n = asprintf(&text,
				     "the mount at %s is of no use: something else is mounted "
				     "over it or its group is removed; it also stands in the way "
				     "of a new mount: umount %s",
				     mounts->table.useless, mounts->table.useless);
		break;
	case RDTGRP_MOUNT_ELSEWHERE:
		n = asprintf(&text, "resctrl is mounted at %s in another mount namespace: %s",
			     elsewhere, enter);
		break;
	case RDTGRP_MOUNT_NOT_MOUNTED:
		obstacle = rg_mount_obstacle();
		n = asprintf(&text,
			     "%s%smount it: mount -t resctrl resctrl /sys/fs/resctrl (if that says "
			     "busy, it is mounted in a mount namespace that is not to be seen from "
			     "here)",
			     obstacle ? obstacle : "", obstacle ? "; " : "");
		break;
	case RDTGRP_MOUNT_NO_KERNEL:
		return strdup(
			"the CPU has monitoring or allocation, the kernel does not offer resctrl: "
			"take a kernel built with CONFIG_X86_CPU_RESCTRL, and look for rdt= in "
			"/proc/cmdline, which switches parts of it off (rdt=!cmt,!mbmtotal,…)");
	case RDTGRP_MOUNT_NO_CPU:
		return strdup(
			"neither the kernel nor /proc/cpuinfo name monitoring or allocation: take "
			"a "
			"machine whose CPU has Intel RDT, AMD QoS or (with a kernel built with "
			"CONFIG_ARM64_MPAM_DRIVER) Arm MPAM; in a virtual machine the hypervisor "
			"hides it in most cases, so look on the host");
	}
	return n < 0 ? NULL : text;
}

int rg_mounts_read_from(const struct rg_mount_sources *sources, struct rdtgrp_mounts **ret_mounts)
{
	struct rdtgrp_mounts *mounts = calloc(1, sizeof(*mounts));
	RG_AUTO_FREE char *elsewhere = NULL;
	int r;

	if (!mounts)
		return rg_fail_nomem();
	atomic_init(&mounts->references, 1);

	r = rg_mount_table_read(sources->self_mountinfo, &mounts->table);
	if (r == -EINVAL)
		rg_fail(r, sources->self_mountinfo, "cannot be parsed as mountinfo");
	else if (r < 0)
		rg_fail_errno(r, sources->self_mountinfo, "cannot read");
	if (r == 0) {
		r = find_elsewhere(sources->init_mountinfo, &elsewhere);
		if (r < 0)
			rg_fail_nomem();
	}
	if (r == 0)
		r = find_state(sources, elsewhere, mounts);
	if (r == 0) {
		mounts->advice = format_advice(mounts, elsewhere);
		if (!mounts->advice)
			r = rg_fail_nomem();
	}
	if (r < 0) {
		rdtgrp_mounts_unref(mounts);
		return r;
	}
	*ret_mounts = mounts;
	return 0;
}

int rdtgrp_mounts_read(struct rdtgrp_mounts **ret_mounts)
{
	static const struct rg_mount_sources sources = {
		.self_mountinfo = "/proc/self/mountinfo",
		.init_mountinfo = "/proc/1/mountinfo",
		.filesystems = "/proc/filesystems",
		.cpuinfo = "/proc/cpuinfo",
	};

	return rg_mounts_read_from(&sources, ret_mounts);
}

struct rdtgrp_mounts *rdtgrp_mounts_ref(struct rdtgrp_mounts *mounts)
{
	atomic_fetch_add_explicit(&mounts->references, 1, memory_order_relaxed);
	return mounts;
}

struct rdtgrp_mounts *rdtgrp_mounts_unref(struct rdtgrp_mounts *mounts)
{
	if (mounts &&
	    atomic_fetch_sub_explicit(&mounts->references, 1, memory_order_acq_rel) == 1) {
		rg_mount_table_free(&mounts->table);
		free(mounts->advice);
		free(mounts);
	}
	return NULL;
}

void rdtgrp_mounts_unrefp(struct rdtgrp_mounts **mounts)
{
	*mounts = rdtgrp_mounts_unref(*mounts);
}

enum rdtgrp_mount_state rdtgrp_mounts_get_state(const struct rdtgrp_mounts *mounts)
{
	return mounts->state;
}

const char *rdtgrp_mounts_get_advice(const struct rdtgrp_mounts *mounts)
{
	return mounts->advice;
}

size_t rdtgrp_mounts_count(const struct rdtgrp_mounts *mounts)
{
	return mounts->table.count;
}

static const struct rg_mount *at(const struct rdtgrp_mounts *mounts, size_t index)
{
	static const struct rg_mount none;

	return index < mounts->table.count ? &mounts->table.list[index] : &none;
}

const char *rdtgrp_mounts_get_path(const struct rdtgrp_mounts *mounts, size_t index)
{
	return at(mounts, index)->path;
}

const char *rdtgrp_mounts_get_root(const struct rdtgrp_mounts *mounts, size_t index)
{
	return at(mounts, index)->root;
}

const char *rdtgrp_mounts_get_options_text(const struct rdtgrp_mounts *mounts, size_t index)
{
	return at(mounts, index)->options_text;
}

unsigned int rdtgrp_mounts_get_options(const struct rdtgrp_mounts *mounts, size_t index)
{
	return rg_mount_options_parse(at(mounts, index)->options_text);
}

unsigned int rg_mount_options_parse(const char *text)
{
	static const struct {
		const char *name;
		unsigned int bit;
	} options[] = {
		{"cdp", RDTGRP_MOUNT_CDP},
		{"cdpl2", RDTGRP_MOUNT_CDPL2},
		{"mba_MBps", RDTGRP_MOUNT_MBPS},
		{"debug", RDTGRP_MOUNT_DEBUG},
	};
	unsigned int bits = 0;

	for (size_t i = 0; text && i < sizeof(options) / sizeof(options[0]); i++) {
		size_t length = 0;
		char *value = NULL;

		/* resctrl's options are flags: one with a value is none of them. */
		if (mnt_optstr_get_option(text, options[i].name, &value, &length) == 0 && !value)
			bits |= options[i].bit;
	}
	return bits;
}
