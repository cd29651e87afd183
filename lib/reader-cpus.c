/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The order and the CPUs in which a reader's values are read with RDTGRP_READER_ON_DOMAIN_CPUS. */
#include "reader.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>

#include "file.h"
#include "log.h"
#include "util.h"

void rg_reader_find_places(struct rdtgrp_reader *reader)
{
	RG_AUTO_CLOSE int system_fd = open("/sys/devices/system", O_PATH | O_DIRECTORY | O_CLOEXEC);

	rg_find_places(system_fd, reader->domains.texts, reader->domains.count, reader->places);
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

bool rg_travel_to(struct rg_travel *travel, int cpu)
{
	struct rg_cpus one = {0};

	if (cpu < 0)
		return false;
	if (cpu == travel->tried)
		return travel->there;
	travel->tried = cpu;
	travel->there = false;
	if (!travel->away &&
	    sched_getaffinity(0, sizeof(travel->home), (cpu_set_t *)&travel->home) < 0)
		return false;
	one.bits[(size_t)cpu / (8 * sizeof(one.bits[0]))] =
		1UL << (size_t)cpu % (8 * sizeof(one.bits[0]));
	if (sched_setaffinity(0, sizeof(one), (const cpu_set_t *)&one) < 0)
		return false;
	travel->away = true;
	travel->there = true;
	return true;
}

void rg_travel_home(struct rg_travel *travel)
{
	int saved_errno = errno;

	if (travel->away &&
	    sched_setaffinity(0, sizeof(travel->home), (const cpu_set_t *)&travel->home) < 0)
		rg_log(LOG_WARNING, "the thread's CPU affinity cannot be put back: %s",
		       strerrordesc_np(errno));
	travel->away = false;
	errno = saved_errno;
}
