/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The model of rdtsim: what resctrl does, without a filesystem around it. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model.h"
#include "scenario.h"

/* --- Threads that are nowhere but here ------------------------------------------------------- */

struct fake_thread {
	pid_t tid;
	uint64_t start;
	uid_t uid;
	bool ended;
};

static struct fake_thread fake_threads[] = {
	{1, 10, 0, false},
	{20, 11, 1000, false},
	{21, 12, 1000, false},
	{30, 13, 1001, false},
};

#define N_FAKES (sizeof(fake_threads) / sizeof(fake_threads[0]))

static int fake_list(pid_t **ret_tids, size_t *ret_count)
{
	pid_t *tids = calloc(N_FAKES, sizeof(*tids));
	size_t count = 0;

	if (!tids)
		return -ENOMEM;
	for (size_t i = 0; i < N_FAKES; i++) {
		if (!fake_threads[i].ended)
			tids[count++] = fake_threads[i].tid;
	}
	*ret_tids = tids;
	*ret_count = count;
	return 0;
}

static int fake_get(pid_t tid, struct sim_thread *ret_thread)
{
	for (size_t i = 0; i < N_FAKES; i++) {
		const struct fake_thread *fake = &fake_threads[i];

		if (fake->tid != tid || fake->ended)
			continue;
		*ret_thread = (struct sim_thread){fake->start, fake->uid, fake->uid};
		return 0;
	}
	return -ESRCH;
}

static const struct sim_threads fakes = {fake_list, fake_get};

/* --- A model, and short ways to what is in it ------------------------------------------------- */

static const struct sim_caller root = {.tid = 1};
static const struct timespec wall = {.tv_sec = 1000000};
static struct sim_model *model;
static struct text shown;

static void start_seed(const char *scenario, uint64_t seed)
{
	const struct sim_config config = {
		.scenario = sim_scenario_find(scenario),
		.threads = &fakes,
		.seed = seed,
		.debug = true,
		.frozen = true,
		.dir_mode = 0555,
	};

	assert_non_null(config.scenario);
	assert_int_equal(sim_model_new(&config, &model), 0);
	sim_model_set_time(model, 1000, &wall);
}

static void start(const char *scenario)
{
	start_seed(scenario, 1);
}

static int stop(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_FAKES; i++)
		fake_threads[i].ended = false;
	sim_model_free(model);
	model = NULL;
	text_free(&shown);
	return 0;
}

/* By path, with a reference; NULL if there is none. */
static struct sim_node *find(const char *path)
{
	struct sim_node *node = sim_root(model), *next;
	char copy[2048], *rest = copy, *name;

	snprintf(copy, sizeof(copy), "%s", path);
	sim_ref(node);
	while ((name = strsep(&rest, "/"))) {
		int r = *name ? sim_lookup(model, node, name, &next) : 0;

		if (!*name)
			continue;
		sim_unref(model, node, 1);
		if (r)
			return NULL;
		node = next;
	}
	return node;
}

static bool exists(const char *path)
{
	struct sim_node *node = find(path);

	if (node)
		sim_unref(model, node, 1);
	return node;
}

static struct stat get_stat(const char *path)
{
	struct sim_node *node = find(path);
	struct stat st;

	assert_non_null(node);
	sim_getattr(model, node, &st);
	sim_unref(model, node, 1);
	return st;
}

static int show_error(const char *path)
{
	struct sim_node *node = find(path);
	int r;

	assert_non_null(node);
	r = sim_show(model, node, &shown);
	sim_unref(model, node, 1);
	return r;
}

static const char *show(const char *path)
{
	assert_int_equal(show_error(path), 0);
	return shown.len ? shown.data : "";
}

static uint64_t number(const char *path)
{
	return strtoull(show(path), NULL, 10);
}

static int store_as(const char *path, const struct sim_caller *caller, const char *data)
{
	struct sim_node *node = find(path);
	int r;

	assert_non_null(node);
	r = sim_store(model, node, caller, data, strlen(data));
	sim_unref(model, node, 1);
	return r;
}

static int store(const char *path, const char *data)
{
	return store_as(path, &root, data);
}

static int make(const char *dir, const char *name)
{
	struct sim_node *parent = find(dir), *node;
	int r;

	assert_non_null(parent);
	r = sim_mkdir(model, parent, name, 0755, &root, &node);
	if (!r)
		sim_unref(model, node, 1);
	sim_unref(model, parent, 1);
	return r;
}

static int destroy(const char *dir, const char *name)
{
	struct sim_node *parent = find(dir);
	int r;

	assert_non_null(parent);
	r = sim_rmdir(model, parent, name);
	sim_unref(model, parent, 1);
	return r;
}

static int move(const char *dir, const char *name, const char *new_dir, const char *new_name)
{
	struct sim_node *from = find(dir), *to = find(new_dir);
	int r;

	assert_non_null(from);
	assert_non_null(to);
	r = sim_rename(model, from, name, to, new_name, 0);
	sim_unref(model, from, 1);
	sim_unref(model, to, 1);
	return r;
}

static int control(const char *line)
{
	struct text outcome = {0};
	int r = sim_control(model, line, strlen(line), &outcome);

	assert_int_equal(!strncmp(outcome.data, "ok\n", 3), !r);
	assert_int_equal(!strncmp(outcome.data, "error: ", 7), r != 0);
	text_free(&outcome);
	return r;
}

#define TOTAL0 "mon_data/mon_L3_00/mbm_total_bytes"

/* --- Values ---------------------------------------------------------------------------------- */

