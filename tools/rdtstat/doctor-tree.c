// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "file.h"
#include "findings.h"
#include "root.h"
#include "words.h"
#include "xalloc.h"

/* How many groups a sentence names before it says "and others". */
#define NAMED_MAX 5

/* The smallest of the numbers in info's files of this name in directories that end with `ending`. */
static struct ids least(const struct rdtgrp_info *info, const char *ending, const char *file)
{
	struct ids ids = {0};
	char *end = xasprintf("%s/%s", ending, file);

	for (size_t i = 0; i < rdtgrp_info_count(info); i++) {
		const char *path = rdtgrp_info_get_path(info, i);
		const char *text = rdtgrp_info_get_text(info, i);
		size_t length = strlen(path);
		uint64_t number;

		if (!text || length < strlen(end) ||
		    strcmp(path + length - strlen(end), end) != 0 ||
		    sscanf(text, "%" SCNu64, &number) != 1)
			continue;
		if (!ids.known || number < ids.total)
			ids.total = number;
		ids.known = true;
	}
	free(end);
	return ids;
}

/* With io_alloc a CLOSID belongs to devices (fs/resctrl/ctrlmondata.c, resctrl_io_alloc_write). */
static uint64_t io_alloc_closids(const struct rdtgrp_info *info)
{
	for (size_t i = 0; i < rdtgrp_info_count(info); i++) {
		const char *slash = strrchr(rdtgrp_info_get_path(info, i), '/');
		const char *text = rdtgrp_info_get_text(info, i);

		if (slash && strcmp(slash, "/io_alloc") == 0 && text &&
		    strcmp(text, "enabled") == 0)
			return 1;
	}
	return 0;
}

/*
 * Every group has an RMID, every CTRL_MON group a CLOSID; pseudo-locking takes the RMID away, and the
 * CLOSID too in the end (fs/resctrl/pseudo_lock.c). @return false: there may be more groups.
 */
static bool count_used(const struct rdtgrp_tree *tree, struct doctor *doctor)
{
	bool all = true;

	for (size_t i = 0; i < rdtgrp_tree_count(tree); i++) {
		enum rdtgrp_mode mode = RDTGRP_MODE_UNKNOWN;

		if (rdtgrp_tree_read_mode(tree, i, &mode) < 0)
			mode = RDTGRP_MODE_UNKNOWN;
		doctor->rmids.used += !mode_is_pseudo_locking(mode);
		if (rdtgrp_tree_get_type(tree, i) == RDTGRP_TYPE_CTRL_MON)
			doctor->closids.used += mode != RDTGRP_MODE_PSEUDO_LOCKED;
		all = all && rdtgrp_tree_get_error(tree, i) == 0;
	}
	return all;
}

static uint64_t left(const struct ids *ids)
{
	return ids->total > ids->used ? ids->total - ids->used : 0;
}

/* On Arm an RMID is a pair of PARTID and PMG: each CTRL_MON group has all PMGs for itself and its MON
 * groups (drivers/resctrl/mpam_resctrl.c). */
static void tell_pmgs(const struct rdtgrp_tree *tree, const struct root *root,
		      struct doctor *doctor)
{
	uint64_t pmgs = doctor->closids.total ? doctor->rmids.total / doctor->closids.total : 0;
	size_t count = rdtgrp_tree_count(tree);
	uint64_t *used = xcalloc(count, sizeof(*used));

	for (size_t i = 0; i < count; i++) {
		bool mon = rdtgrp_tree_get_type(tree, i) == RDTGRP_TYPE_MON;

		used[mon ? (size_t)rdtgrp_tree_get_parent(tree, i) : i]++;
	}
	doctor_find(doctor, "RMIDs", LEVEL_OK,
		    xasprintf("%" PRIu64 ": %" PRIu64 " PARTIDs with %" PRIu64
			      " PMGs each; a CTRL_MON group and its MON groups share those of one "
			      "PARTID",
			      doctor->rmids.total, doctor->closids.total, pmgs),
		    NULL);
	for (size_t i = 0; pmgs && i < count; i++)
		if (used[i] >= pmgs)
			doctor_find(doctor, "RMIDs", LEVEL_NOTE,
				    xasprintf("%s has no PMG left for another MON group",
					      root_group_path(root, tree, i)),
				    xstrdup("remove a MON group of it that nobody needs"));
	free(used);
}

