// SPDX-License-Identifier: GPL-2.0-only
/* The registers of the simulated hardware. */
#define pr_fmt(fmt) "rdt_sim: " fmt

#include <linux/atomic.h>
#include <linux/bitfield.h>
#include <linux/cacheinfo.h>
#include <linux/cpuhotplug.h>
#include <linux/init.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/smp.h>
#include <linux/topology.h>

#include <asm/msr.h>

#include "sim.h"

#ifndef MSR_IA32_L3_QOS_ABMC_CFG
#define MSR_IA32_L3_QOS_ABMC_CFG	0xc00003fd
#define MSR_IA32_L3_QOS_EXT_CFG		0xc00003ff
#endif

#define PQR_RMID		GENMASK_ULL(31, 0)
#define PQR_CLOSID		GENMASK_ULL(63, 32)
#define EVTSEL_RMID		GENMASK_ULL(63, 32)
#define EVTSEL_EXTENDED		BIT_ULL(31)
#define EVTSEL_EVENT		GENMASK_ULL(7, 0)
#define EVTSEL_CNTR_EVENT	1
#define EXT_CFG_ABMC		BIT_ULL(0)
#define SNC_LEGACY		BIT_ULL(0)

/* Registers of a logical CPU, and where it belongs while it is online. */
struct registers {
	int l3;
	u64 pqr;
	u64 ext_cfg;
	struct rdt_sim_user user;
};
static DEFINE_PER_CPU(struct registers, registers) = { .l3 = -1, .user.domain = -1 };

/*
 * Registers of an L3 cache. EVTSEL is one of them, so that CPUs which do not
 * keep out of each other's way read the wrong counter.
 */
static struct {
	u64 evtsel;
	u64 snc_config;
	u64 qos_cfg;
	u32 controls[RDT_SIM_NR_CONTROLS][RDT_SIM_MAX_CLOSIDS];
} caches[RDT_SIM_MAX_DOMAINS] = {
	[0 ... RDT_SIM_MAX_DOMAINS - 1] = { .snc_config = SNC_LEGACY },
};

static const u32 control_base[RDT_SIM_NR_CONTROLS] = {
	[RDT_SIM_L3_MASK] = MSR_IA32_L3_CBM_BASE,
	[RDT_SIM_MB_DELAY] = MSR_IA32_MBA_THRTL_BASE,
	[RDT_SIM_MB_LIMIT] = MSR_IA32_MBA_BW_BASE,
	[RDT_SIM_SMB_LIMIT] = MSR_IA32_SMBA_BW_BASE,
};

atomic_t rdt_sim_reads = ATOMIC_INIT(0);

static u32 *control_register(u32 msr)
{
	int l3 = this_cpu_read(registers.l3);
	unsigned int i;

	for (i = 0; i < RDT_SIM_NR_CONTROLS; i++)
		if (msr - control_base[i] < rdt_sim_model.closids)
			return &caches[l3].controls[i][msr - control_base[i]];
	return NULL;
}

/*
 * With SNC each of the nodes that share the cache has its part of the RMIDs,
 * and all of them can be read from anywhere. The kernel has to leave the mode
 * in which tasks would be counted by the RMIDs of one node only.
 */
static u64 read_rmid(u32 rmid, u32 event)
{
	unsigned int domain = this_cpu_read(registers.user.domain);
	unsigned int nodes = rdt_sim_model.nodes;

	if (nodes > 1) {
		if (caches[this_cpu_read(registers.l3)].snc_config & SNC_LEGACY)
			return RDT_SIM_ERROR;
		domain = rounddown(domain, nodes) + rmid / rdt_sim_domain_rmids();
		rmid %= rdt_sim_domain_rmids();
	}
	return rdt_sim_read(domain, rmid, event);
}

static u64 read_ctr(void)
{
	u64 select = READ_ONCE(caches[this_cpu_read(registers.l3)].evtsel);
	u32 event = FIELD_GET(EVTSEL_EVENT, select);
	u32 rmid = FIELD_GET(EVTSEL_RMID, select);

	atomic_inc(&rdt_sim_reads);
	if (!(select & EVTSEL_EXTENDED))
		return read_rmid(rmid, event);
	if (event == EVTSEL_CNTR_EVENT)
		return rdt_sim_read_cntr(this_cpu_read(registers.user.domain), rmid);
	return RDT_SIM_ERROR;
}

/* What is not simulated goes to the machine; under either kernel's name. */
static void write_machine(u32 msr, u64 val)
{
	wrmsr_safe(msr, (u32)val, (u32)(val >> 32));
}