static void test_sum_of_members(void **state)
{
	(void)state;
	start("intel");
	assert_int_equal(make("/", "g"), 0);
	assert_int_equal(make("g/mon_groups", "a"), 0);
	assert_int_equal(make("g/mon_groups", "b"), 0);
	assert_string_equal(show("g/" TOTAL0), "0\n");
	assert_int_equal(control("set g mon_L3_00 mbm_total_bytes 1"), 0);
	assert_int_equal(control("set g/mon_groups/a mon_L3_00 mbm_total_bytes 10"), 0);
	assert_int_equal(control("set g/mon_groups/b mon_L3_00 mbm_total_bytes 100"), 0);
	assert_string_equal(show("g/" TOTAL0), "111\n");
	assert_string_equal(show("g/mon_groups/a/" TOTAL0), "10\n");
	/* One that cannot be read is left out. */
	assert_int_equal(control("status g/mon_groups/a mon_L3_00 mbm_total_bytes error"), 0);
	assert_string_equal(show("g/" TOTAL0), "101\n");
	assert_string_equal(show("g/mon_groups/a/" TOTAL0), "Error\n");
	assert_int_equal(control("status g mon_L3_00 mbm_total_bytes unassigned"), 0);
	assert_string_equal(show("g/" TOTAL0), "100\n");
	/* All of them: the last one's word. */
	assert_int_equal(control("status g/mon_groups/b mon_L3_00 mbm_total_bytes unavailable"), 0);
	assert_string_equal(show("g/" TOTAL0), "Unavailable\n");
	assert_int_equal(control("status g/mon_groups/a mon_L3_00 mbm_total_bytes ok"), 0);
	assert_string_equal(show("g/" TOTAL0), "10\n");
	/* The default group has nothing of other CTRL_MON groups. */
	assert_string_equal(show(TOTAL0), "0\n");
}

static void test_sum_drops(void **state)
{
	(void)state;
	start("intel");
	make("/", "g");
	make("/", "h");
	make("g/mon_groups", "a");
	make("g/mon_groups", "b");
	control("set g * mbm_total_bytes 1");
	control("set g/mon_groups/a * mbm_total_bytes 10");
	control("set g/mon_groups/b * mbm_total_bytes 100");
	assert_int_equal(destroy("g/mon_groups", "a"), 0);
	assert_string_equal(show("g/" TOTAL0), "101\n");
	assert_int_equal(move("g/mon_groups", "b", "h/mon_groups", "b2"), 0);
	assert_string_equal(show("g/" TOTAL0), "1\n");
	assert_string_equal(show("h/" TOTAL0), "100\n");
	assert_int_equal(move("h/mon_groups", "b2", "mon_groups", "b3"), 0);
	assert_string_equal(show("h/" TOTAL0), "0\n");
	assert_string_equal(show(TOTAL0), "100\n");
}

static void test_time(void **state)
{
	uint64_t before, after, local;

	(void)state;
	start("intel");
	make("/", "g");
	before = number("g/" TOTAL0);
	sim_model_set_time(model, 5001000, &wall);
	assert_int_equal(number("g/" TOTAL0), before);
	control("thaw");
	sim_model_set_time(model, 6001000, &wall);
	after = number("g/" TOTAL0);
	assert_true(after > before);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(control("advance 250"), 0);
		before = after;
		after = number("g/" TOTAL0);
		local = number("g/mon_data/mon_L3_00/mbm_local_bytes");
		assert_true(after > before);
		assert_true(local > 0 && local < after);
	}
	/* A rate that was asked for is kept to the byte. */
	control("freeze");
	assert_int_equal(control("set g * mbm_total_bytes 7"), 0);
	assert_int_equal(control("rate g * mbm_total_bytes 1000003"), 0);
	assert_int_equal(control("advance 2500"), 0);
	assert_int_equal(number("g/" TOTAL0), 7 + 2500007);
	/* A level stays where it was put, or goes where it was sent. */
	assert_int_equal(control("set g * llc_occupancy 5000"), 0);
	assert_int_equal(control("advance 2500"), 0);
	assert_int_equal(number("g/mon_data/mon_L3_01/llc_occupancy"), 5000);
	assert_int_equal(control("rate g * llc_occupancy -1000"), 0);
	assert_int_equal(control("advance 2000"), 0);
	assert_int_equal(number("g/mon_data/mon_L3_01/llc_occupancy"), 3000);
	assert_int_equal(control("advance 9000"), 0);
	assert_int_equal(number("g/mon_data/mon_L3_01/llc_occupancy"), 0);
}

/* The state at one time, whatever it is. */
static char *state_of(uint64_t seed)
{
	struct text text = {0};

	start_seed("intel-energy", seed);
	make("/", "g");
	control("advance 3000");
	sim_dump(model, &text);
	stop(NULL);
	assert_int_equal(text_error(&text), 0);
	return text.data;
}

static void test_seed(void **state)
{
	char *first = state_of(1), *again = state_of(1), *other = state_of(2);

	(void)state;
	assert_string_equal(first, again);
	assert_string_not_equal(first, other);
	free(first);
	free(again);
	free(other);
}

static void test_unavailable_makes_it_jump(void **state)
{
	uint64_t before;

	(void)state;
	start("intel");
	make("/", "g");
	control("set g mon_L3_00 mbm_total_bytes 1000");
	before = number("g/" TOTAL0);
	control("status g mon_L3_00 mbm_total_bytes error");
	control("status g mon_L3_00 mbm_total_bytes ok");
	assert_int_equal(number("g/" TOTAL0), before);
	control("status g mon_L3_00 mbm_total_bytes unavailable");
	control("status g mon_L3_00 mbm_total_bytes ok");
	assert_true(number("g/" TOTAL0) > before);
}

static void test_other_texts(void **state)
{
	static const char path[] = "mon_data/mon_L3_00/llc_occupancy";

	(void)state;
	start("intel");
	control("set / mon_L3_00 llc_occupancy 18446744073709551615");
	assert_string_equal(show(path), "18446744073709551615\n");
	assert_int_equal(control("set / mon_L3_00 llc_occupancy 18446744073709551616"), -EINVAL);
	assert_int_equal(control("text / mon_L3_00 llc_occupancy a\\sb\\\\\\t\\n"), 0);
	assert_string_equal(show(path), "a b\\\t\n");
	assert_int_equal(control("text / mon_L3_00 llc_occupancy"), 0);
	assert_string_equal(show(path), "");
	assert_int_equal(control("text-size / mon_L3_00 llc_occupancy 1048576"), 0);
	assert_int_equal(strlen(show(path)), 1048577);
	assert_int_equal(strspn(shown.data, "0123456789"), 1048576);
	assert_int_equal(control("errno / mon_L3_00 llc_occupancy EIO"), 0);
	assert_int_equal(show_error(path), -EIO);
	assert_int_equal(control("errno / mon_L3_00 llc_occupancy -"), 0);
	assert_int_equal(control("text / mon_L3_00 llc_occupancy -"), 0);
	assert_string_equal(show(path), "18446744073709551615\n");
	assert_int_equal(control("errno / * * EWRONG"), -EINVAL);
	/* Readers would spin. */
	assert_int_equal(control("errno / * * EINTR"), -EINVAL);
	assert_int_equal(control("errno / * * EAGAIN"), -EINVAL);
	assert_int_equal(control("errno / * * EWOULDBLOCK"), -EINVAL);
	assert_int_equal(control("errno / * * ERESTART"), -EINVAL);
	assert_int_equal(control("errno / * * ERESTARTSYS"), -EINVAL);
	assert_string_equal(show(path), "18446744073709551615\n");
	assert_int_equal(control("text / * * a\\b"), -EINVAL);
}

