/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scenario.h"

#include <string.h>

#define KiB UINT64_C(1024)
#define MiB (1024 * KiB)

static const struct sim_event llc_occupancy = {
	.name = "llc_occupancy",
	.kind = SIM_OCCUPANCY,
	.low = 2 * MiB,
	.high = 24 * MiB,
	.granule = 64 * KiB,
};

static const struct sim_event mbm_total_bytes = {
	.name = "mbm_total_bytes",
	.kind = SIM_MBM,
	.low = 100 * MiB,
	.high = 4000 * MiB,
	.granule = 64 * KiB,
};

static const struct sim_event mbm_local_bytes = {
	.name = "mbm_local_bytes",
	.kind = SIM_MBM,
	.low = 100 * MiB,
	.high = 4000 * MiB,
	.granule = 64 * KiB,
	.part_of = "mbm_total_bytes",
};

static const struct sim_event core_energy = {
	.name = "core_energy",
	.kind = SIM_DECIMAL,
	.low = 2000000,
	.high = 45000000,
	.granule = 1,
};

static const struct sim_event activity = {
	.name = "activity",
	.kind = SIM_DECIMAL,
	.low = 500000,
	.high = 9000000,
	.granule = 1,
};

#define COUNT_EVENT(name_, low_, high_)                                                            \
	static const struct sim_event name_ = {                                                    \
		.name = #name_,                                                                    \
		.kind = SIM_COUNT,                                                                 \
		.low = low_,                                                                       \
		.high = high_,                                                                     \
		.granule = 1,                                                                      \
	}

COUNT_EVENT(stalls_llc_hit, 1000000, 60000000);
COUNT_EVENT(c1_res, 10000000, 900000000);
COUNT_EVENT(unhalted_core_cycles, 200000000, 9000000000);
COUNT_EVENT(stalls_llc_miss, 1000000, 90000000);
COUNT_EVENT(c6_res, 10000000, 900000000);
COUNT_EVENT(unhalted_ref_cycles, 200000000, 8000000000);
COUNT_EVENT(uops_retired, 300000000, 20000000000);

static const struct sim_event *const l3_events[] = {
	&llc_occupancy,
	&mbm_total_bytes,
	&mbm_local_bytes,
	NULL,
};

/* MPAM cannot tell local from remote traffic. */
static const struct sim_event *const mpam_events[] = {
	&llc_occupancy,
	&mbm_total_bytes,
	NULL,
};

static const struct sim_event *const package_events[] = {
	&core_energy,	  &activity, &stalls_llc_hit,	   &c1_res,	  &unhalted_core_cycles,
	&stalls_llc_miss, &c6_res,   &unhalted_ref_cycles, &uops_retired, NULL,
};

#define INTEL_SCHEMAS                                                                              \
	{                                                                                          \
		{                                                                                  \
			.name = "MB",                                                              \
			.min = 10,                                                                 \
			.max = 100,                                                                \
			.gran = 10,                                                                \
			.linear = true,                                                            \
			.throttle = "max",                                                         \
		},                                                                                 \
			{                                                                          \
				.name = "L3",                                                      \
				.cbm_bits = 11,                                                    \
				.min_cbm_bits = 1,                                                 \
				.shareable_bits = 0x600,                                           \
			},                                                                         \
	}

static const struct sim_scenario intel = {
	.name = "intel",
	.summary = "2 L3 caches, L3 and MB control, 3 events",
	.n_cpus = 8,
	.n_closids = 16,
	.n_rmids = 224,
	.n_caches = 2,
	.caches = {{.id = 0, .cpus = 0x0f}, {.id = 1, .cpus = 0xf0}},
	.n_schemas = 2,
	.schemas = INTEL_SCHEMAS,
	.schema_width = 6,
	.cache_bytes = 33 * MiB,
	.occupancy_threshold = 128 * KiB,
	.occupancy_limit = 33 * MiB,
	.occupancy_unit = 64 * KiB,
	.l3_events = l3_events,
	.pseudo_lock = true,
};

