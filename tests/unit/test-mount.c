/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <stdio.h>

#include "mount.h"

#define ROOT "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
#define PROC "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
#define SYS "23 27 0:22 / /sys rw,relatime shared:2 - sysfs sysfs rw\n"
#define RESCTRL "40 23 0:30 / /sys/fs/resctrl rw,nosuid,relatime shared:9 - resctrl resctrl rw"
#define OFFERED "nodev\tsysfs\nnodev\tresctrl\n\text4\n"
#define NOT_OFFERED "nodev\tsysfs\nnodev\tresctrlx\n\text4\n"
#define RDT "processor\t: 0\nflags\t\t: fpu vme cqm_llc sse\nbugs\t\t: x\n"
#define NO_RDT "processor\t: 0\nflags\t\t: fpu vme rdt_axe cqmx mbax\nmodel name\t: cat_l3 mba\n"

struct machine {
	struct tree tree;
	char *paths[4];
	struct rg_mount_sources sources;
	struct rdtgrp_mounts *mounts;
};

static const char *const names[] = {"self", "init", "filesystems", "cpuinfo"};

static void write_machine(struct machine *machine, const char *self, const char *init,
			  const char *filesystems, const char *cpuinfo)
{
	const char *const texts[] = {self, init, filesystems, cpuinfo};

	for (size_t i = 0; i < COUNT(names); i++) {
		if (texts[i])
			tree_write(&machine->tree, names[i], texts[i]);
		else if (tree_exists(&machine->tree, names[i]))
			tree_remove(&machine->tree, names[i]);
	}
}

static int setup(void **state)
{
	static struct machine machine;

	machine = (struct machine){0};
	tree_new(&machine.tree);
	for (size_t i = 0; i < COUNT(names); i++)
		assert_true(asprintf(&machine.paths[i], "%s/%s", machine.tree.path, names[i]) > 0);
	machine.sources = (struct rg_mount_sources){machine.paths[0], machine.paths[1],
						    machine.paths[2], machine.paths[3]};
	*state = &machine;
	return 0;
}

static int teardown(void **state)
{
	struct machine *machine = *state;

	for (size_t i = 0; i < COUNT(names); i++)
		free(machine->paths[i]);
	tree_free(&machine->tree);
	return 0;
}

static struct rdtgrp_mounts *read_machine(struct machine *machine, enum rdtgrp_mount_state state)
{
	struct rdtgrp_mounts *mounts = NULL;

	if (rg_mounts_read_from(&machine->sources, &mounts) < 0)
		fail_msg("%s", rdtgrp_error_message());
	assert_int_equal(rdtgrp_mounts_get_state(mounts), state);
	return mounts;
}

static void assert_advice(const struct rdtgrp_mounts *mounts, const char *words)
{
	if (!strstr(rdtgrp_mounts_get_advice(mounts), words))
		fail_msg("no \"%s\" in \"%s\"", words, rdtgrp_mounts_get_advice(mounts));
}

static void test_mounted(void **state)
{
	struct rdtgrp_mounts *mounts;

	write_machine(*state, ROOT PROC SYS RESCTRL ",cdp,mba_MBps,debug\n", "", OFFERED, RDT);
	mounts = read_machine(*state, RDTGRP_MOUNT_MOUNTED);
	assert_string_equal(rdtgrp_mounts_get_advice(mounts), "");
	assert_int_equal(rdtgrp_mounts_count(mounts), 1);
	assert_string_equal(rdtgrp_mounts_get_path(mounts, 0), "/sys/fs/resctrl");
	assert_string_equal(rdtgrp_mounts_get_root(mounts, 0), "/");
	assert_string_equal(rdtgrp_mounts_get_options_text(mounts, 0), "rw,cdp,mba_MBps,debug");
	assert_int_equal(rdtgrp_mounts_get_options(mounts, 0),
			 RDTGRP_MOUNT_CDP | RDTGRP_MOUNT_MBPS | RDTGRP_MOUNT_DEBUG);

	assert_null(rdtgrp_mounts_get_path(mounts, 1));
	assert_null(rdtgrp_mounts_get_root(mounts, SIZE_MAX));
	assert_null(rdtgrp_mounts_get_options_text(mounts, 1));
	assert_int_equal(rdtgrp_mounts_get_options(mounts, 1), 0);

	assert_ptr_equal(rdtgrp_mounts_ref(mounts), mounts);
	assert_null(rdtgrp_mounts_unref(mounts));
	rdtgrp_mounts_unrefp(&mounts);
	assert_null(mounts);
	assert_null(rdtgrp_mounts_unref(NULL));
}