static void test_energy(void **state)
{
	static const char path[] = "mon_data/mon_PERF_PKG_01/core_energy";

	(void)state;
	start("intel-energy");
	assert_int_equal(control("set / mon_PERF_PKG_01 core_energy 12.5"), 0);
	assert_string_equal(show(path), "12.500000\n");
	assert_int_equal(control("rate / mon_PERF_PKG_01 core_energy 0.25"), 0);
	assert_int_equal(control("advance 1000"), 0);
	assert_string_equal(show(path), "12.750000\n");
	assert_int_equal(control("set / mon_PERF_PKG_01 core_energy 1.0000001"), -EINVAL);
	assert_int_equal(control("set / mon_PERF_PKG_01 c6_res 1.5"), -EINVAL);
	assert_string_equal(show("info/PERF_PKG_MON/num_rmids"), "576\n");
	/* A new group goes on from what its RMID has counted before. */
	control("rmids 2");
	make("/", "g");
	control("set g mon_PERF_PKG_01 core_energy 77");
	destroy("/", "g");
	make("/", "h");
	assert_int_equal(number("h/mon_data/mon_PERF_PKG_01/core_energy"), 77);
	assert_int_equal(number("h/" TOTAL0), 0);
}

static void test_snc(void **state)
{
	static const char sum[] = "mon_data/mon_L3_00/mbm_total_bytes";

	(void)state;
	start("intel-snc");
	assert_int_equal(control("set / mon_L3_00 mbm_total_bytes 1"), -EINVAL);
	assert_int_equal(control("set / mon_L3_00/mon_sub_L3_00 mbm_total_bytes 1"), 0);
	assert_int_equal(control("set / mon_L3_00/mon_sub_L3_01 mbm_total_bytes 10"), 0);
	assert_string_equal(show(sum), "11\n");
	assert_int_equal(control("status / mon_L3_00/mon_sub_L3_00 * error"), 0);
	assert_string_equal(show(sum), "10\n");
	/* Whatever is wrong with all nodes, the sum is Unavailable. */
	assert_int_equal(control("status / mon_L3_00 * error"), 0);
	assert_string_equal(show(sum), "Unavailable\n");
	assert_string_equal(show("mon_data/mon_L3_00/mon_sub_L3_01/mbm_total_bytes"), "Error\n");
	/* The cache goes with its last node. */
	assert_int_equal(control("offline sub_L3 2"), 0);
	assert_true(exists("mon_data/mon_L3_01/mon_sub_L3_03"));
	assert_false(exists("mon_data/mon_L3_01/mon_sub_L3_02"));
	assert_int_equal(control("offline sub_L3 3"), 0);
	assert_false(exists("mon_data/mon_L3_01"));
	assert_string_equal(show("cpus_list"), "0-3\n");
	assert_int_equal(control("online sub_L3 3"), 0);
	assert_true(exists("mon_data/mon_L3_01/mon_sub_L3_03"));
	assert_false(exists("mon_data/mon_L3_01/mon_sub_L3_02"));
	assert_int_equal(control("online L3 1"), 0);
	assert_true(exists("mon_data/mon_L3_01/mon_sub_L3_02"));
	assert_string_equal(show("cpus_list"), "0-7\n");
}

static void test_own_events(void **state)
{
	(void)state;
	start("intel");
	make("/", "g");
	assert_int_equal(control("add-event mon_L3_01 new_event 42"), 0);
	assert_int_equal(control("add-event mon_L3_01 new_event 42"), -EEXIST);
	assert_int_equal(control("add-event mon_L3_09 new_event 42"), -ENOENT);
	assert_int_equal(control("add-resource mon_NEW_07 e 1.5"), 0);
	assert_int_equal(control("add-resource mon_NEW_07 e 1.5"), -EEXIST);
	assert_int_equal(control("add-resource a/b e 1.5"), -EINVAL);
	assert_false(exists("mon_data/mon_L3_00/new_event"));
	assert_string_equal(show("g/mon_data/mon_L3_01/new_event"), "42\n");
	make("g/mon_groups", "a");
	assert_string_equal(show("g/mon_groups/a/mon_data/mon_NEW_07/e"), "1.500000\n");
	assert_string_equal(show("g/mon_data/mon_NEW_07/e"), "3.000000\n");
}

/* --- Domains --------------------------------------------------------------------------------- */

static void test_offline(void **state)
{
	struct sim_node *file, *dir;
	struct stat before, after;

	(void)state;
	start("intel");
	make("/", "g");
	control("set g * mbm_total_bytes 5");
	file = find("g/" TOTAL0);
	dir = find("g/mon_data/mon_L3_00");
	sim_getattr(model, dir, &before);
	assert_int_equal(control("offline L3 0"), 0);
	assert_true(sim_is_dead(file));
	assert_false(exists("mon_data/mon_L3_00"));
	assert_string_equal(show("cpus"), "f0\n");
	assert_string_equal(show("g/schemata"), "    MB:1=100\n    L3:1=7ff\n");
	assert_int_equal(control("set g mon_L3_00 mbm_total_bytes 9"), -ENOENT);
	assert_int_equal(control("offline L3 7"), -ENOENT);
	assert_int_equal(control("online L3 0"), 0);
	/* Others now: with new numbers and counts from 0. */
	assert_true(sim_is_dead(file));
	after = get_stat("g/mon_data/mon_L3_00");
	assert_true(after.st_ino > before.st_ino);
	assert_string_equal(show("g/" TOTAL0), "0\n");
	assert_string_equal(show("g/mon_data/mon_L3_01/mbm_total_bytes"), "5\n");
	assert_string_equal(show("cpus"), "ff\n");
	sim_unref(model, file, 1);
	sim_unref(model, dir, 1);
}

