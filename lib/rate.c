/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "error.h"
#include "rdtgrp.h"
#include "value.h"

int rdtgrp_value_rate(const char *event, const struct rdtgrp_value *older,
		      const struct rdtgrp_value *newer, double *ret_per_sec)
{
	double difference;

	if (rdtgrp_event_get_kind(event) == RDTGRP_EVENT_GAUGE)
		return rg_fail(-EINVAL, event, "is a state, which has no rate");
	if (older->status != RDTGRP_STATUS_OK || newer->status != RDTGRP_STATUS_OK)
		return rg_fail(-ENODATA, event, "no value at %s of the interval",
			       older->status != RDTGRP_STATUS_OK ? "the beginning" : "the end");
	if (older->file_inode != newer->file_inode)
		return rg_fail(-ESTALE, event, "the file is a new one, which counts afresh");
	if (older->epoch != newer->epoch)
		return rg_fail(-ESTALE, event, "the sum has won or lost a part");
	if (newer->time_ns <= older->time_ns)
		return rg_fail(-ETIME, event, "no time has passed");

	/* The integers first and exactly: as floating point they would lose their low digits. */
	if (newer->integer >= older->integer)
		difference = (double)(newer->integer - older->integer);
	else
		difference = -(double)(older->integer - newer->integer);
	difference += rg_value_fraction(newer) - rg_value_fraction(older);
	if (difference < 0)
		return rg_fail(-ERANGE, event, "the count went backwards");

	*ret_per_sec = difference * 1e9 / (double)(newer->time_ns - older->time_ns);
	return 0;
}