/* Where it is mounted nothing else needs to be readable. */
static void test_mounted_only_mountinfo(void **state)
{
	write_machine(*state, ROOT SYS RESCTRL "\n", NULL, NULL, NULL);
	rdtgrp_mounts_unref(read_machine(*state, RDTGRP_MOUNT_MOUNTED));
}

static void test_several(void **state)
{
	struct rdtgrp_mounts *mounts;

	write_machine(
		*state,
		ROOT SYS
		"50 27 0:30 /g1 /srv/one rw - resctrl resctrl rw\n"
		"51 27 0:30 / /srv/with\\040space\\011\\134\\012x rw - resctrl none rw,cdpl2\n"
		"52 27 0:31 / /srv/tmp rw - tmpfs resctrl rw\n"
		"53 27 0:32 / /srv/sim rw - fuse.resctrl resctrl rw\n" RESCTRL "\n",
		"", OFFERED, RDT);
	mounts = read_machine(*state, RDTGRP_MOUNT_MOUNTED);
	assert_int_equal(rdtgrp_mounts_count(mounts), 3);
	assert_string_equal(rdtgrp_mounts_get_path(mounts, 0), "/srv/with space\t\\\nx");
	assert_int_equal(rdtgrp_mounts_get_options(mounts, 0), RDTGRP_MOUNT_CDPL2);
	assert_string_equal(rdtgrp_mounts_get_path(mounts, 1), "/sys/fs/resctrl");
	assert_string_equal(rdtgrp_mounts_get_path(mounts, 2), "/srv/one");
	assert_string_equal(rdtgrp_mounts_get_root(mounts, 2), "/g1");
	rdtgrp_mounts_unref(mounts);
}

static void test_partial(void **state)
{
	struct rdtgrp_mounts *mounts;

	write_machine(*state, ROOT "50 27 0:30 /g1 /srv/one rw - resctrl resctrl rw\n", "", OFFERED,
		      RDT);
	mounts = read_machine(*state, RDTGRP_MOUNT_PARTIAL);
	assert_int_equal(rdtgrp_mounts_count(mounts), 1);
	assert_advice(mounts, "/srv/one");
	rdtgrp_mounts_unref(mounts);

	write_machine(*state, ROOT "50 27 0:30 /g1 /srv/one rw - resctrl resctrl rw\n",
		      ROOT SYS RESCTRL "\n", OFFERED, RDT);
	mounts = read_machine(*state, RDTGRP_MOUNT_PARTIAL);
	assert_advice(mounts, "nsenter");
	assert_advice(mounts, "/sys/fs/resctrl");
	rdtgrp_mounts_unref(mounts);
}

/* A group that was removed while it was bind-mounted: nothing can be read there. */
static void test_removed_root(void **state)
{
	struct rdtgrp_mounts *mounts;

	write_machine(*state, ROOT "50 27 0:30 /g1//deleted /srv/one rw - resctrl resctrl rw\n", "",
		      OFFERED, RDT);
	mounts = read_machine(*state, RDTGRP_MOUNT_PARTIAL);
	assert_int_equal(rdtgrp_mounts_count(mounts), 0);
	assert_advice(mounts, "umount /srv/one");
	rdtgrp_mounts_unref(mounts);

	/* A group may be called like that. */
	write_machine(*state, ROOT "50 27 0:30 /deleted /srv/one rw - resctrl resctrl rw\n", "",
		      OFFERED, RDT);
	mounts = read_machine(*state, RDTGRP_MOUNT_PARTIAL);
	assert_int_equal(rdtgrp_mounts_count(mounts), 1);
	rdtgrp_mounts_unref(mounts);
}