static void test_offline_owner(void **state)
{
	const struct sim_caller user = {.uid = 1000, .gid = 1000, .tid = 20};
	struct sim_node *node, *dir;

	(void)state;
	start("intel");
	dir = find("mon_groups");
	assert_int_equal(sim_mkdir(model, dir, "mine", 0750, &user, &node), 0);
	sim_unref(model, dir, 1);
	sim_unref(model, node, 1);
	assert_int_equal(get_stat("mon_groups/mine").st_mode, S_IFDIR | 0750);
	assert_int_equal(get_stat("mon_groups/mine/mon_data/mon_L3_00").st_mode, S_IFDIR | 0750);
	assert_int_equal(get_stat("mon_groups/mine/" TOTAL0).st_mode, S_IFREG | 0444);
	assert_int_equal(get_stat("mon_groups/mine/" TOTAL0).st_uid, 1000);
	control("offline L3 0");
	control("online L3 0");
	assert_int_equal(get_stat("mon_groups/mine/mon_data/mon_L3_00").st_mode, S_IFDIR | 0750);
	assert_int_equal(get_stat("mon_groups/mine/" TOTAL0).st_uid, 0);
}

/* --- Ids ------------------------------------------------------------------------------------- */

static void test_rmids(void **state)
{
	(void)state;
	start("intel");
	assert_int_equal(control("rmids 3"), 0);
	assert_string_equal(show("info/L3_MON/num_rmids"), "3\n");
	assert_int_equal(make("mon_groups", "a"), 0);
	assert_int_equal(make("mon_groups", "b"), 0);
	assert_int_equal(make("mon_groups", "c"), -ENOSPC);
	assert_string_equal(show("info/last_cmd_status"), "Out of RMIDs\n");
	assert_int_equal(make("/", "c"), -ENOSPC);
	/* A look at a group's file, not one at info, is the end of the message. */
	assert_string_equal(show("info/L3_MON/num_rmids"), "3\n");
	assert_string_equal(show("info/last_cmd_status"), "Out of RMIDs\n");
	assert_string_equal(show("mon_groups/a/mon_hw_id"), "1\n");
	assert_string_equal(show("info/last_cmd_status"), "ok\n");
	/* What was freed first is used again first. */
	destroy("mon_groups", "b");
	destroy("mon_groups", "a");
	assert_int_equal(make("mon_groups", "c"), 0);
	assert_string_equal(show("mon_groups/c/mon_hw_id"), "2\n");
	assert_int_equal(control("rmids 0"), -EINVAL);
	assert_int_equal(control("rmids x"), -EINVAL);
}

static void test_limbo(void **state)
{
	int seconds;

	(void)state;
	start("intel");
	control("rmids 2");
	control("limbo on");
	make("mon_groups", "a");
	destroy("mon_groups", "a");
	assert_int_equal(make("mon_groups", "b"), -EBUSY);
	control("advance 60000");
	assert_int_equal(make("mon_groups", "b"), -EBUSY);
	control("evict");
	assert_int_equal(make("mon_groups", "b"), 0);
	/* As the kernel: when enough of its lines are gone, at the next look. */
	control("limbo auto");
	destroy("mon_groups", "b");
	assert_int_equal(make("mon_groups", "c"), -EBUSY);
	for (seconds = 0; seconds < 10 && make("mon_groups", "c"); seconds++)
		control("advance 1000");
	assert_in_range(seconds, 1, 3);
	control("limbo off");
	destroy("mon_groups", "c");
	assert_int_equal(make("mon_groups", "d"), 0);
	assert_int_equal(control("limbo maybe"), -EINVAL);
}

static void test_closids(void **state)
{
	(void)state;
	start("intel");
	control("closids 2");
	assert_int_equal(make("/", "a"), 0);
	assert_int_equal(make("/", "b"), -ENOSPC);
	assert_string_equal(show("info/last_cmd_status"), "Out of CLOSIDs\n");
	assert_int_equal(make("mon_groups", "b"), 0);
	destroy("/", "a");
	assert_int_equal(make("/", "b"), 0);
	assert_string_equal(show("b/ctrl_hw_id"), "1\n");
	/* The RMID that failed to be had leaves no CLOSID behind. */
	control("closids 3");
	control("rmids 3");
	assert_int_equal(make("/", "c"), -ENOSPC);
	control("rmids 4");
	assert_int_equal(make("/", "c"), 0);
}

/* --- Groups ---------------------------------------------------------------------------------- */

static void test_names(void **state)
{
	static const char *const reserved[] = {"tasks", "mode", "schemata", "info", "mon_data"};
	char name[1001];

	(void)state;
	start("intel");
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		char path[64];

		assert_int_equal(make("mon_groups", reserved[i]), 0);
		assert_int_equal(make("/", reserved[i]), -EEXIST);
		snprintf(path, sizeof(path), "mon_groups/%s/tasks", reserved[i]);
		assert_int_equal(get_stat(path).st_mode, S_IFREG | 0644);
	}
	assert_int_equal(make("mon_groups", "mon_groups"), -EPERM);
	assert_int_equal(make("/", "mon_groups"), -EEXIST);
	assert_int_equal(make("/", "a\nb"), -EINVAL);
	memset(name, 'x', 1000);
	name[1000] = '\0';
	assert_int_equal(make("/", name), 0);
	assert_true(exists(name));
	assert_int_equal(make("mon_groups", "m"), 0);
	assert_int_equal(move("mon_groups", "m", "mon_groups", "m\nn"), 0);
	assert_true(exists("mon_groups/m\nn"));
}

