/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "pmu.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "util.h"

#define PMU "/sys/bus/event_source/devices/resctrl"

/* Read a short text without its newline. Returns 0 or a negative errno. */
static int read_line(int dirfd, const char *path, char *text, size_t size)
{
	RG_AUTO_CLOSE int fd = rg_open_beneath(dirfd, path, O_RDONLY);
	ssize_t n = fd < 0 ? fd : rg_read_start(fd, text, size - 1);

	if (n < 0)
		return (int)n;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return 0;
}

/* A number that the whole text is, in C's notation. */
static bool parse_number(const char *text, uint64_t *ret_number)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*ret_number = strtoull(text, &end, 0);
	return !*end && !errno;
}

/* A bit's number in the front of the text. */
static bool take_bit(const char **text, unsigned int *ret_bit)
{
	unsigned long bit;
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	bit = strtoul(*text, &end, 10);
	*text = end;
	*ret_bit = (unsigned int)bit;
	return bit < 64;
}

/* "config1:0-31", "config:8". */
static int read_field(int pmu_fd, const char *path, struct rg_pmu_field *ret_field)
{
	static const char *const configs[] = {"config:", "config1:", "config2:"};
	unsigned int first, last;
	const char *at = NULL;
	char text[64];
	int r = read_line(pmu_fd, path, text, sizeof(text));

	if (r < 0)
		return r;
	for (unsigned int i = 0; i < sizeof(configs) / sizeof(*configs); i++) {
		size_t length = strlen(configs[i]);

		if (strncmp(text, configs[i], length) != 0)
			continue;
		at = text + length;
		ret_field->config = i;
	}
	if (!at || !take_bit(&at, &first))
		return -EPROTO;
	last = first;
	if (*at == '-') {
		at++;
		if (!take_bit(&at, &last))
			return -EPROTO;
	}
	if (*at || last < first)
		return -EPROTO;
	ret_field->shift = first;
	ret_field->width = last - first + 1;
	return 0;
}

static bool set_field(const struct rg_pmu_field *field, uint64_t value, uint64_t configs[3])
{
	if (field->width < 64 && value >> field->width)
		return false;
	configs[field->config] |= value << field->shift;
	return true;
}

/* Files beside the events' own tell unit and scale ("mbm_total_bytes.unit"). */
static void read_event(int events_fd, const char *name, struct rg_pmu *pmu)
{
	static const char term[] = "event=";
	struct rg_pmu_event *event = &pmu->events[pmu->count];
	uint64_t configs[3] = {0};
	char text[64];

	if (pmu->count == RG_PMU_EVENTS_MAX || strchr(name, '.') ||
	    strlen(name) >= sizeof(event->name) ||
	    read_line(events_fd, name, text, sizeof(text)) < 0 ||
	    strncmp(text, term, strlen(term)) != 0 ||
	    !parse_number(text + strlen(term), &event->code) ||
	    !set_field(&pmu->event, event->code, configs))
		return;
	strcpy(event->name, name);
	pmu->count++;
}

static int read_events(int pmu_fd, struct rg_pmu *pmu)
{
	RG_AUTO_DIR struct rg_dir dir = {.fd = -1};
	struct rg_dir_entry entry;
	int r = rg_dir_open(pmu_fd, "events", &dir);

	if (r < 0)
		return r;
	while ((r = rg_dir_next(&dir, &entry)) > 0)
		read_event(dir.fd, entry.name, pmu);
	return r;
}

static int read_pmu(int pmu_fd, struct rg_pmu *pmu)
{
	uint64_t type;
	char text[32];
	int r = read_line(pmu_fd, "type", text, sizeof(text));

	if (r < 0)
		return r;
	if (!parse_number(text, &type) || type > UINT32_MAX)
		return -EPROTO;
	pmu->type = (uint32_t)type;
	r = read_field(pmu_fd, "format/event", &pmu->event);
	if (r == 0)
		r = read_field(pmu_fd, "format/absolute", &pmu->absolute);
	if (r == 0)
		r = read_field(pmu_fd, "format/group", &pmu->group);
	if (r == 0)
		r = read_events(pmu_fd, pmu);
	return r;
}

int rg_pmu_find(struct rg_pmu **ret_pmu)
{
	RG_AUTO_CLOSE int fd = openat(AT_FDCWD, PMU, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	RG_AUTO_FREE struct rg_pmu *pmu = NULL;
	int r;

	if (fd < 0)
		return -errno;
	pmu = calloc(1, sizeof(*pmu));
	if (!pmu)
		return -ENOMEM;
	r = read_pmu(fd, pmu);
	if (r < 0)
		/* The PMU is there, so it is not what is missing. */
		return r == -ENOENT ? -EPROTO : r;
	*ret_pmu = RG_TAKE(pmu);
	return 0;
}

int rg_pmu_describe(const struct rg_pmu *pmu, const char *event, int group_fd,
		    struct perf_event_attr *ret_attr)
{
	uint64_t configs[3] = {0};
	size_t i = 0;

	while (i < pmu->count && strcmp(pmu->events[i].name, event) != 0)
		i++;
	if (i == pmu->count || !set_field(&pmu->event, pmu->events[i].code, configs) ||
	    !set_field(&pmu->absolute, 1, configs) ||
	    !set_field(&pmu->group, (uint64_t)group_fd, configs))
		return -EOPNOTSUPP;
	memset(ret_attr, 0, sizeof(*ret_attr));
	ret_attr->size = sizeof(*ret_attr);
	ret_attr->type = pmu->type;
	ret_attr->config = configs[0];
	ret_attr->config1 = configs[1];
	ret_attr->config2 = configs[2];
	ret_attr->read_format = PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED |
				PERF_FORMAT_TOTAL_TIME_RUNNING | PERF_FORMAT_LOST;
	return 0;
}
