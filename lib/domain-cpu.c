/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "domain-cpu.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "layout.h"
#include "util.h"

#define WORD (8 * sizeof(unsigned long))

/* Caches of one CPU in sysfs; today's have 4 or 5. */
#define CACHES_MAX 16

static void add_cpu(struct rg_cpus *cpus, unsigned int cpu)
{
	cpus->bits[cpu / WORD] |= 1UL << cpu % WORD;
}

bool rg_cpus_has(const struct rg_cpus *cpus, unsigned int cpu)
{
	return cpu < RG_CPUS_MAX && (cpus->bits[cpu / WORD] >> cpu % WORD & 1);
}

static bool take_number(const char **text, unsigned int *ret_number)
{
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	*ret_number = (unsigned int)strtoul(*text, &end, 10);
	*text = end;
	return true;
}

void rg_cpus_parse(const char *text, struct rg_cpus *ret_cpus)
{
	unsigned int first, last;

	memset(ret_cpus, 0, sizeof(*ret_cpus));
	while (take_number(&text, &first)) {
		last = first;
		if (*text == '-') {
			text++;
			if (!take_number(&text, &last))
				return;
		}
		for (unsigned int cpu = first; cpu <= last && cpu < RG_CPUS_MAX; cpu++)
			add_cpu(ret_cpus, cpu);
		if (*text != ',')
			return;
		text++;
	}
}

static void add_cpus(struct rg_cpus *cpus, const struct rg_cpus *more)
{
	for (size_t i = 0; i < sizeof(cpus->bits) / sizeof(*cpus->bits); i++)
		cpus->bits[i] |= more->bits[i];
}

/* Returns false where there is no such file. A list that is longer loses its end. */
static bool read_text(int dirfd, const char *path, char *text, size_t size)
{
	RG_AUTO_CLOSE int fd = rg_open_beneath(dirfd, path, O_RDONLY);
	ssize_t n = fd < 0 ? fd : rg_read_start(fd, text, size - 1);

	if (n < 0)
		return false;
	text[n] = '\0';
	return true;
}

static bool read_cpus(int dirfd, const char *path, struct rg_cpus *ret_cpus)
{
	char text[4096];

	if (!read_text(dirfd, path, text, sizeof(text)))
		return false;
	rg_cpus_parse(text, ret_cpus);
	return true;
}

static bool read_number(int dirfd, const char *path, uint64_t *ret_number)
{
	char text[32], *end;

	if (!read_text(dirfd, path, text, sizeof(text)))
		return false;
	errno = 0;
	*ret_number = strtoull(text, &end, 10);
	return end != text && !errno;
}

/* The first one that is not isolated, or the first one of all. */
static int choose(const struct rg_cpus *cpus, const struct rg_cpus *isolated)
{
	int first = -1;

	for (unsigned int cpu = 0; cpu < RG_CPUS_MAX; cpu++) {
		if (!rg_cpus_has(cpus, cpu))
			continue;
		if (!rg_cpus_has(isolated, cpu))
			return (int)cpu;
		if (first < 0)
			first = (int)cpu;
	}
	return first;
}

/* Find the CPU's L3 cache. */
static bool read_l3(int system_fd, unsigned int cpu, uint64_t *ret_id, struct rg_cpus *ret_cpus)
{
	char path[96];
	uint64_t level;

	for (unsigned int i = 0; i < CACHES_MAX; i++) {
		snprintf(path, sizeof(path), "cpu/cpu%u/cache/index%u/level", cpu, i);
		if (!read_number(system_fd, path, &level))
			return false;
		if (level != 3)
			continue;
		snprintf(path, sizeof(path), "cpu/cpu%u/cache/index%u/id", cpu, i);
		if (!read_number(system_fd, path, ret_id))
			return false;
		snprintf(path, sizeof(path), "cpu/cpu%u/cache/index%u/shared_cpu_list", cpu, i);
		return read_cpus(system_fd, path, ret_cpus);
	}
	return false;
}

static const char *last_name(const char *domain)
{
	const char *slash = strrchr(domain, '/');

	return slash ? slash + 1 : domain;
}

static bool is_node(const char *name)
{
	return !strncmp(name, "mon_sub_", strlen("mon_sub_"));
}

static bool is_l3(const struct rg_domain_name *name)
{
	return name->has_id && name->resource_length == 2 && !memcmp(name->resource, "L3", 2);
}

static void set_l3(uint64_t id, int cpu, char *const *domains, size_t count,
		   struct rg_place *places)
{
	struct rg_domain_name name;

	for (size_t i = 0; i < count; i++) {
		rg_domain_name_parse(last_name(domains[i]), &name);
		if (places[i].matters && !is_node(last_name(domains[i])) && name.id == id)
			places[i].cpu = cpu;
	}
}

void rg_find_places(int system_fd, char *const *domains, size_t count, struct rg_place *places)
{
	struct rg_cpus online = {0}, isolated = {0}, seen = {0}, cpus;
	struct rg_domain_name name;
	char path[64];
	uint64_t id;

	read_cpus(system_fd, "cpu/nohz_full", &isolated);
	for (size_t i = 0; i < count; i++) {
		rg_domain_name_parse(last_name(domains[i]), &name);
		/* Others are read by whichever CPU asks (fs/resctrl/ctrlmondata.c, mon_event_read). */
		places[i].matters = is_l3(&name);
		places[i].cpu = -1;
		if (!places[i].matters || !is_node(last_name(domains[i])))
			continue;
		snprintf(path, sizeof(path), "node/node%llu/cpulist", (unsigned long long)name.id);
		if (read_cpus(system_fd, path, &cpus))
			places[i].cpu = choose(&cpus, &isolated);
	}
	read_cpus(system_fd, "cpu/online", &online);
	for (unsigned int cpu = 0; cpu < RG_CPUS_MAX; cpu++) {
		if (!rg_cpus_has(&online, cpu) || rg_cpus_has(&seen, cpu) ||
		    !read_l3(system_fd, cpu, &id, &cpus))
			continue;
		add_cpus(&seen, &cpus);
		set_l3(id, choose(&cpus, &isolated), domains, count, places);
	}
}