static void test_mkdir_errors(void **state)
{
	(void)state;
	start("intel");
	make("/", "g");
	make("g/mon_groups", "m");
	assert_int_equal(make("/", "g"), -EEXIST);
	assert_int_equal(make("g", "x"), -EPERM);
	assert_int_equal(make("g/mon_data", "x"), -EPERM);
	assert_int_equal(make("g/mon_data/mon_L3_00", "x"), -EPERM);
	assert_int_equal(make("g/mon_groups/m", "x"), -EPERM);
	assert_int_equal(make("info", "x"), -ENODEV);
	assert_int_equal(make("info/L3", "x"), -ENODEV);
	assert_int_equal(destroy("g", "mon_groups"), -EPERM);
	assert_int_equal(destroy("/", "info"), -EPERM);
	assert_int_equal(destroy("/", "mon_data"), -EPERM);
	assert_int_equal(destroy("mon_data", "mon_L3_00"), -EPERM);
	assert_int_equal(destroy("/", "none"), -ENOENT);
	assert_int_equal(control("kill /"), -EINVAL);
	assert_int_equal(control("kill none"), -ENOENT);
	assert_int_equal(control("kill info"), -ENOENT);
}

static void test_rename_errors(void **state)
{
	struct sim_node *dir;

	(void)state;
	start("intel");
	make("/", "g");
	make("/", "h");
	make("g/mon_groups", "m");
	make("g/mon_groups", "n");
	assert_int_equal(move("/", "g", "/", "k"), -EPERM);
	assert_string_equal(show("info/last_cmd_status"), "Source must be a MON group\n");
	assert_int_equal(move("g", "tasks", "h", "x"), -EPERM);
	assert_int_equal(move("g", "mon_data", "h", "x"), -EPERM);
	assert_int_equal(move("g/mon_groups", "m", "/", "x"), -EPERM);
	assert_int_equal(move("g/mon_groups", "m", "h/mon_groups", "mon_groups"), -EPERM);
	assert_int_equal(move("g/mon_groups", "m", "g/mon_groups", "n"), -EEXIST);
	assert_int_equal(move("g/mon_groups", "m", "info", "x"), -ENOENT);
	assert_int_equal(move("/", "info", "/", "x"), -ENOENT);
	assert_int_equal(store("g/cpus_list", "1-2\n"), 0);
	assert_int_equal(store("g/mon_groups/m/cpus_list", "2\n"), 0);
	assert_int_equal(move("g/mon_groups", "m", "h/mon_groups", "m"), -EPERM);
	assert_int_equal(move("g/mon_groups", "m", "g/mon_groups", "m2"), 0);
	dir = find("g/mon_groups");
	assert_int_equal(sim_rename(model, dir, "m2", dir, "m3", 1), -EINVAL);
	sim_unref(model, dir, 1);
}

static void test_removal(void **state)
{
	static const char *const paths[] = {"g", "g/mon_groups", "g/mon_data", "g/tasks",
					    "g/mon_groups/m"};
	struct sim_node *nodes[5], *node;
	struct sim_dirent entry;
	struct stat st;

	(void)state;
	start("intel");
	for (int keep = 0; keep < 2; keep++) {
		control(keep ? "nlink keep" : "nlink zero");
		make("/", "g");
		make("g/mon_groups", "m");
		for (size_t i = 0; i < 5; i++)
			nodes[i] = find(paths[i]);
		assert_int_equal(keep ? control("kill g") : destroy("/", "g"), 0);
		assert_int_equal(make("/", "g"), 0);
		for (size_t i = 0; i < 5; i++) {
			assert_true(sim_is_dead(nodes[i]));
			sim_getattr(model, nodes[i], &st);
			assert_int_equal(st.st_nlink != 0, keep);
		}
		assert_int_equal(sim_lookup(model, nodes[0], "tasks", &node), -ENOENT);
		assert_int_equal(sim_readdir(model, nodes[0], 0, &entry), -ENOENT);
		assert_int_equal(sim_readdir(model, nodes[1], 0, &entry), 1);
		assert_int_equal(sim_readdir(model, nodes[1], 2, &entry), 0);
		assert_int_equal(sim_mkdir(model, nodes[0], "x", 0755, &root, &node), -ENOENT);
		assert_int_equal(sim_mkdir(model, nodes[1], "x", 0755, &root, &node), -ENODEV);
		assert_int_equal(sim_open(nodes[3], O_RDONLY), -ENODEV);
		/* Who had waited for the lock by then. */
		assert_int_equal(sim_show(model, nodes[3], &shown), -ENOENT);
		for (size_t i = 0; i < 5; i++)
			sim_unref(model, nodes[i], 1);
		destroy("/", "g");
	}
}

static void test_readdir(void **state)
{
	uint64_t last_ino = 0, position = 0;
	struct sim_dirent entry;
	int count = 0, by_age = 0;
	char name[16];

	(void)state;
	start("intel");
	for (int i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		assert_int_equal(make("mon_groups", name), 0);
	}
	/* Each is seen once while others go, and not in the order of their making. */
	while (sim_readdir(model, find("mon_groups"), position, &entry) == 1) {
		assert_true(entry.next > position);
		position = entry.next;
		if (*entry.name == '.')
			continue;
		count++;
		by_age += entry.ino > last_ino;
		last_ino = entry.ino;
		snprintf(name, sizeof(name), "%s", entry.name);
		assert_int_equal(destroy("mon_groups", name), 0);
	}
	assert_int_equal(count, 50);
	assert_in_range(by_age, 5, 45);
	/* The control file is found by name only. */
	assert_true(exists(".rdtsim"));
	for (position = 0; sim_readdir(model, sim_root(model), position, &entry) == 1;
	     position = entry.next)
		assert_string_not_equal(entry.name, ".rdtsim");
}

static void test_open(void **state)
{
	struct sim_node *node;

	(void)state;
	start("intel");
	node = find(TOTAL0);
	assert_int_equal(sim_open(node, O_RDONLY), 0);
	assert_int_equal(sim_open(node, O_RDWR), -EACCES);
	assert_int_equal(sim_open(node, O_WRONLY), -EACCES);
	sim_setattr(model, node, SIM_SET_MODE, &(struct stat){.st_mode = 0});
	assert_int_equal(sim_open(node, O_RDONLY), -EACCES);
	sim_unref(model, node, 1);
}

/* --- Writes ---------------------------------------------------------------------------------- */