u64 rdt_sim_rdmsr(u32 msr)
{
	unsigned int domain = this_cpu_read(registers.user.domain);
	int l3 = this_cpu_read(registers.l3);
	u32 *control;

	if (!rdt_sim_present() || l3 < 0)
		return native_read_msr(msr);

	switch (msr) {
	case MSR_IA32_PQR_ASSOC:
		return this_cpu_read(registers.pqr);
	case MSR_IA32_QM_EVTSEL:
		return READ_ONCE(caches[l3].evtsel);
	case MSR_IA32_QM_CTR:
		return read_ctr();
	case MSR_IA32_L3_QOS_CFG:
		return caches[l3].qos_cfg;
	case MSR_RMID_SNC_CONFIG:
		return caches[l3].snc_config;
	case MSR_IA32_L3_QOS_EXT_CFG:
		return this_cpu_read(registers.ext_cfg);
	case MSR_IA32_EVT_CFG_BASE:
	case MSR_IA32_EVT_CFG_BASE + 1:
		return rdt_sim_get_transactions(domain,
						RDT_SIM_TOTAL + msr - MSR_IA32_EVT_CFG_BASE);
	}
	control = control_register(msr);
	return control ? *control : native_read_msr(msr);
}

static void write_pqr(u64 val)
{
	struct rdt_sim_user *user = this_cpu_ptr(&registers.user);
	struct rdt_sim_user next = *user;

	this_cpu_write(registers.pqr, val);
	next.rmid = FIELD_GET(PQR_RMID, val);
	rdt_sim_use(user, &next);
}

void rdt_sim_wrmsr(u32 msr, u64 val)
{
	unsigned int domain = this_cpu_read(registers.user.domain);
	int l3 = this_cpu_read(registers.l3);
	u32 *control;

	if (!rdt_sim_present() || l3 < 0) {
		write_machine(msr, val);
		return;
	}

	switch (msr) {
	case MSR_IA32_PQR_ASSOC:
		write_pqr(val);
		return;
	case MSR_IA32_QM_EVTSEL:
		WRITE_ONCE(caches[l3].evtsel, val);
		return;
	case MSR_IA32_L3_QOS_CFG:
		caches[l3].qos_cfg = val;
		return;
	case MSR_RMID_SNC_CONFIG:
		caches[l3].snc_config = val;
		return;
	case MSR_IA32_L3_QOS_EXT_CFG:
		this_cpu_write(registers.ext_cfg, val);
		rdt_sim_enable_cntrs(domain, val & EXT_CFG_ABMC);
		return;
	case MSR_IA32_L3_QOS_ABMC_CFG:
		rdt_sim_configure_cntr(domain, val);
		return;
	case MSR_IA32_EVT_CFG_BASE:
	case MSR_IA32_EVT_CFG_BASE + 1:
		rdt_sim_set_transactions(domain, RDT_SIM_TOTAL + msr - MSR_IA32_EVT_CFG_BASE, val);
		return;
	}
	control = control_register(msr);
	if (control)
		*control = val;
	else
		write_machine(msr, val);
}

/* Called in the context switch, so most calls must cost nothing. */
void rdt_sim_switch_to(bool busy)
{
	struct rdt_sim_user *user = this_cpu_ptr(&registers.user);
	struct rdt_sim_user next = *user;

	if (user->busy == busy || user->domain < 0)
		return;
	next.busy = busy;
	rdt_sim_use(user, &next);
}

static int online(unsigned int cpu)
{
	struct rdt_sim_user *user = this_cpu_ptr(&registers.user);
	struct rdt_sim_user next = { .busy = true };
	int l3 = get_cpu_cacheinfo_id(cpu, 3);

	next.domain = rdt_sim_model.nodes > 1 ? cpu_to_node(cpu) : l3;
	if (l3 < 0 || l3 >= RDT_SIM_MAX_DOMAINS ||
	    next.domain < 0 || next.domain >= RDT_SIM_MAX_DOMAINS) {
		pr_err("CPU %u has L3 cache %d, node %d: not simulated\n",
		       cpu, l3, cpu_to_node(cpu));
		return -EINVAL;
	}
	this_cpu_write(registers.l3, l3);
	this_cpu_write(registers.pqr, 0);
	rdt_sim_use(user, &next);
	return 0;
}

static int offline(unsigned int cpu)
{
	struct rdt_sim_user *user = this_cpu_ptr(&registers.user);
	struct rdt_sim_user next = { .domain = -1 };

	rdt_sim_use(user, &next);
	this_cpu_write(registers.l3, -1);
	return 0;
}

void rdt_sim_cpu_state(unsigned int cpu, struct rdt_sim_cpu_state *state)
{
	const struct registers *cpu_registers = per_cpu_ptr(&registers, cpu);

	state->l3 = cpu_registers->l3;
	state->closid = FIELD_GET(PQR_CLOSID, cpu_registers->pqr);
	state->user = cpu_registers->user;
}

u32 rdt_sim_control(unsigned int l3, enum rdt_sim_control control, unsigned int closid)
{
	return caches[l3].controls[control][closid];
}

/* After the caches are known (device_initcall) and before resctrl looks (late_initcall). */
static int __init registers_init(void)
{
	int state;

	if (!rdt_sim_present())
		return 0;
	state = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "x86/rdt_sim:online", online, offline);
	return min(state, 0);
}
device_initcall_sync(registers_init);