static void test_hidden(void **state)
{
	static const struct {
		const char *over;
		size_t count;
	} rows[] = {
		/* On the same place, and on directories above it. */
		{"60 40 0:40 / /sys/fs/resctrl rw - tmpfs tmpfs rw\n", 0},
		{"60 23 0:40 / /sys/fs rw - tmpfs tmpfs rw\n", 0},
		{"60 23 0:40 / /sys rw - tmpfs tmpfs rw\n", 0},
		{"60 27 0:40 / / rw - tmpfs tmpfs rw\n", 0},
		{"60 27 0:40 / / rw - tmpfs tmpfs rw\n"
		 "61 60 0:41 / /sys rw - tmpfs tmpfs rw\n",
		 0},
		/* Beside it, in it, and below another mount. */
		{"60 23 0:40 / /sys/fs/resctrl2 rw - tmpfs tmpfs rw\n", 1},
		{"60 23 0:40 / /sys/fs/resctr rw - tmpfs tmpfs rw\n", 1},
		{"60 40 0:40 / /sys/fs/resctrl/info rw - tmpfs tmpfs rw\n", 1},
		{"60 27 0:40 / /proc rw - tmpfs tmpfs rw\n", 1},
		{"60 99 0:40 / /sys/fs/resctrl/x rw - tmpfs tmpfs rw\n", 1},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rdtgrp_mounts *mounts;
		char text[1024];

		snprintf(text, sizeof(text), ROOT SYS RESCTRL "\n%s", rows[i].over);
		write_machine(*state, text, "", OFFERED, RDT);
		mounts = read_machine(*state,
				      rows[i].count ? RDTGRP_MOUNT_MOUNTED : RDTGRP_MOUNT_PARTIAL);
		assert_int_equal(rdtgrp_mounts_count(mounts), rows[i].count);
		if (!rows[i].count)
			assert_advice(mounts, "umount /sys/fs/resctrl");
		rdtgrp_mounts_unref(mounts);
	}
}

/* resctrl over resctrl is reachable, that below is not. */
static void test_mounted_twice(void **state)
{
	struct rdtgrp_mounts *mounts;

	write_machine(*state,
		      ROOT SYS RESCTRL "\n"
				       "60 40 0:30 /g1 /sys/fs/resctrl rw - resctrl resctrl rw\n",
		      "", OFFERED, RDT);
	mounts = read_machine(*state, RDTGRP_MOUNT_PARTIAL);
	assert_int_equal(rdtgrp_mounts_count(mounts), 1);
	assert_string_equal(rdtgrp_mounts_get_root(mounts, 0), "/g1");
	rdtgrp_mounts_unref(mounts);
}

/* After a chroot the mounts' parents are not shown. */
static void test_chroot(void **state)
{
	write_machine(*state, PROC SYS RESCTRL "\n", "", OFFERED, RDT);
	rdtgrp_mounts_unref(read_machine(*state, RDTGRP_MOUNT_MOUNTED));
	write_machine(*state, RESCTRL "\n", "", OFFERED, RDT);
	rdtgrp_mounts_unref(read_machine(*state, RDTGRP_MOUNT_MOUNTED));
}

/* No kernel shows that; it must not take for ever. */
static void test_circle(void **state)
{
	write_machine(*state,
		      "27 28 254:0 / / rw - ext4 /dev/vda rw\n"
		      "28 27 254:0 / / rw - ext4 /dev/vda rw\n"
		      "40 40 0:30 / /a rw - resctrl resctrl rw\n",
		      "", OFFERED, RDT);
	rdtgrp_mounts_unref(read_machine(*state, RDTGRP_MOUNT_MOUNTED));
	write_machine(*state,
		      "40 41 0:30 / /a rw - resctrl resctrl rw\n"
		      "41 40 0:30 / /a rw - resctrl resctrl rw\n",
		      "", OFFERED, RDT);
	rdtgrp_mounts_unref(read_machine(*state, RDTGRP_MOUNT_PARTIAL));
}

static void test_elsewhere(void **state)
{
	struct rdtgrp_mounts *mounts;

	write_machine(*state, ROOT PROC, ROOT SYS RESCTRL "\n", OFFERED, RDT);
	mounts = read_machine(*state, RDTGRP_MOUNT_ELSEWHERE);
	assert_advice(mounts, "nsenter --mount=/proc/1/ns/mnt");
	assert_advice(mounts, "/sys/fs/resctrl");
	assert_int_equal(rdtgrp_mounts_count(mounts), 0);
	rdtgrp_mounts_unref(mounts);
}