static void test_tasks(void **state)
{
	const struct sim_caller user = {.uid = 1000, .gid = 1000, .tid = 20};

	(void)state;
	start("intel");
	make("/", "g");
	make("/", "h");
	make("g/mon_groups", "m");
	assert_string_equal(show("tasks"), "1\n20\n21\n30\n");
	assert_int_equal(store("g/tasks", "20, 0x15\n"), 0);
	assert_string_equal(show("g/tasks"), "20\n21\n");
	assert_string_equal(show("tasks"), "1\n30\n");
	/* In the MON group, and so still in its parent. */
	assert_int_equal(store("g/mon_groups/m/tasks", "21"), 0);
	assert_string_equal(show("g/mon_groups/m/tasks"), "21\n");
	assert_string_equal(show("g/tasks"), "20\n21\n");
	assert_int_equal(store("g/mon_groups/m/tasks", "30"), -EINVAL);
	assert_string_equal(show("info/last_cmd_status"),
			    "Can't move task to different control group\n"
			    "Error while processing task 30\n");
	/* Those before the one that fails stay moved. */
	assert_int_equal(store("h/tasks", "30,999,1"), -ESRCH);
	assert_string_equal(show("h/tasks"), "30\n");
	assert_int_equal(store("tasks", "-1"), -EINVAL);
	assert_int_equal(store("tasks", "1,,2"), -EINVAL);
	assert_int_equal(store("tasks", "1\n2"), -EINVAL);
	assert_int_equal(store("tasks", "1x"), -EINVAL);
	assert_int_equal(store("tasks", ""), 0);
	/* 0 is the caller, who may move what is the caller's. */
	assert_int_equal(store_as("h/tasks", &user, "0"), 0);
	assert_string_equal(show("h/tasks"), "20\n30\n");
	assert_int_equal(store_as("g/tasks", &user, "30"), -EPERM);
	/* An id that is given to another thread is not in the group. */
	fake_threads[1].start = 99;
	assert_string_equal(show("h/tasks"), "30\n");
	fake_threads[1].start = 11;
	fake_threads[3].ended = true;
	assert_string_equal(show("h/tasks"), "");
	/* Removal moves tasks to the parent. */
	destroy("g/mon_groups", "m");
	assert_string_equal(show("g/tasks"), "21\n");
	destroy("/", "g");
	assert_string_equal(show("tasks"), "1\n20\n21\n");
}

static void test_write_rules(void **state)
{
	struct sim_node *node;
	char long_line[4097];

	(void)state;
	start("intel");
	make("/", "g");
	assert_int_equal(store("g/schemata", "L3:0=f"), -EINVAL);
	assert_int_equal(store("g/schemata", "L3:0=f\n"), 0);
	assert_int_equal(store("g/schemata", "MB:1=11;0=20\nL3:1=ff\n"), 0);
	assert_string_equal(show("g/schemata"), "    MB:0=20;1=20\n    L3:0=f;1=ff\n");
	/* All or nothing. */
	assert_int_equal(store("g/schemata", "L3:0=1\nL3:1=5\n"), -EINVAL);
	assert_string_equal(show("g/schemata"), "    MB:0=20;1=20\n    L3:0=f;1=ff\n");
	assert_int_equal(store("g/schemata", "L4:0=1\n"), -EINVAL);
	assert_string_equal(show("info/last_cmd_status"),
			    "Unknown or unsupported resource name 'L4'\n");
	assert_int_equal(store("g/schemata", "L3:0=1000\n"), -EINVAL);
	assert_int_equal(store("g/schemata", "MB:0=5\n"), -EINVAL);
	assert_int_equal(store("g/schemata", "L3:0=1;0=1\n"), -EINVAL);
	assert_string_equal(show("g/size"), "    MB:0=20;1=20\n    L3:0=12582912;1=25165824\n");
	assert_int_equal(store("g/mode", "shareable"), -EINVAL);
	assert_int_equal(store("g/mode", "shareable\n"), 0);
	assert_int_equal(store("g/mode", "other\n"), -EINVAL);
	assert_int_equal(store("g/mode", "exclusive\n"), -EINVAL);
	assert_string_equal(show("info/last_cmd_status"), "Schemata overlaps\n");
	assert_int_equal(store("schemata", "L3:0=1f0;1=100\n"), 0);
	assert_int_equal(store("g/mode", "exclusive\n"), 0);
	assert_int_equal(store("schemata", "L3:0=1f\n"), -EINVAL);
	assert_string_equal(show("info/L3/bit_usage"), "0=HHSSSSSEEEE;1=HHSEEEEEEEE\n");
	/* Each of the groups that share counts. */
	make("/", "h");
	assert_int_equal(store("h/schemata", "L3:0=10;1=200\n"), 0);
	assert_string_equal(show("info/L3/bit_usage"), "0=HHSSSSSEEEE;1=HXSEEEEEEEE\n");
	memset(long_line, '1', sizeof(long_line));
	node = find("tasks");
	assert_int_equal(sim_store(model, node, &root, long_line, 4097), -E2BIG);
	assert_int_equal(sim_store(model, node, &root, long_line, 4096), -EINVAL);
	sim_unref(model, node, 1);
	assert_int_equal(store("info/L3_MON/max_threshold_occupancy", "100000"), 0);
	assert_string_equal(show("info/L3_MON/max_threshold_occupancy"), "65536\n");
	assert_int_equal(store("info/L3_MON/max_threshold_occupancy", "99999999999"), -EINVAL);
}

static void test_cpus(void **state)
{
	(void)state;
	start("intel");
	make("/", "g");
	make("/", "h");
	make("g/mon_groups", "m");
	make("g/mon_groups", "n");
	assert_string_equal(show("g/cpus"), "00\n");
	assert_string_equal(show("g/cpus_list"), "\n");
	assert_int_equal(store("g/cpus", "3c\n"), 0);
	assert_string_equal(show("g/cpus_list"), "2-5\n");
	assert_string_equal(show("cpus_list"), "0-1,6-7\n");
	assert_int_equal(store("g/mon_groups/m/cpus_list", "2,3"), 0);
	assert_int_equal(store("g/mon_groups/m/cpus_list", "1"), -EINVAL);
	assert_int_equal(store("g/mon_groups/n/cpus_list", "3"), 0);
	assert_string_equal(show("g/mon_groups/m/cpus_list"), "2\n");
	assert_int_equal(store("cpus", "1"), -EINVAL);
	assert_int_equal(store("g/cpus_list", "99"), -ERANGE);
	assert_int_equal(store("g/cpus_list", "x"), -EINVAL);
	assert_int_equal(store("h/cpus_list", "3-4"), 0);
	assert_string_equal(show("g/cpus_list"), "2,5\n");
	assert_string_equal(show("g/mon_groups/n/cpus_list"), "\n");
	assert_int_equal(store("h/cpus", "0"), 0);
	assert_string_equal(show("cpus_list"), "0-1,3-4,6-7\n");
	control("offline L3 1");
	assert_int_equal(store("h/cpus_list", "4"), -EINVAL);
	destroy("/", "g");
	assert_string_equal(show("cpus_list"), "0-3\n");
}

