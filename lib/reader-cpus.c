/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The order and the CPUs in which a reader's values are read with RDTGRP_READER_ON_DOMAIN_CPUS. */
#include "reader.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/sysinfo.h>

#include "file.h"
#include "log.h"
#include "util.h"

void rg_reader_find_places(struct rdtgrp_reader *reader)
{
	RG_AUTO_CLOSE int system_fd =
		openat(AT_FDCWD, "/sys/devices/system", O_PATH | O_DIRECTORY | O_CLOEXEC);

	rg_find_places(system_fd, reader->domains.texts, reader->domains.count, reader->places);
	reader->place_count = reader->domains.count;
	reader->cpu_count = get_nprocs_conf();
	reader->places_stale = false;
}

void rg_reader_order(struct rdtgrp_reader *reader)
{
	uint32_t begin = 0;

	/* By domain, and in it by index. */
	for (size_t i = 0; i < reader->domains.count; i++)
		reader->places[i].begin = 0;
	for (size_t i = 0; i < reader->count; i++)
		reader->places[reader->values[i].domain].begin++;
	for (size_t i = 0; i < reader->domains.count; i++) {
		uint32_t count = reader->places[i].begin;

		reader->places[i].begin = begin;
		begin += count;
	}
	for (size_t i = 0; i < reader->count; i++)
		reader->order[reader->places[reader->values[i].domain].begin++] = (uint32_t)i;
}

/*
 * sched_getaffinity() leaves out CPUs that are offline (kernel/sched/syscalls.c). Put back without them,
 * the thread would stay off them when they are online again.
 */
static void add_offline(struct rg_cpus *home)
{
	static const char key[] = "\nCpus_allowed_list:\t";
	RG_AUTO_CLOSE int fd = openat(AT_FDCWD, "/proc/thread-self/status", O_RDONLY | O_CLOEXEC);
	/* A mask of all CPUs that Linux can have takes 2300 of it. */
	char text[8192];
	ssize_t n = fd < 0 ? -1 : rg_read_start(fd, text, sizeof(text) - 1);
	const char *list;

	if (n < 0)
		return;
	text[n] = '\0';
	list = strstr(text, key);
	if (list)
		rg_cpus_parse(list + strlen(key), home);
}

/* A thread on its way from CPU to CPU; {0} but for `tried`, which is -1, at its beginning. */
struct travel {
	struct rg_cpus home;
	bool away;
	int tried;
	bool there;
};

/* Go to a CPU, -1 being none. Returns whether the thread is there now. */
static bool travel_to(struct travel *travel, int cpu, int cpu_count)
{
	struct rg_cpus one = {0};

	if (cpu < 0)
		return false;
	if (cpu == travel->tried)
		return travel->there;
	travel->tried = cpu;
	travel->there = false;
	if (!travel->away) {
		if (sched_getaffinity(0, sizeof(travel->home), (cpu_set_t *)&travel->home) < 0)
			return false;
		if (CPU_COUNT_S(sizeof(travel->home), (cpu_set_t *)&travel->home) < cpu_count)
			add_offline(&travel->home);
	}
	one.bits[(size_t)cpu / (8 * sizeof(one.bits[0]))] =
		1UL << (size_t)cpu % (8 * sizeof(one.bits[0]));
	if (sched_setaffinity(0, sizeof(one), (const cpu_set_t *)&one) < 0)
		return false;
	travel->away = true;
	travel->there = true;
	return true;
}

/* Put the thread's affinity back. Keeps errno. */
static void travel_home(struct travel *travel)
{
	int saved_errno = errno;

	if (travel->away &&
	    sched_setaffinity(0, sizeof(travel->home), (const cpu_set_t *)&travel->home) < 0)
		rg_log(LOG_WARNING, "the thread's CPU affinity cannot be put back: %s",
		       strerrordesc_np(errno));
	travel->away = false;
	errno = saved_errno;
}

void rg_reader_read_on_domain_cpus(struct rdtgrp_reader *reader, struct rdtgrp_value *values)
{
	struct travel travel = {.tried = -1};

	if (reader->places_stale)
		rg_reader_find_places(reader);
	reader->elsewhere = 0;
	for (size_t i = 0; i < reader->count; i++) {
		uint32_t index = reader->order[i];
		const struct rg_planned *planned = &reader->values[index];
		const struct rg_place *place = &reader->places[planned->domain];

		if (planned->member && place->matters)
			reader->elsewhere += !travel_to(&travel, place->cpu, reader->cpu_count);
		reader->backend->read(reader, values, index);
	}
	travel_home(&travel);
}
