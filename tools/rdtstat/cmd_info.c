// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "doctor.h"
#include "findings.h"
#include "format.h"
#include "machine.h"
#include "message.h"
#include "options.h"
#include "root.h"
#include "xalloc.h"

static void show(struct findings *findings, const struct options *options)
{
	struct doctor doctor;

	doctor_examine(findings, &doctor);
	findings->doctor = &doctor;
	options->format->info(findings);
	doctor_clear(&doctor);
}

/* A tree that was named: here it is a failure if it cannot be read. The root is taken over. */
static int show_tree(struct root *root, const struct machine *machine,
		     const struct options *options)
{
	struct findings findings = {.trouble = "", .advice = ""};
	struct rdtgrp_info *info;
	int r;

	r = rdtgrp_info_read(root->group, &info);
	if (r < 0) {
		complain_rdtgrp(r, root->path);
		root_close(root);
		return EXIT_FAILED;
	}
	findings.root = root;
	findings.info = info;
	findings.machine = machine;
	show(&findings, options);
	rdtgrp_info_unref(info);
	root_close(root);
	return EXIT_FINE;
}

static int show_named(const struct machine *machine, const struct options *options)
{
	struct root root;
	int r = root_open_or_tell(options->root, &root);

	if (r != EXIT_FINE)
		return r;
	/* A simulator or captured tree has nothing to do with this machine. */
	return show_tree(&root, options->sysroot || !root.foreign ? machine : NULL, options);
}

static bool has_tree(const char *system)
{
	char *tree = root_in_system(system);
	bool found = access(tree, F_OK) == 0;

	free(tree);
	return found;
}

/* Another system's files. */
static int show_sysroot(const struct machine *machine, const struct options *options)
{
	struct findings findings = {.machine = machine, .trouble = "", .advice = ""};
	struct root root;
	char *tree;
	int r;

	if (access(options->sysroot, R_OK | X_OK) < 0) {
		complain("%s: %s", options->sysroot, strerror(errno));
		return EXIT_FAILED;
	}
	if (options->root)
		return show_named(machine, options);
	if (!has_tree(options->sysroot)) {
		show(&findings, options);
		return EXIT_FINE;
	}
	tree = root_in_system(options->sysroot);
	r = root_open_or_tell(tree, &root);
	free(tree);
	return r == EXIT_FINE ? show_tree(&root, machine, options) : r;
}

/* What rdtstat capture packs: both of another system, its files and the tree. Only the second is there of a
 * simulator, and only the first where there was no resctrl. */
static int show_archive(const char *path, const struct options *options)
{
	struct findings findings = {.trouble = "", .advice = ""};
	struct unpacked unpacked;
	struct machine machine;
	struct root root;
	char *files;
	int r;

	r = unpack_open(path, &unpacked);
	if (r != EXIT_FINE)
		return r;
	machine_read(unpacked.directory, &machine);
	files = xasprintf("%s/proc", unpacked.directory);
	if (access(files, F_OK) == 0)
		findings.machine = &machine;
	free(files);
	if (options->root && options->root != path) {
		r = show_named(&machine, options);
	} else if (findings.machine && path == options->sysroot && !has_tree(unpacked.directory)) {
		show(&findings, options);
	} else {
		r = root_open_unpacked(path, &unpacked, &root);
		if (r == EXIT_FINE)
			r = show_tree(&root, findings.machine, options);
	}
	machine_clear(&machine);
	unpack_close(&unpacked);
	return r;
}

/* The system's resctrl: that it is not there, or not for the caller, is what was asked for. */
static int show_system(const struct machine *machine, const struct options *options)
{
	struct findings findings = {.machine = machine, .trouble = "", .advice = ""};
	struct rdtgrp_mounts *mounts;
	struct rdtgrp_info *info = NULL;
	char *trouble = NULL, *advice = NULL;
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
			/* The record is overwritten by what fails next. */
			findings.trouble = trouble = xstrdup(rdtgrp_error_message());
			findings.advice = advice = xstrdup(rdtgrp_error_advice());
		}
	}
	findings.root = open ? &root : NULL;
	findings.info = info;
	show(&findings, options);
	free(trouble);
	free(advice);
	rdtgrp_info_unref(info);
	if (open)
		root_close(&root);
	rdtgrp_mounts_unref(mounts);
	return EXIT_FINE;
}

int cmd_info(const struct options *options)
{
	const char *system = options->sysroot ? options->sysroot : options->root;
	struct machine machine;
	int r;

	if (options->argument_count) {
		complain("info: unexpected argument '%s'", options->arguments[0]);
		return EXIT_USAGE;
	}
	if (system && unpack_is_archive(system))
		return show_archive(system, options);
	machine_read(options->sysroot ? options->sysroot : "", &machine);
	if (options->sysroot)
		r = show_sysroot(&machine, options);
	else if (options->root)
		r = show_named(&machine, options);
	else
		r = show_system(&machine, options);
	machine_clear(&machine);
	return r;
}