/* --- Pseudo-locking -------------------------------------------------------------------------- */

static void test_locksetup(void **state)
{
	(void)state;
	start("intel");
	make("/", "g");
	assert_int_equal(store("mode", "pseudo-locksetup\n"), -EINVAL);
	store("g/tasks", "20");
	assert_int_equal(store("g/mode", "pseudo-locksetup\n"), -EINVAL);
	store("tasks", "20");
	control("rmids 2");
	control("set g * mbm_total_bytes 5");
	assert_int_equal(store("g/mode", "pseudo-locksetup\n"), 0);
	assert_string_equal(show("g/mode"), "pseudo-locksetup\n");
	assert_int_equal(get_stat("g/tasks").st_mode, S_IFREG);
	assert_int_equal(get_stat("g/cpus").st_mode, S_IFREG);
	assert_int_equal(get_stat("g/mon_groups").st_mode, S_IFDIR);
	assert_int_equal(get_stat("g/mon_data").st_mode, S_IFDIR | 0755);
	assert_string_equal(show("g/schemata"), "    MB:uninitialized\n    L3:uninitialized\n");
	assert_string_equal(show("g/size"), "    MB:0=0;1=0\n    L3:0=0;1=0\n");
	assert_int_equal(store("g/tasks", "20"), -EINVAL);
	assert_string_equal(show("info/last_cmd_status"), "Pseudo-locking in progress\n");
	assert_int_equal(make("g/mon_groups", "m"), -EINVAL);
	/* Its mon_data show a freed RMID: soon another group's. */
	assert_string_equal(show("g/" TOTAL0), "5\n");
	assert_int_equal(make("mon_groups", "m"), 0);
	control("set mon_groups/m * mbm_total_bytes 77");
	assert_string_equal(show("g/" TOTAL0), "77\n");
	assert_int_equal(store("g/mode", "shareable\n"), -ENOSPC);
	destroy("mon_groups", "m");
	/* The counts go on from those of the RMID's last owner. */
	assert_int_equal(store("g/mode", "shareable\n"), 0);
	assert_string_equal(show("g/" TOTAL0), "77\n");
	assert_int_equal(get_stat("g/tasks").st_mode, S_IFREG | 0644);
	assert_int_equal(get_stat("g/mon_groups").st_mode, S_IFDIR | 0755);
	/* Forced, and removed in that state: the RMID is freed once. */
	assert_int_equal(control("mode g pseudo-locked"), 0);
	assert_string_equal(show("g/schemata"), "L3:0=3\n");
	assert_string_equal(show("g/cpus_list"), "0-3\n");
	assert_int_equal(get_stat("g/cpus_list").st_mode, S_IFREG | 0444);
	assert_int_equal(store("g/mode", "shareable\n"), -EINVAL);
	control("offline L3 0");
	assert_int_equal(show_error("g/schemata"), -ENODEV);
	assert_int_equal(show_error("g/mon_data/mon_L3_01/llc_occupancy"), 0);
	assert_int_equal(destroy("/", "g"), 0);
	assert_int_equal(make("/", "g"), 0);
	assert_int_equal(make("/", "h"), -ENOSPC);
	assert_int_equal(control("mode / pseudo-locked"), -EINVAL);
	assert_int_equal(control("mode g other"), -EINVAL);
}

static void test_lock(void **state)
{
	(void)state;
	start("intel");
	make("/", "g");
	assert_int_equal(store("schemata", "L3:0=7f0\n"), 0);
	assert_int_equal(store("g/mode", "pseudo-locksetup\n"), 0);
	assert_int_equal(store("g/schemata", "L3:0=10\n"), -EINVAL);
	assert_int_equal(store("g/schemata", "L3:0=3\n"), 0);
	assert_string_equal(show("g/mode"), "pseudo-locked\n");
	assert_string_equal(show("g/size"), "L3:0=6291456\n");
	/* What is locked is nobody else's. */
	assert_int_equal(store("schemata", "L3:0=1\n"), -EINVAL);
	assert_int_equal(make("/", "h"), 0);
	assert_string_equal(show("h/schemata"), "    MB:0=100;1=100\n    L3:0=7fc;1=7ff\n");
}

/* --- Assignable counters --------------------------------------------------------------------- */