static void test_not_mounted(void **state)
{
	/* Process 1's mountinfo: without resctrl, not to be read, unreadable. */
	static const char *const inits[] = {ROOT, NULL, "garbage\n"};
	struct rdtgrp_mounts *mounts;

	for (size_t i = 0; i < COUNT(inits); i++) {
		write_machine(*state, ROOT PROC, inits[i], OFFERED, RDT);
		mounts = read_machine(*state, RDTGRP_MOUNT_NOT_MOUNTED);
		assert_advice(mounts, "mount -t resctrl resctrl /sys/fs/resctrl");
		assert_int_equal(rdtgrp_mounts_count(mounts), 0);
		rdtgrp_mounts_unref(mounts);
	}
	/* An empty mountinfo: all is outside of the chroot. */
	write_machine(*state, "", "", OFFERED, RDT);
	rdtgrp_mounts_unref(read_machine(*state, RDTGRP_MOUNT_NOT_MOUNTED));
}

static void test_not_offered(void **state)
{
	static const char *const features[] = {
		"rdt_a",	 "cqm",	   "cqm_llc", "cqm_occup_llc",
		"cqm_mbm_total", "cat_l3", "cat_l2",  "cqm_mbm_local",
		"cdp_l3",	 "cdp_l2", "mba"};
	struct rdtgrp_mounts *mounts;
	char text[256];

	for (size_t i = 0; i < COUNT(features); i++) {
		snprintf(text, sizeof(text), "x\t: y\nflags\t\t: fpu %s\n", features[i]);
		write_machine(*state, ROOT PROC, "", NOT_OFFERED, text);
		mounts = read_machine(*state, RDTGRP_MOUNT_NO_KERNEL);
		assert_advice(mounts, "CONFIG_X86_CPU_RESCTRL");
		assert_advice(mounts, "rdt=");
		rdtgrp_mounts_unref(mounts);
	}
	write_machine(*state, ROOT PROC, "", NOT_OFFERED, NO_RDT);
	mounts = read_machine(*state, RDTGRP_MOUNT_NO_CPU);
	assert_advice(mounts, "hypervisor");
	assert_advice(mounts, "CONFIG_ARM64_MPAM_DRIVER");
	rdtgrp_mounts_unref(mounts);
	write_machine(*state, ROOT PROC, "", "", "");
	rdtgrp_mounts_unref(read_machine(*state, RDTGRP_MOUNT_NO_CPU));
}

static void test_unreadable(void **state)
{
	static const struct {
		const char *self;
		const char *filesystems;
		const char *cpuinfo;
		const char *object;
		int error;
	} rows[] = {
		{NULL, OFFERED, RDT, "self", -ENOENT},
		{ROOT, NULL, RDT, "filesystems", -ENOENT},
		{ROOT, NOT_OFFERED, NULL, "cpuinfo", -ENOENT},
		{"garbage\n", OFFERED, RDT, "self", -EINVAL},
		{ROOT "27 x\n", OFFERED, RDT, "self", -EINVAL},
		{ROOT "27 1 254:0 / / rw\n" SYS, OFFERED, RDT, "self", -EINVAL},
		/* A table of mounts, but not mountinfo. */
		{"/dev/vda / ext4 rw 0 0\nresctrl /sys/fs/resctrl resctrl rw 0 0\n", OFFERED, RDT,
		 "self", -EINVAL},
	};
	struct machine *machine = *state;
	struct rdtgrp_mounts *mounts = NULL;

	for (size_t i = 0; i < COUNT(rows); i++) {
		write_machine(machine, rows[i].self, "", rows[i].filesystems, rows[i].cpuinfo);
		assert_fails(rg_mounts_read_from(&machine->sources, &mounts), rows[i].error);
		assert_non_null(strstr(rdtgrp_error_object(), rows[i].object));
		assert_null(mounts);
	}
	/* Opened, but not to be read. */
	write_machine(machine, NULL, "", OFFERED, RDT);
	tree_mkdir(&machine->tree, "self");
	assert_fails(rg_mounts_read_from(&machine->sources, &mounts), -EISDIR);
	assert_null(mounts);
}

