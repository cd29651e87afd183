/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Creating and removing groups, and every way in which that is refused. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "live.h"

#define D live_domain(0)
#define E "mbm_total_bytes"
#define UNTOUCHED ((struct rdtgrp *)&live)

static bool refuses(const struct rdtgrp *parent, enum rdtgrp_type type, const char *name,
		    int expected)
{
	struct rdtgrp *group = UNTOUCHED;
	int rc = rdtgrp_create(parent, type, name, &group);

	if (!rc)
		rdtgrp_unref(group);
	if (CHECK_RC(rc, expected) && CHECK(group == UNTOUCHED) &&
	    CHECK_RC(rdtgrp_error_code(), expected) && CHECK(*rdtgrp_error_message()))
		return true;
	tap_note("name \"%s\": %s", name ? name : "(null)", rdtgrp_error_message());
	return false;
}

/* The RMIDs of groups that were removed before may be in limbo for a while. */
static int create(const struct rdtgrp *parent, enum rdtgrp_type type, const char *name,
		  struct rdtgrp **ret_group)
{
	int rc;

	for (int tries = 6000;
	     (rc = rdtgrp_create(parent, type, name, ret_group)) == -EBUSY && tries; tries--)
		usleep(10000);
	return rc;
}

static void create_and_remove(void)
{
	AUTO_GROUP root = NULL;
	AUTO_GROUP ctrl = NULL;
	AUTO_GROUP mon = NULL;
	AUTO_GROUP again = NULL;
	struct stat st;

	NEED(live_open_group(".", &root));
	live_remember("g");
	NEED_RC(create(root, RDTGRP_TYPE_CTRL_MON, "g", &ctrl), 0);
	CHECK_RC(rdtgrp_get_type(ctrl), RDTGRP_TYPE_CTRL_MON);
	CHECK_STRING(rdtgrp_get_name(ctrl), "g");
	NEED_RC(create(ctrl, RDTGRP_TYPE_MON, "m", &mon), 0);
	CHECK_RC(rdtgrp_get_type(mon), RDTGRP_TYPE_MON);
	NEED(!fstatat(live.root_fd, "g/mon_groups/m", &st, 0));
	CHECK((st.st_mode & 07777) == 0755);
	/* Without a handle. */
	CHECK_RC(create(ctrl, RDTGRP_TYPE_MON, "n", NULL), 0);
	NEED(live_open_group("g/mon_groups/n", &again));
	CHECK_RC(rdtgrp_remove(again), 0);
	CHECK_RC(rdtgrp_remove(again), -ENOENT);
	CHECK(faccessat(live.root_fd, "g/mon_groups/n", F_OK, 0) < 0);
	/* With its MON groups. */
	CHECK_RC(rdtgrp_remove(ctrl), 0);
	CHECK_RC(rdtgrp_is_live(ctrl), 0);
	CHECK_RC(rdtgrp_is_live(mon), 0);
	CHECK(faccessat(live.root_fd, "g", F_OK, 0) < 0);
}

static void default_stays(void)
{
	AUTO_GROUP root = NULL;

	NEED(live_open_group(".", &root));
	CHECK_RC(rdtgrp_remove(root), -EBUSY);
	CHECK_RC(rdtgrp_is_live(root), 1);
}

static void mon_of_default(void)
{
	AUTO_GROUP root = NULL;
	AUTO_GROUP mon = NULL;

	NEED(live_open_group(".", &root));
	live_remember("mon_groups/m");
	NEED_RC(create(root, RDTGRP_TYPE_MON, "m", &mon), 0);
	CHECK(live_inode("mon_groups/m") != 0);
	CHECK_RC(rdtgrp_remove(mon), 0);
}

static void bad_names(void)
{
	static const char *const names[] = {"", ".", "..", "a/b", "/", "a\nb", "\n"};
	AUTO_GROUP root = NULL;
	AUTO_GROUP ctrl = NULL;
	AUTO_GROUP mon = NULL;

	NEED(live_open_group(".", &root));
	NEED(live_make_group("g", &ctrl));
	NEED(live_make_group("g/mon_groups/m", &mon));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		refuses(root, RDTGRP_TYPE_CTRL_MON, names[i], -EINVAL);
		refuses(ctrl, RDTGRP_TYPE_MON, names[i], -EINVAL);
	}
	refuses(root, (enum rdtgrp_type)0, "x", -EINVAL);
	refuses(root, (enum rdtgrp_type)3, "x", -EINVAL);
	/* CTRL_MON groups lie below the default group, MON groups below a CTRL_MON group. */
	refuses(ctrl, RDTGRP_TYPE_CTRL_MON, "x", -EPERM);
	refuses(mon, RDTGRP_TYPE_MON, "x", -EPERM);
	refuses(mon, RDTGRP_TYPE_CTRL_MON, "x", -EPERM);
}