static void test_assignments(void **state)
{
	char name[16];

	(void)state;
	start("amd-abmc");
	assert_string_equal(show("mbm_L3_assignments"),
			    "mbm_total_bytes:0=e;1=e\nmbm_local_bytes:0=e;1=e\n");
	assert_string_equal(show("info/L3_MON/available_mbm_cntrs"), "0=30;1=30\n");
	assert_int_equal(store("mbm_L3_assignments", "mbm_total_bytes:0=_\n"), 0);
	assert_string_equal(show(TOTAL0), "Unassigned\n");
	control("set / mon_L3_00 mbm_total_bytes 9");
	assert_int_equal(store("mbm_L3_assignments", "mbm_total_bytes:*=e\n"), 0);
	assert_string_equal(show(TOTAL0), "0\n");
	assert_int_equal(store("mbm_L3_assignments", "mbm_total_bytes:0=e"), -EINVAL);
	assert_int_equal(store("mbm_L3_assignments", "mbm_total_bytes:7=e\n"), -EINVAL);
	assert_int_equal(store("mbm_L3_assignments", "mbm_total_bytes:0=x\n"), -EINVAL);
	assert_int_equal(store("mbm_L3_assignments", "llc_occupancy:0=e\n"), -ENOENT);
	/* They run out, which is no failure of mkdir. */
	for (int i = 0; i < 16; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		assert_int_equal(make("mon_groups", name), 0);
	}
	assert_string_equal(show("info/last_cmd_status"), "ok\n");
	assert_string_equal(show("mon_groups/m15/" TOTAL0), "Unassigned\n");
	assert_string_equal(show("mon_groups/m14/" TOTAL0), "0\n");
	assert_int_equal(store("mon_groups/m15/mbm_L3_assignments", "mbm_total_bytes:0=e\n"),
			 -ENOSPC);
	destroy("mon_groups", "m14");
	assert_int_equal(store("mon_groups/m15/mbm_L3_assignments", "mbm_total_bytes:0=e\n"), 0);
	/* A change of mode drops them all. */
	assert_string_equal(show("info/L3_MON/mbm_assign_mode"), "[mbm_event]\ndefault\n");
	assert_int_equal(store("info/L3_MON/mbm_assign_mode", "default\n"), 0);
	assert_string_equal(show("info/L3_MON/mbm_assign_mode"), "[default]\nmbm_event\n");
	assert_int_equal(show_error("mbm_L3_assignments"), -EINVAL);
	assert_int_equal(show_error("info/L3_MON/available_mbm_cntrs"), -EINVAL);
	assert_string_equal(show("mon_groups/m15/" TOTAL0), "0\n");
	assert_int_equal(store("info/L3_MON/mbm_assign_mode", "mbm_event\n"), 0);
	assert_string_equal(show(TOTAL0), "Unassigned\n");
	/* Nobody gets one unasked if that is switched off. */
	assert_int_equal(store("info/L3_MON/mbm_assign_on_mkdir", "0"), 0);
	make("mon_groups", "new");
	assert_string_equal(show("mon_groups/new/" TOTAL0), "Unassigned\n");
	/* Another filter: all counts of that event begin anew. */
	store("mbm_L3_assignments", "mbm_total_bytes:*=e\nmbm_local_bytes:*=e\n");
	control("set / * * 9");
	assert_int_equal(store("info/L3_MON/event_configs/mbm_total_bytes/event_filter",
			       "local_reads,remote_reads\n"),
			 0);
	assert_string_equal(show(TOTAL0), "0\n");
	assert_string_equal(show("mon_data/mon_L3_00/mbm_local_bytes"), "9\n");
}

static void test_arm(void **state)
{
	(void)state;
	start("arm");
	assert_true(exists("mon_data/mon_L3_1048564/mbm_total_bytes"));
	assert_false(exists("mon_data/mon_L3_1048564/mbm_local_bytes"));
	assert_string_equal(show("info/L3_MON/mbm_assign_mode"), "[mbm_event]\n");
	assert_int_equal(store("info/L3_MON/mbm_assign_mode", "default\n"), -EINVAL);
	assert_int_equal(get_stat("info/L3_MON/event_configs/mbm_total_bytes/event_filter").st_mode,
			 S_IFREG | 0444);
	assert_int_equal(control("offline L3 1048564"), 0);
	assert_string_equal(show("mbm_L3_assignments"), "mbm_total_bytes:1048580=e\n");
	assert_int_equal(control("online L3 1048564"), 0);
	assert_string_equal(show("mon_data/mon_L3_1048564/mbm_total_bytes"), "Unassigned\n");
}

/* --- Control --------------------------------------------------------------------------------- */

static void test_control_errors(void **state)
{
	(void)state;
	start("intel");
	assert_int_equal(control(""), -EINVAL);
	assert_int_equal(control("nonsense"), -EINVAL);
	assert_int_equal(control("freeze now"), -EINVAL);
	assert_int_equal(control("set / mon_L3_00 mbm_total_bytes"), -EINVAL);
	assert_int_equal(control("set / mon_L3_00 mbm_total_bytes 1 2"), -EINVAL);
	assert_int_equal(control("set / mon_L3_00 mbm_total_bytes -1"), -EINVAL);
	assert_int_equal(control("set none mon_L3_00 mbm_total_bytes 1"), -ENOENT);
	assert_int_equal(control("set / mon_L3_99 mbm_total_bytes 1"), -ENOENT);
	assert_int_equal(control("set / mon_L3_00 none 1"), -ENOENT);
	assert_int_equal(control("status / mon_L3_00 mbm_total_bytes fine"), -EINVAL);
	assert_int_equal(control("a b c d e f g h i j"), -EINVAL);
	assert_int_equal(control("advance -1"), -EINVAL);
	assert_int_equal(control("nlink maybe"), -EINVAL);
	assert_int_equal(store(".rdtsim", "bad"), -EINVAL);
	assert_memory_equal(show(".rdtsim"), "error: unknown command: bad\n", 28);
	assert_int_equal(store(".rdtsim", "freeze\n"), 0);
	assert_memory_equal(show(".rdtsim"), "ok\nscenario intel\n", 18);
	assert_false(sim_model_exit_wanted(model));
	assert_int_equal(control("exit"), 0);
	assert_true(sim_model_exit_wanted(model));
	assert_int_equal(control("slow 250"), 0);
	assert_int_equal(sim_model_slow_us(model), 250);
	/* Names with blanks. */
	make("mon_groups", "a b");
	assert_int_equal(control("set mon_groups/a\\sb * * 5"), 0);
	assert_string_equal(show("mon_groups/a b/" TOTAL0), "5\n");
	assert_non_null(strstr(show(".rdtsim"), "group mon_groups/a\\sb MON"));
}

#define TEST(function) cmocka_unit_test_teardown(function, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sum_of_members),
		TEST(test_sum_drops),
		TEST(test_time),
		TEST(test_seed),
		TEST(test_unavailable_makes_it_jump),
		TEST(test_other_texts),
		TEST(test_energy),
		TEST(test_snc),
		TEST(test_own_events),
		TEST(test_offline),
		TEST(test_offline_owner),
		TEST(test_rmids),
		TEST(test_limbo),
		TEST(test_closids),
		TEST(test_names),
		TEST(test_mkdir_errors),
		TEST(test_rename_errors),
		TEST(test_removal),
		TEST(test_readdir),
		TEST(test_open),
		TEST(test_tasks),
		TEST(test_write_rules),
		TEST(test_cpus),
		TEST(test_locksetup),
		TEST(test_lock),
		TEST(test_assignments),
		TEST(test_arm),
		TEST(test_control_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