static void test_unreadable_lines(void **state)
{
	struct machine *machine = *state;
	struct rdtgrp_mounts *mounts = NULL;

	write_machine(machine, ROOT, "", NULL, RDT);
	tree_mkdir(&machine->tree, "filesystems");
	assert_fails(rg_mounts_read_from(&machine->sources, &mounts), -EISDIR);
	assert_null(mounts);
}

/* The machine that this runs on, whatever it has. */
static void test_here(void **state)
{
	struct rdtgrp_mounts *mounts;
	struct rdtgrp *group = NULL;
	int r;

	(void)state;
	assert_int_equal(rdtgrp_mounts_read(&mounts), 0);
	if (rdtgrp_mounts_get_state(mounts) == RDTGRP_MOUNT_MOUNTED) {
		assert_true(rdtgrp_mounts_count(mounts) > 0);
		r = rdtgrp_open_default(0, &group);
		assert_true(r == 0 || r == -EACCES);
		rdtgrp_unref(group);
	} else {
		assert_string_not_equal(rdtgrp_mounts_get_advice(mounts), "");
		assert_fails(rdtgrp_open_default(0, &group),
			     rdtgrp_mounts_get_state(mounts) >= RDTGRP_MOUNT_NO_KERNEL ? -EOPNOTSUPP
										       : -ENOENT);
		assert_string_equal(rdtgrp_error_advice(), rdtgrp_mounts_get_advice(mounts));
		assert_null(group);
	}
	rdtgrp_mounts_unref(mounts);
}

static const struct machine *current;

static const char *redirect(const char *path)
{
	static const char *const files[] = {"/proc/self/mountinfo", "/proc/1/mountinfo",
					    "/proc/filesystems", "/proc/cpuinfo"};

	for (size_t i = 0; i < COUNT(files); i++)
		if (strcmp(path, files[i]) == 0)
			return current->paths[i];
	return path;
}

/* The default group of a machine in each of the states. */
static void test_open_default(void **state)
{
	static const struct {
		const char *self;
		const char *init;
		const char *filesystems;
		const char *cpuinfo;
		int error;
		const char *words;
	} rows[] = {
		{ROOT "50 27 0:30 /g1 /srv rw - resctrl resctrl rw\n", "", OFFERED, RDT, -ENOENT,
		 "only directories"},
		{ROOT, ROOT SYS RESCTRL "\n", OFFERED, RDT, -ENOENT, "mount namespace"},
		{ROOT, ROOT, OFFERED, RDT, -ENOENT, "not mounted"},
		{ROOT, ROOT, NOT_OFFERED, RDT, -EOPNOTSUPP, "kernel"},
		{ROOT, ROOT, NOT_OFFERED, NO_RDT, -EOPNOTSUPP, "CPU"},
		{NULL, ROOT, OFFERED, RDT, -ENOENT, "cannot read"},
		{"garbage\n", ROOT, OFFERED, RDT, -EINVAL, "mountinfo"},
	};
	struct rdtgrp *group = NULL;
	struct tree tree;
	char text[512];

	current = *state;
	hooks.redirect_fopen = redirect;
	for (size_t i = 0; i < COUNT(rows); i++) {
		write_machine(*state, rows[i].self, rows[i].init, rows[i].filesystems,
			      rows[i].cpuinfo);
		assert_fails(rdtgrp_open_default(0, &group), rows[i].error);
		if (!strstr(rdtgrp_error_message(), rows[i].words))
			fail_msg("no \"%s\" in \"%s\"", rows[i].words, rdtgrp_error_message());
	}
	assert_null(group);

	tree_new_intel(&tree);
	snprintf(text, sizeof(text), ROOT "50 27 0:30 / %s rw - resctrl resctrl rw\n", tree.path);
	write_machine(*state, text, "", OFFERED, RDT);
	assert_fails(rdtgrp_open_default(0, &group), -EBADF);
	assert_int_equal(rdtgrp_open_default(RDTGRP_OPEN_ANY_FS, &group), 0);
	assert_true(rdtgrp_is_default(group));
	rdtgrp_unref(group);
	tree_free(&tree);
	hooks.redirect_fopen = NULL;
}