static const struct sim_scenario intel_snc = {
	.name = "intel-snc",
	.summary = "Sub-NUMA Clustering: 2 L3 caches of 2 nodes each, with files for the sums",
	.n_cpus = 8,
	.n_closids = 15,
	.n_rmids = 112,
	.n_caches = 2,
	.caches = {{.id = 0, .n_nodes = 2, .nodes = {0, 1}, .cpus = 0x0f},
		   {.id = 1, .n_nodes = 2, .nodes = {2, 3}, .cpus = 0xf0}},
	.n_schemas = 2,
	.schemas = INTEL_SCHEMAS,
	.schema_width = 6,
	.cache_bytes = 33 * MiB,
	.occupancy_threshold = 128 * KiB,
	.occupancy_limit = 33 * MiB,
	.occupancy_unit = 64 * KiB,
	.l3_events = l3_events,
};

static const struct sim_scenario amd_abmc = {
	.name = "amd-abmc",
	.summary = "2 L3 caches with 32 assignable bandwidth counters each",
	.n_cpus = 16,
	.n_closids = 16,
	.n_rmids = 256,
	.n_caches = 2,
	.caches = {{.id = 0, .cpus = 0x00ff}, {.id = 1, .cpus = 0xff00}},
	.n_schemas = 3,
	.schemas = {{.name = "SMBA", .min = 1, .max = 2048, .gran = 1},
		    {.name = "MB", .min = 1, .max = 2048, .gran = 1},
		    {.name = "L3", .cbm_bits = 16, .min_cbm_bits = 1, .sparse_masks = true}},
	.schema_width = 6,
	.cache_bytes = 32 * MiB,
	.occupancy_threshold = 128 * KiB,
	.occupancy_limit = 32 * MiB,
	.occupancy_unit = 64 * KiB,
	.l3_events = l3_events,
	.n_counters = 32,
};

static const struct sim_scenario intel_energy = {
	.name = "intel-energy",
	.summary = "2 L3 caches, and energy telemetry of 2 packages",
	.n_cpus = 8,
	.n_closids = 15,
	.n_rmids = 512,
	.n_caches = 2,
	.caches = {{.id = 0, .cpus = 0x0f}, {.id = 1, .cpus = 0xf0}},
	.n_schemas = 2,
	.schemas = INTEL_SCHEMAS,
	.schema_width = 6,
	.cache_bytes = 108 * MiB,
	.occupancy_threshold = 128 * KiB,
	.occupancy_limit = 108 * MiB,
	.occupancy_unit = 64 * KiB,
	.l3_events = l3_events,
	.package_events = package_events,
	.n_packages = 2,
	.n_package_rmids = 576,
};

static const struct sim_scenario arm = {
	.name = "arm",
	.summary = "MPAM: 2 L3 caches with wide ids, 2 events, 4 assignable counters each",
	.n_cpus = 8,
	.n_closids = 32,
	.n_rmids = 128,
	.n_caches = 2,
	.caches = {{.id = 1048564, .cpus = 0x0f}, {.id = 1048580, .cpus = 0xf0}},
	.n_schemas = 2,
	.schemas = {{.name = "MB", .min = 1, .max = 100, .gran = 1, .linear = true},
		    {.name = "L3", .cbm_bits = 16, .min_cbm_bits = 1, .sparse_masks = true}},
	.schema_width = 2,
	.cache_bytes = 16 * MiB,
	.occupancy_threshold = 128 * KiB,
	.occupancy_limit = 16 * MiB,
	.occupancy_unit = 1,
	.l3_events = mpam_events,
	.n_counters = 4,
	.counters_fixed = true,
};

const struct sim_scenario *const sim_scenarios[] = {
	&intel, &intel_snc, &amd_abmc, &intel_energy, &arm, NULL,
};

const struct sim_scenario *sim_scenario_find(const char *name)
{
	for (size_t i = 0; sim_scenarios[i]; i++) {
		if (!strcmp(sim_scenarios[i]->name, name))
			return sim_scenarios[i];
	}
	return NULL;
}
