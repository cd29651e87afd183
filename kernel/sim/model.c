// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which machine is simulated, and what its CPUID says.
 *
 * rdt_sim=MODEL[,rmids=N][,closids=N][,width=N][,cntrs=N][,nodes=N][,tasks]
 *
 * Without this boot parameter the machine has nothing for resctrl.
 */
#define pr_fmt(fmt) "rdt_sim: " fmt

#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/string.h>

#include <asm/cmdline.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/resctrl.h>
#include <asm/setup.h>
#if __has_include(<asm/cpuid/api.h>)
#include <asm/cpuid/api.h>
#else
#include <asm/cpuid.h>
#endif

#include "sim.h"

#define LEAF_MONITORING		0x0000000f
#define LEAF_ALLOCATION		0x00000010
#define LEAF_AMD_QOS		0x80000020
#define SUBLEAF(leaf, subleaf)	((u64)(leaf) << 32 | (subleaf))

#define MBM_WIDTH_BASE		24	/* CPUID tells what is on top of it */
#define MBA_MAX_DELAY		90
#define MBA_LINEAR		BIT(2)
#define CDP_CAPABLE		BIT(2)
#define AMD_BANDWIDTH_BITS	11

static const u16 common_features[] = {
	X86_FEATURE_CQM,
	X86_FEATURE_CQM_LLC,
	X86_FEATURE_CQM_OCCUP_LLC,
	X86_FEATURE_CQM_MBM_TOTAL,
	X86_FEATURE_CQM_MBM_LOCAL,
	X86_FEATURE_RDT_A,
	X86_FEATURE_CAT_L3,
	X86_FEATURE_CDP_L3,
	X86_FEATURE_MBA,
};

/*
 * QEMU's CPUID tells which CPUs share an L3 cache, but not that the CPU can
 * tell (TOPOEXT).
 */
static const u16 amd_features[] = {
	X86_FEATURE_TOPOEXT,
	X86_FEATURE_SMBA,
	X86_FEATURE_BMEC,
};

/* Linux 6.12 does not know the last ones. */
static const u16 abmc_features[] = {
	X86_FEATURE_TOPOEXT,
	X86_FEATURE_SMBA,
	X86_FEATURE_BMEC,
#ifdef X86_FEATURE_ABMC
	X86_FEATURE_ABMC,
	X86_FEATURE_SDCIAE,
#endif
};

static const struct rdt_sim_model models[] = {
	{
		.name = "intel",
		.vendor = X86_VENDOR_INTEL,
		.rmids = 64,
		.closids = 16,
		.cbm_len = 12,
		.scale = 65536,
		.width = 32,
		.nodes = 1,
	},
	{
		.name = "amd",
		.vendor = X86_VENDOR_AMD,
		.features = amd_features,
		.num_features = ARRAY_SIZE(amd_features),
		.rmids = 64,
		.closids = 16,
		.cbm_len = 16,
		.scale = 64,
		.width = 44,
		.nodes = 1,
	},
	{
		.name = "amd-abmc",
		.vendor = X86_VENDOR_AMD,
		.features = abmc_features,
		.num_features = ARRAY_SIZE(abmc_features),
		.rmids = 64,
		.closids = 16,
		.cbm_len = 16,
		.scale = 64,
		.width = 44,
		.cntrs = RDT_SIM_MAX_CNTRS,
		.nodes = 1,
	},
};

struct rdt_sim_model rdt_sim_model;

static bool choose_model(const char *name)
{
	const struct rdt_sim_model *model;

	for (model = models; model < models + ARRAY_SIZE(models); model++) {
		if (strcmp(model->name, name))
			continue;
		if (model->vendor != boot_cpu_data.x86_vendor) {
			pr_err("model %s needs a CPU of another vendor\n", name);
			return false;
		}
		rdt_sim_model = *model;
		return true;
	}
	pr_err("no model %s\n", name);
	return false;
}

