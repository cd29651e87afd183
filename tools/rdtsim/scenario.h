/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RDTSIM_SCENARIO_H
#define RDTSIM_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a scenario may have at most. */
#define SIM_MAX_SCHEMAS 4
#define SIM_MAX_L3 8

enum sim_event_kind {
	SIM_OCCUPANCY, /* a gauge, straight from the hardware, in bytes */
	SIM_MBM,       /* cumulative; the kernel extends it and lets it begin at 0 in a new group */
	SIM_DECIMAL,   /* cumulative, never reset; kept in millionths, shown with 6 decimals */
	SIM_COUNT,     /* cumulative, never reset */
};

struct sim_event {
	const char *name;
	enum sim_event_kind kind;
	/* What a group shows if nobody says otherwise: the level of a gauge, the rate per second of
	 * the others, taken from this range (in millionths for SIM_DECIMAL) ... */
	uint64_t low;
	uint64_t high;
	/* ... and moving in steps of this size. */
	uint64_t granule;
	/* Not NULL: never more than that event, of which it is a part. */
	const char *part_of;
};

/* A line of the schemata file. */
struct sim_schema {
	const char *name;
	/* A cache bit mask of so many bits; 0: a bandwidth. */
	unsigned int cbm_bits;
	unsigned int min_cbm_bits;
	uint32_t shareable_bits;
	bool sparse_masks;
	/* Bandwidth: from min to max in steps of gran, max is no limit at all. */
	uint32_t min;
	uint32_t max;
	uint32_t gran;
	bool linear;
	/* The text of thread_throttle_mode, or NULL for no such file. */
	const char *throttle;
};

/* An L3 cache: a domain for control, and for monitoring either itself or, with Sub-NUMA Clustering,
 * the nodes in it. */
struct sim_cache {
	uint64_t id;
	size_t n_nodes;
	unsigned int nodes[4];
	/* The CPUs, as a mask. */
	uint64_t cpus;
};

struct sim_scenario {
	const char *name;
	const char *summary;
	unsigned int n_cpus;
	unsigned int n_closids;
	unsigned int n_rmids;
	size_t n_caches;
	struct sim_cache caches[SIM_MAX_L3];
	/* In the order of the schemata file. */
	size_t n_schemas;
	struct sim_schema schemas[SIM_MAX_SCHEMAS];
	/* The width of the names in schemata. */
	int schema_width;
	uint64_t cache_bytes;
	/* The threshold below which a removed group's RMID may be used again, its upper limit and
	 * the unit in which the hardware counts. */
	uint64_t occupancy_threshold;
	uint64_t occupancy_limit;
	uint64_t occupancy_unit;
	/* NULL at the end. */
	const struct sim_event *const *l3_events;
	/* Energy telemetry: NULL for none. The packages' ids are 0 to n_packages - 1. */
	const struct sim_event *const *package_events;
	unsigned int n_packages;
	unsigned int n_package_rmids;
	/* Assignable counters of each domain; 0: every RMID has its own. */
	unsigned int n_counters;
	/* The assignable counters cannot be switched off, nor filters be changed. */
	bool counters_fixed;
	bool pseudo_lock;
};

/* NULL at the end; the first is the default. */
extern const struct sim_scenario *const sim_scenarios[];

/* NULL if there is none of that name. */
const struct sim_scenario *sim_scenario_find(const char *name);

#endif