static void taken(void)
{
	AUTO_GROUP root = NULL;
	AUTO_GROUP ctrl = NULL;

	NEED(live_open_group(".", &root));
	NEED(live_make_group("g", &ctrl));
	NEED(live_make("g/mon_groups/m"));
	refuses(root, RDTGRP_TYPE_CTRL_MON, "g", -EEXIST);
	refuses(root, RDTGRP_TYPE_CTRL_MON, "info", -EEXIST);
	refuses(root, RDTGRP_TYPE_CTRL_MON, "mon_data", -EEXIST);
	refuses(ctrl, RDTGRP_TYPE_MON, "m", -EEXIST);
	CHECK(strstr(rdtgrp_error_message(), "m"));
	refuses(ctrl, RDTGRP_TYPE_MON, "mon_groups", -EPERM);
}

static void parent_gone(void)
{
	AUTO_GROUP ctrl = NULL;

	NEED(live_make_group("g", &ctrl));
	NEED(live_rmdir("g"));
	refuses(ctrl, RDTGRP_TYPE_MON, "m", -ENOENT);
	/* And not below one of the same name. */
	NEED(live_make("g"));
	refuses(ctrl, RDTGRP_TYPE_MON, "m", -ENOENT);
	CHECK(!live_inode("g/mon_groups/m"));
}

static void out_of_closids(void)
{
	AUTO_GROUP root = NULL;
	char name[32];
	int rc = 0;

	NEED(live_open_group(".", &root));
	/* Made through the library, so that the kernel's text is that of its own failure. */
	for (unsigned int i = 0; !rc && i < 1000; i++) {
		snprintf(name, sizeof(name), "c%u", i);
		live_remember(name);
		/*
		 * RMIDs of groups removed before may be in limbo yet. A write clears the kernel's
		 * text, which mkdir does not up to Linux 6.12: it would fill up here.
		 */
		do {
			NEED(!live_write("tasks", "\n"));
			rc = rdtgrp_create(root, RDTGRP_TYPE_CTRL_MON, name, NULL);
		} while (rc == -EBUSY);
	}
	CHECK_RC(rc, -ENOSPC);
	CHECK(strstr(rdtgrp_error_kernel_text(), "CLOSID"));
	CHECK(!strchr(rdtgrp_error_kernel_text(), '\n'));
	CHECK(strstr(rdtgrp_error_message(), rdtgrp_error_kernel_text()));
}

static void out_of_rmids(void)
{
	AUTO_GROUP root = NULL;
	AUTO_GROUP made = NULL;
	int rc;

	NEED(live_open_group(".", &root));
	NEED(live_make("g"));
	CHECK(live_fill("g", 1000) > 0);
	refuses(root, RDTGRP_TYPE_MON, "m", -ENOSPC);
	CHECK_STRING(rdtgrp_error_kernel_text(), "Out of RMIDs");
	NEED(live_rmdir("g"));
	live_remember("mon_groups/m");
	while ((rc = rdtgrp_create(root, RDTGRP_TYPE_MON, "m", &made)) == -EBUSY)
		;
	CHECK_RC(rc, 0);
}

static void limbo(void)
{
	AUTO_GROUP root = NULL;
	AUTO_GROUP made = NULL;
	int rc;

	NEED(live_open_group(".", &root));
	NEED(live_make("g"));
	NEED(live_make("mon_groups/m"));
	if (live.simulator && !live_simulator("limbo on"))
		return;
	/* Lines of the group are left in the cache, more than the kernel's threshold. */
	if (!live_set("mon_groups/m", D, "llc_occupancy", 64ULL << 20))
		return;
	live_fill("g", 1000);
	live_rmdir("mon_groups/m");
	refuses(root, RDTGRP_TYPE_MON, "n", -EBUSY);
	CHECK_STRING(rdtgrp_error_kernel_text(), "Out of RMIDs");
	if (live.simulator) {
		live_simulator("evict");
		live_simulator("limbo off");
	} else {
		AUTO_FD fd = open("/sys/kernel/debug/rdt_sim/set", O_WRONLY | O_CLOEXEC);

		/* Of all RMIDs, since nothing remembers which one it was. */
		CHECK(write(fd, "-1 -1 1 0", 9) == 9);
	}
	live_remember("mon_groups/n");
	while ((rc = rdtgrp_create(root, RDTGRP_TYPE_MON, "n", &made)) == -EBUSY)
		;
	CHECK_RC(rc, 0);
}