/* One word after the model's name. */
static bool set_option(char *word)
{
	const struct {
		const char *name;
		unsigned int *value;
		unsigned int min, max;
	} options[] = {
		{ "rmids", &rdt_sim_model.rmids, 2, RDT_SIM_MAX_RMIDS },
		{ "closids", &rdt_sim_model.closids, 2, RDT_SIM_MAX_CLOSIDS },
		{ "width", &rdt_sim_model.width, MBM_WIDTH_BASE, 62 },
		{ "cntrs", &rdt_sim_model.cntrs, 1, rdt_sim_model.cntrs },
		{ "nodes", &rdt_sim_model.nodes, 1, 4 },
	};
	char *name = strsep(&word, "=");
	unsigned int value, i;

	if (!word && !strcmp(name, "tasks")) {
		rdt_sim_change_setting(RDT_SIM_FOLLOW_TASKS, true);
		return true;
	}
	for (i = 0; word && i < ARRAY_SIZE(options); i++) {
		if (strcmp(options[i].name, name))
			continue;
		if (kstrtouint(word, 0, &value) || value < options[i].min ||
		    value > options[i].max)
			break;
		*options[i].value = value;
		return true;
	}
	pr_err("bad option %s\n", name);
	return false;
}

/*
 * Runs once, early, on the boot CPU, in place of the kernel's function of this
 * name (see divert.h): gives the CPU the model's features, then lets the kernel
 * look at it.
 */
void __ref resctrl_cpu_detect(struct cpuinfo_x86 *c)
{
	char parameter[64], *words = parameter;
	bool valid = true;
	unsigned int i;

	if (cmdline_find_option(boot_command_line, "rdt_sim", parameter, sizeof(parameter)) > 0) {
		valid = choose_model(strsep(&words, ","));
		while (valid && words)
			valid = set_option(strsep(&words, ","));
		if (!valid)
			rdt_sim_model.name = NULL;
	}
	if (rdt_sim_present()) {
		for (i = 0; i < ARRAY_SIZE(common_features); i++)
			setup_force_cpu_cap(common_features[i]);
		for (i = 0; i < rdt_sim_model.num_features; i++)
			setup_force_cpu_cap(rdt_sim_model.features[i]);
		rdt_sim_power_on();
		pr_info("simulated RDT hardware, TESTING ONLY: %s\n", rdt_sim_model.name);
	}
	rdt_sim_original_cpu_detect(c);
}

void rdt_sim_cpuid(u32 leaf, u32 subleaf, u32 *eax, u32 *ebx, u32 *ecx, u32 *edx)
{
	const struct rdt_sim_model *model = &rdt_sim_model;

	if (!rdt_sim_present()) {
		cpuid_count(leaf, subleaf, eax, ebx, ecx, edx);
		return;
	}

	*eax = 0;
	*ebx = 0;
	*ecx = 0;
	*edx = 0;
	switch (SUBLEAF(leaf, subleaf)) {
	case SUBLEAF(LEAF_MONITORING, 0):
		*ebx = model->rmids - 1;
		*edx = BIT(1);
		break;
	case SUBLEAF(LEAF_MONITORING, 1):
		*eax = model->width - MBM_WIDTH_BASE;
		*ebx = model->scale;
		*ecx = model->rmids - 1;
		*edx = GENMASK(2, 0);
		break;
	case SUBLEAF(LEAF_ALLOCATION, 0):
		*ebx = BIT(1) | BIT(3);
		break;
	case SUBLEAF(LEAF_ALLOCATION, 1):
		*eax = model->cbm_len - 1;
		*ecx = CDP_CAPABLE;
		*edx = model->closids - 1;
		break;
	case SUBLEAF(LEAF_ALLOCATION, 3):
		*eax = MBA_MAX_DELAY - 1;
		*ecx = MBA_LINEAR;
		*edx = model->closids - 1;
		break;
	case SUBLEAF(LEAF_AMD_QOS, 1):
	case SUBLEAF(LEAF_AMD_QOS, 2):
		*eax = AMD_BANDWIDTH_BITS;
		*edx = model->closids - 1;
		break;
	case SUBLEAF(LEAF_AMD_QOS, 3):
		*ebx = 2;
		*ecx = RDT_SIM_ALL_TRANSACTIONS;
		break;
	case SUBLEAF(LEAF_AMD_QOS, 5):
		*ebx = model->cntrs - 1;
		break;
	default:
		pr_warn("CPUID leaf %#x.%u is not simulated\n", leaf, subleaf);
		break;
	}
}

u32 rdt_sim_cpuid_ebx(u32 leaf)
{
	u32 eax, ebx, ecx, edx;

	rdt_sim_cpuid(leaf, 0, &eax, &ebx, &ecx, &edx);
	return ebx;
}
