// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands.h"
#include "findings.h"
#include "format.h"
#include "message.h"
#include "options.h"
#include "root.h"

const char *findings_state_name(enum rdtgrp_mount_state state)
{
	switch (state) {
	case RDTGRP_MOUNT_MOUNTED:
		return "mounted";
	case RDTGRP_MOUNT_PARTIAL:
		return "partly mounted";
	case RDTGRP_MOUNT_ELSEWHERE:
		return "mounted elsewhere";
	case RDTGRP_MOUNT_NOT_MOUNTED:
		return "not mounted";
	case RDTGRP_MOUNT_NO_KERNEL:
		return "not supported by the kernel";
	case RDTGRP_MOUNT_NO_CPU:
		return "not supported by the CPU";
	}
	return "unknown";
}

/* The tree that --root names: here it is a failure if it cannot be read. */
static int show_tree(const struct options *options)
{
	struct findings findings = {.trouble = "", .advice = ""};
	struct rdtgrp_info *info;
	struct root root;
	int r;

	r = root_open(options->root, &root);
	if (r < 0) {
		complain_rdtgrp(r, options->root);
		return EXIT_FAILED;
	}
	r = rdtgrp_info_read(root.group, &info);
	if (r < 0) {
		complain_rdtgrp(r, root.path);
		root_close(&root);
		return EXIT_FAILED;
	}
	findings.root = &root;
	findings.info = info;
	options->format->info(&findings);
	rdtgrp_info_unref(info);
	root_close(&root);
	return EXIT_FINE;
}

/* The system's resctrl: that it is not there, or not for the caller, is what was asked for. */
static int show_system(const struct options *options)
{
	struct findings findings = {.trouble = "", .advice = ""};
	struct rdtgrp_mounts *mounts;
	struct rdtgrp_info *info = NULL;
	struct root root;
	bool open = false;
	int r;

	r = rdtgrp_mounts_read(&mounts);
	if (r < 0) {
		complain_rdtgrp(r, "mounts");
		return EXIT_FAILED;
	}
	findings.mounts = mounts;
	findings.advice = rdtgrp_mounts_get_advice(mounts);
	if (rdtgrp_mounts_get_state(mounts) == RDTGRP_MOUNT_MOUNTED) {
		r = root_open(NULL, &root);
		open = r == 0;
		if (r == 0)
			r = rdtgrp_info_read(root.group, &info);
		if (r < 0) {
			findings.trouble = rdtgrp_error_message();
			findings.advice = rdtgrp_error_advice();
		}
	}
	findings.root = open ? &root : NULL;
	findings.info = info;
	options->format->info(&findings);
	rdtgrp_info_unref(info);
	if (open)
		root_close(&root);
	rdtgrp_mounts_unref(mounts);
	return EXIT_FINE;
}

int cmd_info(const struct options *options)
{
	if (options->argument_count) {
		complain("info: unexpected argument '%s'", options->arguments[0]);
		return EXIT_USAGE;
	}
	return options->root ? show_tree(options) : show_system(options);
}