static void test_options(void **state)
{
	static const struct {
		const char *text;
		unsigned int options;
	} rows[] = {
		{NULL, 0},
		{"", 0},
		{"rw", 0},
		{"cdp", RDTGRP_MOUNT_CDP},
		{"cdpl2", RDTGRP_MOUNT_CDPL2},
		{"rw,cdpl2,cdp", RDTGRP_MOUNT_CDPL2 | RDTGRP_MOUNT_CDP},
		{"mba_MBps", RDTGRP_MOUNT_MBPS},
		{"mba_mbps,mba_MBps2,xmba_MBps", 0},
		{"debug,rw", RDTGRP_MOUNT_DEBUG},
		{",,cdp,,", RDTGRP_MOUNT_CDP},
		{"cdp=1", 0},
		{"context=\"a,cdp,b\"", 0},
		{"context=\"a,b\",debug", RDTGRP_MOUNT_DEBUG},
		{"cdpx,xcdp,cdp2", 0},
		{"cdp cdpl2", 0},
		{"cdp,cdpl2,mba_MBps,debug", 15},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rg_mount_options_parse(rows[i].text) != rows[i].options)
			fail_msg("%s: %u", rows[i].text, rg_mount_options_parse(rows[i].text));
}

static struct rdtgrp_mounts *const nothing = (struct rdtgrp_mounts *)(uintptr_t)&names;

static int run_read(void *data)
{
	struct machine *machine = data;

	machine->mounts = nothing;
	return rg_mounts_read_from(&machine->sources, &machine->mounts);
}

static void release(void *data)
{
	rdtgrp_mounts_unref(((struct machine *)data)->mounts);
}

static bool is_untouched(const void *data)
{
	return ((const struct machine *)data)->mounts == nothing;
}

/* Process 1's mountinfo does not have to be readable, and advice is for what can be found out. */
static bool tolerates(enum call call, int error, int result, const void *data)
{
	(void)data;
	return result == 0 &&
	       ((call == CALL_FOPEN) || (call == CALL_MNT_TABLE_PARSE && error == EINVAL) ||
		call == CALL_STAT || call == CALL_CAP_GET_PROC);
}

static void test_fails(void **state)
{
	const struct operation operation = {run_read, release, is_untouched, tolerates};
	unsigned int hits[CALL_COUNT];

	write_machine(*state,
		      ROOT SYS RESCTRL "\n50 27 0:30 /g1 /srv/one rw - resctrl resctrl rw\n",
		      ROOT SYS RESCTRL "\n", OFFERED, RDT);
	fail_everything(&operation, *state, hits);
	assert_true(hits[CALL_MEMORY] >= 10);
	assert_true(hits[CALL_FOPEN] > 0 && hits[CALL_MNT_TABLE_PARSE] > 0);
	assert_true(hits[CALL_MNT_NEW_TABLE] > 0 && hits[CALL_MNT_NEW_ITER] > 0);

	write_machine(*state, ROOT "50 27 0:30 /g1//deleted /srv/one rw - resctrl resctrl rw\n",
		      ROOT SYS RESCTRL "\n", OFFERED, RDT);
	fail_everything(&operation, *state, NULL);
	write_machine(*state, ROOT, "", OFFERED, RDT);
	fail_everything(&operation, *state, hits);
	assert_true(hits[CALL_GETLINE] > 0);
	write_machine(*state, ROOT, "", NOT_OFFERED, RDT);
	fail_everything(&operation, *state, NULL);
	write_machine(*state, ROOT, "", NOT_OFFERED, NO_RDT);
	fail_everything(&operation, *state, NULL);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_mounted),       T(test_mounted_only_mountinfo),
		T(test_several),       T(test_partial),
		T(test_removed_root),  T(test_hidden),
		T(test_mounted_twice), T(test_chroot),
		T(test_circle),	       T(test_elsewhere),
		T(test_not_mounted),   T(test_not_offered),
		T(test_unreadable),    T(test_unreadable_lines),
		T(test_here),	       T(test_open_default),
		T(test_options),       T(test_fails),
	};

	return cmocka_run_group_tests(tests, begin_program, end_program);
}