static void tell_rmids(const struct rdtgrp_info *info, bool all, struct doctor *doctor)
{
	const struct ids *rmids = &doctor->rmids;
	const char *threshold = rdtgrp_info_find(info, "L3_MON/max_threshold_occupancy");
	const char *at_least = all ? "" : "at least ";

	if (!left(rmids)) {
		doctor_find(doctor, "RMIDs", LEVEL_PROBLEM,
			    xasprintf("all %" PRIu64 " are used by groups: no group can be made",
				      rmids->total),
			    xstrdup("remove groups that nobody needs ('rdtstat list' shows all)"));
	} else if (!doctor->limbo_possible) {
		doctor_find(doctor, "RMIDs", LEVEL_OK,
			    xasprintf("%" PRIu64 ": %s%" PRIu64 " used by groups, %" PRIu64
				      " free; none can be in limbo without llc_occupancy",
				      rmids->total, at_least, rmids->used, left(rmids)),
			    NULL);
	} else {
		doctor_find(
			doctor, "RMIDs", LEVEL_OK,
			xasprintf("%" PRIu64 ": %s%" PRIu64 " used by groups, %" PRIu64
				  " free or in limbo, which only the kernel can tell apart",
				  rmids->total, at_least, rmids->used, left(rmids)),
			xasprintf("if making a group fails with EBUSY, all that are left are in "
				  "limbo: removed groups still have lines in the cache; wait some "
				  "seconds, or raise info/L3_MON/max_threshold_occupancy%s%s%s",
				  threshold ? " (now " : "", threshold ? threshold : "",
				  threshold ? " bytes)" : ""));
	}
}

static void tell_closids(bool all, struct doctor *doctor)
{
	const struct ids *closids = &doctor->closids;
	const char *at_least = all ? "" : "at least ";

	if (left(closids))
		doctor_find(doctor, "CLOSIDs", LEVEL_OK,
			    xasprintf("%" PRIu64 ": %s%" PRIu64 " used, %" PRIu64 " free",
				      closids->total, at_least, closids->used, left(closids)),
			    NULL);
	else
		doctor_find(
			doctor, "CLOSIDs", LEVEL_NOTE,
			xasprintf("all %" PRIu64 " are used: no CTRL_MON group can be made",
				  closids->total),
			xstrdup("make MON groups, which need none, or remove a CTRL_MON group"));
}

static void examine_ids(const struct findings *findings, const struct rdtgrp_tree *tree,
			bool one_per_partid, struct doctor *doctor)
{
	const char *features = rdtgrp_info_find(findings->info, "L3_MON/mon_features");
	bool all;

	doctor->rmids = least(findings->info, "_MON", "num_rmids");
	doctor->closids = least(findings->info, "", "num_closids");
	doctor->limbo_possible = features && strstr(features, "llc_occupancy");
	all = count_used(tree, doctor);
	doctor->closids.used += io_alloc_closids(findings->info);
	if (doctor->rmids.known && one_per_partid && doctor->closids.known)
		tell_pmgs(tree, findings->root, doctor);
	else if (doctor->rmids.known)
		tell_rmids(findings->info, all, doctor);
	else
		doctor_find(doctor, "RMIDs", LEVEL_PROBLEM,
			    xstrdup("nothing can be monitored here: info has no num_rmids"), NULL);
	if (doctor->closids.known)
		tell_closids(all, doctor);
	else
		doctor_find(doctor, "CLOSIDs", LEVEL_NOTE,
			    xstrdup("nothing can be allocated here: there are MON groups only"),
			    NULL);
}

static void add_missing(struct doctor *doctor, const char *group, const char *event,
			const char *domain)
{
	doctor->missing = xgrow(doctor->missing, doctor->missing_count, &doctor->missing_capacity,
				sizeof(*doctor->missing));
	doctor->missing[doctor->missing_count++] =
		(struct missing_counter){xstrdup(group), xstrdup(event), xstrdup(domain)};
}

/* "mbm_total_bytes:0=e;1=_": no counter in domain 1. */
static void parse_assignments(char *text, const char *group, struct doctor *doctor)
{
	char *line, *domain;

	while ((line = next_word(&text, "\n"))) {
		char *event = strsep(&line, ":");

		while (line && (domain = next_word(&line, ";"))) {
			char *id = strsep(&domain, "=");

			if (domain && strcmp(domain, "_") == 0)
				add_missing(doctor, group, event, id);
		}
	}
}

/* @return false: it could not be read. */
static bool read_assignments(const struct root *root, const struct rdtgrp_tree *tree, size_t index,
			     struct doctor *doctor)
{
	struct rdtgrp *group;
	size_t size;
	char *text;
	int r;

	if (rdtgrp_tree_open(tree, index, &group) < 0)
		return false;
	r = file_read(rdtgrp_get_fd(group), "mbm_L3_assignments", O_NOFOLLOW, &text, &size);
	rdtgrp_unref(group);
	if (r < 0)
		return false;
	parse_assignments(text, root_group_path(root, tree, index), doctor);
	free(text);
	return true;
}

/* The groups of doctor->missing, each once: they stand together. */
static char *name_groups(const struct doctor *doctor, size_t *ret_count)
{
	char *text = xstrdup("");
	size_t count = 0;

	for (size_t i = 0; i < doctor->missing_count; i++) {
		char *longer;

		if (i && strcmp(doctor->missing[i].group, doctor->missing[i - 1].group) == 0)
			continue;
		count++;
		if (count > NAMED_MAX + 1)
			continue;
		longer = xasprintf("%s%s%s", text, count > 1 ? ", " : "",
				   count > NAMED_MAX ? "…" : doctor->missing[i].group);
		free(text);
		text = longer;
	}
	*ret_count = count;
	return text;
}

static void examine_assignments(const struct root *root, const struct rdtgrp_tree *tree,
				struct doctor *doctor)
{
	size_t unread = 0, count;
	char *groups;

