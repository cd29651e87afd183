/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "read.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "checks.h"
#include "error.h"
#include "file.h"
#include "group.h"
#include "util.h"
#include "value.h"

/* No name that the kernel gives has a newline: it lists events one to a line. */
static bool is_component(const char *name, size_t length)
{
	if (length == 0 || (length == 1 && name[0] == '.') ||
	    (length == 2 && name[0] == '.' && name[1] == '.'))
		return false;
	return !memchr(name, '/', length) && !memchr(name, '\n', length);
}

int rg_check_value_name(const char *domain, const char *event)
{
	const char *component = domain;

	if (!event || !is_component(event, strlen(event)))
		return rg_fail(-EINVAL, event, "is no name of an event");
	if (!domain)
		return rg_fail(-EINVAL, NULL, "there is no path of a domain");
	for (;;) {
		size_t length = strcspn(component, "/");

		if (!is_component(component, length))
			return rg_fail(-EINVAL, domain, "is no path of a domain");
		if (!component[length])
			break;
		component += length + 1;
	}
	if (strlen("mon_data//") + strlen(domain) + strlen(event) >= PATH_MAX)
		return rg_fail(-EINVAL, domain, "the path of the domain and its event is too long");
	return 0;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec;
}

/* The file is not there, or its node is dead: is it the group, the domain, or just the event? */
static enum rdtgrp_status what_is_missing(int group_fd, const char *domain)
{
	char path[PATH_MAX];

	if (rg_check_live(group_fd) == 0)
		return RDTGRP_STATUS_GONE;
	snprintf(path, sizeof(path), "mon_data/%s", domain);
	if (faccessat(group_fd, path, F_OK, 0) < 0)
		return RDTGRP_STATUS_OFFLINE;
	return RDTGRP_STATUS_NONE;
}

static int set_failure(int group_fd, const char *domain, int error, struct rdtgrp_value *value)
{
	value->error = error;
	switch (error) {
	case -EACCES:
	case -EPERM:
		value->status = RDTGRP_STATUS_DENIED;
		return 0;
	case -ENOENT:
	case -ENODEV:
		value->status = what_is_missing(group_fd, domain);
		if (value->status != RDTGRP_STATUS_NONE)
			return 0;
		/* A dead file in a live domain: the domain went and came back in between. */
		value->status = RDTGRP_STATUS_OFFLINE;
		return error == -ENODEV ? 0 : error;
	default:
		value->status = RDTGRP_STATUS_FAILED;
		return 0;
	}
}

int rg_read_value(int group_fd, const char *domain, const char *event, struct rdtgrp_value *value)
{
	RG_AUTO_CLOSE int fd = -1;
	char text[RG_VALUE_TEXT_MAX];
	char path[PATH_MAX];
	struct stat st;
	ssize_t n;
	int r;

	memset(value, 0, sizeof(*value));
	snprintf(path, sizeof(path), "mon_data/%s/%s", domain, event);
	fd = rg_open_beneath(group_fd, path, O_RDONLY);
	if (fd < 0) {
		value->time_ns = now_ns();
		return set_failure(group_fd, domain, fd, value);
	}
	if (fstat(fd, &st) == 0)
		value->file_inode = (uint64_t)st.st_ino;

	n = rg_read_start(fd, text, sizeof(text));
	value->time_ns = now_ns();
	if (n >= 0) {
		/* There may be more where the buffer is full. */
		rg_value_parse(text, (size_t)n < sizeof(text) ? (size_t)n : 0, value);
		return 0;
	}
	r = set_failure(group_fd, domain, (int)n, value);
	/* It was open, so the event was there. */
	return r == -ENOENT ? 0 : r;
}

int rdtgrp_read_value(const struct rdtgrp *group, const char *domain, const char *event,
		      struct rdtgrp_value *ret_value)
{
	struct rdtgrp_value value;
	char path[PATH_MAX];
	int r = rg_check_value_name(domain, event);

	if (r < 0)
		return r;
	r = rg_read_value(group->fd, domain, event, &value);
	if (r < 0) {
		snprintf(path, sizeof(path), "mon_data/%s/%s", domain, event);
		return rg_fail(r, rg_name_of(group->fd, path), "the domain has no such event");
	}
	*ret_value = value;
	return 0;
}
