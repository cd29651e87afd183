// SPDX-License-Identifier: GPL-2.0-only
#include "pmutest.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int tests, failures;

static void report(bool good, const char *format, va_list words)
{
	printf("%s %d - ", good ? "ok" : "not ok", ++tests);
	vprintf(format, words);
	putchar('\n');
	fflush(stdout);
	failures += !good;
}

void ok(bool good, const char *format, ...)
{
	va_list words;

	va_start(words, format);
	report(good, format, words);
	va_end(words);
}

void is(uint64_t came, uint64_t expected, const char *format, ...)
{
	va_list words;

	va_start(words, format);
	report(came == expected, format, words);
	va_end(words);
	if (came != expected)
		printf("# expected: %lld\n# came:     %lld\n", (long long)expected, (long long)came);
}

void no_pseudo_locking(const char *about)
{
	const char *configuration = getenv("GUEST_CONFIG");

	if (configuration && !strcmp(configuration, "pseudo-lock"))
		ok(false, "%s: no pseudo-locking", about);
	else
		ok(true, "%s # skip no pseudo-locking on this CPU", about);
}

int outcome(void)
{
	printf("1..%d\n", tests);
	return failures ? 1 : 0;
}

void need(bool good, const char *format, ...)
{
	int error = errno;
	va_list words;

	if (good)
		return;
	va_start(words, format);
	printf("not ok %d - ", tests + 1);
	vprintf(format, words);
	printf(": %s\n", strerror(error));
	va_end(words);
	exit(1);
}

static void get(char *text, int size, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	need(fd >= 0, "%s", path);
	length = read(fd, text, size - 1);
	need(length >= 0, "%s", path);
	close(fd);
	text[length] = 0;
	text[strcspn(text, "\n")] = 0;
}

void get_text(char *text, int size, const char *format, ...)
{
	char path[512];
	va_list words;

	va_start(words, format);
	vsnprintf(path, sizeof(path), format, words);
	va_end(words);
	get(text, size, path);
}

uint64_t get_number(const char *format, ...)
{
	char path[512], text[64], *end;
	va_list words;
	uint64_t number;

	va_start(words, format);
	vsnprintf(path, sizeof(path), format, words);
	va_end(words);
	get(text, sizeof(text), path);
	number = strtoull(text, &end, 10);
	return end == text ? UINT64_MAX : number;
}

int put_text(const char *path, const char *format, ...)
{
	char text[256];
	va_list words;
	int length, fd, error = 0;

	va_start(words, format);
	length = vsnprintf(text, sizeof(text), format, words);
	va_end(words);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, length) != length)
		error = -errno;
	close(fd);
	return error;
}

int open_group(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

void make_group(const char *path)
{
	double deadline = now() + 60;

	while (mkdir(path, 0755)) {
		need(errno == EBUSY && now() < deadline, "mkdir %s", path);
		usleep(10000);
	}
}

/* The first path of a pattern, false if there is none. */
static bool __attribute__((format(printf, 3, 4))) find_path(char *path, int size, const char *format, ...)
{
	va_list words;
	glob_t found;
	bool good;

	va_start(words, format);
	vsnprintf(path, size, format, words);
	va_end(words);
	good = !glob(path, GLOB_NOSORT, NULL, &found);
	if (good)
		snprintf(path, size, "%s", found.gl_pathv[0]);
	globfree(&found);
	return good;
}

static bool domains_are_nodes(void)
{
	char path[256];

	return find_path(path, sizeof(path), ROOT "/mon_data/mon_L3_*/mon_sub_L3_*");
}

int domain_of(int cpu)
{
	char path[256];

	if (!domains_are_nodes())
		return (int)get_number("/sys/devices/system/cpu/cpu%d/cache/index3/id", cpu);
	need(find_path(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/node[0-9]*", cpu),
	     "node of CPU %d", cpu);
	return atoi(strstr(path, "/node") + strlen("/node"));
}

static const char *const names[] = {
	[OCCUPANCY] = "llc_occupancy",
	[TOTAL] = "mbm_total_bytes",
	[LOCAL] = "mbm_local_bytes",
};

int open_file(const char *group, int domain, int event)
{
	char path[512];

	if (domains_are_nodes())
		need(find_path(path, sizeof(path), "%s/mon_data/mon_L3_*/mon_sub_L3_%02d/%s", group,
			       domain, names[event]),
		     "domain %d of %s", domain, group);
	else
		snprintf(path, sizeof(path), "%s/mon_data/mon_L3_%02d/%s", group, domain,
			 names[event]);
	return open(path, O_RDONLY | O_CLOEXEC);
}

uint64_t reread_file(int fd)
{
	char text[64], *end;
	ssize_t length = pread(fd, text, sizeof(text) - 1, 0);
	uint64_t number;

	need(length >= 0, "reading the file of an event");
	text[length] = 0;
	number = strtoull(text, &end, 10);
	return end == text ? UINT64_MAX : number;
}

uint64_t file_value(const char *group, int domain, int event)
{
	int fd = open_file(group, domain, event);
	uint64_t value;

	need(fd >= 0, "file of event %d of %s", event, group);
	value = reread_file(fd);
	close(fd);
	return value;
}

void set_raw(const char *group, int domain, int event, uint64_t raw)
{
	int rmid = (int)get_number("%s/mon_hw_id", group);

	need(!put_text(SIM "/set", "%d %d %d %llu", domain, rmid, event, (unsigned long long)raw),
	     "set");
}

void set_flags(const char *group, int domain, int event, const char *flags)
{
	int rmid = (int)get_number("%s/mon_hw_id", group);

	need(!put_text(SIM "/flags", "%d %d %d %s", domain, rmid, event, flags), "flags");
}

void event_attr(struct perf_event_attr *attr, int group, uint64_t config)
{
	memset(attr, 0, sizeof(*attr));
	attr->size = sizeof(*attr);
	attr->type = (uint32_t)get_number(PMU "/type");
	attr->config = config;
	attr->config1 = (uint32_t)group;
	attr->read_format = PERF_FORMAT_TOTAL_TIME_RUNNING | PERF_FORMAT_LOST;
}

int open_attr(struct perf_event_attr *attr, int pid, int cpu, int leader)
{
	int fd = (int)syscall(SYS_perf_event_open, attr, pid, cpu, leader, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int open_event(int group, int cpu, uint64_t config, int leader)
{
	struct perf_event_attr attr;

	event_attr(&attr, group, config);
	return open_attr(&attr, -1, cpu, leader);
}

struct count read_event(int event)
{
	struct count count = {0};

	need(read(event, &count, sizeof(count)) == sizeof(count), "reading an event");
	return count;
}

double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec * 1e-9;
}