static void nobody_creates(void *argument)
{
	struct rdtgrp **groups = argument;

	refuses(groups[0], RDTGRP_TYPE_CTRL_MON, "x", -EACCES);
	CHECK(strstr(rdtgrp_error_advice(), "CAP_DAC_OVERRIDE"));
	refuses(groups[1], RDTGRP_TYPE_MON, "x", -EACCES);
	CHECK_RC(rdtgrp_remove(groups[1]), -EACCES);
	CHECK_RC(rdtgrp_is_live(groups[1]), 1);
}

static void not_permitted(void)
{
	struct rdtgrp *groups[2] = {NULL, NULL};

	if (live_open_group(".", &groups[0]) && live_make_group("g", &groups[1]))
		live_as_nobody(nobody_creates, groups);
	rdtgrp_unref(groups[0]);
	rdtgrp_unref(groups[1]);
}

static void nobody_owns(void *argument)
{
	AUTO_GROUP mon = NULL;

	/* Whoever owns mon_groups needs no capability. */
	NEED_RC(create(argument, RDTGRP_TYPE_MON, "m", &mon), 0);
	CHECK_RC(rdtgrp_is_live(mon), 1);
	CHECK_RC(rdtgrp_remove(mon), 0);
}

static void delegated(void)
{
	AUTO_GROUP ctrl = NULL;

	NEED(live_make_group("g", &ctrl));
	if (fchownat(live.root_fd, "g/mon_groups", 65534, 65534, 0) < 0) {
		tap_skip("mon_groups cannot be given away: %s", strerror(errno));
		return;
	}
	live_as_nobody(nobody_owns, ctrl);
}

static void masked(void *argument)
{
	AUTO_GROUP group = NULL;
	struct stat st;

	(void)umask(077);
	NEED_RC(create(argument, RDTGRP_TYPE_CTRL_MON, "g", &group), 0);
	NEED(!fstat(rdtgrp_get_fd(group), &st));
	CHECK((st.st_mode & 07777) == 0700);
	CHECK_RC(rdtgrp_remove(group), 0);
}

static void umask_counts(void)
{
	AUTO_GROUP root = NULL;

	NEED(live_open_group(".", &root));
	live_remember("g");
	live_in_child(masked, root);
}

static void long_name(void)
{
	AUTO_GROUP root = NULL;
	AUTO_GROUP group = NULL;
	AUTO_GROUP mon = NULL;
	char name[1001], path[1024];

	memset(name, 'n', 1000);
	name[1000] = '\0';
	NEED(live_open_group(".", &root));
	live_remember(name);
	NEED_RC(create(root, RDTGRP_TYPE_CTRL_MON, name, &group), 0);
	CHECK_STRING(rdtgrp_get_name(group), name);
	CHECK_RC(create(group, RDTGRP_TYPE_MON, name, &mon), 0);
	snprintf(path, sizeof(path), "%s/mode", name);
	CHECK(live_inode(path) != 0);
	CHECK_RC(rdtgrp_remove(group), 0);
}

static void removes_by_identity(void)
{
	AUTO_GROUP old = NULL;
	AUTO_GROUP new = NULL;

	NEED(live_make("g"));
	NEED(live_make_group("g/mon_groups/m", &old));
	NEED(live_rename("g/mon_groups/m", "g/mon_groups/moved"));
	NEED(live_make_group("g/mon_groups/m", &new));
	/* Under its new name, not the group that now has the old one. */
	CHECK_RC(rdtgrp_remove(old), 0);
	CHECK_RC(rdtgrp_is_live(new), 1);
	CHECK(!live_inode("g/mon_groups/moved"));
}

static void locksetup_parent(void)
{
	AUTO_GROUP ctrl = NULL;

	NEED(live_make_group("g", &ctrl));
	if (!live_locksetup("g"))
		return;
	refuses(ctrl, RDTGRP_TYPE_MON, "m", -EINVAL);
}

static const struct tap_case cases[] = {
	{"create and remove", create_and_remove},
	{"the default group cannot be removed: EBUSY", default_stays},
	{"a MON group of the default group", mon_of_default},
	{"names that are none: EINVAL; wrong places: EPERM", bad_names},
	{"names that are taken or reserved: EEXIST, EPERM", taken},
	{"the parent is gone: ENOENT", parent_gone},
	{"no CLOSID left: ENOSPC and the kernel's text", out_of_closids},
	{"no RMID left: ENOSPC and the kernel's text", out_of_rmids},
	{"RMIDs in limbo: EBUSY, and later success", limbo},
	{"not permitted: EACCES and the capability", not_permitted},
	{"mon_groups given to another user", delegated},
	{"the umask counts", umask_counts},
	{"a name of 1000 bytes", long_name},
	{"a renamed group is removed under its new name", removes_by_identity},
	{"a parent in pseudo-locksetup: EINVAL", locksetup_parent},
};

int main(int argc, char **argv)
{
	return live_main(argc, argv, cases, sizeof(cases) / sizeof(*cases));
}