	for (size_t i = 0; i < rdtgrp_tree_count(tree); i++)
		unread += !read_assignments(root, tree, i, doctor);
	if (unread)
		doctor_find(doctor, "counters", LEVEL_UNKNOWN,
			    xasprintf("of %zu groups mbm_L3_assignments cannot be read", unread),
			    NULL);
	if (!doctor->missing_count) {
		if (!unread)
			doctor_find(doctor, "counters", LEVEL_OK,
				    xstrdup("every group has its bandwidth counters"), NULL);
		return;
	}
	groups = name_groups(doctor, &count);
	doctor_find(doctor, "counters", LEVEL_NOTE,
		    xasprintf("%zu of %zu groups lack a bandwidth counter in some domain, and "
			      "their values are unassigned there: %s",
			      count, rdtgrp_tree_count(tree), groups),
		    xstrdup("take a counter from a group that does not need it ('EVENT:DOMAIN=_' "
			    "into its mbm_L3_assignments) and give it to another one "
			    "('EVENT:DOMAIN=e'); info/L3_MON/available_mbm_cntrs has the number of "
			    "free ones"));
	free(groups);
}

/* "[mbm_event]\ndefault": the active mode stands in brackets. @return is it the only one there is? */
static bool parse_mode(const char *text, struct doctor *doctor)
{
	const char *open = text ? strchr(text, '[') : NULL;
	size_t length = open ? strcspn(open + 1, "]") : 0;

	if (!open || length >= sizeof(doctor->counter_mode))
		return false;
	memcpy(doctor->counter_mode, open + 1, length);
	doctor->counter_mode[length] = '\0';
	return !strchr(text, '\n');
}

static void examine_counters(const struct findings *findings, const struct rdtgrp_tree *tree,
			     struct doctor *doctor)
{
	const char *modes = rdtgrp_info_find(findings->info, "L3_MON/mbm_assign_mode");

	if (!*doctor->counter_mode)
		return;
	if (strcmp(doctor->counter_mode, "default") != 0) {
		doctor_find(doctor, "counters", LEVEL_OK,
			    xasprintf("assigned to groups: mbm_assign_mode is %s",
				      doctor->counter_mode),
			    NULL);
		examine_assignments(findings->root, tree, doctor);
	} else if (strstr(modes, "mbm_event")) {
		doctor_find(
			doctor, "counters", LEVEL_NOTE,
			xstrdup("mbm_assign_mode is default, though there is mbm_event: with many "
				"groups the hardware drops counts, which are unavailable then"),
			xstrdup("echo mbm_event > info/L3_MON/mbm_assign_mode: then counts are "
				"right "
				"where there is a counter"));
	} else {
		doctor_find(doctor, "counters", LEVEL_OK,
			    xstrdup("one for each RMID: mbm_assign_mode is default"), NULL);
	}
}

/* The groups that cannot be opened, and so not read. */
static void examine_access(const struct rdtgrp_tree *tree, struct doctor *doctor)
{
	size_t denied = 0, locked = 0, unlisted = 0;

	for (size_t i = 0; i < rdtgrp_tree_count(tree); i++) {
		enum rdtgrp_mode mode = RDTGRP_MODE_UNKNOWN;
		struct rdtgrp *group;
		int r = rdtgrp_tree_open(tree, i, &group);

		if (r == 0)
			rdtgrp_unref(group);
		denied += status_of_error(r) == RDTGRP_STATUS_DENIED;
		unlisted += rdtgrp_tree_get_error(tree, i) < 0;
		if (rdtgrp_tree_read_mode(tree, i, &mode) == 0)
			locked += mode_is_pseudo_locking(mode);
	}
	if (denied || unlisted)
		doctor_find(
			doctor, "groups", LEVEL_PROBLEM,
			xasprintf("%zu may not be opened, of %zu the MON groups may not be listed",
				  denied, unlisted),
			xstrdup("run it as root, or let root change owner or mode of the groups"));
	if (locked)
		doctor_find(
			doctor, "groups", LEVEL_NOTE,
			xasprintf("%zu in pseudo-locksetup or pseudo-locked: they have no RMID and "
				  "cannot be monitored",
				  locked),
			NULL);
}

void doctor_examine_tree(const struct findings *findings, struct doctor *doctor)
{
	const char *modes = rdtgrp_info_find(findings->info, "L3_MON/mbm_assign_mode");
	bool only_mode = parse_mode(modes, doctor);
	struct rdtgrp_tree *tree;
	int r = rdtgrp_tree_read(findings->root->group, &tree);

	if (r < 0) {
		doctor_find(doctor, "groups", LEVEL_PROBLEM, xstrdup(rdtgrp_error_message()),
			    xstrdup(rdtgrp_error_advice()));
		return;
	}
	examine_access(tree, doctor);
	/* mbm_event as the only mode is Arm's. */
	examine_ids(findings, tree, only_mode && strcmp(doctor->counter_mode, "mbm_event") == 0,
		    doctor);
	examine_counters(findings, tree, doctor);
	rdtgrp_tree_unref(tree);
}
