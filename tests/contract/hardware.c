/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Moving what lies below the tree: rdtsim by its control file, the kernel's simulated RDT by debugfs.
 * The latter counts per RMID, which the file mon_hw_id tells if resctrl is mounted with the option
 * debug. Real hardware has neither, and there the cases that need this are skipped.
 */
#include "live.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define SIMULATED_RDT "/sys/kernel/debug/rdt_sim/"
#define CPUS "/sys/devices/system/cpu"
#define CPU_MAX 64

static unsigned int offline_cpus[CPU_MAX];
static size_t offline_count;
static int offline_l3 = -1;
static bool frozen;
static char former_schemata[1024];

static bool write_text(const char *path, const char *text)
{
	AUTO_FD fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && write(fd, text, strlen(text)) >= 0)
		return true;
	tap_note("%s: writing \"%s\": %s", path, text, strerror(errno));
	return CHECK(!"the simulated hardware takes commands");
}

static bool simulator_command(const char *command)
{
	int rc = live_write(".rdtsim", command);

	if (rc)
		tap_note("rdtsim: command \"%s\": %s", command, strerror(-rc));
	return CHECK_RC(rc, 0);
}

bool live_simulator(const char *command, ...)
{
	char text[4096];
	va_list args;

	if (!live.simulator) {
		tap_skip("the kernel cannot be made to do this");
		return false;
	}
	va_start(args, command);
	vsnprintf(text, sizeof(text), command, args);
	va_end(args);
	return simulator_command(text);
}

bool live_can_control(void)
{
	char text[32];

	if (live.simulator)
		return true;
	if (access(SIMULATED_RDT "set", W_OK) < 0) {
		tap_skip("the hardware is not simulated");
		return false;
	}
	if (!live_read("mon_hw_id", text, sizeof(text))) {
		tap_skip("resctrl is mounted without the option debug, so RMIDs are not known");
		return false;
	}
	return true;
}

/* rdtsim calls the default group "/". */
static const char *simulator_name(const char *group)
{
	return strcmp(group, ".") ? group : "/";
}

static bool parse_u64(const char *text, uint64_t *ret_value)
{
	char *end;

	errno = 0;
	*ret_value = strtoull(text, &end, 10);
	return !errno && end != text && !*end;
}

static bool read_u64(const char *path, uint64_t *ret_value)
{
	char text[64];

	return live_read(path, text, sizeof(text)) && parse_u64(text, ret_value);
}

/* The number that the hardware has for a domain is the last one of its path. */
static bool domain_number(const char *domain, unsigned int *ret_number)
{
	const char *last = strrchr(domain, '_');

	return CHECK(last && sscanf(last, "_%u", ret_number) == 1);
}

/* Give a group a hardware counter for an event ('e'), or take it away ('_'). */
static bool assign(const char *group, const char *domain, const char *event, char how)
{
	char path[512], text[64];
	unsigned int number;
	int rc;

	snprintf(path, sizeof(path), "%s/mbm_L3_assignments", group);
	if (!live_read(path, text, sizeof(text))) {
		tap_skip("this hardware has no counters that can be assigned");
		return false;
	}
	if (!domain_number(domain, &number))
		return false;
	snprintf(text, sizeof(text), "%s:%u=%c\n", event, number, how);
	rc = live_write(path, text);
	if (rc == -ENOSPC) {
		tap_skip("no hardware counter is left for %s", group);
		return false;
	}
	return CHECK_RC(rc, 0);
}

/*
 * An event without a counter gets one, if there is one left: domains that come back have none, and where
 * counters are scarce, new groups do not either.
 */
static bool have_counter(const char *group, const char *domain, const char *event)
{
	char path[2048], text[64];

	snprintf(path, sizeof(path), "%s/mon_data/%s/%s", group, domain, event);
	return !live_read(path, text, sizeof(text)) || strcmp(text, "Unassigned") != 0 ||
	       assign(group, domain, event, 'e');
}

struct cell {
	unsigned int domain, rmid, event;
};

static bool find_cell(const char *group, const char *domain, const char *event, struct cell *cell)
{
	static const char *const events[] = {"llc_occupancy", "mbm_total_bytes", "mbm_local_bytes"};
	char path[512];
	uint64_t rmid = 0;

	snprintf(path, sizeof(path), "%s/mon_hw_id", group);
	if (!CHECK(read_u64(path, &rmid)) || !domain_number(domain, &cell->domain))
		return false;
	cell->rmid = (unsigned int)rmid;
	for (cell->event = 1; cell->event <= 3; cell->event++)
		if (!strcmp(events[cell->event - 1], event))
			return true;
	return CHECK(!"the simulated hardware has this event");
}

