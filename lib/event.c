/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rdtgrp.h"

#include <string.h>

/* fs/resctrl/monitor.c, mon_event_all, of Linux 7.3. */
static const struct {
	const char *name;
	enum rdtgrp_event_kind kind;
	const char *unit;
} events[] = {
	{"llc_occupancy", RDTGRP_EVENT_GAUGE, "bytes"},
	{"mbm_total_bytes", RDTGRP_EVENT_CUMULATIVE, "bytes"},
	{"mbm_local_bytes", RDTGRP_EVENT_CUMULATIVE, "bytes"},
	{"core_energy", RDTGRP_EVENT_CUMULATIVE, "joules"},
	{"activity", RDTGRP_EVENT_CUMULATIVE, "farads"},
	{"stalls_llc_hit", RDTGRP_EVENT_CUMULATIVE, "count"},
	{"stalls_llc_miss", RDTGRP_EVENT_CUMULATIVE, "count"},
	{"c1_res", RDTGRP_EVENT_CUMULATIVE, "count"},
	{"c6_res", RDTGRP_EVENT_CUMULATIVE, "count"},
	{"unhalted_core_cycles", RDTGRP_EVENT_CUMULATIVE, "count"},
	{"unhalted_ref_cycles", RDTGRP_EVENT_CUMULATIVE, "count"},
	{"uops_retired", RDTGRP_EVENT_CUMULATIVE, "count"},
};

enum rdtgrp_event_kind rdtgrp_event_get_kind(const char *event)
{
	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++)
		if (!strcmp(event, events[i].name))
			return events[i].kind;
	return RDTGRP_EVENT_UNKNOWN;
}

const char *rdtgrp_event_get_unit(const char *event)
{
	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++)
		if (!strcmp(event, events[i].name))
			return events[i].unit;
	return "";
}
