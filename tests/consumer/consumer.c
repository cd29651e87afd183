/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program of somebody else: it knows what is installed and nothing of the source tree. It is valid C
 * and C++. It prints the values of a captured tree.
 */
#include <errno.h>
#include <rdtgrp.h>
#include <stdio.h>
#include <string.h>

static int show(struct rdtgrp *group)
{
	struct rdtgrp_snapshot *snapshot = NULL;
	struct rdtgrp_layout *layout;
	int r;

	r = rdtgrp_snapshot_read(group, NULL, &snapshot);
	if (r < 0)
		return r;
	layout = rdtgrp_snapshot_get_layout(snapshot);
	for (size_t i = 0; i < rdtgrp_layout_count_domains(layout); i++) {
		const struct rdtgrp_domain *domain = rdtgrp_layout_get_domain(layout, i);

		for (size_t j = 0; j < rdtgrp_domain_count_events(domain); j++) {
			const struct rdtgrp_value *value =
				rdtgrp_snapshot_get_value(snapshot, i, j);

			printf("%s %s %s %.0f\n", rdtgrp_domain_get_path(domain),
			       rdtgrp_domain_get_event(domain, j),
			       rdtgrp_status_name((enum rdtgrp_status)value->status),
			       value->status == RDTGRP_STATUS_OK ? rdtgrp_value_to_double(value)
								 : -1.0);
		}
	}
	rdtgrp_snapshot_unref(snapshot);
	return 0;
}

int main(int argc, char **argv)
{
	struct rdtgrp *group = NULL;
	char version[32];
	int r;

	snprintf(version, sizeof(version), "%d.%d.%d", RDTGRP_VERSION_MAJOR, RDTGRP_VERSION_MINOR,
		 RDTGRP_VERSION_PATCH);
	if (argc != 2 || strcmp(version, rdtgrp_version()) != 0)
		return 2;

	/* What is no resctrl is refused, and the reason told. */
	if (rdtgrp_open(argv[1], 0, &group) != -EBADF || group || rdtgrp_error_code() != -EBADF ||
	    !strstr(rdtgrp_error_message(), argv[1]))
		return 3;

	r = rdtgrp_open(argv[1], RDTGRP_OPEN_ANY_FS, &group);
	if (r == 0)
		r = show(group);
	if (r < 0)
		fprintf(stderr, "%s: %s\n", strerror(-r), rdtgrp_error_message());
	rdtgrp_unref(group);
	return r < 0;
}
