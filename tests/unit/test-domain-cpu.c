/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On which CPU a domain is read best, by trees like /sys/devices/system. */
#include "support.h"

#include <stdio.h>

#include "domain-cpu.h"

static void test_list(void **state)
{
	static const struct {
		const char *text;
		unsigned int count, first, last;
	} rows[] = {
		{"0\n", 1, 0, 0},
		{"0-3,8,10-11\n", 7, 0, 11},
		{"5,7", 2, 5, 7},
		{"8190-9000\n", 2, 8190, 8191},
		{"3-1,4\n", 1, 4, 4},
		{"2-\n", 0, 0, 0},
		{"2,x,4\n", 1, 2, 2},
		{"\n", 0, 0, 0},
		{"", 0, 0, 0},
		{"(null)\n", 0, 0, 0},
		{"99999999999999999999999\n", 0, 0, 0},
	};
	struct rg_cpus cpus;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned int count = 0;

		rg_cpus_parse(rows[i].text, &cpus);
		for (unsigned int cpu = 0; cpu < RG_CPUS_MAX; cpu++)
			count += rg_cpus_has(&cpus, cpu);
		assert_int_equal(count, rows[i].count);
		if (count) {
			assert_true(rg_cpus_has(&cpus, rows[i].first));
			assert_true(rg_cpus_has(&cpus, rows[i].last));
		}
		assert_false(rg_cpus_has(&cpus, RG_CPUS_MAX));
	}
}

static void write_cache(const struct tree *tree, unsigned int cpu, unsigned int index,
			const char *level, const char *id, const char *shared)
{
	const struct {
		const char *name, *text;
	} files[] = {{"level", level}, {"id", id}, {"shared_cpu_list", shared}};
	char path[96];

	for (size_t i = 0; i < COUNT(files); i++) {
		snprintf(path, sizeof(path), "cpu/cpu%u/cache/index%u/%s", cpu, index,
			 files[i].name);
		tree_write(tree, path, files[i].text);
	}
}

/* Two caches of four CPUs each, with ids that are not in the order of the CPUs; two nodes in each. */
static void make_system(struct tree *tree)
{
	tree_new(tree);
	for (unsigned int cpu = 0; cpu < 8; cpu++) {
		write_cache(tree, cpu, 0, "1\n", "0\n", "0-7\n");
		write_cache(tree, cpu, 1, "2\n", "1\n", "0-7\n");
		write_cache(tree, cpu, 2, "3\n", cpu < 4 ? "1048564\n" : "0\n",
			    cpu < 4 ? "0-3\n" : "4-7\n");
	}
	tree_write(tree, "cpu/online", "0-7\n");
	tree_write(tree, "node/node0/cpulist", "0-1\n");
	tree_write(tree, "node/node1/cpulist", "2-3\n");
	tree_write(tree, "node/node3/cpulist", "6-7\n");
}

struct place {
	const char *domain;
	bool matters;
	int cpu;
};

static void assert_places(const struct tree *tree, const struct place *expected, size_t count)
{
	struct rg_place places[16];
	char *domains[16];

	assert_true(count <= COUNT(places));
	memset(places, 0xaa, sizeof(places));
	for (size_t i = 0; i < count; i++)
		assert_non_null(domains[i] = strdup(expected[i].domain));
	rg_find_places(tree->fd, domains, count, places);
	for (size_t i = 0; i < count; i++) {
		if (places[i].matters != expected[i].matters || places[i].cpu != expected[i].cpu)
			fail_msg("%s: CPU %d, matters %d", expected[i].domain, places[i].cpu,
				 places[i].matters);
		free(domains[i]);
	}
}

static void test_places(void **state)
{
	static const struct place all[] = {
		{"mon_L3_00", true, 4},
		{"mon_L3_1048564", true, 0},
		{"mon_L3_1048564/mon_sub_L3_01", true, 2},
		{"mon_L3_00/mon_sub_L3_03", true, 6},
		{"mon_L3_00/mon_sub_L3_02", true, -1},
		{"mon_L3_07", true, -1},
		{"mon_PERF_PKG_00", false, -1},
		{"mon_L2_00", false, -1},
		{"mon_L3_CODE_00", false, -1},
		{"strange", false, -1},
	};
	static const struct place isolated[] = {
		{"mon_L3_00", true, 5},
		{"mon_L3_1048564", true, 0},
		{"mon_L3_1048564/mon_sub_L3_01", true, 2},
		{"mon_L3_00/mon_sub_L3_03", true, 7},
	};
	static const struct place offline[] = {
		{"mon_L3_00", true, 6},
		{"mon_L3_1048564", true, -1},
	};
	static const struct place unknown[] = {
		{"mon_L3_00", true, -1},
		{"mon_PERF_PKG_00", false, -1},
	};
	unsigned int fds = count_fds();
	struct tree tree;

	(void)state;
	make_system(&tree);
	assert_places(&tree, all, COUNT(all));
	tree_write(&tree, "cpu/nohz_full", "(null)\n");
	assert_places(&tree, all, COUNT(all));
	/* Where all are isolated, as those of node 1, it is the first of all. */
	tree_write(&tree, "cpu/nohz_full", "2-4,6\n");
	assert_places(&tree, isolated, COUNT(isolated));
	tree_remove(&tree, "cpu/nohz_full");
	/* As sysfs shows it when CPUs go: they have no cache, and are in no list. */
	for (unsigned int cpu = 0; cpu < 6; cpu++) {
		char path[32];

		snprintf(path, sizeof(path), "cpu/cpu%u/cache", cpu);
		tree_remove(&tree, path);
	}
	for (unsigned int cpu = 6; cpu < 8; cpu++)
		write_cache(&tree, cpu, 2, "3\n", "0\n", "6-7\n");
	tree_write(&tree, "cpu/online", "6-7\n");
	assert_places(&tree, offline, COUNT(offline));
	tree_remove(&tree, "cpu");
	assert_places(&tree, unknown, COUNT(unknown));
	tree_free(&tree);
	assert_int_equal(count_fds(), fds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_places),
	};

	return cmocka_run_group_tests(tests, begin_program, end_program);
}