/* What the file of a group shows, less that of its MON groups. Counters must be frozen. */
static bool own_value(const char *group, const char *domain, const char *event, uint64_t *ret_own)
{
	char path[2048];
	struct dirent *entry;
	uint64_t child;
	DIR *dir;
	int fd;

	snprintf(path, sizeof(path), "%s/mon_data/%s/%s", group, domain, event);
	if (!CHECK(read_u64(path, ret_own))) {
		char text[64] = "";

		live_read(path, text, sizeof(text));
		tap_note("%s: %s", path, text);
		return false;
	}
	snprintf(path, sizeof(path), "%s/mon_groups", group);
	fd = live_open(path, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return true;
	dir = fdopendir(fd);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/mon_groups/%s/mon_data/%s/%s", group,
			 entry->d_name, domain, event);
		/* The kernel leaves out what it cannot read. */
		if (read_u64(path, &child))
			*ret_own -= child;
	}
	closedir(dir);
	return true;
}

static bool raw_count(const struct cell *cell, uint64_t *ret_raw)
{
	char line[256];
	unsigned int domain, rmid;
	unsigned long long raw[3];
	bool found = false;
	FILE *state = fopen(SIMULATED_RDT "state", "re");

	if (!CHECK(state != NULL))
		return false;
	while (!found && fgets(line, sizeof(line), state))
		found = sscanf(line, "dom %u rmid %u raw %llu %llu %llu", &domain, &rmid, &raw[0],
			       &raw[1], &raw[2]) == 5 &&
			domain == cell->domain && rmid == cell->rmid;
	fclose(state);
	if (found)
		*ret_raw = raw[cell->event - 1];
	return CHECK(found);
}

/* Bytes of one raw count. */
static bool count_unit(uint64_t *ret_unit)
{
	char text[32] = "";
	AUTO_FD fd = open(SIMULATED_RDT "scale", O_RDONLY | O_CLOEXEC);

	if (!CHECK(fd >= 0) || !CHECK(read(fd, text, sizeof(text) - 1) > 0))
		return false;
	text[strcspn(text, "\n")] = '\0';
	return CHECK(parse_u64(text, ret_unit) && *ret_unit);
}

bool live_set(const char *group, const char *domain, const char *event, uint64_t value)
{
	char text[1024];
	uint64_t raw = 0, own = 0, unit = 1;
	struct cell cell;

	if (!live_can_control() || !have_counter(group, domain, event))
		return false;
	if (live.simulator) {
		snprintf(text, sizeof(text), "set %s %s %s %llu", simulator_name(group), domain,
			 event, (unsigned long long)value);
		return simulator_command(text);
	}
	if (!count_unit(&unit) || !find_cell(group, domain, event, &cell))
		return false;
	raw = value / unit;
	/* The kernel shows how far the hardware's counter has moved since the group was made. */
	if (cell.event != 1) {
		if (!own_value(group, domain, event, &own) || !raw_count(&cell, &raw) ||
		    !CHECK(value >= own))
			return false;
		raw += (value - own) / unit;
	}
	snprintf(text, sizeof(text), "%u %u %u %llu", cell.domain, cell.rmid, cell.event,
		 (unsigned long long)raw);
	return write_text(SIMULATED_RDT "set", text);
}

bool live_wrap(const char *group, const char *domain, const char *event)
{
	char text[64];
	struct cell cell;
	uint64_t own;

	if (!live_can_control())
		return false;
	if (live.simulator)
		return own_value(group, domain, event, &own) &&
		       live_set(group, domain, event, own + (1ULL << 50));
	if (!find_cell(group, domain, event, &cell))
		return false;
	snprintf(text, sizeof(text), "%u %u %u 0", cell.domain, cell.rmid, cell.event);
	return write_text(SIMULATED_RDT "set", text);
}

bool live_status(const char *group, const char *domain, const char *event, const char *status)
{
	char text[1024];
	struct cell cell;
	const char *flag;

	if (!live_can_control())
		return false;
	if (live.simulator) {
		snprintf(text, sizeof(text), "status %s %s %s %s", simulator_name(group), domain,
			 event, status);
		return simulator_command(text);
	}
	if (!strcmp(status, "unassigned"))
		return assign(group, domain, event, '_');
	if (!find_cell(group, domain, event, &cell))
		return false;
	flag = !strcmp(status, "error") ? "E" : !strcmp(status, "unavailable") ? "U" : "-";
	snprintf(text, sizeof(text), "%u %u %u %s", cell.domain, cell.rmid, cell.event, flag);
	return write_text(SIMULATED_RDT "flags", text) &&
	       (strcmp(status, "ok") != 0 || have_counter(group, domain, event));
}

