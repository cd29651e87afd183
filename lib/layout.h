/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RG_LAYOUT_H
#define RG_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The parts of a domain directory's name. */
struct rg_domain_name {
	const char *resource; /* points into the name */
	size_t resource_length;
	bool has_id;
	uint64_t id;
};

/*
 * Take a name apart: mon_<RESOURCE>_<id> or mon_sub_<RESOURCE>_<id>, with an id of decimal digits up
 * to 2^64-1. Of a name of any other form the whole is the resource, and it has no id.
 */
void rg_domain_name_parse(const char *name, struct rg_domain_name *ret);

#endif