bool live_clear_status(void)
{
	return live_can_control() &&
	       (live.simulator || write_text(SIMULATED_RDT "flags", "-1 -1 -1 -"));
}

static bool set_frozen(bool freeze)
{
	if (!live_can_control())
		return false;
	if (live.simulator ? !simulator_command(freeze ? "freeze" : "thaw")
			   : !write_text(SIMULATED_RDT "freeze", freeze ? "1" : "0"))
		return false;
	frozen = freeze;
	return true;
}

bool live_freeze(void)
{
	return set_frozen(true);
}

bool live_thaw(void)
{
	return set_frozen(false);
}

bool live_free_cache(void)
{
	char line[512] = "L3:";
	const char *at;
	char *end;

	if (!live_can_control())
		return false;
	if (!CHECK(live_read("schemata", former_schemata, sizeof(former_schemata) - 1)))
		return false;
	strcat(former_schemata, "\n");
	at = strstr(former_schemata, "L3:");
	if (!at) {
		tap_skip("no control of the L3 cache here");
		return false;
	}
	at += 3;
	for (;;) {
		unsigned long id = strtoul(at, &end, 10), mask = strtoul(end + 1, &end, 16);
		size_t length = strlen(line);

		snprintf(line + length, sizeof(line) - length, "%lu=%lx%c", id,
			 mask & ~LIVE_FREE_CACHE, *end);
		if (*end != ';')
			break;
		at = end + 1;
	}
	return CHECK_RC(live_write("schemata", line), 0);
}

void live_restore(void)
{
	if (former_schemata[0])
		CHECK_RC(live_write("schemata", former_schemata), 0);
	former_schemata[0] = '\0';
	if (frozen)
		live_thaw();
	if (offline_l3 >= 0)
		live_online((unsigned int)offline_l3);
}

static bool switch_cpu(unsigned int cpu, const char *state)
{
	char path[128];

	snprintf(path, sizeof(path), CPUS "/cpu%u/online", cpu);
	return write_text(path, state);
}

/* The level 3 cache of a CPU that is online, by sysfs. */
static bool cpu_l3_id(unsigned int cpu, unsigned int *ret_id)
{
	char path[128], text[32];
	uint64_t level, id;

	for (unsigned int index = 0; index < 8; index++) {
		for (unsigned int field = 0; field < 2; field++) {
			AUTO_FD fd = -1;
			ssize_t length;

			snprintf(path, sizeof(path), CPUS "/cpu%u/cache/index%u/%s", cpu, index,
				 field ? "id" : "level");
			fd = open(path, O_RDONLY | O_CLOEXEC);
			if (fd < 0)
				return false;
			length = read(fd, text, sizeof(text) - 1);
			if (length <= 0)
				return false;
			text[length - 1] = '\0';
			if (!parse_u64(text, field ? &id : &level))
				return false;
		}
		if (level == 3) {
			*ret_id = (unsigned int)id;
			return true;
		}
	}
	return false;
}

/*
 * Before Linux 7.3 the worker that reads all counters once a second can be waiting while its domain goes,
 * and then runs in memory that was freed. Where a domain has several CPUs, the worker has just run when
 * the last of them goes; where it has one only, that would be a matter of luck.
 */
static bool frees_under_worker(void)
{
	struct utsname name;
	unsigned int major = 0;

	return !uname(&name) && sscanf(name.release, "%u", &major) == 1 && major < 7 &&
	       strchr(live_domain(0), '/');
}

bool live_offline(unsigned int l3_id)
{
	char text[64];
	unsigned int id;

	if (!live_can_control())
		return false;
	if (!live.simulator && frees_under_worker()) {
		tap_skip("this kernel can crash when a domain of one CPU goes offline");
		return false;
	}
	offline_l3 = (int)l3_id;
	if (live.simulator) {
		snprintf(text, sizeof(text), "offline L3 %u", l3_id);
		return simulator_command(text);
	}
	offline_count = 0;
	for (unsigned int cpu = 0; cpu < CPU_MAX; cpu++) {
		if (!cpu_l3_id(cpu, &id) || id != l3_id)
			continue;
		if (!switch_cpu(cpu, "0"))
			return false;
		offline_cpus[offline_count++] = cpu;
	}
	return CHECK(offline_count > 0);
}

bool live_online(unsigned int l3_id)
{
	char text[64];

	if (!live_can_control())
		return false;
	offline_l3 = -1;
	if (live.simulator) {
		snprintf(text, sizeof(text), "online L3 %u", l3_id);
		return simulator_command(text);
	}
	while (offline_count)
		if (!switch_cpu(offline_cpus[--offline_count], "1"))
			return false;
	return true;
}
